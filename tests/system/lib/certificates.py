# SPDX-License-Identifier: MIT
"""Authorities, servers and clients with certificates, made by openssl, and hashes of passwords."""
import os
import subprocess
import tempfile

from lib.prometheus import need

# "geheim" and "anders", of the least cost, and "geheim" of the usual one.
HASH = "$2y$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ."
PASSWORD = "geheim"


class Certificates:
    """A folder of PEM files, as a context: path("ca") and path("ca", key=True) name them."""

    def __init__(self):
        self.openssl = need("openssl")
        self.folder = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="certificates-")
        os.chmod(self.folder.name, 0o755)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name, key=False):
        return os.path.join(self.folder.name, name + ("-key.pem" if key else ".pem"))

    def make(self, *arguments):
        """Runs openssl."""
        done = subprocess.run([self.openssl, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"

    def authority(self, name):
        """An authority that signs itself."""
        self.make("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                  "-keyout", self.path(name, key=True), "-out", self.path(name), "-days", "30",
                  "-subj", f"/CN={name}")

    def issue(self, name, authority, names="DNS:localhost,IP:127.0.0.1", days=30, usage="serverAuth,clientAuth"):
        """A certificate for alternative names."""
        request, extensions = self.path(name + "-request"), self.path(name + "-extensions")
        with open(extensions, "w", encoding="utf-8") as file:
            file.write(f"extendedKeyUsage={usage}\n" + (f"subjectAltName={names}\n" if names else ""))
        self.make("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                  "-keyout", self.path(name, key=True), "-out", request, "-subj", f"/CN={name}")
        self.make("x509", "-req", "-in", request, "-CA", self.path(authority),
                  "-CAkey", self.path(authority, key=True), "-CAcreateserial", "-days", str(days),
                  "-extfile", extensions, "-out", self.path(name))

    def write(self, text, name="web.yml"):
        """Writes a web configuration beside them, at once. Returns its path."""
        path = os.path.join(self.folder.name, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path
