# SPDX-License-Identifier: MIT
"""A server and a prober on processors of two kinds: each must understand what the other one sends."""
import os

from lib.program import Program
from lib.scenario import main, scenarios_of

OTHER = os.environ["TCP_ECHO_METRICS_OTHER"]
PROBES = 300


class OtherProgram(Program):
    """The one for this machine's own processor; the plain one may run in an emulator."""

    launcher = (OTHER,)


def total(metrics, name):
    return sum(value for _, value in metrics.select(f"tcp_echo_{name}_total"))


def knows_clocks(target):
    return all(target.metrics.value("tcp_echo_excess_seconds_total", target=target.name, direction=direction) > 0
               for direction in ("out", "back"))


# Each: says, who serves, who probes.
PAIRS = [
    ("this one probes the other", OtherProgram, Program),
    ("the other probes this one", Program, OtherProgram),
]


@scenarios_of(PAIRS, "nothing_is_lost_where_")
def pairs(row):
    _, serving, probing = row
    with serving("server") as server:
        targets = {
            "stamped": {"address": f"127.0.0.1:{server.listen_port}"},
            "magic": {"address": f"127.0.0.1:{server.listen_port}", "frame": "24"},
        }
        with probing("client", "-interval=10ms", "-timeout=10s", targets=targets) as prober:
            for name in targets:
                target = prober.wait_target(name, lambda t: t.received >= PROBES, f"{PROBES} replies", 30)
                assert target.timeouts == 0 and target.late == 0, target
                assert target.connects == 1 and target.disconnects == {}, target
            # What is in the stamps is understood: the clocks are related, and so each way has its part. A server in an
            # emulator, which has no timestamps of what arrives, says that it estimates.
            if serving is OtherProgram:
                prober.wait_target("stamped", knows_clocks, "the clocks are known", 30)
            target = prober.target("stamped")
            # A machine that is held up while it reads its clocks has some rejected; misread, all would be.
            assert target.stamped == 1 and target.stamps_rejected < 0.2 * target.received, (
                target, target.stamps_rejected)
            # Between two readings of the prober, the server has returned all that came back, and no more than was sent.
            received = total(prober.metrics(), "received")
            frames = server.metrics().value("tcp_echo_server_frames_total")
            sent = total(prober.metrics(), "sent")
            assert received <= frames <= sent, (received, frames, sent)


if __name__ == "__main__":
    main()
