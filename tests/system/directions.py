# SPDX-License-Identifier: MIT
"""Which way, or whose machine: what is made of a peer's stamps; and every server that knows none."""
import contextlib
import itertools
import os
import signal
import socket
import struct
import sys
import threading
import time

from lib import peer as behave
from lib.peer import MAGIC, Peer
from lib.program import Program
from lib.relay import Relay
from lib.scenario import Skip, in_rounds, main, scenario, scenarios_of
from lib.sockets import reads_end
from lib.stamping import (
    ACCEPTANCE, ESTIMATED, HELLO, STAMPED_SIZE, UNKNOWN, accepting_any, receive_exactly, stamp_of, stamping, typed,
)
from lib.stepped_clock import S, SteppedClock
from lib.wait import wait_for

FLAGS = ("-interval=10ms",)
# A busy machine holds up peers that are scripts.
PATIENT = (*FLAGS, "-timeout=5s")
SERIES = ("stamped", "peer_seconds_total", "excess_seconds_total", "slow_total", "peer_tcp_retransmits_total",
          "stamps_rejected_total", "one_way_seconds", "one_way_error_seconds", "seen_ttl", "seen_dscp",
          "seen_mss_bytes")


def slow(target):
    """By where, zeros left out."""
    return {labels["where"]: value
            for labels, value in target.metrics.select("tcp_echo_slow_total", target=target.name) if value}


def excess(target, direction):
    return target.metrics.value("tcp_echo_excess_seconds_total", target=target.name, direction=direction)


def stamped_series(metrics, name):
    return {series for series in SERIES if metrics.has("tcp_echo_" + series, target=name)}


def knows_clocks(target):
    """Whether directions are told apart: some excess was counted in each, as no two round trips are alike."""
    return excess(target, "out") > 0 and excess(target, "back") > 0


@contextlib.contextmanager
def measured_through(relay, *flags, **settings):
    """The prober, with a target through the relay whose clocks are known."""
    targets = {"through": {"address": relay.address, **settings}}
    with Program("client", *FLAGS, *flags, targets=targets) as program:
        program.wait_target("through", lambda t: t.received > 150 and knows_clocks(t), "the clocks are known", 30)
        yield program


# Each: says, what is set, where a slow reply must be blamed.
DELAYS = [
    ("the way out", {"out": 0.03}, "out"),
    ("the way back", {"back": 0.03}, "back"),
    ("the way out, and less on the way back", {"out": 0.03, "back": 0.01}, "out"),
    ("the way back, and less on the way out", {"out": 0.01, "back": 0.03}, "back"),
]


def check_blame(program, relay, delays, where):
    """Begins without delays, so that the clocks are known as well in each round."""
    relay.out = relay.back = 0.0
    start = program.target("through")
    before = program.wait_target("through", lambda t: t.received > start.received + 50, "replies without delays")
    relay.out, relay.back = delays.get("out", 0.0), delays.get("back", 0.0)
    after = program.wait_target("through", lambda t: t.received > before.received + 200, "slow replies")
    counts = {name: value - slow(before).get(name, 0) for name, value in slow(after).items()}
    other = "back" if where == "out" else "out"
    received = after.received - before.received
    assert counts.get(where, 0) > 0.9 * received, (counts, received)
    # The relay's own pauses are somewhere, too.
    assert counts.get(other, 0) <= 0.1 * received, (counts, received)
    # What was added is there, and as good as nothing of it in the other direction.
    added = excess(after, where) - excess(before, where)
    leaked = excess(after, other) - excess(before, other) - delays.get(other, 0) * received
    assert 0.9 * delays[where] < added / received < 2 * delays[where], (added, received)
    assert abs(leaked) / received < 0.2 * delays[where], (leaked, received)


@scenarios_of(DELAYS, "blames_")
def blames(row):
    says, delays, where = row
    with Program("server") as server, Relay(f"127.0.0.1:{server.listen_port}") as relay:
        with measured_through(relay) as program:
            # A busy machine may hold the relay up for longer than that, but not in each of some rounds.
            in_rounds(lambda: check_blame(program, relay, delays, where), f"it blames {says}")


