# SPDX-License-Identifier: MIT
"""The real-time clock steps while probes are in flight, and no RTT shows it."""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

from lib import peer as behave
from lib.law import Target
from lib.peer import Peer
from lib.program import Program
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.starved import Buckets
from lib.stepped_clock import MS, S, US, SteppedClock
from lib.wait import wait_for

YEAR = 365 * 86400 * S
# Their delays are histogram bounds, so that the histogram says how many RTTs were shorter.
NEAR, FAR = "0.0512", "0.2048"
DELAYS = {"near": NEAR, "far": FAR}
DOUBLE = {NEAR: "0.1024", FAR: "0.4096"}
ROUND_S = 1.5
# A send later than this was held up; a bound of the histogram.
LATE_S = 0.00128
random.seed(1)

# Says, the steps in ns, the time between two of them, and a bound that the RTTs of a quick peer stay below.
# A prober of one target sleeps up to 10 ms: if a step comes back within that, and is longer than the RTT, nobody
# can say on which side of it a reply came. The same holds where the steps during one sleep hide in the noise of
# readings, 20 us, and are longer than the RTT: over loopback some RTTs are 10 us.
STEPS = [
    ("an hour forward", [3600 * S] * 60, 30 * MS, "0.0008"),
    ("an hour back", [-3600 * S] * 60, 30 * MS, "0.0008"),
    ("100 ms forward", [100 * MS] * 60, 30 * MS, "0.0008"),
    ("100 ms back", [-100 * MS] * 60, 30 * MS, "0.0008"),
    ("10 ms back and forth", [10 * MS, -10 * MS] * 40, 23 * MS, "0.0128"),
    ("3 ms back", [-3 * MS] * 80, 23 * MS, "0.0064"),
    ("300 us back", [-300 * US] * 200, 9 * MS, "0.0008"),
    ("300 us forward", [300 * US] * 200, 9 * MS, "0.0008"),
    ("just above the noise of readings", [25 * US] * 600, 3 * MS, "0.0008"),
    ("1 us, all the time", [1 * US] * 900, 2 * MS, "0.0008"),
    ("at random", [random.choice((-1, 1)) * int(10 ** random.uniform(3, 13)) for _ in range(60)], 31 * MS, "0.0128"),
    ("to before 1970 and back again", [-70 * YEAR, 70 * YEAR] * 30, 30 * MS, "0.0008"),
]


class Round:
    """What a target counted between the first and the last of some scrapes."""

    def __init__(self, scrapes, name):
        targets = [Target(metrics, name) for metrics in scrapes]
        self._ends = targets[0], targets[-1]
        self.received = targets[-1].received - targets[0].received
        assert self.received > 0, f"no replies: {targets[-1]}"
        lags = Buckets(scrapes[0], scrapes[-1], "tcp_echo_send_lag_seconds")
        # How often the prober was held up, and so may have slept through two steps, which then look like one.
        self.held_up = targets[-1].missed_slots - targets[0].missed_slots + lags.above(LATE_S)
        self.last_rtts = [target.last_rtt_seconds for target in targets[1:]]
        # A reply that the machine delayed stays in it for a long time.
        self.jitter = min(target.jitter_seconds for target in targets[1:])

    def within(self, bound):
        """How many RTTs were at or below bound, which is given as printed."""
        return self._ends[1].bucket(bound) - self._ends[0].bucket(bound)

    def share_above(self, bound):
        return 1 - self.within(bound) / self.received


def measure(programs, until_ns):
    """
    Scrapes the programs in turn until the machine's clock shows at least until_ns.
    Returns the rounds of each, by target.
    """
    scrapes = [[program.metrics()] for program in programs]
    begin = time.monotonic()

    def is_over():
        for program, found in zip(programs, scrapes):
            found.append(program.metrics())
        return time.monotonic() - begin > ROUND_S and time.time_ns() > until_ns

    wait_for(is_over, "a round", 20, 0.1)
    return [{name: Round(found, name) for name in found[0].targets()} for found in scrapes]


