# SPDX-License-Identifier: MIT
"""
Each alert of the examples fires for its own fault and for no other: promtool replays over minutes what
the real binary reported within seconds.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import time

from lib import peer as behave
from lib.peer import Peer
from lib.program import Program
from lib.prometheus import ALERTS, JOB, need
from lib.relay import Relay
from lib.scenario import Skip, main, scenario
from lib.starved import Buckets, Throttle
from lib.stepped_clock import SteppedClock
from lib.wait import PATIENCE, wait_for

# Between two scrapes, as promtool replays them.
PERIOD_S = 15
A_MINUTE = 60 // PERIOD_S
PLACE = {"job": JOB, "instance": "prober:2112"}
ROUND_S = 2.0


class Figures:
    """What a program counted within seconds, to be replayed over minutes."""

    def __init__(self, program):
        begin = time.monotonic()
        self.before = program.metrics()
        wait_for(lambda: time.monotonic() - begin > ROUND_S, "a round", 20, 0.1)
        self.after = program.metrics()
        self.took_s = time.monotonic() - begin

    def total(self, name, **labels):
        return self.after.sum(name, **labels) - self.before.sum(name, **labels)

    def slow_percent(self, **labels):
        received = self.total("tcp_echo_received_total", **labels)
        return 100 * self.total("tcp_echo_slow_total", **labels) / max(received, 1)

    def missed_percent(self):
        missed = self.total("tcp_echo_missed_slots_total")
        return 100 * missed / (missed + self.total("tcp_echo_sent_total"))

    def lag(self):
        """Upper bound, in seconds, of the bucket that holds the 99th percentile of the lag."""
        return Buckets(self.before, self.after, "tcp_echo_send_lag_seconds").quantile(0.99)


def label_text(labels):
    return "{" + ",".join(f"{name}={json.dumps(text)}" for name, text in labels.items()) + "}"


def names_in_alerts():
    """The metrics that the alerts query."""
    with open(ALERTS, encoding="utf-8") as file:
        expressions = re.findall(r"expr: ((?:.*\n)+?) +for:", file.read())
    return sorted(set(re.findall(r"\btcp_echo_\w+", "".join(expressions))))


def grows(metrics, name):
    """Whether samples of that name are counters rather than gauges."""
    family = re.sub(r"_(bucket|count|sum)$", "", name)
    return metrics.types.get(name, metrics.types.get(family)) in ("counter", "histogram")


def series(parts, with_slow=False):
    """
    promtool's input series for parts of a story: [(figures, minutes)]. Counts continue where the
    last part ended; where figures is None, the program was restarted and counts from 0. with_slow:
    slow replies belong to it; a busy machine has some at any time.
    """
    found = {}
    ends = {}
    for figures, minutes in parts:
        if figures is None:
            ends = {}
            continue
        for name in names_in_alerts():
            if name == "tcp_echo_slow_total" and not with_slow:
                continue
            for labels, value in figures.after.select(name):
                key = name + label_text({**labels, **PLACE})
                step, start = 0, value
                if grows(figures.after, name):
                    step = (value - figures.before.value(name, **labels)) / figures.took_s * PERIOD_S
                    start = ends.get(key, 0)
                count = minutes * A_MINUTE
                ends[key] = start + count * step
                # N steps make N + 1 samples.
                found.setdefault(key, []).append(f"{start:.6f}+{step:.6f}x{count - 1}")
    found["up" + label_text(PLACE)] = [f"1x{sum(minutes for _, minutes in parts) * A_MINUTE}"]
    return [{"series": key, "values": " ".join(values)} for key, values in found.items()]


def check(input_series, *moments, job=JOB):
    """moments: (minute, {(alert, target)}): exactly these fire then, of that job."""
    tests = [
        {
            "expr": 'group by (alertname, target, job, instance) (ALERTS{alertstate="firing"})',
            "eval_time": f"{int(minute * 60)}s",
            "exp_samples": [
                {
                    "labels": label_text({"alertname": alert, **PLACE, "job": job, **({"target": target} if target else {})}),
                    "value": 1,
                }
                for alert, target in sorted(raised)
            ],
        }
        for minute, raised in moments
    ]
    story = {
        "rule_files": [ALERTS],
        "evaluation_interval": f"{PERIOD_S}s",
        "tests": [{"interval": f"{PERIOD_S}s", "input_series": input_series, "promql_expr_test": tests}],
    }
    with tempfile.NamedTemporaryFile("w", prefix="tcp-echo-alerts-", suffix=".yml") as file:
        json.dump(story, file)
        file.flush()
        done = subprocess.run(
            [need("promtool"), "test", "rules", file.name],
            capture_output=True, text=True, check=False, timeout=60 * PATIENCE,
        )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


MISSED, LAG = ("TcpEchoMissedSlots", ""), ("TcpEchoSendLag", "")
RESENT = {("TcpEchoRetransmissions", "far")}
TARGETS = {"near": "127.0.0.1:{listen}", "far": "127.0.0.1:{listen}"}


def undisturbed(program, slow_percent_max=100):
    """Figures from a time when the machine did not hold the program up."""
    for _ in range(10):
        figures = Figures(program)
        if figures.missed_percent() < 0.5 and figures.lag() < 0.005 and figures.slow_percent() <= slow_percent_max:
            return figures
    raise Skip(f"this machine is too busy: {figures.missed_percent():.2f} % missed, lag {figures.lag()} s, "
               f"{figures.slow_percent():.2f} % slow")


def healthy(program):
    """Figures of targets that reply."""
    for name in program.targets:
        program.wait_target(name, lambda t: t.received >= 5, "replies")
    return undisturbed(program)


@scenario
def nothing_fires_for_a_healthy_or_a_restarted_prober():
    need("promtool")
    with Program("both", "-interval=50ms", targets=TARGETS) as program:
        figures = healthy(program)
    check(series([(figures, 20)]), *[(minute, set()) for minute in range(20)])
    check(series([(figures, 8), (None, 0), (figures, 12)]), *[(minute, set()) for minute in range(20)])


def held_up(program, stopped_s, running_s, missed_percent=0):
    """Figures of a prober that is stopped again and again, for so long that it is late, and misses that much."""
    with Throttle(program.pid, stopped_s, running_s):
        for _ in range(5):
            figures = Figures(program)
            # Not in the bucket that 20 ms is in: it depends on all that is in there whether the alert fires.
            if figures.lag() > 0.03 and figures.missed_percent() >= missed_percent:
                return figures
    raise AssertionError(f"{figures.missed_percent():.2f} % missed, lag {figures.lag()} s")


@scenario
def a_starved_prober_only_casts_doubt_on_the_measurement():
    need("promtool")
    # Its server has a process of its own, which is not starved.
    with Program("server") as server:
        targets = {name: f"127.0.0.1:{server.listen_port}" for name in TARGETS}
        with Program("client", "-interval=40ms", targets=targets) as program:
            well = healthy(program)
            starved = held_up(program, 0.06, 0.04, missed_percent=10)
    # It fires once this has lasted a while, and for a while afterwards.
    check(
        series([(well, 10), (starved, 15), (well, 15)]),
        (9, set()), (13, set()), (18, {MISSED, LAG}), (24, {MISSED, LAG}), (30, set()), (39, set()),
    )
    # What is over within a minute does not matter.
    always = [(period / A_MINUTE, set()) for period in range(26 * A_MINUTE)]
    check(series([(well, 10), (starved, 1), (well, 15)]), *always)


@scenario
def a_prober_that_is_late_but_misses_nothing_fires_the_lag_alert():
    need("promtool")
    with Program("server") as server:
        targets = {f"t{number}": f"127.0.0.1:{server.listen_port}" for number in range(10)}
        with Program("client", "-interval=200ms", targets=targets) as program:
            well = healthy(program)
            late = held_up(program, 0.1, 0.05)
    raised = {LAG} | ({MISSED} if late.missed_percent() > 1 else set())
    check(series([(well, 5), (late, 15)]), (5, set()), (15, raised))


@scenario
def a_dead_target_and_a_late_one_fire_their_alerts():
    need("promtool")
    with Peer(behave.delayed(0.3)) as slow:
        targets = {"good": "127.0.0.1:{listen}", "dead": "127.0.0.1:9", "slow": slow.address}
        with Program("both", "-interval=50ms", "-timeout=100ms", targets=targets) as program:
            program.wait_target("dead", lambda t: t.unsent > 0, "the target is down")
            program.wait_target("slow", lambda t: t.late > 0, "late replies")
            figures = undisturbed(program)
    down, losses = {("TcpEchoTargetDown", "dead")}, {("TcpEchoLoss", "dead"), ("TcpEchoLoss", "slow")}
    check(series([(figures, 15)]), (0, set()), (2, down), (4, down | losses), (14, down | losses))


def clocks_are_known(target):
    return target.metrics.sum("tcp_echo_excess_seconds_total") > 0 and target.received > 50


@scenario
def a_slow_way_and_a_slow_peer_are_told_apart():
    need("promtool")
    with SteppedClock() as clock, Program("server") as server, \
            Program("server", env=clock.environment()) as busy, \
            Relay(f"127.0.0.1:{server.listen_port}") as relay:
        targets = {"good": f"127.0.0.1:{server.listen_port}", "far": relay.address,
                   "busy": f"127.0.0.1:{busy.listen_port}"}
        with Program("client", "-interval=20ms", targets=targets) as program:
            for name in targets:
                program.wait_target(name, clocks_are_known, "the clocks are known", 20)
            well = undisturbed(program, 2)
            relay.back = 0.03
            clock.hold_up_polls(30_000_000)
            slow = Figures(program)
    raised = {("TcpEchoWaySlow", "far"), ("TcpEchoPeerSlow", "busy")}
    # A machine that is busy as well raises its own, unless that is too close to call.
    if slow.missed_percent() > 0.5 or 0.011 < slow.lag() < 0.03 or slow.slow_percent(target="good") > 5:
        raise Skip(f"this machine is too busy: {slow.missed_percent():.2f} % missed, lag {slow.lag()} s")
    raised |= {LAG} if slow.lag() > 0.03 else set()
    story = series([(well, 10), (slow, 15), (well, 10)], with_slow=True)
    check(story, (9, set()), (13, set()), (20, raised), (24, raised), (30, set()))


def with_retransmits(figures, values):
    """Replays healthy figures, except for the segments retransmitted to "far"."""
    played = series([(figures, 15)])
    for one in played:
        if one["series"].startswith("tcp_echo_tcp_retransmits_total") and 'target="far"' in one["series"]:
            one["values"] = values
    assert any(one["values"] == values for one in played), played
    return played


@scenario
def retransmissions_and_a_vanished_program_fire_their_alerts():
    need("promtool")
    with Program("both", "-interval=50ms", targets=TARGETS) as program:
        figures = healthy(program)
    sent = figures.total("tcp_echo_sent_total") / len(TARGETS) / figures.took_s * PERIOD_S
    calm = 2 * A_MINUTE
    # One segment in thirty, and one in three for a single minute, as the kernel would count them.
    check(with_retransmits(figures, f"0+{sent / 30:.6f}x{15 * A_MINUTE}"), (3, set()), (12, RESENT))
    burst = f"0x{calm} 0+{sent / 3:.6f}x{A_MINUTE} {sent / 3 * A_MINUTE:.6f}x{15 * A_MINUTE}"
    check(with_retransmits(figures, burst), *[(period / A_MINUTE, set()) for period in range(15 * A_MINUTE)])


@scenario
def metrics_are_gone_under_any_name_of_the_job():
    for job in (JOB, "links", "collectd"):
        place = label_text({**PLACE, "job": job})
        gone = [
            {"series": "up" + place, "values": f"1x{5 * A_MINUTE} 0x{10 * A_MINUTE}"},
            {"series": "tcp_echo_up" + place, "values": f"1x{5 * A_MINUTE} stale"},
            # Another job's affair.
            {"series": 'up{job="node",instance="prober:9100"}', "values": f"1x{5 * A_MINUTE} 0x{10 * A_MINUTE}"},
        ]
        check(gone, (5, set()), (8, {("TcpEchoMetricsGone", "")}), (14, {("TcpEchoMetricsGone", "")}), job=job)


@scenario
def a_failed_reload_is_told():
    with Peer(behave.echo) as peer, Program("client", targets={"a": peer.address}) as program:
        program.wait_target("a", lambda t: t.received > 0, "replies")
        good = program.metrics()
        with open(program.targets_path, "w", encoding="utf-8") as file:
            file.write("[{")
        program.send_signal(signal.SIGHUP)
        program.wait_line("reload failed")
        bad = program.metrics()
    name = "tcp_echo_config_last_reload_successful"
    values = f"{good.value(name)}x{5 * A_MINUTE} {bad.value(name)}x{20 * A_MINUTE} {good.value(name)}x{5 * A_MINUTE}"
    story = [{"series": name + label_text(PLACE), "values": values}]
    check(story, (5, set()), (9, set()), (12, {("TcpEchoReloadFailed", "")}), (28, set()))


@scenario
def every_alert_fires_somewhere_here():
    with open(ALERTS, encoding="utf-8") as file:
        alerts = set(re.findall(r"- alert: (\w+)", file.read()))
    with open(os.path.abspath(__file__), encoding="utf-8") as file:
        named = set(re.findall(r'"(TcpEcho\w+)"', file.read()))
    assert alerts == named, f"alerts {alerts}, but fired here: {named}"


if __name__ == "__main__":
    main(workers=3)
