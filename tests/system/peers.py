# SPDX-License-Identifier: MIT
"""
The prober against peers that misbehave, each in its own way, each beside a healthy neighbour in the
same process, which must lose nothing.
"""
import shutil
import socket
import subprocess
import threading

from lib import peer as behave
from lib.law import Target
from lib.peer import FullBacklog, Peer
from lib.program import Program, free_port
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.wait import wait_for

FLAGS = ("-interval=20ms", "-timeout=400ms")


def patient(address):
    """A target whose replies are all in time, however busy the machine is."""
    return {"address": address, "timeout": "5s"}


NEIGHBOUR = {"neighbour": patient("127.0.0.1:{listen}")}


def with_neighbour(address, check, flags=FLAGS):
    """Probes address as "target" beside the neighbour; check(program) does the rest."""
    with Program("both", *flags, targets={"target": address, **NEIGHBOUR}) as program:
        program.wait_target("neighbour", lambda t: t.received >= 5, "the neighbour is probed")
        check(program)
        before = program.target("neighbour")
        after = program.wait_target(
            "neighbour", lambda t: t.received > before.received + 5, "the neighbour is still probed"
        )
        assert_untouched(after)
        assert not any("neighbour" in line and "lost" in line for line in program.lines)


def assert_untouched(target):
    """A healthy target: one connection, nothing lost."""
    assert target.timeouts == 0 and target.loss_percent == 0, target
    assert target.connects == 1 and target.connected == 1, target
    assert target.disconnects == {} and target.connect_failures == {}, target


def wait_disconnects(program, reasons, at_least):
    """Waits for that many disconnects, which must all be for these reasons."""
    target = program.wait_target(
        "target", lambda t: sum(t.disconnects.values()) >= at_least, f"{at_least} disconnects", 20
    )
    assert set(target.disconnects) <= set(reasons), target
    assert target.connect_failures == {}, target
    assert target.connects >= at_least, target
    return target


# Each: says, behaviour, the reasons of the disconnects it causes, whether replies may count.
DROPPED = [
    ("garbage", behave.garbage, {"invalid"}, False),
    ("data before the first probe", behave.unasked, {"invalid"}, False),
    ("a sequence number never sent", behave.wrong_sequence, {"invalid"}, False),
    ("sequence number zero", behave.zero_sequence, {"invalid"}, False),
    ("a timestamp never sent", behave.wrong_timestamp, {"invalid"}, False),
    ("half a frame, then silence", behave.half_a_frame, {"stalled"}, False),
    ("silence", behave.mute, {"stalled"}, False),
    ("a peer that never reads", behave.never_reads, {"stalled"}, False),
    ("a reset at each probe", behave.resets, {"reset"}, False),
    # A probe in flight when the peer closes is answered by a reset.
    ("a close at once", behave.closes_at_once, {"closed", "reset"}, False),
    ("a close after five frames", behave.closes_after(5), {"closed", "reset"}, True),
]


@scenarios_of(DROPPED, "drops_the_connection_on_")
def drops(row):
    _, behaviour, reasons, receives = row
    with Peer(behaviour) as peer:
        # Only silence is told by the time it lasts.
        target = peer.address if "stalled" in reasons else patient(peer.address)

        def check(program):
            target = wait_disconnects(program, reasons, 2)
            assert peer.accepted >= 2
            assert (target.received > 0) == receives, target
            assert target.late == 0, target
            if receives:
                assert target.received >= 5, target
            else:
                target = program.wait_target("target", lambda t: t.timeouts > 0, "timed out")
                assert target.loss_percent == 100, target

        with_neighbour(target, check)


# Each: says, behaviour.
HARMLESS = [
    ("a plain echo", behave.echo),
    ("an echo byte by byte", behave.echo_bytewise),
    ("pieces that end in mid-frame", behave.shifted_pieces),
    ("an echo 100 ms late", behave.delayed(0.1)),
    ("five replies in one piece", behave.glued(5)),
    ("replies out of order", behave.reordered),
    ("every reply twice", behave.twice),
]


@scenarios_of(HARMLESS, "counts_nothing_lost_with_")
def harmless(row):
    with Peer(row[1]) as peer:

        def check(program):
            target = program.wait_target("target", lambda t: t.received >= 50, "replies")
            assert_untouched(target)
            assert target.late == 0 and target.unsent == 0, target
            assert peer.accepted == 1

        with_neighbour(patient(peer.address), check)