def is_shorter(name, stepped):
    """Says which replies took less time than the peer is known to wait; empty if none."""
    known = DELAYS.get(name.rstrip("0123456789"))
    if known and stepped.within(known) > stepped.held_up:
        return f"{name}: {stepped.within(known):g} of {stepped.received:g} RTTs are shorter than {known} s"
    if known and stepped.held_up == 0 and min(stepped.last_rtts) < float(known):
        return f"{name}: last RTTs {stepped.last_rtts}"
    return ""


def is_longer(name, plain, stepped, quick_bound):
    """Says where more replies were slow than at the same time without steps; empty if nowhere."""
    known = DELAYS.get(name.rstrip("0123456789"))
    bound = DOUBLE[known] if known else quick_bound
    above, before = stepped.share_above(bound), plain.share_above(bound)
    if above > 0.2 + 2 * before:
        return f"{name}: {above:.1%} of the RTTs are above {bound} s, without steps {before:.1%}"
    if stepped.jitter > 5 * plain.jitter + float(quick_bound):
        return f"{name}: the jitter is {stepped.jitter:.6f} s, without steps {plain.jitter:.6f} s"
    return ""


def check_program(program, lines):
    """Nothing was lost, and nothing was logged."""
    metrics = program.metrics()
    for name in metrics.targets():
        target = Target(metrics, name)
        assert target.timeouts == 0 and target.late == 0 and target.connects == 1, target
        assert target.disconnects == {} and target.loss_percent == 0, target
    assert program.lines == lines, f"steps do not belong in the log: {program.lines}"


def check_rounds(stepped, plain, clock, row):
    """
    Compares programs whose clock steps with others that measure the same, at the same time, under a clock
    that does not: whatever else the machine does holds up both.
    """
    _, steps_ns, spacing_ns, quick_bound = row
    rounds = measure(stepped + plain, clock.schedule(steps_ns, spacing_ns))
    wrong = []
    for ours, others in zip(rounds, rounds[len(stepped):]):
        for name, found in ours.items():
            wrong += [is_shorter(name, found), is_longer(name, others[name], found, quick_bound)]
    wrong = list(filter(None, wrong))
    assert not wrong, "; ".join(wrong)


def start(stack, clock, targets):
    """Two probers under one clock, one of them with the quick target alone."""
    flags = ("-interval=10ms", "-timeout=20s")
    quick = {"alone": targets["quick"]}
    many, one = (
        stack.enter_context(Program("client", *flags, targets=some, env=clock.environment()))
        for some in (targets, quick)
    )
    clock.check_effect(many)
    for program, names in ((many, targets), (one, quick)):
        for name in names:
            program.wait_target(name, lambda t: t.received >= 20, "replies")
    return [many, one]


def go_through(row, poll_lag_ns=0):
    with contextlib.ExitStack() as stack:
        clock, still = stack.enter_context(SteppedClock()), stack.enter_context(SteppedClock())
        near, far = (stack.enter_context(Peer(behave.delayed(float(delay)))) for delay in (NEAR, FAR))
        server = stack.enter_context(Program("server"))
        targets = {"quick": f"127.0.0.1:{server.listen_port}"}
        for number in range(2):
            targets[f"near{number}"] = near.address
            targets[f"far{number}"] = far.address
        stepped, plain = start(stack, clock, targets), start(stack, still, targets)
        clock.hold_up_polls(poll_lag_ns)
        still.hold_up_polls(poll_lag_ns)
        lines = [list(program.lines) for program in stepped]
        check_rounds(stepped, plain, clock, row)
        for program, before in zip(stepped, lines):
            check_program(program, before)


@scenarios_of(STEPS, "no_rtt_tells_of_steps_")
def through(row):
    go_through(row)


@scenario
def no_rtt_shows_steps_between_reading_the_clock_and_the_sockets():
    go_through(("", [7 * MS, -7 * MS] * 20, 43 * MS, "0.0128"), poll_lag_ns=5 * MS)


STOP_STEPS = [("forward", 3600 * S), ("back", -3600 * S), ("a little backward", -300 * MS)]


