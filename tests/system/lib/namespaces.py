# SPDX-License-Identifier: MIT
"""
Namespaces for a script of its own: for the network, and for the files that tell it names.

Two network namespaces with a veth pair between them. The script itself moves into the first, the second
is held by a process; neither has a name, so both end with the script, however that ends.
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

from lib.scenario import STATUS_SKIP

NEAR, FAR = "10.77.0.1", "10.77.0.2"
_INSIDE = "TCP_ECHO_METRICS_INSIDE_NAMESPACE"


def enter_or_skip():
    """Starts the script again inside a namespace of its own, or ends it with a word why it cannot."""
    if os.environ.get(_INSIDE):
        return
    for tool in ("unshare", "nsenter", "ip", "nft"):
        if shutil.which(tool) is None:
            _skip(f"{tool} is missing")
    unshare = ["unshare", "--net", "--mount", "--kill-child"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    probe = "ip link add near type veth peer name far && nft add table ip x"
    if subprocess.run([*unshare, "sh", "-c", probe], capture_output=True, check=False).returncode:
        _skip("network namespaces with a packet filter need more rights than there are here")
    os.environ[_INSIDE] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def _skip(why):
    print(f"skip: {why}")
    sys.exit(STATUS_SKIP)


def _run(*command):
    subprocess.run(command, check=True)


class Names:
    """
    The names that this namespace knows: those of /etc/hosts. Others are not known; or, where
    asks_server, they are asked of a name server that never answers.
    """

    def __init__(self, asks_server=False):
        self.asks_server = asks_server

    def __enter__(self):
        _run("ip", "link", "set", "lo", "up")
        self.folder = tempfile.TemporaryDirectory(prefix="tcp-echo-")
        self.silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.silent.bind(("127.0.0.53", 53))
        self.mounted = []
        self._mount("/etc/resolv.conf", "nameserver 127.0.0.53\n")
        self._mount(
            "/etc/nsswitch.conf", "hosts: files dns\n" if self.asks_server else "hosts: files\n"
        )
        self._mount("/etc/hosts", "127.0.0.1 localhost\n")
        return self

    def __exit__(self, *_):
        for path in self.mounted:
            _run("umount", path)
        self.silent.close()
        self.folder.cleanup()

    def _mount(self, path, text):
        source = self._source(path)
        self._write(source, text)
        _run("mount", "--bind", source, path)
        self.mounted.append(path)

    def _source(self, path):
        return os.path.join(self.folder.name, os.path.basename(path))

    def _write(self, source, text):
        with open(source, "w", encoding="ascii") as file:
            file.write(text)

    def set(self, *lines):
        """From now on these are the hosts, besides localhost."""
        self._write(self._source("/etc/hosts"), "\n".join(["127.0.0.1 localhost", *lines, ""]))


class Path:
    """The way from here (NEAR) to the other namespace (FAR)."""

    def __init__(self):
        self.holder = None

    def __enter__(self):
        _run("ip", "link", "set", "lo", "up")
        # cat ends with this script, which holds the other end of its standard input.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.holder.stdout.readline()
        _run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
        _run("ip", "link", "set", "far", "netns", str(self.holder.pid))
        _run("ip", "address", "add", f"{NEAR}/24", "dev", "near")
        _run("ip", "link", "set", "near", "up")
        _run(*self.there(), "ip", "address", "add", f"{FAR}/24", "dev", "far")
        _run(*self.there(), "ip", "link", "set", "lo", "up")
        _run(*self.there(), "ip", "link", "set", "far", "up")
        _run(
            "nft",
            "add table ip filter; add chain ip filter input { type filter hook input priority 0; }",
        )
        return self

    def __exit__(self, *_):
        _run("ip", "link", "delete", "near")
        _run("nft", "delete table ip filter")
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()

    def there(self):
        """What to put before a command that is to run in the other namespace."""
        return ["nsenter", "--net", "--target", str(self.holder.pid)]

    def drop(self, percent):
        """Drops so many percent of what comes from there, from now on."""
        self.heal()
        share = "" if percent == 100 else f"numgen random mod 100 < {percent} "
        _run("nft", f"add rule ip filter input iif near ip protocol tcp {share}drop")

    def heal(self):
        """Lets everything through again."""
        _run("nft", "flush chain ip filter input")
