# SPDX-License-Identifier: MIT
"""
Private namespaces for a script: of the network, and of the files that names are looked up in.

One network namespace is for the script, and one more for the far end of each path, with a veth pair
between them. The script itself moves into the first; processes hold the others open. None has a name,
so all of them end with the script, however that ends.
"""
import collections
import contextlib
import fcntl
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

from lib.name_server import NameServer, is_silent
from lib.scenario import STATUS_SKIP, Skip

_INSIDE = "TCP_ECHO_METRICS_INSIDE_NAMESPACE"


def enter_or_skip():
    """Starts the script again inside private namespaces, or ends it and says why it cannot."""
    if os.environ.get(_INSIDE):
        run("ip", "link", "set", "lo", "up")
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


def run(*command):
    """Runs a command, which must succeed."""
    subprocess.run(command, check=True)


class Names:
    """
    The names that this namespace knows: those of /etc/hosts. Others do not exist; or, with
    asks_server, they are looked up at a name server (lib/name_server.py), which never answers unless
    its `server` is told to. more: lines of resolv.conf besides that server.
    """

    def __init__(self, asks_server=False, more=()):
        self.asks_server = asks_server
        self.more = more
        self.server = None

    def __enter__(self):
        run("ip", "link", "set", "lo", "up")
        self.folder = tempfile.TemporaryDirectory(prefix="tcp-echo-")
        self.server = NameServer(others=is_silent)
        self.server.__enter__()
        self.mounted = []
        self._mount("/etc/resolv.conf", "\n".join(["nameserver 127.0.0.53", *self.more, ""]))
        self._mount(
            "/etc/nsswitch.conf", "hosts: files dns\n" if self.asks_server else "hosts: files\n"
        )
        self._mount("/etc/hosts", "127.0.0.1 localhost\n")
        return self

    def __exit__(self, *exception):
        for path in self.mounted:
            run("umount", path)
        self.server.__exit__(*exception)
        self.folder.cleanup()

    def _mount(self, path, text):
        source = self._source(path)
        self._write(source, text)
        run("mount", "--bind", source, path)
        self.mounted.append(path)

    def _source(self, path):
        return os.path.join(self.folder.name, os.path.basename(path))

    def _write(self, source, text):
        """Writes at once, and never less than before: a concurrent reader finds the old names or the new."""
        descriptor = os.open(source, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            os.pwrite(descriptor, text.encode("ascii").ljust(size, b"\n"), 0)
        finally:
            os.close(descriptor)

    def set(self, *lines):
        """Sets the hosts, besides localhost."""
        self._write(self._source("/etc/hosts"), "\n".join(["127.0.0.1 localhost", *lines, ""]))


class BlackHole:
    """A network of this machine, such as 127.0.1.0/24, from which nothing comes back."""

    def __init__(self, network):
        self.network = network

    def __enter__(self):
        run("nft", "add table ip hole; add chain ip hole output { type filter hook output priority 0; }; "
             f"add rule ip hole output ip daddr {self.network} drop")
        return self

    def __exit__(self, *_):
        run("nft", "delete table ip hole")


class Path:
    """
    The path from here to another namespace: from the address near to the address far. Each number is
    a separate path, so that there may be several at once.
    """

    def __init__(self, number=0):
        self.number = number
        self.near = f"10.77.{number}.1"
        self.far = f"10.77.{number}.2"
        self.device = f"near{number}"
        self.holder = None

    def __enter__(self):
        run("ip", "link", "set", "lo", "up")
        # cat ends with this script, which holds the other end of its standard input.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.holder.stdout.readline()
        self._make_link()
        run("ip", "link", "set", f"far{self.number}", "netns", str(self.holder.pid))
        run("ip", "address", "add", f"{self.near}/24", "dev", self.device)
        run("ip", "link", "set", self.device, "up")
        run(*self.there(), "ip", "link", "set", f"far{self.number}", "name", "far")
        run(*self.there(), "ip", "address", "add", f"{self.far}/24", "dev", "far")
        run(*self.there(), "ip", "link", "set", "lo", "up")
        run(*self.there(), "ip", "link", "set", "far", "up")
        for where in ([], self.there()):
            run(*where, "nft", f"add table ip {self._table()}; add chain ip {self._table()} input "
                 "{ type filter hook input priority 0; }")
        return self

    def __exit__(self, *_):
        run("ip", "link", "delete", self.device)
        run("nft", f"delete table ip {self._table()}")
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()

    def _make_link(self):
        """Makes both ends here, named near0 and far0."""
        run("ip", "link", "add", self.device, "type", "veth", "peer", "name", f"far{self.number}")

    def _table(self):
        return f"path{self.number}"

    def there(self):
        """The prefix that runs a command in the other namespace."""
        return ["nsenter", "--net", "--target", str(self.holder.pid)]

    def set_link(self, state):
        """Sets the far end's link "down", or "up" again. This end has no carrier meanwhile."""
        run(*self.there(), "ip", "link", "set", "far", state)

    def remove_route(self):
        """Removes the route there, for good."""
        run("ip", "route", "delete", f"10.77.{self.number}.0/24", "dev", self.device)

    def drop(self, percent, ways=("back",)):
        """
        Drops that many percent of the segments from now on; ways: those that come "back" from there,
        those that go "there", or both. They are dropped where they arrive, so that neither the sender
        nor a capture at that end notices.
        """
        self.heal()
        share = "" if percent == 100 else f"numgen random mod 100 < {percent} "
        rule = f"add rule ip {self._table()} input ip protocol tcp {share}drop"
        if "back" in ways:
            run("nft", rule.replace(" ip protocol", f" iif {self.device} ip protocol"))
        if "there" in ways:
            run(*self.there(), "nft", rule)

    def swallow(self, size):
        """Drops what is longer than that many bytes on its way there, and tells nobody, from now on."""
        self.heal()
        run(*self.there(), "nft", f"add rule ip {self._table()} input ip protocol tcp ip length > {size} drop")

    def change(self, statement):
        """What leaves for there is changed by a statement of nft's from now on, such as "ip dscp set cs0"."""
        run(*self.there(), "nft", f"add chain ip {self._table()} change {{ type filter hook prerouting priority -150; }}; "
             f"add rule ip {self._table()} change {statement}")

    def reject(self):
        """Answers every segment that arrives there with a reset, from now on."""
        self.heal()
        run(*self.there(), "nft", f"add rule ip {self._table()} input ip protocol tcp "
             "reject with tcp reset")

    def heal(self):
        """Lets everything through again."""
        for where in ([], self.there()):
            run(*where, "nft", f"flush chain ip {self._table()} input")


def _open_tun(name):
    """A device whose packets a program reads and writes. Returns the descriptor."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    tunsetiff, iff_tun, iff_no_pi = 0x400454CA, 0x0001, 0x1000
    fcntl.ioctl(descriptor, tunsetiff, struct.pack("16sH22x", name.encode(), iff_tun | iff_no_pi))
    return descriptor


class SlowPath(Path):
    """A path that delays each packet by delay seconds each way; none is lost or reordered."""

    def __init__(self, number=0):
        super().__init__(number)
        self.delay = 0.0
        self._ends = []
        self._wake, self._waker = os.pipe()
        self._carrier = threading.Thread(target=self._carry)

    def _make_link(self):
        try:
            self._ends = [_open_tun(name) for name in (self.device, f"far{self.number}")]
        except OSError as error:
            raise Skip(f"cannot make tun devices here: {error}") from None
        self._carrier.start()

    def __exit__(self, *exception):
        os.write(self._waker, b"x")
        self._carrier.join()
        super().__exit__(*exception)
        for descriptor in (*self._ends, self._wake, self._waker):
            os.close(descriptor)

    def _carry(self):
        near, far = self._ends
        on_the_way = collections.deque()
        while True:
            pause = max(0.0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
            ready, _, _ = select.select([near, far, self._wake], [], [], pause)
            if self._wake in ready:
                return
            for end, other in ((near, far), (far, near)):
                if end in ready:
                    due = time.monotonic() + self.delay
                    on_the_way.append((due, other, os.read(end, 65536)))
            while on_the_way and on_the_way[0][0] <= time.monotonic():
                _, end, packet = on_the_way.popleft()
                # An end that is not up yet accepts nothing.
                with contextlib.suppress(OSError):
                    os.write(end, packet)
