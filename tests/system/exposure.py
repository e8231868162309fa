# SPDX-License-Identifier: MIT
"""Every metric of the contract is exposed from the start, with its type, at 0 unless said otherwise."""
import math
import sys

from lib import peer as behave
from lib.law import RTT_BOUNDS
from lib.peer import Peer
from lib.program import Program
from lib.scenario import main, scenario

CONNECT_FAILURES = {"resolve", "refused", "unreachable", "timeout", "local", "other"}
DISCONNECTS = {"closed", "reset", "stalled", "invalid", "other"}
SERVER_CLOSES = {"closed", "reset", "timeout", "stalled", "invalid", "limit", "other"}
SERVER_REJECTS = {"not_allowed", "limit", "address_limit", "descriptors", "memory", "other"}
HTTP_REJECTS = {"limit", "address_limit", "descriptors", "memory", "slow", "stalled", "other"}

COUNTERS = ("sent received timeouts connects moves late unsent missed_slots").split()
GAUGES = ("connected loss_ratio loss_percent in_flight").split()


def assert_metric(metrics, name, kind, count=1, value=0.0, **labels):
    assert metrics.types.get(name) == kind, f"{name} is {metrics.types.get(name)}, not {kind}"
    found = metrics.select(name, **labels)
    assert len(found) == count, f"{len(found)} samples of {name}{labels}, not {count}"
    for _, sample in found:
        assert value is None or sample == value, f"{name}{labels} is {sample}, not {value}"


def assert_reasons(metrics, name, reasons, **labels):
    assert_metric(metrics, name, "counter", len(reasons), **labels)
    assert {found["reason"] for found, _ in metrics.select(name, **labels)} == reasons


@scenario
def a_target_has_all_its_metrics_before_its_first_connection():
    # Reserved for documentation: nothing answers there, and the first connect takes a long time. Where
    # there is no route out at all, it fails at once, and only failures may be counted.
    with Program("client", "-interval=1h", targets={"a": "192.0.2.1:4000"}) as program:
        metrics = program.metrics()
        for name in COUNTERS:
            value = None if name in ("sent", "timeouts", "unsent") else 0
            assert_metric(metrics, f"tcp_echo_{name}_total", "counter", value=value, target="a")
        for name in GAUGES:
            value = None if name.startswith("loss") else 0
            assert_metric(metrics, f"tcp_echo_{name}", "gauge", value=value, target="a")
        assert metrics.types["tcp_echo_rtt_seconds"] == "histogram"
        assert metrics.value("tcp_echo_rtt_seconds_count", target="a") == 0
        assert metrics.value("tcp_echo_rtt_seconds_sum", target="a") == 0
        assert not metrics.has("tcp_echo_last_rtt_seconds")
        name = "tcp_echo_connect_failures_total"
        found = metrics.select(name, target="a")
        assert {labels["reason"] for labels, _ in found} == CONNECT_FAILURES
        assert_reasons(metrics, "tcp_echo_disconnects_total", DISCONNECTS, target="a")
        [(labels, value)] = metrics.select("tcp_echo_target_info", target="a")
        assert value == 1 and labels["address"] == "192.0.2.1:4000" and "peer" in labels
        if sys.platform == "linux":
            assert_metric(metrics, "tcp_echo_tcp_retransmits_total", "counter", target="a")


@scenario
def a_probed_target_has_the_rest_as_well():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=20ms", targets={"a": peer.address}) as program:
            program.wait_target("a", lambda t: t.received >= 50, "replies")
            metrics = program.metrics()
            for name in ("last_rtt_seconds", "last_connect_seconds", "jitter_seconds"):
                assert_metric(metrics, f"tcp_echo_{name}", "gauge", value=None, target="a")
                assert 0 < metrics.value(f"tcp_echo_{name}") < 5, name
            if sys.platform == "linux":
                target = program.wait_target(
                    "a", lambda t: t.metrics.has("tcp_echo_tcp_rtt_seconds"), "the kernel's RTT"
                )
                assert 0 < target.tcp_rtt_seconds < 5 and 0 < target.tcp_min_rtt_seconds < 5, target
                assert target.tcp_min_rtt_seconds <= target.tcp_rtt_seconds, target
            mean = program.target("a").rtt_sum / program.target("a").rtt_count
            assert 0 < mean < 5, mean