@scenario
def blames_a_peer_that_stops_now_and_then():
    with Program("server") as server:
        address = f"127.0.0.1:{server.listen_port}"
        with Program("client", *FLAGS, targets={"through": address}) as program:
            program.wait_target("through", lambda t: t.received > 150 and knows_clocks(t), "the clocks are known", 30)
            before = program.target("through")
            for _ in range(20):
                server.send_signal(signal.SIGSTOP)
                time.sleep(0.05)
                server.send_signal(signal.SIGCONT)
                now = program.target("through")
                program.wait_target("through", lambda t, now=now: t.received > now.received + 20, "replies again")
            after = program.target("through")
            counts = {name: value - slow(before).get(name, 0) for name, value in slow(after).items()}
            # Of each five that wait, one may have come just before the stop's end. The machine's own pauses are few.
            assert counts.get("peer", 0) >= 60, counts
            assert counts.get("out", 0) + counts.get("back", 0) <= 0.1 * counts["peer"], counts
            assert after.peer_seconds - before.peer_seconds > 20 * 0.05, (before, after)


def check_clocks_far_apart():
    with SteppedClock() as clock, Program("server", env=clock.environment()) as server:
        with Relay(f"127.0.0.1:{server.listen_port}") as relay, measured_through(relay) as program:
            clock.step(-3 * S)
            relay.back = 0.03
            before = program.target("through")
            after = program.wait_target("through", lambda t: t.received > before.received + 300, "slow replies")
            # Before and after the step; for a moment the clocks are not known, and nobody is blamed.
            assert slow(after).get("back", 0) + slow(after).get("unknown", 0) > 200, slow(after)
            assert slow(after).get("out", 0) <= 30, slow(after)
            assert after.last_rtt_seconds < 1, after
            relay.back = 0.0
            program.wait_target("through", lambda t: excess(t, "back") > excess(after, "back")
                                and t.received > after.received + 150, "the clocks are known again", 30)
            check_blame(program, relay, {"back": 0.03}, "back")


@scenario
def clocks_that_are_far_apart_make_no_difference():
    # Anew after a hold-up of the relay: clocks that were just set are not known as well as at first.
    in_rounds(check_clocks_far_apart, "the way back is slow, and nothing else")


@scenario
def ways_are_told_where_both_clocks_are_synchronised():
    with SteppedClock() as clock, Program("server", env=clock.environment()) as server:
        with Program("client", *FLAGS, targets={"a": f"127.0.0.1:{server.listen_port}"},
                     env=clock.environment()) as program:
            clock.unsynchronise()
            target = program.wait_target("a", lambda t: t.received > 20, "stamps")
            assert not target.metrics.has("tcp_echo_one_way_seconds"), "though no clock is synchronised"
            clock.synchronise(1500)
            target = program.wait_target("a", lambda t: t.metrics.has("tcp_echo_one_way_seconds")
                                         and t.one_way_error_seconds < 1, "both are synchronised")
            assert target.one_way_error_seconds == 0.003, target.one_way_error_seconds
            ways = {labels["direction"]: value
                    for labels, value in target.metrics.select("tcp_echo_one_way_seconds", target="a")}
            assert ways.keys() == {"out", "back"} and min(ways.values()) >= 0, ways
            assert sum(ways.values()) <= target.last_rtt_seconds, (ways, target.last_rtt_seconds)
            clock.unsynchronise()
            program.wait_target("a", lambda t: not t.metrics.has("tcp_echo_one_way_seconds"), "they are not any more")


@scenario
def stamps_can_be_switched_off_on_either_side():
    for here, there in itertools.product(("on", "off"), repeat=2):
        with Program("server", f"-stamps={there}") as server:
            targets = {"flag": f"127.0.0.1:{server.listen_port}",
                       "own": {"address": f"127.0.0.1:{server.listen_port}", "stamps": False}}
            with Program("client", *FLAGS, f"-stamps={here}", targets=targets) as program:
                for name in targets:
                    program.wait_target(name, lambda t: t.received > 20, "replies")
                metrics = program.metrics()
                wanted = set(SERIES) - {"one_way_seconds", "one_way_error_seconds"} if here == there == "on" else set()
                found = stamped_series(metrics, "flag")
                if sys.platform != "linux":
                    wanted -= {"seen_ttl", "seen_dscp", "seen_mss_bytes"}
                assert wanted <= found and (wanted or not found), (here, there, found)
                assert not stamped_series(metrics, "own"), "its own setting"
                assert program.target("flag").timeouts == 0 == program.target("own").timeouts
                begun = time.monotonic()
                sent = program.target("flag").sent + program.target("own").sent
            since = 200 * (time.monotonic() - begun)
            frames = server.metrics().value("tcp_echo_server_frames_total")
            # The hello is not counted, unless the server takes it for a frame. Some were sent since: 200 a second.
            assert sent <= frames <= sent + since + 20, (here, there, sent, frames, since)


