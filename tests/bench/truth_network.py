# SPDX-License-Identifier: MIT
"""
The path that truth is measured on: the prober's namespace, which is that of the bench, and the echo
server's, with a veth pair between them, or with a third namespace in between that loses segments.

None of them has a name, so they all end with the bench, however that ends.
"""

import os
import shutil
import subprocess
import sys

DEVICE = "near"  # The prober's end.
NETWORK = "10.78.0.0"  # /16; each target has its own address in it.
SERVER = "10.79.0.2"
_INSIDE = "TCP_ECHO_METRICS_INSIDE_NAMESPACE"
_TOOLS = ("unshare", "nsenter", "ip", "nft", "env")
# What the bench needs from the kernel, all tried beforehand.
_TRIAL = "ip link add near type veth peer name far && nft add table ip x"


def target_address(number):
    return f"10.78.{number >> 8}.{number & 255}"


def why_not():
    """Why there can be no such path here, or None."""
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            return f"{tool} is missing"
    trial = subprocess.run([*_unshare(), "sh", "-c", _TRIAL], capture_output=True, check=False)
    if trial.returncode:
        return "network namespaces with a packet filter need more rights than there are here"
    return None


def is_inside():
    return _INSIDE in os.environ


def enter():
    """Starts the program again, inside a private namespace."""
    os.environ[_INSIDE] = "1"
    command = [*_unshare(), sys.executable, "-B", *sys.argv]
    os.execvp(command[0], command)


def _unshare():
    command = ["unshare", "--net", "--mount"]
    return command if os.geteuid() == 0 else [*command, "--user", "--map-root-user"]


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


class _Namespace:
    """Held by a process that ends with the bench, which has the other end of its input."""

    def __init__(self):
        self._holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._holder.stdout.readline()
        self.pid = str(self._holder.pid)
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *words):
        return ["nsenter", "--net", "--target", self.pid, *words]

    def run(self, *words):
        _run(*self.command(*words))

    def close(self):
        self._holder.stdin.close()
        self._holder.wait()
        self._holder.stdout.close()


class Path:
    """is_lossy: with a namespace in between, in which drop() sets what is lost."""

    def __init__(self, is_lossy):
        self._is_lossy = is_lossy
        self._namespaces = []

    def __enter__(self):
        _run("ip", "link", "set", "lo", "up")
        far = self._add()
        if self._is_lossy:
            middle = self._add()
            _link("near", middle, "near-middle", "10.77.0")
            _link_between(middle, far)
            middle.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
            middle.run("ip", "route", "add", f"{NETWORK}/16", "via", SERVER)
            middle.run("nft", "add table ip filter; add chain ip filter forward "
                              "{ type filter hook forward priority 0; }")
        else:
            _link("near", far, "far", "10.79.0")
        gateway = "10.77.0.2" if self._is_lossy else SERVER
        _run("ip", "route", "add", f"{NETWORK}/16", "via", gateway)
        # Every address of the targets' network belongs to the server's machine.
        far.run("ip", "route", "add", "local", f"{NETWORK}/16", "dev", "lo")
        return self

    def __exit__(self, *_):
        # If the other namespace has already ended, so has the pair.
        subprocess.run(["ip", "link", "delete", DEVICE], capture_output=True, check=False)
        for namespace in self._namespaces:
            namespace.close()

    def _add(self):
        self._namespaces.append(_Namespace())
        return self._namespaces[-1]

    def there(self, *words):
        """A command that runs where the server is."""
        return self._namespaces[0].command(*words)

    def drop(self, percent):
        """Loses that many percent of the segments from now on, each way."""
        self.heal()
        self._namespaces[1].run("nft", "add rule ip filter forward ip protocol tcp "
                                       f"numgen random mod 100 < {percent} drop")

    def heal(self):
        self._namespaces[1].run("nft", "flush chain ip filter forward")


class RelayedPath(Path):
    """With a relay in place of a cable, which delays or loses the packets of each direction as it is told."""

    def __init__(self, relay):
        super().__init__(False)
        self._command = [relay, DEVICE, "far"]
        self._relay = None

    def __enter__(self):
        _run("ip", "link", "set", "lo", "up")
        far = self._add()
        self._relay = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._relay.stdout.readline() != "ok\n":
            raise RuntimeError("the relay does not start")
        _run("ip", "link", "set", "far", "netns", far.pid)
        _run("ip", "address", "add", "10.79.0.1/24", "dev", DEVICE)
        _run("ip", "link", "set", DEVICE, "up")
        far.run("ip", "address", "add", f"{SERVER}/24", "dev", "far")
        far.run("ip", "link", "set", "far", "up")
        _run("ip", "route", "add", f"{NETWORK}/16", "via", SERVER)
        far.run("ip", "route", "add", "local", f"{NETWORK}/16", "dev", "lo")
        return self

    def __exit__(self, *exception):
        self._relay.stdin.close()
        self._relay.wait()
        self._relay.stdout.close()
        super().__exit__(*exception)

    def set(self, out_us=0, out_lost=0, back_us=0, back_lost=0):
        """From now on packets take that long, and so many of 1,000 are lost."""
        self._relay.stdin.write(f"{out_us} {out_lost} {back_us} {back_lost}\n")
        self._relay.stdin.flush()
        self._relay.stdout.readline()


def _link(name, other, other_name, network):
    """A veth pair from here to another namespace, on which a packet is a segment."""
    _run("ip", "link", "add", name, "type", "veth", "peer", "name", other_name)
    _run("ip", "link", "set", other_name, "netns", other.pid)
    _run("ip", "address", "add", f"{network}.1/24", "dev", name)
    _run("ip", "link", "set", name, "gso_max_segs", "1", "up")
    other.run("ip", "address", "add", f"{network}.2/24", "dev", other_name)
    other.run("ip", "link", "set", other_name, "gso_max_segs", "1", "up")


def _link_between(middle, far):
    middle.run("ip", "link", "add", "middle-far", "type", "veth", "peer", "name", "far")
    middle.run("ip", "link", "set", "far", "netns", far.pid)
    middle.run("ip", "address", "add", "10.79.0.1/24", "dev", "middle-far")
    middle.run("ip", "link", "set", "middle-far", "gso_max_segs", "1", "up")
    far.run("ip", "address", "add", f"{SERVER}/24", "dev", "far")
    far.run("ip", "link", "set", "far", "gso_max_segs", "1", "up")
    far.run("ip", "route", "add", "default", "via", "10.79.0.1")
