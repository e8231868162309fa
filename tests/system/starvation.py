# SPDX-License-Identifier: MIT
"""A prober that gets too little of the CPU says so, and does not blame the network for it."""
import os
import shutil
import time

from lib.law import Target
from lib.program import WRAPPER, Program
from lib.scenario import Skip, main, scenario
from lib.starved import Buckets, Pinger, Throttle, Waits, spinning
from lib.wait import wait_for

ROUND_S = 3
# A send that is later was held up; a round trip that is longer was not on the network. Bounds of the histograms.
LATE_S = 0.00256
LONG_S = 0.0064


class Round:
    """What a prober counted from one scrape to another."""

    def __init__(self, before, after):
        first, last = Target(before, "default"), Target(after, "default")
        rtts = Buckets(before, after, "tcp_echo_rtt_seconds")
        lags = Buckets(before, after, "tcp_echo_send_lag_seconds")
        self.sent, self.received = lags.count, rtts.count
        self.missed = last.missed_slots - first.missed_slots
        self.late = lags.above(LATE_S)
        self.long = rtts.above(LONG_S)
        assert self.sent > 0 and self.received > 0, f"nothing was measured: {last}"

    def __repr__(self):
        return (
            f"{self.missed:g} slots missed, {self.late:g} of {self.sent:g} sends late, "
            f"{self.long:g} of {self.received:g} RTTs long"
        )


class HeldUp:
    """What the kernel says that a program was held up. stopped_s(): how long it was stopped so far, besides."""

    def __init__(self, program, stopped_s):
        self._program = program
        self._stopped_s = stopped_s
        self._begin, self._stopped, self._waits = time.monotonic(), stopped_s(), Waits(program.pid)

    def end(self):
        """Returns the share of the time, and how often it lost the CPU with something left to do."""
        waits = Waits(self._program.pid)
        held_up = waits.seconds_since(self._waits) + self._stopped_s() - self._stopped
        # A wait counts as a whole when it ends: it may have begun before.
        share = min(1.0, held_up / (time.monotonic() - self._begin))
        return share, waits.preemptions_since(self._waits)


def measure(program, stopped_s):
    """Some seconds of a prober, and what it was held up meanwhile."""
    held_up, before, begin = HeldUp(program, stopped_s), program.metrics(), time.monotonic()
    wait_for(lambda: time.monotonic() - begin > ROUND_S, "a round", 20, 0.1)
    return Round(before, program.metrics()), *held_up.end()


def check_told(found, share, most_long):
    """
    How long it was held up is the truth that the counters must tell; no more than most_long of the round trips may
    be long.
    """
    slots = found.missed + found.sent
    # Of the slots that fall due meanwhile the last is sent late, and may be so by little.
    assert found.missed + found.late >= 0.5 * share * slots, "the starvation is not told"
    # How many are missed rather than late depends on how long the processor was gone at a time.
    assert found.missed >= 0.1 * share * slots, "missed slots do not tell of the starvation"
    # One that hardly sends at all has no lags and RTTs to speak of.
    assert found.late >= 0.1 * share * found.sent - 5, "the lag does not tell of the starvation"
    assert found.long <= most_long or found.received < 50, "the network is blamed"


def check(starve, prefix=()):
    """
    starve(program): a context in which it gets too little, and a function that tells for how long it was stopped so
    far, in seconds. The echo server gets what it wants.
    """
    with Program("server", prefix=prefix and ["taskset", "-c", str(cores()[0])]) as server:
        flags = ("-interval=10ms", "-timeout=20s", f"-target=127.0.0.1:{server.listen_port}")
        with Program("client", *flags, prefix=prefix) as program:
            program.wait_target("default", lambda t: t.received >= 50, "replies", 20)
            context, stopped_s = starve(program)
            with context, Pinger(server.listen_port) as pinger:
                found, share, preemptions = measure(program, stopped_s)
            # Those that the server made long, as the pinger saw it; and between the look at the clock and the
            # sending a nice one may lose the CPU.
            most_long = 3 + (0.1 + 2 * pinger.share_above(LONG_S)) * found.received + (preemptions if prefix else 0)
            print(f"note: held up for {share:.1%} of the time: {found}, {most_long:.0f} may be", flush=True)
            if share < 0.2:
                raise Skip(f"this machine has CPU to spare: it was held up for no more than {share:.1%} of the time")
            check_told(found, share, most_long)
            target = program.target()
            assert target.timeouts == 0 and target.late == 0 and target.connects == 1, target


def cores():
    return sorted(os.sched_getaffinity(0))


@scenario
def a_nice_prober_beside_busy_processes_doubts_itself_and_not_the_network():
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        raise Skip("processes cannot be bound to a core here (taskset)")
    if not os.path.exists("/proc/self/schedstat"):
        raise Skip("this kernel does not tell how long a thread waits for a CPU")
    if len(cores()) < 2:
        raise Skip("on one core the echo server would starve, too")
    if WRAPPER:
        raise Skip("a wrapper is set: it takes most of the CPU time")
    core = cores()[-1]
    check(
        lambda program: (spinning(core, 2), lambda: 0.0),
        ["taskset", "-c", str(core), "nice", "-n", "19"],
    )


@scenario
def a_prober_with_a_quota_doubts_itself_and_not_the_network():
    if not os.path.exists("/proc/self/schedstat"):
        raise Skip("this kernel does not tell how long a thread waits for a CPU")

    def starve(program):
        throttle = Throttle(program.pid, 0.03, 0.02)
        return throttle, lambda: throttle.total_s

    check(starve)


if __name__ == "__main__":
    main()
