# SPDX-License-Identifier: MIT
"""A prober that gets too little CPU says so, and does not blame the network."""
import os
import shutil
import time

from lib.law import Target
from lib.program import WRAPPER, Program
from lib.scenario import Skip, main, scenario
from lib.starved import Buckets, Pinger, Throttle, Waits, spinning
from lib.wait import wait_for

ROUND_S = 3
# A send later than the first was held up; an RTT above the second was not the network's. Bounds of the histograms.
LATE_S = 0.00256
LONG_S = 0.0064


class Round:
    """What a prober counted between two scrapes."""

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
    """How long a program was held up, by the kernel's account. stopped_s(): how long it was also stopped so far."""

    def __init__(self, program, stopped_s):
        self._program = program
        self._stopped_s = stopped_s
        self._begin, self._stopped, self._waits = time.monotonic(), stopped_s(), Waits(program.pid)

    def end(self):
        """Returns the share of the time, and how often it lost the CPU with work left to do."""
        waits = Waits(self._program.pid)
        held_up = waits.seconds_since(self._waits) + self._stopped_s() - self._stopped
        # A wait is counted as a whole when it ends, so it may have begun earlier.
        share = min(1.0, held_up / (time.monotonic() - self._begin))
        return share, waits.preemptions_since(self._waits)


def measure(program, stopped_s):
    """Some seconds of a prober, and how long it was held up meanwhile."""
    held_up, before, begin = HeldUp(program, stopped_s), program.metrics(), time.monotonic()
    wait_for(lambda: time.monotonic() - begin > ROUND_S, "a round", 20, 0.1)
    return Round(before, program.metrics()), *held_up.end()


def check_starvation_shows(found, share, most_long):
    """
    Checks that the counters show how long it was held up; at most most_long of the RTTs may be long.
    """
    slots = found.missed + found.sent
    # Of the slots that fall due meanwhile the last one is sent late, perhaps by little.
    assert found.missed + found.late >= 0.5 * share * slots, "the starvation does not show"
    # How many are missed rather than late depends on how long the CPU was gone at a time.
    assert found.missed >= 0.1 * share * slots, "missed slots do not show the starvation"
    # A prober that hardly sends at all has no lags or RTTs to speak of.
    assert found.late >= 0.1 * share * found.sent - 5, "the lag does not show the starvation"
    assert found.long <= most_long or found.received < 50, "the network is blamed"


def check(starve, prefix=()):
    """
    starve(program): a context in which the program gets too little CPU, and which yields a function that returns
    for how many seconds it was stopped so far. The echo server gets what it wants.
    """
    with Program("server", prefix=prefix and ["taskset", "-c", str(cores()[0])]) as server:
        flags = ("-interval=10ms", "-timeout=20s", f"-target=127.0.0.1:{server.listen_port}")
        with Program("client", *flags, prefix=prefix) as program:
            program.wait_target("default", lambda t: t.received >= 50, "replies", 20)
            context, stopped_s = starve(program)
            with context, Pinger(server.listen_port) as pinger:
                found, share, preemptions = measure(program, stopped_s)
            # Those that the server made long, as the pinger saw them; and a nice prober may lose the CPU between
            # reading the clock and sending.
            most_long = 3 + (0.1 + 2 * pinger.share_above(LONG_S)) * found.received + (preemptions if prefix else 0)
            print(f"note: held up for {share:.1%} of the time: {found}, {most_long:.0f} may be", flush=True)
            if share < 0.2:
                raise Skip(f"this machine has CPU to spare: it was held up for no more than {share:.1%} of the time")
            check_starvation_shows(found, share, most_long)
            target = program.target()
            assert target.timeouts == 0 and target.late == 0 and target.connects == 1, target


def cores():
    return sorted(os.sched_getaffinity(0))


@scenario
def a_nice_prober_beside_busy_processes_blames_itself_and_not_the_network():
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        raise Skip("processes cannot be bound to a core here (taskset)")
    if not os.path.exists("/proc/self/schedstat"):
        raise Skip("this kernel does not report how long a thread waits for a CPU")
    if len(cores()) < 2:
        raise Skip("on one core the echo server would starve too")
    if WRAPPER:
        raise Skip("a wrapper is set, which takes most of the CPU time")
    core = cores()[-1]
    check(
        lambda program: (spinning(core, 2), lambda: 0.0),
        ["taskset", "-c", str(core), "nice", "-n", "19"],
    )


@scenario
def a_prober_with_a_quota_blames_itself_and_not_the_network():
    if not os.path.exists("/proc/self/schedstat"):
        raise Skip("this kernel does not report how long a thread waits for a CPU")

    def starve(program):
        throttle = Throttle(program.pid, 0.03, 0.02)
        return throttle, lambda: throttle.total_s

    check(starve)


if __name__ == "__main__":
    main()
