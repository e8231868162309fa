# SPDX-License-Identifier: MIT
"""What a peer's stamps tell of a real path: segments lost on one way, and what arrives changed."""
import time

from lib.far_server import FarServer
from lib.namespaces import Path, enter_or_skip
from lib.program import Program
from lib.scenario import main, scenarios_of

TARGETS = 20


def totals(metrics, name, **labels):
    return sum(value for _, value in metrics.select(name, **labels))


def slow(metrics):
    return {where: totals(metrics, "tcp_echo_slow_total", where=where) for where in ("out", "back", "peer", "unknown")}


# Each: says, where segments are lost, where slow replies must be blamed, and where never.
LOSSES = [
    ("the way out", ("there",), "out", "back"),
    ("the way back", ("back",), "back", "out"),
]


@scenarios_of(LOSSES, "loss_is_told_from_its_way_")
def loss_is_told(row):
    _, ways, where, elsewhere = row
    with Path() as path, FarServer(path) as server:
        targets = {str(number): server.address for number in range(TARGETS)}
        with Program("client", "-interval=50ms", "-timeout=5s", targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received >= 100, "the clocks are known", 30)
            before = program.metrics()
            path.drop(2, ways)
            deadline = time.monotonic() + 60
            while True:
                now = program.metrics()
                counts = {name: value - slow(before)[name] for name, value in slow(now).items()}
                if counts[where] >= 100:
                    break
                assert time.monotonic() < deadline, counts
                time.sleep(0.2)
            path.heal()
            # A busy machine is slow, too: as a peer, and on either way.
            assert counts[elsewhere] <= 0.2 * counts[where] and counts["unknown"] <= 0.2 * counts[where], counts
            again = totals(now, "tcp_echo_peer_tcp_retransmits_total")
            again -= totals(before, "tcp_echo_peer_tcp_retransmits_total")
            own = totals(now, "tcp_echo_tcp_retransmits_total") - totals(before, "tcp_echo_tcp_retransmits_total")
            if where == "back":
                assert again >= 10 and again > own, (again, own)
            else:
                assert own >= 10 and own > again, (own, again)


# Each: says, what happens to packets on their way out, the series that tells, and its value.
CHANGES = [
    ("a mark that is bleached", "ip dscp set cs0", "seen_dscp", 46, 0),
    ("a mark that is changed", "ip dscp set af11", "seen_dscp", 46, 10),
    ("a longer way", "ip ttl set 61", "seen_ttl", 64, 61),
    ("clamped segments", "tcp flags syn tcp option maxseg size set 1240", "seen_mss_bytes", 1460, 1240),
]


@scenarios_of(CHANGES, "the_peer_sees_")
def the_peer_sees(row):
    _, statement, name, value, changed = row
    with Path() as path, FarServer(path) as server:
        targets = {"far": {"address": server.address, "dscp": "ef"}}
        with Program("client", "-interval=20ms", targets=targets) as program:
            program.wait_target("far", lambda t: t.metrics.has("tcp_echo_" + name) and getattr(t, name) == value,
                                "what is sent")
            path.change(statement)
            # It is read from the first packet of a connection.
            path.reject()
            program.wait_target("far", lambda t: t.connected == 0, "the connection ends")
            path.heal()
            program.wait_target("far", lambda t: t.metrics.has("tcp_echo_" + name) and getattr(t, name) == changed,
                                "what arrives", 20)


if __name__ == "__main__":
    enter_or_skip()
    main()