# What has nothing to say: every other kind of server. Each: says, behaviour.
PLAIN = [
    ("a byte echo", behave.echo),
    ("byte by byte", behave.echo_bytewise),
    ("16 bytes at a time", behave.echo_frames),
    ("24 bytes with magic", behave.echo_magic_frames),
    ("24 bytes with magic, or a reset", behave.echo_magic_frames_or_reset),
    ("16 bytes without the magic", behave.echo_plain_frames),
    ("version 1.0.0", behave.echo_either),
    ("pieces that end anywhere", behave.shifted_pieces),
    ("every reply twice", behave.twice),
    ("out of order", behave.reordered),
]


@scenarios_of(PLAIN, "is_as_good_as_ever_with_")
def is_as_good_as_ever(row):
    with Peer(row[1]) as peer, Relay(peer.address) as relay:
        targets = {"direct": peer.address, "through a proxy": relay.address,
                   "not asked": {"address": peer.address, "stamps": "off"}}
        with Program("client", *FLAGS, "-log-level=debug", targets=targets) as program:
            for name in targets:

                def goes_well(name=name):
                    now = program.wait_target(name, lambda t: t.received > 50 and t.connected, "replies")
                    then = program.wait_target(name, lambda t: t.received > now.received + 50, "more of them")
                    assert then.timeouts == now.timeouts and then.connects == now.connects, (now, then)
                    assert not stamped_series(then.metrics, name), row[0]

                # A peer that is held up loses some, but not again and again.
                in_rounds(goes_well, "replies without a loss")


# What a server may say that is not so. Each: says, what it says, whether that is refused.
LIES = [
    ("residence for ever", {"residence": UNKNOWN}, True),
    ("longer than the round trip", {"residence": 2_000_000_000}, True),
    ("no version", {"version": 0}, True),
    ("a version to come", {"version": 7}, False),
    ("received before 1970", {"received": -1}, True),
    ("received never", {"received": -(1 << 63)}, True),
    ("received at the end of time", {"received": (1 << 63) - 1}, True),
    ("received next year", {"received": time.time_ns() + 365 * 86400 * S}, False),
    ("received at some time", {"received": lambda _: time.time_ns() ^ 0xFFFFFFF}, False),
    ("received when it was sent", {"received": lambda sent_ns: sent_ns}, False),
    ("every flag", {"flags": 0xFFFF}, False),
    ("retransmissions without end", {"retransmits": UNKNOWN}, False),
    ("fewer retransmissions than before", {"retransmits": lambda _: -time.time_ns() % 1000}, False),
    ("an error of 0", {"flags": 1, "max_error": 0}, False),
    ("a SYN of nothing", {"ttl": 0, "dscp": 255, "mss": 65535}, False),
    ("a path of 255 hops", {"ttl": 255, "dscp": 255, "mss": 0}, False),
]


@scenarios_of(LIES, "no_round_trip_suffers_from_")
def no_round_trip_suffers(row):
    _, changes, is_refused = row
    with Peer(stamping(**changes)) as liar, Peer(behave.echo) as honest:
        with Program("client", *PATIENT, targets={"liar": liar.address, "honest": honest.address}) as program:
            for name in ("liar", "honest"):
                program.wait_target(name, lambda t: t.received > 200 and t.in_flight <= 2, "each has its reply", 20)
            target = program.target("liar")
            assert target.timeouts == 0 and target.connects == 1 and target.disconnects == {}, target
            refused = target.stamps_rejected
            assert refused > 150 if is_refused else refused == 0, (refused, target)
            # Both are probed alike, and answered alike: by the same rough server, on a machine that may be slow.
            usual = program.target("honest")
            assert target.rtt_sum / target.rtt_count < max(0.02, 3 * usual.rtt_sum / usual.rtt_count), (target, usual)
            shown = program.http().body.decode()
            assert "nan" not in shown.lower() and " -" not in shown.replace("# HELP", ""), "a strange number"


@scenario
def frames_that_come_back_without_a_stamp_are_replies_all_the_same():
    with Peer(accepting_any) as peer:
        with Program("client", *PATIENT, targets={"a": peer.address}) as program:
            target = program.wait_target("a", lambda t: t.received > 100 and t.in_flight <= 2, "each has its reply")
            assert target.timeouts == 0 and target.stamped == 1, target
            assert target.stamps_rejected > 90, target.stamps_rejected


