# SPDX-License-Identifier: MIT
"""The plugin's values in a real Prometheus, scraped by the shipped example, look like the standalone's."""
import contextlib
import math
import os
import re
import time

from lib import peer as behave
from lib.collectd import HOST, Daemon, want_collectd
from lib.dashboard import check_dashboard
from lib.law import RTT_BOUNDS
from lib.peer import Peer
from lib.program import Program, free_port
from lib.prometheus import ALERTS, JOB, TOP, Prometheus, need
from lib.scenario import main, scenario
from lib.wait import wait_for

EXAMPLE = os.path.join(TOP, "examples", "prometheus-collectd.yml")
README = os.path.join(TOP, "README.md")
STANDALONE = "standalone"
OWN = "127.0.0.1:{listen}"


def replace_once(text, old, new):
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in the example"
    return text.replace(old, new)


def shipped(port, standalone=None):
    """The shipped configuration with other ports and a faster pace, and the standalone as a second job."""
    with open(EXAMPLE, encoding="utf-8") as file:
        text = file.read()
    text = replace_once(text, "localhost:9103", f"127.0.0.1:{port}")
    text = replace_once(text, "scrape_interval: 10s", "scrape_interval: 1s")
    text = replace_once(text, "evaluation_interval: 15s", "evaluation_interval: 1s")
    text = replace_once(text, "  - alerts.yml", f"  - {ALERTS}")
    if standalone is not None:
        text += f"  - job_name: {STANDALONE}\n    static_configs:\n      - targets: ['127.0.0.1:{standalone}']\n"
    return text


def wait_scrapes(prometheus, count, job=JOB):
    wait_for(lambda: prometheus.scrapes(job) >= count, f"{count} scrapes of {job}", 60, 0.2)


def one(prometheus, query):
    """The one value of a query; NaN where it has none."""
    found = prometheus.query(query)
    assert len(found) <= 1, f"{query}: {found}"
    return found[0][1] if found else math.nan


