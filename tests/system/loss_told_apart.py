# SPDX-License-Identifier: MIT
"""Causes each fault of docs/reading-losses.md, and diagnoses it from two scrapes by the table there."""
import collections
import contextlib
import itertools
import select
import signal
import sys
import time

from lib import peer as behave
from lib.capture import Capture
from lib.far_server import FarServer
from lib.law import Target
from lib.namespaces import Names, Path, SlowPath, enter_or_skip
from lib.peer import Peer
from lib.program import Program
from lib.reading import Facts, read_table, what_happened
from lib.scenario import Skip, in_rounds, main, scenario, scenarios_of
from lib.wait import wait_for

# N targets at once amount to one target watched N times as long.
MANY, SOME = 80, 10
LOSSY_SECONDS = 28
# Faults that break connections need no statistics.
FAULT_SECONDS = 6
PAUSE = 0.25

_numbers = itertools.count()


class Group:
    """A prober with some targets at one address, and its scrapes."""

    def __init__(self, address, count=SOME, interval="200ms"):
        self.names = [f"t{number}" for number in range(count)]
        self.interval = float(interval.removesuffix("ms")) / 1000
        self.program = Program(
            "client", f"-interval={interval}", targets={name: address for name in self.names}
        )
        self.before = None

    def __enter__(self):
        self.program.__enter__()
        try:
            self.begin()
        except BaseException:
            self.program.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *exception):
        self.program.__exit__(*exception)

    def begin(self):
        """From now on counts what happens, once the path is clean."""
        # The kernel's RTT includes the first ones, which a busy machine may have made slow.
        self.wait(lambda t: t.received >= 5 and t.has("tcp_rtt_seconds") and t.tcp_rtt_seconds < 0.05, "a clean path")
        self.before = self.program.metrics()

    def wait(self, condition, what, seconds=20.0):
        """Scrapes until the condition holds for every target."""

        def holds():
            metrics = self.program.metrics()
            return all(condition(Target(metrics, name)) for name in self.names)

        wait_for(holds, what, seconds, PAUSE)

    def wait_measured(self, what="measured again"):
        """Waits until every target has got another reply and all but the latest probes are settled."""
        seen = self.program.metrics()
        self.wait(lambda t: t.received > Target(seen, t.name).received + 5, what, 20)

    def facts(self):
        return Facts(self.before, self.program.metrics(), self.names, self.interval)

    def diagnose(self, what, label=None):
        """Checks that the table says so. Returns the facts."""
        facts = self.facts()
        told = what_happened(facts)
        print(f"     {label or what} | {facts.cells()} |", flush=True)
        assert told == what, f"{what}, but the table says: {told}; {facts}"
        return facts


def pass_time(seconds):
    """Measures what happens meanwhile."""
    time.sleep(seconds)


# Percent, directions, what the table calls it, and the percentages it must find, there and back.
LOSSY = [
    ("1 % in both directions", 1, ("there", "back"), "segments dropped in both directions"),
    ("5 % in both directions", 5, ("there", "back"), "segments dropped in both directions"),
    ("5 % on the forward path", 5, ("there",), "segments dropped on the forward path"),
    ("5 % on the return path", 5, ("back",), "segments dropped on the return path"),
]


def is_about(found, percent):
    """As close as a few dozen losses can show; 1 % and 5 % stay apart."""
    return 0.5 * percent <= found <= 1.8 * percent if percent else found < 0.5


def check_percent(facts, percent, ways):
    """Checks the shares that the page promises."""
    there = 100 * facts.tcp_retransmits / facts.sent
    back = 100 * facts.slow / facts.sent - there
    assert is_about(there, percent if "there" in ways else 0), f"{there} % there: {facts}"
    # It is what remains, and carries the error of both.
    if "back" in ways:
        assert is_about(back, percent), f"{back} % back: {facts}"