# Each: says, behaviour, which frames it answers.
SERVERS = [
    ("an echo of any bytes", behave.echo, {16, 24}),
    ("an echo byte by byte", behave.echo_bytewise, {16, 24}),
    ("16 bytes at a time", behave.echo_frames, {16, 24}),
    ("24 bytes at a time", behave.echo_any_24, {16, 24}),
    ("16-byte frames alone", behave.echo_plain_frames, {16}),
    ("24-byte frames alone", behave.echo_magic_frames, {24}),
    ("24-byte frames or a reset", behave.echo_magic_frames_or_reset, {24}),
    ("either kind of frame", behave.echo_either, {16, 24}),
]


def first_answered(server, frame):
    """Which frames are answered first with that option; None if none ever is."""
    wanted = {"auto": [16, 24], "16": [16], "24": [24]}[frame]
    return next((size for size in wanted if size in server[2]), None)


@scenarios_of([(f"{server[0]} with frames {frame}", server, frame)
               for server in SERVERS for frame in ("auto", "16", "24")], "speaks_with_")
def speaks(row):
    _, server, frame = row
    with Peer(server[1]) as peer:

        def check(program):
            size = first_answered(server, frame)
            if size is None:
                wait_disconnects(program, {"closed", "reset"}, 3)
                target = program.wait_target("target", lambda t: t.connect_failures == {}, "attempts")
                assert target.received == 0 and target.connected == 0, target
                return
            # Two connections are spent on finding out.
            spent = 2 if frame == "auto" and size == 24 else 0
            target = program.wait_target("target", lambda t: t.received >= 20, "replies", 20)
            assert target.connected == 1 and target.connects == peer.accepted == spent + 1, target
            assert sum(target.disconnects.values()) == spent, target
            assert target.late == target.duplicates == 0, target
            told = [line for line in program.lines if "target: answers " in line]
            assert len(told) == (1 if spent else 0), told

        with_neighbour({**patient(peer.address), "frame": int(frame) if frame.isdigit() else frame}, check)


# What a probe of several segments may meet: says, size, flags of the program, behaviour.
LARGE = [
    (f"{says} of {size} bytes as frames of {frame}", size, frame, behaviour)
    for says, behaviour in (("an echo", behave.echo), ("pieces", behave.shifted_pieces),
                            ("an echo of either", behave.echo_either))
    for size, frame in ((48, "16"), (48, "24"), (1440, "auto"), (65472, "16"), (65472, "24"))
]


@scenarios_of(LARGE, "large_probes_meet_")
def large(row):
    _, size, frame, behaviour = row
    with Peer(behaviour) as peer:

        def check(program):
            target = program.wait_target("target", lambda t: t.received >= 10, "replies", 30)
            assert target.disconnects == {} and target.connects == 1, target
            assert target.duplicates == 0, target

        with_neighbour({"address": peer.address, "size": size, "frame": frame}, check,
                       ("-interval=100ms", "-timeout=20s"))


@scenarios_of([("noise", behave.noise), ("padding alone", behave.padding_alone)], "large_probes_are_not_answered_by_")
def not_answered(row):
    for frame in ("16", "24"):
        with Peer(row[1]) as peer:

            def check(program):
                target = wait_disconnects(program, {"invalid"}, 2)
                assert target.received == 0, target

            with_neighbour({**patient(peer.address), "size": 4800, "frame": frame}, check)


@scenario
def a_server_of_24_byte_frames_behind_a_proxy_is_found_once_it_is_there():
    is_there = threading.Event()

    def proxy(connection):
        connection.recv(1, socket.MSG_PEEK)
        if is_there.is_set():
            behave.echo_magic_frames(connection)

    with Peer(proxy) as peer:

        def check(program):
            target = wait_disconnects(program, {"closed", "reset"}, 5)
            assert target.received == 0, target
            is_there.set()
            program.wait_target("target", lambda t: t.received >= 20 and t.connected == 1, "replies", 40)

        with_neighbour(peer.address, check)


@scenario
def a_server_of_24_byte_frames_gets_as_many_as_fit():
    sizes = []

    def measure(connection):
        for count, one in enumerate(behave.frames(connection, behave.MAGIC_FRAME.size)):
            if not one.startswith(behave.MAGIC):
                return
            if one[8:] != bytes(16):
                sizes.append(count + 1 - sum(sizes))
            connection.sendall(one)

    with Peer(measure) as peer:

        def check(program):
            program.wait_target("target", lambda t: t.received >= 5, "replies", 20)
            # 1,600 / 24 = 66 and a rest.
            assert set(sizes[:5]) == {66}, sizes

        with_neighbour({"address": peer.address, "size": 1600}, check, ("-interval=100ms", "-timeout=20s"))


