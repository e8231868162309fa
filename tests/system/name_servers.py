# SPDX-License-Identifier: MIT
"""
Whatever a name server does: what becomes of targets that it never told of, of those that are connected,
and of those that have to connect again. All of it at once, so nothing of it disturbs the others.
"""
import contextlib
import time

from lib import name_server as serve
from lib import peer as behave
from lib.law import Target
from lib.namespaces import Names, enter_or_skip
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import main, scenario
from lib.wait import wait_for

HOST = "127.0.0.2"
# Nobody listens there, so they refuse at once.
OTHERS = [f"127.7.{number // 250}.{number % 250 + 1}" for number in range(999)]

# What a target sees of it that has never had an address, and one that had.
FOUND = "found"  # An address to connect to.
NO_NAME = "no name"  # An answer: there is none.
FAILURE = "failure"  # No answer that is of use. The address of before is dialled.

BEHAVIOURS = {
    "answers": (serve.answers(HOST), FOUND),
    "answers-with-ipv6": (serve.answers("2001:db8::1", HOST), FOUND),
    "denies": (serve.denies, NO_NAME),
    "has-no-address": (serve.answers(), NO_NAME),
    "fails": (serve.fails, FAILURE),
    "refuses": (serve.refuses, FAILURE),
    "silent": (serve.is_silent, FAILURE),
    "slow": (serve.is_slow(1.5, HOST), FOUND),
    "truncates": (serve.truncates(HOST), FOUND),
    "alias": (serve.is_alias("one.test", "two.test", "three.test", address=HOST), FOUND),
    "loop": (serve.loops, NO_NAME),
    "thousand": (serve.answers(*OTHERS, HOST), FOUND),
    "takes-turns": (serve.takes_turns("127.7.7.7", HOST, "127.7.7.8"), FOUND),
    "unspecified": (serve.answers("0.0.0.0", "::"), NO_NAME),
    "multicast": (serve.answers("224.0.0.1", "ff02::1"), NO_NAME),
    "broadcast": (serve.answers("255.255.255.255"), NO_NAME),
    "partly-unusable": (serve.answers("0.0.0.0", HOST), FOUND),
    "babbles": (serve.babbles, FAILURE),
    "wrong-number": (serve.mistakes_the_query, FAILURE),
    "wrong-name": (serve.mistakes_the_name, NO_NAME),
    "pointer-loop": (serve.points_at_itself, FAILURE),
    "cut-off": (serve.is_cut_off, FAILURE),
}
# Later versions of c-ares have all questions pay for these that were sent by the same socket.
MALFORMED = ("babbles", "pointer-loop", "cut-off")
# What the log says of those without an address, where that does not depend on the version of c-ares.
REASONS = {
    "denies": "there is no such name",
    "has-no-address": "the name has no address",
    "loop": "the name has no address",
    "fails": "the name server failed",
    "refuses": "the name server ",
    "silent": "does not resolve within 3s",
    "wrong-number": "does not resolve within 3s",
    **{name: "only addresses that no host can have" for name in ("unspecified", "multicast", "broadcast")},
}
# The peer takes connections at its leisure: each probe of the second kind is one.
KINDS = {"echo": "100ms", "connect": "500ms"}
CONTROL = "control"


class Matrix:
    """A target for each behaviour, kind of probe, and whether its address is known before."""

    def __init__(self, names, port, results):
        self.names = names
        self.results = results
        self.cells = {}
        self.targets = {CONTROL: f"{HOST}:{port}"}
        for name in results:
            for kind, interval in KINDS.items():
                if (name, kind) == ("thousand", "connect"):
                    continue  # Each probe dials one of them: that takes minutes.
                for is_known in (False, True):
                    host = f"{name}-{kind}-{'known' if is_known else 'unknown'}.test"
                    self.cells[host] = (name, kind, is_known)
                    self.targets[host] = {"address": f"{host}:{port}", "probe": kind, "interval": interval,
                                          "timeout": "5s"}
                    self.set(host, serve.answers(HOST) if is_known else BEHAVIOURS[name][0])

    def set(self, host, behaviour):
        self.names.server.names[host] = behaviour

    def misbehave(self):
        for host, (name, _, _) in self.cells.items():
            self.set(host, BEHAVIOURS[name][0])

    def hosts(self, *results, known=None):
        """Those of these results; known: whether they had an address at first, or None for both."""
        return [host for host, (name, _, is_known) in self.cells.items()
                if self.results[name] in results and known in (None, is_known)]


