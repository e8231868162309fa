# SPDX-License-Identifier: MIT
"""What Prometheus gets, in each format: the same values, and native histograms that are true."""
import json

from lib import peer as behave
from lib import protobuf
from lib.exposition import parse
from lib.law import law
from lib.peer import Peer
from lib.program import Program
from lib.prometheus import JOB, Prometheus, need
from lib.scenario import main, scenario
from lib.wait import wait_for

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PROTOBUF = protobuf.MEDIA_TYPE
# How far a native bucket's middle is from what is in it, with some room for the machine.
ERROR = 0.05


def fetch(program, accept, **headers):
    response = program.http(headers={"Accept": accept, **headers})
    assert response.status == 200, response.status
    kind = accept.split(";", maxsplit=1)[0]
    assert response.headers["Content-Type"].startswith(kind), response.headers
    return response.body


def of_targets(metrics):
    """The samples of targets, which stand still between two probes."""
    return {
        (name, frozenset((key, f"{float(value):.9g}" if key == "le" else value) for key, value in series)): value
        for name, found in metrics.samples.items()
        for series, value in found.items()
        if any(key == "target" for key, _ in series)
    }


def from_openmetrics(body):
    """As the text format has it."""
    lines = body.decode().removesuffix("# EOF\n").split("\n")
    names = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}
    suffixes = {"counter": "_total", "info": "_info"}
    plain = []
    for line in lines:
        if line.startswith("# UNIT "):
            _, _, name, unit = line.split(" ")
            assert name.endswith("_" + unit) and names[name] != "info", line
            continue
        words = line.split(" ")
        if line.startswith("# "):
            words[2] += suffixes.get(names[words[2]], "")
            if words[1] == "TYPE" and words[3] == "info":
                words[3] = "gauge"
        plain.append(" ".join(words))
    assert len(names) == len(set(names)) and any(line.startswith("# UNIT ") for line in lines)
    return parse("\n".join(plain))


def at_once(program):
    """One moment in three formats, or None if something happened meanwhile."""
    before = of_targets(parse(fetch(program, TEXT)))
    openmetrics = of_targets(from_openmetrics(fetch(program, OPENMETRICS)))
    metrics = protobuf.parse(fetch(program, PROTOBUF))
    if of_targets(parse(fetch(program, TEXT))) != before:
        return None
    law(metrics)
    return before, openmetrics, of_targets(metrics)


def compare_formats(flags, labels):
    with Peer(behave.echo) as good, Peer(behave.closes_at_once) as bad:
        targets = {
            "good": {"address": good.address, "labels": labels},
            'a "quoted" \\ name, \u00fc': {"address": bad.address},
        }
        with Program("client", "-interval=2s", *flags, targets=targets) as program:
            program.wait_target("good", lambda t: t.received >= 2, "replies", 30)
            text, openmetrics, delimited = wait_for(lambda: at_once(program), "a quiet moment", 60)
            assert openmetrics == text, set(openmetrics.items()) ^ set(text.items())
            assert delimited == text, set(delimited.items()) ^ set(text.items())


@scenario
def all_formats_have_the_same_values():
    compare_formats([], {})


@scenario
def all_formats_have_the_same_labels():
    compare_formats([], {"site": "Z\u00fcrich", "path": 'C:\\x "y"'})


@scenario
def all_formats_are_lean_alike():
    compare_formats(["-metrics-set=lean"], {"site": "a"})


@scenario
def a_lean_exposition_has_what_alerts_need():
    with Peer(behave.closes_at_once) as peer:
        with Program("client", "-metrics-set=lean", "-target", peer.address) as program:
            metrics = wait_for(lambda: with_reason(program), "a disconnect")
            assert not metrics.has("tcp_echo_loss_percent") and not metrics.has("tcp_echo_connects_total")
            zeros = [value for _, value in metrics.select("tcp_echo_disconnects_total") if value == 0]
            assert not zeros, "reasons that did not occur"
            lean = len(program.http().body)
        with Program("client", "-target", peer.address) as program:
            program.wait_target("default", lambda t: t.sent > 0, "probes")
            full = len(program.http().body)
    assert lean < full, f"{lean} bytes, {full} in full"


def with_reason(program):
    metrics = parse(program.http().body)
    return metrics if metrics.reasons("tcp_echo_disconnects_total") else None