@scenario
def a_server_may_be_another_with_each_connection():
    turns = itertools.cycle((stamping(), behave.echo, behave.echo_frames))
    lock = threading.Lock()

    def behaviour(connection):
        with lock:
            turn = next(turns)
        turn(connection)

    with Peer(behaviour) as peer, Program("client", *FLAGS, targets={"a": peer.address}) as program:
        for number in range(6):
            target = program.wait_target(
                "a", lambda t, n=number: t.connects == n + 1 and t.rtt_count > 0 and t.connected
                and t.metrics.has("tcp_echo_stamped") and t.stamped == (1 if n % 3 == 0 else 0), "the next server")
            received = target.received
            target = program.wait_target("a", lambda t, r=received: t.received > r + 30, "replies")
            assert target.stamped == (1 if number % 3 == 0 else 0), (number, target.stamped)
            peer.drop_connections()
        assert target.disconnects.keys() <= {"closed", "reset"}, target


def split(size):
    """A server that stamps, and sends everything in pieces of that size."""

    class Pieces:
        def __init__(self, connection):
            self.recv = connection.recv
            self._connection = connection

        def sendall(self, data):
            for at in range(0, len(data), size):
                self._connection.sendall(data[at:at + size])
                time.sleep(0.0002)

    return lambda connection: stamping()(Pieces(connection))


@scenario
def replies_may_be_split_anywhere():
    with contextlib.ExitStack() as stack:
        targets = {f"{size} bytes": stack.enter_context(Peer(split(size))).address for size in (1, 7, 15, 17, 47)}
        program = stack.enter_context(Program("client", "-interval=50ms", "-timeout=20s", targets=targets))
        for name in targets:
            target = program.wait_target(name, lambda t: t.received > 40, "replies", 30)
            assert target.connects == 1 and target.timeouts == 0 and target.stamps_rejected == 0, target