def assert_control(program):
    target = program.target(CONTROL)
    assert target.timeouts == 0 and target.connects == 1, target


def wait_each(program, hosts, condition, what, seconds=40.0):
    """Until it holds for each of them."""
    left = set(hosts)

    def holds():
        metrics = program.metrics()
        for host in list(left):
            if condition(Target(metrics, host)):
                left.discard(host)
        return not left

    try:
        wait_for(holds, what, seconds, 0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}: {[program.target(host) for host in sorted(left)]}") from None


def is_up(target):
    return target.connected == 1 and target.received > 3


def assert_reason(program, host, reason):
    line = program.wait_line(f" {host}: down: ")
    assert "resolve" in line and reason in line, line


def assert_queries(server, hosts, seconds):
    """A failure is remembered for a second, and costs three queries of each family at most, some by TCP again."""
    most = max(hosts, key=server.asked)
    asked = server.asked(most)
    print(f"note: at most {asked} queries for one name: {most}, in {seconds:.0f} s")
    assert asked <= 12 * (seconds + 1), (most, asked)


def go_through(results, more_flags=(), reasons=None):
    """results: by the name of the behaviour."""
    began = time.monotonic()
    port = free_port()
    with Names(asks_server=True) as names, contextlib.ExitStack() as stack:
        peer = stack.enter_context(Peer(behave.echo, port, HOST, backlog=1024))
        matrix = Matrix(names, port, results)
        with Program("client", "-interval=50ms", *more_flags, targets=matrix.targets) as program:
            # At the start.
            wait_each(program, matrix.hosts(FOUND) + matrix.hosts(NO_NAME, FAILURE, known=True), is_up, "up")
            wait_each(program, matrix.hosts(NO_NAME, FAILURE, known=False),
                      lambda t: t.connect_failures.get("resolve"), "cannot resolve")
            for host in matrix.hosts(NO_NAME, FAILURE, known=False):
                target = program.target(host)
                assert set(target.connect_failures) == {"resolve"} and target.received == 0, target
                assert_reason(program, host, (reasons or {}).get(matrix.cells[host][0], ""))
            assert_control(program)
            # While they are connected.
            asked = {host: names.server.asked(host) for host in matrix.cells}
            matrix.misbehave()
            wait_for(lambda: all(names.server.asked(host) > asked[host] for host in matrix.hosts(
                FOUND, NO_NAME, FAILURE, known=True)), "each name is asked for again", 40)
            seen = {host: program.target(host).received for host in matrix.hosts(FOUND)}
            wait_each(program, seen, lambda t: t.received > seen[t.name] + 5, "answered")
            for host in matrix.hosts(FOUND) + matrix.hosts(NO_NAME, FAILURE, known=True):
                target = program.target(host)
                assert target.moves == 0 and target.disconnects == {}, target
                assert target.timeouts == target.unsent, target
            assert_control(program)
            # After a restart of the peer.
            peer.close()
            wait_each(program, matrix.hosts(FOUND), lambda t: t.connected == 0, "down")
            echoes = [host for host in matrix.hosts(NO_NAME, known=True) if "-echo-" in host]
            wait_each(program, echoes, lambda t: t.connect_failures.get("resolve"), "the name is gone")
            stack.enter_context(Peer(behave.echo, port, HOST, backlog=1024))
            wait_each(program, matrix.hosts(FOUND) + matrix.hosts(FAILURE, known=True),
                      lambda t: t.connected == 1, "back")
            for host in echoes:
                assert program.target(host).connected == 0, host
            for host in matrix.hosts(FOUND) + matrix.hosts(FAILURE, known=True):
                assert program.target(host).moves == 0, program.target(host)
            assert_queries(names.server, matrix.cells, time.monotonic() - began)


@scenario
def each_behaviour_of_a_name_server_has_its_own_effect_and_no_other():
    # An answer of another name is dropped by earlier versions of c-ares, and believed by later ones.
    go_through({name: result for name, (_, result) in BEHAVIOURS.items() if name not in (*MALFORMED, "wrong-name")},
               reasons=REASONS)


@scenario
def malformed_answers_are_failures():
    go_through({name: BEHAVIOURS[name][1] for name in ("answers", "denies", *MALFORMED)})


@scenario
def so_it_has_by_the_systems_resolver():
    # To the C library, what it cannot make sense of is no address.
    results = {name: result for name, (_, result) in BEHAVIOURS.items()} | {"pointer-loop": NO_NAME}
    go_through(results, ["-resolver=system"])


if __name__ == "__main__":
    enter_or_skip()
    main()
