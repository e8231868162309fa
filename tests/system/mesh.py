# SPDX-License-Identifier: MIT
"""A mesh of real machines, each on an address of its own: whatever comes or goes, each has its probers again."""
import contextlib
import os
import tempfile

from lib import program as programs
from lib.law import Target
from lib.name_server import answers
from lib.namespaces import Names, enter_or_skip
from lib.program import Program, write_targets
from lib.scenario import main, scenario
from lib.wait import wait_for

NAME = "fleet.test"
PORT = 4000
PROBERS = 5
MACHINES = 30


def weight(prober, target):
    """As docs/fleet.md has it."""
    h = 0xcbf29ce484222325
    for byte in prober.encode() + b"\0" + target.encode():
        h = (h ^ byte) * 0x100000001b3 % 2**64
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9 % 2**64
    h = (h ^ h >> 27) * 0x94d049bb133111eb % 2**64
    return h ^ h >> 31


def probers_of(target, members, count=PROBERS):
    others = [member for member in members if member != target]
    return set(sorted(others, key=lambda prober: weight(prober, target), reverse=True)[:count])


def pairs_of(members):
    return {(prober, target) for target in members for prober in probers_of(target, members)}


class Machine(Program):
    """One of the mesh: server and prober on an address of its own."""

    def __init__(self, number, *flags):
        self.address = f"127.2.0.{number}"
        self.name = f"{self.address}:{PORT}"
        super().__init__(
            "both", "-interval=100ms", "-timeout=20s", f"-targets=dns:{NAME}:{PORT}", "-targets-refresh=1s",
            f"-self={self.name}", f"-probers-per-target={PROBERS}", *flags, metrics_host=self.address, listen_host=self.address)

    def command(self):
        self.metrics_port, self.listen_port = 2112, PORT
        return super().command()

    def view(self):
        """What it probes, and what it says of the list."""
        self._last = None  # Targets that go take their counters along.
        return self.metrics()


def has_settled(machines, pairs):
    """Whether each probes what it should, and is connected to it."""
    for machine in machines:
        metrics = machine.view()
        wanted = {target for prober, target in pairs if prober == machine.name}
        if metrics.value("tcp_echo_mesh_members") != len(machines) or set(metrics.targets()) != wanted:
            return False
        if not all(Target(metrics, name).connected for name in wanted):
            return False
    return True


def agree(machines, pairs):
    """What their metrics say of the list."""
    hashes = set()
    for machine in machines:
        metrics = machine.view()
        assert metrics.value("tcp_echo_mesh_targets") == sum(prober == machine.name for prober, _ in pairs), machine.name
        hashes.add(metrics.value("tcp_echo_mesh_list_hash"))
    assert len(hashes) == 1, hashes
    return hashes.pop()


@scenario
def each_machine_has_its_probers_whoever_comes_or_goes():
    with Names(asks_server=True) as names, contextlib.ExitStack() as stack:

        def publish(machines):
            names.server.names[NAME] = answers(*[machine.address for machine in machines], ttl=1)

        def begin(numbers):
            begun = [Machine(number) for number in numbers]
            for machine in begun:
                stack.enter_context(machine)
            return begun

        def settle(machines):
            pairs = pairs_of([machine.name for machine in machines])
            wait_for(lambda: has_settled(machines, pairs), "each has its probers", 60, 0.5)
            return pairs, agree(machines, pairs)

        everybody = [Machine(number) for number in range(1, MACHINES + 1)]
        publish(everybody)
        machines = begin(range(1, MACHINES + 1))
        first, first_hash = settle(machines)
        assert len(first) == MACHINES * PROBERS

        # Three are lost at once.
        lost, machines = machines[:3], machines[3:]
        for machine in lost:
            machine.stop()
        publish(machines)
        second, second_hash = settle(machines)
        names_lost = {machine.name for machine in lost}
        assert second_hash != first_hash
        # Nobody but those who had a pair with them has another one.
        kept = {pair for pair in first if not names_lost & set(pair)}
        assert kept <= second and len(second - kept) <= len([p for p in first if p[0] in names_lost])

        # Two come, and one of the lost is back.
        counts = {machine.name: {name: machine.target(name).connects for name in machine.view().targets()}
                  for machine in machines}
        machines += begin((1, MACHINES + 1, MACHINES + 2))
        publish(machines)
        third, _ = settle(machines)
        stayed = second & third
        assert len(stayed) > len(second) / 2
        # What stays was not touched.
        for machine in machines:
            for name, connects in counts.get(machine.name, {}).items():
                if (machine.name, name) in stayed:
                    assert machine.target(name).connects == connects, (machine.name, name)
        with open(f"/proc/{machines[0].pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        print(f"one of {len(machines)} machines: {(int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK'):.2f} s of CPU, "
              f"{machines[0].rss() / 2**20:.1f} MiB", flush=True)


@scenario
def a_machine_that_is_not_in_the_list_says_so():
    with Names(asks_server=True) as names:
        names.server.names[NAME] = answers("127.2.0.1", "127.2.0.2", ttl=1)
        with Machine(9) as machine:
            machine.wait_line(f'"{machine.name}" is not among the 2 targets, so it has no part in their mesh')
            assert machine.view().targets() == []
            names.server.names[NAME] = answers("127.2.0.1", "127.2.0.9", ttl=1)
            wait_for(lambda: list(machine.view().targets()) == [f"127.2.0.1:{PORT}"], "it is")
    with tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        path = os.path.join(folder, "t.json")
        write_targets(path, {"a": "127.0.0.1:1", "b": "127.0.0.1:2"})
        flags = ("-mode=client", f"-targets={path}", "-probers-per-target=1", "-metrics=127.0.0.1:0")
        for more in ((), ("-check",)):
            status, _, err = programs.run(*flags, "-self=c", *more)
            assert status == 1 and err.count("\n") == 1 and '"c" is not among the 2 targets' in err, (status, err)
        status, out, err = programs.run(*flags, "-self=a", "-check")
        assert status == 0 and "targets   1 from" in out and "b at 127.0.0.1:2" in out, (status, out, err)


@scenario
def groups_are_told_by_a_label():
    members = {f"{rack}{number}": {"address": "127.0.0.1:9", "labels": {"rack": rack}} for rack in "ab" for number in range(4)}
    covered = {}
    with tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        path = os.path.join(folder, "t.json")
        write_targets(path, members)
        for name in members:
            with Program("client", "-interval=1s", f"-targets={path}", "-probers-per-target=2", f"-self={name}",
                         "-group-label=rack") as program:
                for target in program.metrics().targets():
                    covered.setdefault(target, []).append(name)
    for target in members:
        of_own = [prober for prober in covered[target] if prober[0] == target[0]]
        assert len(of_own) == 2 and len(covered[target]) == 3, (target, covered)


if __name__ == "__main__":
    enter_or_skip()
    main()
