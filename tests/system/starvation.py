# SPDX-License-Identifier: MIT
"""A prober that gets too little of the CPU says so, and does not blame the network for it."""
import os
import shutil
import time

from lib.law import Target
from lib.program import WRAPPER, Program
from lib.scenario import Skip, main, scenario
from lib.starved import Buckets, spinning, throttled
from lib.wait import wait_for

ROUND_S = 2.5
# A send so late was late by no fault of the kernel's timers; a bound of the histogram.
LATE_S = 0.00256


class Round:
    """What a prober counted from one scrape to another."""

    def __init__(self, before, after):
        first, last = Target(before, "default"), Target(after, "default")
        rtts = Buckets(before, after, "tcp_echo_rtt_seconds")
        lags = Buckets(before, after, "tcp_echo_send_lag_seconds")
        missed = last.missed_slots - first.missed_slots
        assert rtts.count > 0 and lags.count > 0, f"nothing was measured: {last}"
        self.rtt_median, self.rtt_high = rtts.quantile(0.5), rtts.quantile(0.9)
        self.lag_high = lags.quantile(0.9)
        self.sent = lags.count
        self.missed = missed / (missed + lags.count)
        self.late = lags.above(LATE_S) / lags.count

    def __repr__(self):
        return (
            f"{self.missed:.1%} of the slots missed, {self.late:.1%} of {self.sent:g} sends late, "
            f"lag {self.lag_high:g} s, RTT {self.rtt_median:g} s, {self.rtt_high:g} s"
        )


def measure(program):
    before, begin = program.metrics(), time.monotonic()
    wait_for(lambda: time.monotonic() - begin > ROUND_S, "a round", 20, 0.1)
    return Round(before, program.metrics())


def wrong_between(plain, starved):
    """Says what the starved round should have told and did not, or should not have; else empty."""
    if starved.missed < 2 * plain.missed + 0.1:
        return "missed slots do not tell of the starvation"
    # One that hardly sends at all has no lags to speak of.
    if starved.late < 2 * plain.late + 0.1 and starved.sent >= 20:
        return "the lag does not tell of the starvation"
    if starved.rtt_median > 4 * plain.rtt_median or starved.rtt_high > starved.lag_high:
        return "the network is blamed"
    return ""


def check(starve, prefix=()):
    """starve(program): a context in which it gets too little. The echo server gets what it wants."""
    with Program("server", prefix=prefix and ["taskset", "-c", str(cores()[0])]) as server:
        flags = ("-interval=10ms", "-timeout=5s", f"-target=127.0.0.1:{server.listen_port}")
        with Program("client", *flags, prefix=prefix) as program:
            program.wait_target("default", lambda t: t.received >= 50, "replies")
            for _ in range(3):
                plain = measure(program)
                with starve(program):
                    starved = measure(program)
                print(f"note: {plain}; starved: {starved}", flush=True)
                wrong = wrong_between(plain, starved)
                if not wrong:
                    break
            if wrong and max(plain.late, plain.missed) > 0.05:
                raise Skip(f"this machine is too busy to starve a program on purpose: {plain}")
            assert not wrong, f"{wrong}: {plain}; starved: {starved}"
            target = program.target()
            assert target.timeouts == 0 and target.late == 0 and target.connects == 1, target


def cores():
    return sorted(os.sched_getaffinity(0))


@scenario
def a_nice_prober_beside_busy_processes_doubts_itself_and_not_the_network():
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        raise Skip("processes cannot be bound to a core here (taskset)")
    if len(cores()) < 2:
        raise Skip("on one core the echo server would starve, too")
    if WRAPPER:
        raise Skip("a wrapper is set: it takes most of the CPU time")
    core = cores()[-1]
    check(lambda program: spinning(core, 2), ["taskset", "-c", str(core), "nice", "-n", "19"])


@scenario
def a_prober_with_a_quota_doubts_itself_and_not_the_network():
    check(lambda program: throttled(program.pid, 0.03, 0.02))


if __name__ == "__main__":
    main(second_try=True)