@scenario
def histograms_are_native_only_if_asked_for():
    with Program("both") as program:
        program.wait_target("default", lambda t: t.received > 0, "replies")
        assert not protobuf.parse(fetch(program, PROTOBUF)).native


# Seconds that peers take.
DELAYS = {"near": 0.03, "middle": 0.1, "far": 0.5}


class Delays:
    """Peers that answer after a known time, and the program that probes them natively."""

    def __init__(self, *flags):
        self.peers = {name: Peer(behave.delayed(delay)) for name, delay in DELAYS.items()}
        self.program = Program("client", "-native-histograms", "-interval=50ms", *flags,
            targets={name: peer.address for name, peer in self.peers.items()})

    def __enter__(self):
        self.program.__enter__()
        for name in DELAYS:
            self.program.wait_target(name, lambda t: t.received >= 50, "replies", 60)
        return self.program

    def __exit__(self, *what):
        try:
            self.program.__exit__(*what)
        finally:
            for peer in self.peers.values():
                peer.close()


def check_quantile(metrics, name, median):
    """The median lies between the delay and what a busy machine adds to the mean."""
    count = metrics.value("tcp_echo_rtt_seconds_count", target=name)
    mean = metrics.value("tcp_echo_rtt_seconds_sum", target=name) / count
    least, most = DELAYS[name], max(DELAYS[name], mean)
    assert least * (1 - ERROR) <= median <= most * (1 + ERROR), f"{name}: median {median}, mean {mean}"


@scenario
def native_histograms_are_true():
    with Delays() as program:
        metrics = protobuf.parse(fetch(program, PROTOBUF))
        for name in DELAYS:
            native = metrics.native[("tcp_echo_rtt_seconds", frozenset({("target", name)}))]
            assert native.schema == 3 and 1e-5 < native.threshold < 1.1e-5, native.threshold
            check_quantile(metrics, name, native.quantile(0.5))
        lag = metrics.native[("tcp_echo_send_lag_seconds", frozenset())]
        assert lag.count() == metrics.value("tcp_echo_send_lag_seconds_count") > 0
        # Formats that cannot have them are as they always were.
        assert parse(fetch(program, TEXT)).has("tcp_echo_rtt_seconds_bucket", target="near")


@scenario
def the_excess_of_each_direction_is_native_where_peers_stamp():
    with Program("both", "-native-histograms", "-interval=20ms") as program:
        program.wait_target("default", lambda t: t.received >= 100, "replies", 30)

        def counted():
            native = protobuf.parse(fetch(program, PROTOBUF)).native
            found = {
                dict(labels)["direction"]: histogram.count()
                for (name, labels), histogram in native.items()
                if name == "tcp_echo_direction_excess_seconds"
            }
            return found if found.keys() == {"out", "back"} and min(found.values()) > 0 else None

        wait_for(counted, "both directions", 30)


def scraping_natively(port):
    return json.dumps({
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}],
    })


@scenario
def prometheus_takes_native_histograms():
    need("prometheus")
    with Delays() as program:
        configuration = scraping_natively(program.metrics_port)
        with Prometheus(configuration, "--enable-feature=native-histograms") as prometheus:
            def medians():
                found = prometheus.query("histogram_quantile(0.5, tcp_echo_rtt_seconds)")
                return {labels["target"]: value for labels, value in found}

            wait_for(lambda: len(medians()) == len(DELAYS), "native histograms", 60)
            metrics = program.metrics()
            for name, median in medians().items():
                check_quantile(metrics, name, median)
            counted = prometheus.query("histogram_count(tcp_echo_rtt_seconds)")
            assert all(value >= 50 for _, value in counted), counted
            # What the documents warn of: this version drops the classic ones.
            assert not prometheus.query("tcp_echo_rtt_seconds_bucket")
            assert prometheus.query("histogram_count(tcp_echo_send_lag_seconds)")
            assert not [one for one in prometheus.query("up") if one[1] != 1]


@scenario
def prometheus_keeps_classic_histograms_otherwise():
    need("prometheus")
    with Program("both", "-interval=50ms") as program:
        program.wait_target("default", lambda t: t.received >= 10, "replies", 30)
        configuration = scraping_natively(program.metrics_port)
        with Prometheus(configuration, "--enable-feature=native-histograms") as prometheus:
            wait_for(lambda: prometheus.query("tcp_echo_rtt_seconds_bucket"), "buckets", 60)


main()