# Which segments are dropped is random, and so is how far a share is from the expected one.
@scenarios_of(LOSSY, "tells_", is_statistical=True)
def diagnoses_dropped_segments(row):
    label, percent, ways, what = row
    with Path(next(_numbers)) as path, FarServer(path) as server:
        with Group(server.address, MANY) as usual, Group(server.address, 4, "20ms") as dense:
            path.drop(percent, ways)
            pass_time(LOSSY_SECONDS)
            facts = usual.diagnose(what, label)
            check_percent(facts, percent, ways)
            # A connection broken by loss is the exception.
            assert sum(facts.disconnects.values()) <= facts.slow / 20, facts
            check_dense(dense.facts(), ways, label + ", every 20 ms")


def check_dense(facts, ways, label):
    """At short intervals a loss may slow several probes: forward and both directions look the same."""
    print(f"     {label} | {facts.cells()} |", flush=True)
    told = what_happened(facts)
    if "there" in ways:
        known = ("segments dropped on the forward path", "segments dropped in both directions")
        assert told in known, f"{told}: {facts}"
    else:
        assert told == "segments dropped on the return path", f"{told}: {facts}"


@scenario
def diagnoses_a_blackout_of_2_s():
    with Path(next(_numbers)) as path, FarServer(path) as server:
        in_rounds(lambda: check_blackout_of_2_s(path, server), "a blackout of 2 s is told")


def check_blackout_of_2_s(path, server):
    with Group(server.address) as group:
        begun = time.monotonic()
        path.drop(100, ("there", "back"))
        # They dial after 1.7 to 2 s, and their SYNs are sent again a second later: one in the dark, one not.
        pass_time(2.2)
        path.heal()
        took = time.monotonic() - begun
        assert took < 2.6, f"it was dark for {took} s"
        group.wait_measured()
        facts = group.diagnose("a blackout of 1 s to 5 s")
        assert facts.disconnects == {"stalled": SOME} and facts.connects == SOME, facts
        # From the fault to the first reply; and down since the stall, 1.3 s after the fault.
        assert 2 <= 0.2 * facts.timeouts / SOME <= 5, facts
        assert 0.2 * (facts.timeouts - facts.unsent) / SOME <= 2, facts
        for name in group.names:
            assert group.program.target(name).last_connect_seconds >= 0.9, "its first SYN was lost"


