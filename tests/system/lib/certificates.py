# SPDX-License-Identifier: MIT
"""Authorities, servers and clients with certificates, made by openssl, and hashes of passwords."""
import os
import subprocess
import tempfile
import time

from lib.prometheus import need

# Of an authority, whose certificates have the days that are wanted: "openssl x509" makes none that have expired.
CONFIGURATION = """
[ca]
default_ca = own
[own]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""
EXTENSIONS = """
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = {usage}
"""
DAY_S = 86400

# "geheim" and "anders", of the least cost, and "geheim" of the usual one.
HASH = "$2y$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ."
PASSWORD = "geheim"


def day(number):
    """That many days from now, as openssl wants it."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + number * DAY_S))


class Certificates:
    """A folder of PEM files, as a context: path("ca") and path("ca", key=True) name them."""

    def __init__(self):
        self.openssl = need("openssl")
        self.folder = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="certificates-")
        os.chmod(self.folder.name, 0o755)
        self.write("", "index")
        self.write(CONFIGURATION.format(folder=self.folder.name), "openssl.cnf")
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
                  "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-subj", f"/CN={name}")

    def issue(self, name, authority, names="DNS:localhost,IP:127.0.0.1", days=30, usage="serverAuth,clientAuth"):
        """A certificate for alternative names."""
        request = self.path(name + "-request")
        extensions = self.write(
            EXTENSIONS.format(usage=usage) + (f"subjectAltName={names}\n" if names else ""), name + "-extensions.pem")
        self.make("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                  "-keyout", self.path(name, key=True), "-out", request, "-subj", f"/CN={name}")
        self.make("ca", "-batch", "-config", os.path.join(self.folder.name, "openssl.cnf"), "-in", request,
                  "-cert", self.path(authority), "-keyfile", self.path(authority, key=True), "-extfile", extensions,
                  "-startdate", day(-2), "-enddate", day(days), "-notext", "-out", self.path(name))

    def write(self, text, name="web.yml"):
        """Writes a web configuration beside them, at once. Returns its path."""
        path = os.path.join(self.folder.name, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path