@scenario
def the_process_has_its_metrics():
    with Program("both") as program:
        program.wait_target("default", lambda t: t.received > 0, "replies")
        metrics = program.metrics()
        assert_metric(metrics, "tcp_echo_up", "gauge", value=1)
        assert_metric(metrics, "tcp_echo_build_info", "gauge", value=1)
        [(labels, _)] = metrics.select("tcp_echo_build_info")
        assert labels.get("version"), labels
        assert metrics.types["tcp_echo_send_lag_seconds"] == "histogram"
        assert metrics.value("tcp_echo_send_lag_seconds_count") > 0
        for name, kind in (
            ("process_cpu_seconds_total", "counter"),
            ("process_open_fds", "gauge"),
            ("process_max_fds", "gauge"),
            ("process_resident_memory_bytes", "gauge"),
            ("process_virtual_memory_bytes", "gauge"),
            ("process_start_time_seconds", "gauge"),
        ):
            assert_metric(metrics, name, kind, value=None)
            assert metrics.value(name) >= 0, name
        assert 0.5 < metrics.value("process_resident_memory_bytes") / program.rss() < 2
        assert abs(metrics.value("process_open_fds") - program.descriptors()) <= 3


@scenario
def the_server_has_its_metrics():
    with Program("server") as program:
        metrics = program.metrics()
        assert_metric(metrics, "tcp_echo_server_connections", "gauge")
        assert_metric(metrics, "tcp_echo_server_accepted_total", "counter")
        assert_metric(metrics, "tcp_echo_server_frames_total", "counter")
        assert_reasons(metrics, "tcp_echo_server_closed_total", SERVER_CLOSES)
        assert_reasons(metrics, "tcp_echo_server_rejected_total", SERVER_REJECTS)
        assert_reasons(metrics, "tcp_echo_http_rejected_total", HTTP_REJECTS)


@scenario
def bounds_print_in_their_shortest_form():
    with Program("both") as program:
        program.wait_target("default", lambda t: t.received > 0, "replies")
        metrics = program.metrics()
        bounds = [labels["le"] for labels, _ in metrics.select("tcp_echo_rtt_seconds_bucket")]
        assert sorted(bounds, key=float) == RTT_BOUNDS, bounds
        for bound, number in zip(RTT_BOUNDS, range(15)):
            assert math.isclose(float(bound), 0.0001 * 2**number), bound
        text = program.http().body.decode()
        assert (
            "e-"
            not in text.replace("process_cpu_seconds_total", "")
            .split("tcp_echo_rtt_seconds_bucket")[1]
            .split("\n")[0]
        )


@scenario
def no_metric_is_outside_the_contract():
    known = (
        {f"tcp_echo_{name}_total" for name in COUNTERS}
        | {f"tcp_echo_{name}" for name in GAUGES}
        | {
            "tcp_echo_" + name
            for name in (
                "rtt_seconds last_rtt_seconds jitter_seconds last_connect_seconds connect_failures_total "
                "disconnects_total "
                "tcp_retransmits_total tcp_rtt_seconds tcp_min_rtt_seconds target_info up build_info "
                "send_lag_seconds server_connections server_accepted_total server_frames_total "
                "server_closed_total server_rejected_total http_rejected_total duplicates_total "
                "stamped stamps_rejected_total peer_seconds_total excess_seconds_total slow_total "
                "peer_tcp_retransmits_total seen_ttl seen_dscp seen_mss_bytes "
                "config_last_reload_successful config_last_reload_success_timestamp_seconds"
            ).split()
        }
    )
    with Program("both") as program:
        program.wait_target("default", lambda t: t.received > 0, "replies")
        names = set(program.metrics().types)
        strange = {name for name in names - known if not name.startswith("process_")}
        assert not strange, strange


if __name__ == "__main__":
    main(workers=3)