@scenario
def a_large_probe_of_a_peer_that_never_reads_is_unsent_and_ends():
    with Peer(behave.never_reads) as peer:

        def check(program):
            target = wait_disconnects(program, {"stalled"}, 2)
            assert target.received == 0, target

        with_neighbour({"address": peer.address, "size": 65536}, check)


@scenario
def a_server_may_come_back_with_other_frames():
    answered = [behave.echo_plain_frames, behave.echo_magic_frames]
    current = [0]
    with Peer(lambda connection: answered[current[0]](connection)) as peer:

        def check(program):
            for turn in range(4):
                before = program.target("target").received
                current[0] = turn % 2
                peer.drop_connections()
                program.wait_target("target", lambda t: t.received >= before + 20 and t.connected == 1,
                                    f"replies in turn {turn}", 20)
                told = [line for line in program.lines if "target: answers " in line]
                assert len(told) == turn, told

        with_neighbour(peer.address, check)


@scenario
def replies_after_the_timeout_are_late_and_stay_timeouts():
    # Later than the timeout, but sooner than a stall (timeout + 500 ms), as far as a busy machine allows.
    with Peer(behave.delayed(0.45)) as peer:

        def check(program):
            target = program.wait_target("target", lambda t: t.late >= 20, "late replies")
            assert target.received == 0 and target.timeouts >= target.late, target
            assert target.loss_percent == 100, target
            assert set(target.disconnects) <= {"stalled"}, target

        with_neighbour(peer.address, check, ("-interval=20ms", "-timeout=200ms"))


@scenario
def peers_that_repeat_one_reply_forever_do_no_harm():
    peers = [Peer(behave.endlessly) for _ in range(3)]
    try:
        targets = {f"flood {number}": peer.address for number, peer in enumerate(peers)}
        flags = ("-interval=50ms", "-timeout=2s")
        with Program("both", *flags, targets={**targets, **NEIGHBOUR}) as program:
            target = program.wait_target("neighbour", lambda t: t.received >= 40, "replies", 15)
            assert_untouched(target)
            assert target.missed_slots < target.sent / 2, target
            for name in targets:
                flood = Target(target.metrics, name)
                assert flood.received <= flood.connects and flood.late == 0, flood
                assert set(flood.disconnects) <= {"invalid"}, flood
    finally:
        for peer in peers:
            peer.close()


@scenario
def a_full_backlog_is_a_connect_timeout():
    with FullBacklog() as backlog:

        def check(program):
            target = program.wait_target("target", lambda t: t.connect_failures, "a failure", 10)
            assert set(target.connect_failures) == {"timeout"}, target
            assert target.connects == 0 and target.connected == 0, target
            target = program.wait_target("target", lambda t: t.unsent > 0, "unsent from then on")
            assert target.loss_percent == 100 and target.unsent == target.timeouts, target

        with_neighbour(backlog.address, check)


@scenario
def all_of_them_at_once_do_no_harm():
    rows = [
        (f"{says}", behaviour)
        for says, behaviour, *_ in DROPPED + HARMLESS
        if behaviour is not behave.unasked
    ]
    peers = {says: Peer(behaviour) for says, behaviour in rows}
    try:
        harmless_ones = {says for says, *_ in HARMLESS}
        targets = {says: patient(peer.address) if says in harmless_ones else peer.address for says, peer in peers.items()}
        flags = ("-interval=50ms", "-timeout=1s", "-threads=2")
        with Program("both", *flags, targets={**targets, **NEIGHBOUR}) as program:
            program.wait_target("neighbour", lambda t: t.received >= 100, "the neighbour", 30)
            metrics = program.metrics()
            assert_untouched(Target(metrics, "neighbour"))
            for says in harmless_ones:
                assert_untouched(Target(metrics, says))
            for says in (row[0] for row in DROPPED if row[0] in peers):
                assert Target(metrics, says).sent > 0 or says == "a close at once", says
    finally:
        for peer in peers.values():
            peer.close()


@scenario
def another_echo_server_works_as_well():
    if shutil.which("socat") is None:
        raise Skip("socat is missing")
    port = free_port()
    process = subprocess.Popen(
        ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,nodelay", "PIPE"]
    )
    try:

        def check(program):
            target = program.wait_target("target", lambda t: t.received >= 50, "replies", 20)
            assert target.timeouts == target.unsent and target.late == 0, target
            assert target.disconnects == {} and target.connects == 1, target

        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "socat listens")
        with_neighbour(patient(f"127.0.0.1:{port}"), check)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(workers=4)
