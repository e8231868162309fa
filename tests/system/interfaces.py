# SPDX-License-Identifier: MIT
"""Probing over an interface that the routes would not choose, which may vanish and come back."""
import contextlib
import socket
import struct

from lib.far_server import FarServer
from lib.namespaces import Path, enter_or_skip, run
from lib.program import Program
from lib.scenario import main, scenario

# The far machine, by whichever way.
FAR = "10.99.0.1"
FLAGS = ("-interval=20ms", "-timeout=400ms")


class TwoWays(Path):
    """A path with a second, longer way to the same machine."""

    def __enter__(self):
        super().__enter__()
        self.far = FAR
        run(*self.there(), "ip", "address", "add", f"{FAR}/32", "dev", "lo")
        run("ip", "route", "add", FAR, "dev", self.device, "metric", "10")
        self.add_second()
        return self

    def add_second(self):
        run("ip", "link", "add", "second", "type", "veth", "peer", "name", "far-second")
        run("ip", "link", "set", "far-second", "netns", str(self.holder.pid))
        run("ip", "address", "add", "10.88.0.1/24", "dev", "second")
        run(*self.there(), "ip", "address", "add", "10.88.0.2/24", "dev", "far-second")
        run(*self.there(), "ip", "link", "set", "far-second", "up")
        run("ip", "link", "set", "second", "up")
        # What comes by the way that the routes would not choose is not dropped.
        for where in ("all", self.device, "second"):
            with open(f"/proc/sys/net/ipv4/conf/{where}/rp_filter", "w", encoding="ascii") as file:
                file.write("0")
        run("ip", "route", "add", FAR, "dev", "second", "metric", "20")

    def __exit__(self, *exception):
        # The other namespace ends some time later, and would leave it until then.
        self.remove_second()
        super().__exit__(*exception)

    def remove_second(self):
        run("ip", "link", "delete", "second")


def own_addresses(port):
    """Those of this machine that have a connection to the far one: {address: how many}."""
    found = {}
    far = struct.unpack("<I", socket.inet_aton(FAR))[0]
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in file.readlines()[1:]:
            _, own, peer, state, *_ = line.split()
            if state == "01" and peer == f"{far:08X}:{port:04X}":
                address = socket.inet_ntoa(struct.pack("<I", int(own.split(":")[0], 16)))
                found[address] = found.get(address, 0) + 1
    return found


@contextlib.contextmanager
def two_ways(probe="echo"):
    with TwoWays() as path, FarServer(path) as server:
        targets = {
            "by the routes": {"address": server.address},
            "over the first": {"address": server.address, "interface": path.device},
            "over the second": {"address": server.address, "interface": "second"},
        }
        for target in targets.values():
            target["probe"] = probe
            if probe == "connect":
                target["interval"] = "100ms"
        with Program("client", *FLAGS, targets=targets) as program:
            yield path, server, program


@scenario
def each_target_goes_over_its_interface():
    with two_ways() as (_, server, program):
        for name in program.targets:
            program.wait_target(name, lambda t: t.received >= 10, "replies")
        assert own_addresses(server.port) == {"10.77.0.1": 2, "10.88.0.1": 1}, own_addresses(server.port)


def check_outage(path, program):
    for name in program.targets:
        program.wait_target(name, lambda t: t.received >= 5, "replies")
    path.remove_second()
    down = program.wait_target(
        "over the second", lambda t: t.connected == 0 and t.connect_failures != {}, "a dial over no interface", 20)
    assert set(down.connect_failures) == {"unreachable"}, down
    before = down.received
    path.add_second()
    program.wait_target("over the second", lambda t: t.connected == 1 and t.received > before, "up again", 30)
    for name in ("by the routes", "over the first"):
        target = program.target(name)
        assert target.disconnects == {} and target.connect_failures == {}, f"{name}: {target}"


@scenario
def an_interface_that_vanishes_takes_its_targets_down_until_it_is_back():
    with two_ways() as (path, _, program):
        check_outage(path, program)


@scenario
def handshakes_go_over_their_interface_too():
    with two_ways("connect") as (path, server, program):
        check_outage(path, program)
        said = f"{server.address} cannot be dialled over second: there is no such interface"
        assert any(said in line for line in program.lines), program.lines


@scenario
def an_interface_that_never_was_is_said_once():
    own = "127.0.0.1:{listen}"
    targets = {"here": own, "loopback": {"address": own, "interface": "lo"},
               "nowhere": {"address": own, "interface": "no-such-one"}}
    with Program("both", *FLAGS, targets=targets) as program:
        for name in ("here", "loopback"):
            program.wait_target(name, lambda t: t.received >= 10, "replies")
        program.wait_target("nowhere", lambda t: t.connect_failures.get("unreachable", 0) >= 2, "two attempts", 20)
        said = [line for line in program.lines if "over no-such-one: there is no such interface" in line]
        assert len(said) == 1, said


if __name__ == "__main__":
    enter_or_skip()
    main()