def dial(program):
    connection = socket.create_connection(("127.0.0.1", program.listen_port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


# What a prober may send. Each: says, bytes, what comes back of it.
def plain(number):
    return struct.pack("<Qq", number, -number)


NONCE = b"12345678"
PROBERS = [
    ("16-byte frames", plain(1) + plain(2), plain(1) + plain(2)),
    ("24-byte frames", MAGIC + plain(1) + MAGIC + plain(2), MAGIC + plain(1) + MAGIC + plain(2)),
    ("a hello", HELLO + NONCE, ACCEPTANCE + NONCE),
    ("a hello and frames", HELLO + NONCE + typed(0, 1) + typed(0, 2), ACCEPTANCE + NONCE + typed(0, 1) + typed(0, 2)),
    ("an acceptance", ACCEPTANCE + NONCE + plain(1), ACCEPTANCE + NONCE + plain(1)),
    ("a hello in the second frame", plain(1) + HELLO + NONCE, plain(1) + HELLO + NONCE),
]


@scenarios_of(PROBERS, "the_server_returns_")
def the_server_returns(row):
    _, sent, wanted = row
    with Program("server") as program:
        for size in {1, 3, 8, 15, 16, 17, len(sent)}:
            with dial(program) as connection:
                for at in range(0, len(sent), size):
                    connection.sendall(sent[at:at + size])
                assert receive_exactly(connection, len(wanted)) == wanted, size


@scenario
def the_server_stamps_whatever_the_pieces():
    with Program("server") as program:
        for size in (1, 5, 16, 47, 48, 200):
            with dial(program) as connection:
                connection.sendall(HELLO + NONCE)
                assert receive_exactly(connection, 16) == ACCEPTANCE + NONCE
                begun = time.time_ns()
                sent = b"".join(typed(1, number, number * 1000) for number in range(1, 5))
                for at in range(0, len(sent), size):
                    connection.sendall(sent[at:at + size])
                for number in range(1, 5):
                    frame = receive_exactly(connection, STAMPED_SIZE)
                    assert frame[:16] == typed(1, number, number * 1000)[:16], (size, number)
                    stamp = stamp_of(frame)
                    assert stamp["version"] == 1 and stamp["flags"] & ~7 == 0, stamp
                    end = stamp["received"] + stamp["residence"]
                    assert begun <= stamp["received"] <= end <= time.time_ns(), (begun, stamp)
                    if sys.platform == "linux":
                        assert stamp["ttl"] == 64 and stamp["dscp"] == 0 and stamp["mss"] > 1000, stamp


@scenario
def a_bad_type_ends_the_connection():
    with Program("server") as program:
        for kind in (2, 33, 255):
            with dial(program) as connection:
                connection.sendall(HELLO + NONCE + typed(0, 1) + struct.pack("<Qq", kind << 56 | 2, 0) + typed(0, 3))
                assert receive_exactly(connection, 32) == ACCEPTANCE + NONCE + typed(0, 1)
                assert reads_end(connection)
        assert program.metrics().value("tcp_echo_server_closed_total", reason="invalid") == 3


def is_stopped(pid):
    """Whether every thread is, which takes a moment after the signal."""
    if sys.platform != "linux":
        return True
    states = set()
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat", encoding="utf-8") as file:
            states.add(file.read().rpartition(")")[2].split()[0])
    return states == {"T"}


def stamps_after_a_stop(program, connection, numbers):
    """
    Of the last four frames, which wait for the server: when they were sent, their stamps, and whether the last one left
    right after its time was read.
    """
    for _ in range(39):
        connection.sendall(typed(1, next(numbers), time.time_ns()))
        receive_exactly(connection, STAMPED_SIZE)
    program.send_signal(signal.SIGSTOP)
    wait_for(lambda: is_stopped(program.pid), "it is stopped")
    sent = []
    for _ in range(4):
        sent.append(time.time_ns())
        connection.sendall(typed(1, next(numbers), sent[-1]))
        took_ns = time.time_ns() - sent[-1]
        time.sleep(0.03)
    program.send_signal(signal.SIGCONT)
    return sent, [stamp_of(receive_exactly(connection, STAMPED_SIZE)) for _ in sent], took_ns < 100_000


@scenario
def frames_that_waited_for_a_stopped_server_came_when_they_were_sent():
    with Program("server") as program, dial(program) as connection:
        connection.sendall(HELLO + NONCE)
        receive_exactly(connection, 16)
        numbers = itertools.count(1)
        # A frame that left later than it says seems to have been on its way, and the others with it.
        for _ in range(50):
            sent, stamps, is_prompt = stamps_after_a_stop(program, connection, numbers)
            if is_prompt:
                break
        else:
            raise Skip("this machine is too busy to send a frame at once")
        if sys.platform != "linux":
            return
        for number, (sent_ns, stamp) in enumerate(zip(sent, stamps)):
            # Within half of the distance, however busy the machine is.
            assert abs(stamp["received"] - sent_ns) < 15_000_000, (number, sent_ns, stamp)
            assert stamp["residence"] > (3 - number) * 30_000_000 + 15_000_000, (number, stamp)
            assert bool(stamp["flags"] & ESTIMATED) == (number < 3), (number, stamp)


@scenario
def a_probe_of_many_bytes_is_stamped():
    with Program("server") as server:
        address = f"127.0.0.1:{server.listen_port}"
        targets = {str(size): {"address": address, "size": size} for size in (16, 32, 48, 64, 1440, 65536)}
        with Program("client", "-interval=20ms", targets=targets) as program:
            for name in targets:
                target = program.wait_target(name, lambda t: t.received > 50, "replies", 20)
                has_room = int(name) >= STAMPED_SIZE
                assert target.metrics.has("tcp_echo_stamped", target=name) == has_room, name
                if has_room:
                    # A clock that was read while others ran makes one impossible now and then.
                    assert target.stamped == 1 and target.stamps_rejected <= 0.1 * target.received, target


@scenario
def probes_can_be_timed_on_their_way_to_the_device():
    if sys.platform != "linux":
        raise Skip("Linux alone tells when packets leave")
    with Program("server") as server:
        address = f"127.0.0.1:{server.listen_port}"
        targets = {"flag": address, "own": {"address": address, "tx_stamps": "1/2"},
                   "off": {"address": address, "tx_stamps": "off"}}
        with Program("client", *FLAGS, "-tx-stamps=1/10", targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received > 200, "replies", 20)
            metrics = program.metrics()
            flag, own = (program.target(name).sent for name in ("flag", "own"))
            count = metrics.value("tcp_echo_tx_delay_seconds_count")
            # The kernel tells of nearly all of them.
            assert 0.8 * (flag / 10 + own / 2 - 20) < count <= flag / 10 + own / 2, (count, flag, own)
            assert 0 < metrics.value("tcp_echo_tx_delay_seconds_sum") / count < 0.01
            assert program.target("flag").timeouts == 0, program.target("flag")
    with Program("both", *FLAGS) as program:
        program.wait_target("default", lambda t: t.received > 50, "replies")
        assert "tcp_echo_tx_delay_seconds" not in program.metrics().types, "though nothing was timed"


if __name__ == "__main__":
    main(workers=3)