@scenarios_of(STOP_STEPS, "nothing_is_lost_in_a_stop_with_a_step_")
def stop_with_a_step(row):
    # As on a suspended machine: it sleeps, and its clocks disagree when it wakes.
    _, by_ns = row
    with SteppedClock() as clock, Peer(behave.delayed(float(FAR))) as peer:
        # What arrived during the stop would be lost if the time of reading counted.
        flags = ("-interval=20ms", "-timeout=1500ms", "-target", peer.address)
        with Program("client", *flags, env=clock.environment()) as program:
            clock.check_effect(program)
            before = program.wait_target("default", lambda t: t.received >= 20, "replies")
            program.send_signal(signal.SIGSTOP)
            # About ten replies come meanwhile, half of them before the step.
            begin = time.monotonic()
            clock.step(by_ns, time.time_ns() + 100 * MS)
            wait_for(lambda: time.monotonic() - begin > 2, "it is stopped", pause=0.1)
            program.send_signal(signal.SIGCONT)
            after = program.wait_target("default", lambda t: t.received >= before.received + 40, "on")
            assert after.timeouts == 0 and after.late == 0 and after.connects == 1, after
            assert after.missed_slots - before.missed_slots >= 50, after
            assert after.bucket(FAR) == 0, "RTTs shorter than the delay"
            assert after.bucket("1.6384") == after.received, "an RTT includes the stop"


@scenario
def the_start_time_follows_the_clock():
    """As on a machine without a battery clock, whose time is set after the program has started."""
    name = "process_start_time_seconds"
    with SteppedClock() as clock, Program("both", "-interval=20ms", env=clock.environment()) as program:
        clock.check_effect(program)
        first = program.metrics().value(name)
        for days in (2000, -1000):
            before = program.metrics().value(name)
            clock.step(days * 86400 * S)
            after = program.metrics().value(name)
            assert abs(after - before - days * 86400) < 2, (before, after)
            # Once it has followed, it keeps still.
            assert program.metrics().value(name) == after
        assert abs(program.metrics().value(name) - first - 1000 * 86400) < 2


def shifted(days):
    """The prefix that puts a command's monotonic clock that many days ahead; skips where that cannot be done."""
    offset = int(days * 86400)
    unshare = ["unshare", "--time", f"--monotonic={offset}", f"--boottime={offset}"]
    if os.geteuid() != 0:
        unshare[1:1] = ["--user", "--map-root-user"]
    if shutil.which("unshare") is None:
        raise Skip("unshare is missing")
    show = "import time; print(time.monotonic())"
    done = subprocess.run([*unshare, sys.executable, "-c", show], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skip(f"no time namespace here: {done.stderr.strip()}")
    # Before about Linux 6.3 it is the child that moves into it, not the program that is executed.
    if abs(float(done.stdout) - time.monotonic() - offset) > 3600 and abs(offset) > 3600:
        raise Skip("this kernel does not let a program into a time namespace by executing it")
    return unshare


@scenarios_of([("far ahead", 20000), ("near its start", None)], "a_monotonic_clock_works_as_well_")
def monotonic(row):
    # Half a minute after boot is as early as the kernel allows without fuss.
    days = row[1] or (30 - time.monotonic()) / 86400
    flags = ("-interval=10ms", "-timeout=20s")
    with Peer(behave.mute) as mute, Peer(behave.delayed(float(NEAR))) as near:
        targets = {
            "quick": "127.0.0.1:{listen}",
            "near": near.address,
            "mute": {"address": mute.address, "timeout": "400ms"},
        }
        begin = time.monotonic()
        with Program("both", *flags, targets=targets, prefix=shifted(days)) as program:
            for name in ("quick", "near"):
                target = program.wait_target(name, lambda t: t.received >= 200, "replies")
                assert target.timeouts == 0 and target.connects == 1, target
            assert Target(target.metrics, "near").bucket(NEAR) == 0, "RTTs shorter than the delay"
            quick = Target(target.metrics, "quick")
            assert quick.bucket("0.1024") > 0.5 * quick.received, "the RTTs of a quick peer"
            mute = program.wait_target("mute", lambda t: t.disconnects.get("stalled", 0) >= 2, "stalls")
            assert mute.received == 0 and mute.timeouts > 0, mute
            cpu = mute.metrics.value("process_cpu_seconds_total") / (time.monotonic() - begin)
            assert cpu < 0.5, f"takes {cpu:.0%} of a core: does not sleep"
            started = mute.metrics.value("process_start_time_seconds")
            assert abs(time.time() - started) < 600, f"started at {started}"


if __name__ == "__main__":
    main(workers=3)