@scenario
def diagnoses_a_blackout_of_30_s():
    with Path(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:
        path.drop(100, ("there", "back"))
        pass_time(30)
        path.heal()
        group.wait_measured()
        facts = group.diagnose("a blackout of 5 s or longer")
        assert facts.disconnects == {"stalled": SOME} and facts.connects == SOME, facts
        assert set(facts.connect_failures) == {"timeout"}, facts
        # One every 3.75 to 5 s.
        assert 5 * SOME <= facts.connect_failures["timeout"] <= 8 * SOME, facts
        assert 30 <= 0.2 * facts.timeouts / SOME <= 30 + 8, facts
        assert 28 <= 0.2 * facts.unsent / SOME <= 30 + 7, facts


@scenario
def the_kernels_count_matches_the_capture():
    with Path(next(_numbers)) as path, contextlib.ExitStack() as stack:
        servers = [stack.enter_context(FarServer(path)) for _ in range(6)]
        targets = {str(server.port): server.address for server in servers}
        programs = [Program("client", f"-interval={interval}", targets=targets) for interval in ("200ms", "20ms")]
        capture = stack.enter_context(Capture(path.device))
        both = ("there", "back")
        for program in programs:
            stack.enter_context(program)

        def counts():
            """By target: what the probers report together, and what was captured."""
            scrapes = [program.metrics() for program in programs]
            return {name: (sum(Target(scrape, name).tcp_retransmits for scrape in scrapes),
                           capture.by_port(int(name))) for name in targets}

        # Loss, a blackout with attempts that fail, loss over new connections, resets, and loss again.
        for fault, seconds in (
            (lambda: path.drop(5, both), 7), (lambda: path.drop(100, both), 9),
            (lambda: path.drop(5, both), 7), (path.reject, 1), (lambda: path.drop(5, both), 6),
        ):
            fault()
            pass_time(seconds)
        path.heal()
        try:
            wait_for(lambda: capture.lost or all(ours == seen for ours, seen in counts().values()),
                     "the counts agree", 12, PAUSE)
        finally:
            print(f"     tcp_retransmits and the capture's count, by target: {counts()}; of the latter, "
                  f"SYNs: {sum(capture.syns_by_port.values())}", flush=True)
        if capture.lost:
            raise Skip(f"this machine is too busy: the capture missed {capture.lost} packets")
        assert all(capture.data_by_port[int(name)] >= 10 for name in targets), counts()
        assert all(capture.syns_by_port[int(name)] >= 4 for name in targets), counts()
        for program in programs:
            for name in targets:
                target = program.target(name)
                assert target.disconnects.get("stalled") and target.connect_failures.get("timeout"), target
        assert any(program.target(name).disconnects.get("reset") for program in programs for name in targets)


@scenario
def diagnoses_a_stopped_peer():
    with Path(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:
        server.send_signal(signal.SIGSTOP)
        pass_time(FAULT_SECONDS)
        server.send_signal(signal.SIGCONT)
        group.wait_measured()
        facts = group.diagnose("the peer stalls", "the peer stalls: stopped")
        check_stall(facts)


def check_stall(facts):
    """The peer's kernel is alive: every connect succeeds, and at once."""
    assert set(facts.disconnects) == {"stalled"} and not facts.connect_failures, facts
    assert facts.disconnects["stalled"] >= 2 * SOME, facts
    assert abs(facts.connects - facts.disconnects["stalled"]) <= SOME, facts


class Mood:
    """A peer whose behaviour changes while connections are open: how long it waits, and whether it is mute."""

    def __init__(self):
        self.delay = 0.0
        self.is_mute = False

    def __call__(self, connection):
        waiting = collections.deque()
        while True:
            pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select([connection], [], [], pause)
            if ready:
                data = connection.recv(65536)
                if not data:
                    return
                if not self.is_mute:
                    waiting.append((time.monotonic() + self.delay, data))
            while waiting and waiting[0][0] <= time.monotonic():
                connection.sendall(waiting.popleft()[1])


@scenario
def diagnoses_a_mute_peer():
    mood = Mood()
    with Peer(mood) as peer, Group(peer.address) as group:
        mood.is_mute = True
        pass_time(FAULT_SECONDS)
        mood.is_mute = False
        group.wait_measured()
        check_stall(group.diagnose("the peer stalls", "the peer stalls: mute"))


@scenario
def diagnoses_a_slow_program():
    # Not far beyond the timeout of 800 ms: 500 ms later it would be a stall.
    for delay, what in (
        (0.85, "the peer's program is slow, beyond the timeout"),
        (0.3, "the peer's program is slow, within the timeout"),
    ):
        mood = Mood()
        with Peer(mood) as peer, Group(peer.address) as group:

            def check(mood=mood, group=group, delay=delay, what=what):
                mood.delay = 0.0
                group.begin()
                mood.delay = delay
                pass_time(FAULT_SECONDS)
                facts = group.diagnose(what)
                assert facts.tcp_rtt_rise < 0.1, facts

            in_rounds(check, what)


@scenario
def diagnoses_a_slow_path():
    with SlowPath(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:

        def check():
            path.delay = 0.0
            group.begin()
            path.delay = 0.15
            pass_time(2 * FAULT_SECONDS)
            facts = group.diagnose("the path is slow")
            # The path's own delay is the least; a busy machine adds to it.
            assert facts.tcp_rtt_rise > 0.2, facts

        in_rounds(check, "the path is slow")


@scenario
def diagnoses_a_reset():
    with Peer(behave.echo) as peer, Group(peer.address) as group:
        peer.behaviour = behave.resets
        peer.reset_connections()
        pass_time(1)
        peer.behaviour = behave.echo
        group.wait_measured()
        facts = group.diagnose("the peer resets the connection")
        assert facts.disconnects["reset"] >= SOME, facts
        assert facts.connects == sum(facts.disconnects.values()), facts


@scenario
def diagnoses_a_firewall_that_rejects():
    with Path(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:
        path.reject()
        pass_time(FAULT_SECONDS / 2)
        path.heal()
        group.wait_measured()
        facts = group.diagnose("the connection is refused", "the connection is refused: a firewall")
        assert facts.disconnects == {"reset": SOME}, facts
        assert set(facts.connect_failures) == {"refused"}, facts


@scenario
def diagnoses_a_close():
    with Peer(behave.echo) as peer, Group(peer.address) as group:
        peer.drop_connections()
        group.wait(lambda t: t.connects == 2, "connected again")
        group.wait_measured()
        facts = group.diagnose("the peer closes the connection")
        assert facts.disconnects == {"closed": SOME} and facts.connects == SOME, facts
        # Half a second at 200 ms, and what was in flight just then.
        assert facts.timeouts <= 5 * SOME and facts.timeouts - facts.unsent <= 2 * SOME, facts


@scenario
def diagnoses_a_closed_port():
    with Peer(behave.echo) as peer, Group(peer.address) as group:
        peer.close()
        pass_time(FAULT_SECONDS / 2)
        facts = group.diagnose("the connection is refused", "the connection is refused: nothing listens")
        assert facts.disconnects == {"closed": SOME} and facts.connects == 0, facts
        assert facts.connect_failures["refused"] >= 2 * SOME, facts


@scenario
def diagnoses_a_missing_route():
    with Path(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:
        path.remove_route()
        pass_time(FAULT_SECONDS / 2)
        facts = group.diagnose("there is no route")
        assert set(facts.connect_failures) == {"unreachable"}, facts


@scenario
def diagnoses_a_name_that_is_gone():
    with Names() as names, Peer(behave.echo) as peer:
        names.set("127.0.0.1 gone.test")
        with Group(f"gone.test:{peer.port}") as group:
            names.set()
            peer.drop_connections()
            pass_time(FAULT_SECONDS / 2)
            facts = group.diagnose("the name does not resolve")
            assert set(facts.connect_failures) == {"resolve"}, facts


@scenario
def diagnoses_a_peer_that_is_not_an_echo_server():
    with Peer(behave.echo) as peer, Group(peer.address) as group:
        peer.behaviour = behave.garbage
        peer.reset_connections()
        pass_time(FAULT_SECONDS / 2)
        facts = group.diagnose("the peer is not an echo server")
        assert facts.disconnects["invalid"] >= SOME, facts


@scenario
def diagnoses_the_probers_own_fault():
    with Path(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:
        group.program.send_signal(signal.SIGSTOP)
        pass_time(FAULT_SECONDS / 2)
        group.program.send_signal(signal.SIGCONT)
        group.wait_measured()
        facts = group.diagnose("the prober itself was not running")
        # All except the one slot that was due when it came back.
        assert facts.missed_slots >= 0.7 * SOME * FAULT_SECONDS / 2 / 0.2, facts


@scenario
def diagnoses_that_nothing_happened():
    with Path(next(_numbers)) as path, FarServer(path) as server, Group(server.address) as group:

        def says_so():
            """A machine with too much to do causes faults itself, but not all the time."""
            group.before = group.program.metrics()
            pass_time(FAULT_SECONDS / 2)
            return what_happened(group.facts()) == "nothing"

        wait_for(says_so, "nothing happens, and the table says so", 30)


@scenario
def every_row_of_the_table_has_its_fault():
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    rows = [row["what happened"] for row in read_table()]
    untold = [name for name in rows if f'"{name}"' not in source]
    assert not untold and len(rows) == len(set(rows)) >= 15, f"no scenario causes {untold}; rows: {rows}"


if __name__ == "__main__":
    enter_or_skip()
    # The longest come first; the fewer run at a time, the less they hold each other up.
    main(workers=12)