@scenario
def the_dashboard_and_the_readme_work_on_it():
    need("prometheus")
    want_collectd()
    # Not even on a busy machine is one that answers down for a moment.
    targets = {"alive": {"Address": OWN, "Timeout": 5}, "dead": f"127.0.0.1:{free_port()}"}
    with Daemon('Interval 0.02\nTimeout "200ms"\nWindow 50\nDispatchInfo true\n', targets=targets) as daemon:
        with Prometheus(shipped(daemon.daemon_port)) as prometheus:
            wait_scrapes(prometheus, 7)
            # Until the first target_info, which had no peer, has expired in the daemon.
            wait_for(lambda: len(prometheus.query('tcp_echo_target_info{target="alive"}')) == 1, "one peer", 20, 0.5)
            values = check_dashboard(prometheus)
            states = {labels["target"]: value for labels, value in values["Connection state", "A", ".+"]}
            assert states == {"alive": 1, "dead": 0}, states
            median = prometheus.query("histogram_quantile(0.5, rate(tcp_echo_rtt_seconds_bucket[10s]))")
            assert {labels["target"] for labels, _ in median} == {"alive", "dead"}, median
            assert all(0 < value < 1 for labels, value in median if labels["target"] == "alive"), median
            with open(README, encoding="utf-8") as file:
                queries = re.findall(r"^```promql\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
            for query in queries:
                assert prometheus.query(query), f"no data: {query}"
            left = [name for name in prometheus.api("label/__name__/values") if name.startswith("collectd_tcp_echo")]
            assert left == [], f"names that are not restored: {left}"


@contextlib.contextmanager
def side_by_side(interval, timeout, targets):
    """Plugin and standalone, with the same targets and the same settings, in one Prometheus."""
    need("prometheus")
    want_collectd()
    options = f'Interval "{interval}"\nTimeout "{timeout}"\nDispatchInfo true\n'
    flags = (f"-interval={interval}", f"-timeout={timeout}")
    with Daemon(options, file=targets) as daemon, Program("both", *flags, targets=targets) as program:
        with Prometheus(shipped(daemon.daemon_port, program.metrics_port)) as prometheus:
            yield prometheus


def series_of(prometheus, job):
    """{(name, labels): value}, without the labels that differ between the jobs."""
    found = {}
    for labels, value in prometheus.query(f'{{job="{job}",__name__=~"(tcp_echo|process)_.+"}}'):
        labels = {name: text for name, text in labels.items() if name not in ("job", "instance")}
        name = labels.pop("__name__")
        if "source" in labels:
            # A path, of which collectd keeps no slash.
            assert labels["source"].endswith("targets.json"), labels
            labels["source"] = "targets.json"
        key = name, frozenset(labels.items())
        assert key not in found, f"{key} occurs twice"
        found[key] = value
    return found


def wait_for_one_probe(prometheus):
    """The series of both jobs once the only probe is settled and exposed."""
    seen = {}

    def is_settled():
        for job in (JOB, STANDALONE):
            seen[job] = series_of(prometheus, job)
        received = [series.get(("tcp_echo_received_total", frozenset({("target", "one")})))
                    for series in seen.values()]
        return received == [1, 1] and seen[JOB].keys() == seen[STANDALONE].keys()

    try:
        # A series that is gone, as the target_info without a peer, expires in both after a while.
        wait_for(is_settled, "the same series, with one reply", 40, 0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}; differ: {seen[JOB].keys() ^ seen[STANDALONE].keys()}") from None
    assert len(seen[JOB]) > 80, f"only {len(seen[JOB])} series"
    return seen[JOB], seen[STANDALONE]


# Two processes that measure the same thing at the same time need not agree on these.
OWN_WORDS = re.compile(
    r"process_|tcp_echo_send_lag_seconds_|tcp_echo_config_|tcp_echo_source_last_|tcp_echo_(jitter|tcp_rtt|tcp_min_rtt|last_connect)_seconds")
# RTTs, which lie within one bucket of the histogram here: a reply may be 0.75 s late.
TIMES = ("tcp_echo_last_rtt_seconds", "tcp_echo_rtt_seconds_sum")


@scenario
def every_value_matches_the_standalone():
    # One probe with a slow reply, and then nothing happens for an hour.
    with Peer(behave.delayed(0.85)) as peer:
        with side_by_side("1h", "5s", {"one": peer.address}) as prometheus:
            plugin, standalone = wait_for_one_probe(prometheus)
    for (name, labels), value in standalone.items():
        mine = plugin[name, labels]
        if name in TIMES:
            assert 0.85 <= mine < 1.6384 and 0.85 <= value < 1.6384, f"{name}{dict(labels)}: {mine}, {value}"
        elif not OWN_WORDS.match(name):
            assert mine == value, f"{name}{dict(labels)}: {mine}, not {value}"
    bounds = {dict(labels)["le"] for name, labels in plugin if name == "tcp_echo_rtt_seconds_bucket"}
    assert bounds == set(RTT_BOUNDS), bounds


@scenario
def write_prometheus_says_what_our_own_front_says():
    need("prometheus")
    want_collectd()
    with Peer(behave.echo) as peer, Daemon('Interval "1h"\nTimeout 20\nDispatchInfo true\n',
                                           targets={"one": peer.address}) as daemon:
        with Prometheus(shipped(daemon.daemon_port, daemon.metrics_port)) as prometheus:
            plugin, own = wait_for_one_probe(prometheus)
    for key, value in own.items():
        if not key[0].startswith("process_"):
            assert math.isclose(plugin[key], value, rel_tol=1e-12), f"{key}: {plugin[key]}, not {value}"


LAW = (
    "tcp_echo_sent_total - tcp_echo_received_total - tcp_echo_timeouts_total - tcp_echo_in_flight",
    "tcp_echo_rtt_seconds_count - tcp_echo_received_total",
    'tcp_echo_rtt_seconds_bucket{le="+Inf"} - ignoring(le) tcp_echo_received_total',
    "clamp_max(tcp_echo_timeouts_total - tcp_echo_late_total, 0)",
    "clamp_max(tcp_echo_timeouts_total - tcp_echo_unsent_total, 0)",
    'clamp_max(tcp_echo_rtt_seconds_bucket{le="0.0002"} - ignoring(le) tcp_echo_rtt_seconds_bucket{le="0.0001"}, 0)',
)


@scenario
def an_outage_shows_and_the_law_holds_for_all_that_is_stored():
    need("prometheus")
    want_collectd()
    port = free_port()
    peer = Peer(behave.echo, port)
    begin = time.time()
    try:
        targets = {"target": peer.address, "steady": OWN}
        with Daemon('Interval 0.02\nTimeout "300ms"\nWindow 50\n', targets=targets) as daemon, \
                Prometheus(shipped(daemon.daemon_port)) as prometheus:

            def target(query, wanted, what):
                wait_for(lambda: wanted(one(prometheus, query.replace("{}", '{target="target"}'))), what, 30, 0.2)

            target("tcp_echo_connected{}", lambda v: v == 1, "connected")
            wait_scrapes(prometheus, 4)
            peer.close()
            target("tcp_echo_connected{}", lambda v: v == 0, "connected falls to 0")
            target("tcp_echo_loss_percent{}", lambda v: v == 100, "loss rises")
            target("rate(tcp_echo_timeouts_total{}[5s])", lambda v: v > 0, "timeouts rise")
            peer = Peer(behave.echo, port)
            target("tcp_echo_connected{}", lambda v: v == 1, "connected again")
            target("tcp_echo_loss_percent{}", lambda v: v == 0, "loss falls")
            target("tcp_echo_connects_total{}", lambda v: v == 2, "the second connection")
            for expression in LAW:
                series = prometheus.query_range(expression, begin, time.time())
                assert {labels["target"] for labels, _ in series} == {"target", "steady"}, f"{expression}: {series}"
                for labels, values in series:
                    assert len(values) > 5 and set(values) == {0}, f"{expression}: {labels}: {values}"
            hosts = {labels["instance"] for labels, _ in prometheus.query("tcp_echo_connected")}
            assert hosts == {HOST}, hosts
    finally:
        peer.close()


if __name__ == "__main__":
    main(workers=3)
