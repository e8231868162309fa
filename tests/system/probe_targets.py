# SPDX-License-Identifier: MIT
"""/probe: targets that are probed for as long as somebody asks for them."""
import json
import os
import re
import tempfile
import time

from lib import peer as behave, protobuf
from lib.on_request import path_of, probe, refused, wait_probe
from lib.peer import Peer
from lib.program import Program
from lib.prometheus import TOP, Prometheus, need
from lib.scenario import main, scenario
from lib.stepped_clock import S, SteppedClock
from lib.wait import PATIENCE, wait_for

def counts(program):
    """Targets now, begun, ended."""
    metrics = program.metrics()
    return tuple(metrics.value("tcp_echo_probe_" + name) for name in ("targets", "begun_total", "ended_total"))


def probe_begins(program, target, interval):
    """What a request says with which a target begins: at once, so that few probes have been sent, if any."""
    begun = time.monotonic()
    seen = probe(program, target, interval=interval)
    took = time.monotonic() - begun
    assert took < 5 * PATIENCE, took
    assert seen.sent <= 1 + 10 * took, f"{seen}, after {took} s, though the interval is {interval}"
    return seen


@scenario
def a_target_is_probed_for_whoever_asks():
    with Peer(behave.echo) as peer, Program("both", "-probe-allow=127.0.0.1") as program:
        own = peer.address
        probe_begins(program, own, "100ms")
        seen = wait_probe(program, lambda t: t.received >= 5, "replies", own, interval="100ms")
        assert seen.connects == 1 and seen.timeouts == 0, seen
        # The same, spelt in another way, is the same target; another interval is another one.
        shared = probe(program, own, timeout="800ms", interval="0.1s")
        assert shared.received >= seen.received, f"{shared}, after {seen}"
        probe_begins(program, own, "101ms")
        assert counts(program) == (2, 2, 0), counts(program)
        # They are nobody else's.
        assert program.metrics().targets() == [], program.metrics().targets()
        for path in ("/api/v1/targets", "/config", "/"):
            assert own not in program.http(path).body.decode(), path


@scenario
def a_reload_does_not_touch_them():
    with Program("client", "-probe-allow=127.0.0.1", targets={}) as program, Peer(behave.echo) as peer:
        wait_probe(program, lambda t: t.received >= 3, "replies", peer.address, interval="100ms")
        program.reload({"listed": {"address": peer.address, "interval": "20ms"}})
        program.wait_line("1 new (listed)")
        program.wait_target("listed", lambda t: t.received >= 3, "replies")
        program.reload({})
        program.wait_line("1 gone (listed)")
        target = probe(program, peer.address, interval="100ms")
        assert target.connects == 1 and target.timeouts == 0 and target.received >= 3, target
        # With each probe a connection, too.
        target = wait_probe(program, lambda t: t.received >= 3, "handshakes", peer.address, probe="connect")
        assert target.timeouts == 0, target


@scenario
def all_formats_are_served():
    with Program("both", "-probe-allow=127.0.0.1") as program:
        own = f"127.0.0.1:{program.listen_port}"
        wait_probe(program, lambda t: t.received > 0, "a reply", own)
        answer = program.http(path_of(own), headers={"Accept": "application/openmetrics-text"})
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text"), answer.headers
        assert answer.body.endswith(b"# EOF\n") and b"tcp_echo_sent_total{" in answer.body
        answer = program.http(path_of(own), headers={"Accept": protobuf.MEDIA_TYPE})
        metrics = protobuf.parse(answer.body)
        assert metrics.targets() == [own] and "tcp_echo_up" not in metrics.types, metrics.types
        answer = program.http(path_of(own), headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip", answer.headers
        assert program.http(path_of(own), method="HEAD").status == 200
        assert program.http(path_of(own), method="POST").status == 405


@scenario
def it_ends_when_nobody_asks():
    with SteppedClock() as clock, Peer(behave.echo) as peer, \
            Program("client", "-probe-allow=127.0.0.1", env=clock.environment()) as program:
        clock.check_effect(program)
        wait_probe(program, lambda t: t.received >= 10, "replies", peer.address, interval="100ms")
        asked = wait_probe(program, lambda t: t.received >= 3, "replies", peer.address, interval="200ms")
        wait_for(lambda: peer.connections() == 2, "two connections")
        # Nobody waits for the end: it comes by itself, within seconds.
        clock.put_http_ahead(299 * S)
        asked = probe(program, peer.address, interval="200ms")
        clock.put_http_ahead(310 * S)
        wait_for(lambda: peer.connections() == 1, "an end", 20)
        assert counts(program) == (1, 2, 1), counts(program)
        # What has once been asked for after 299 s stays for three times that.
        clock.put_http_ahead((299 + 880) * S)
        again = probe(program, peer.address, interval="200ms")
        assert again.connects == 1 and again.received >= asked.received, f"{again}, after {asked}"
        # What begins again begins with nothing.
        probe_begins(program, peer.address, "100ms")
        assert counts(program) == (2, 3, 1), counts(program)


@scenario
def whatever_is_wrong_is_refused():
    with Program("both") as program:
        refused(program, "/probe?target=127.0.0.1:1", 403, "off; see -probe-allow")
    with Program("both", "-probe-allow=127.0.0.1:1-9,[::1]:7", "-probe-max=2") as program:
        refused(program, "/probe", 400, "target: is missing; allowed: host:port")
        refused(program, "/probe?target=127.0.0.1", 400, "target: ", "has no port")
        refused(program, "/probe?target=127.0.0.1:1&target=127.0.0.1:2", 400, "target: is given twice")
        refused(program, "/probe?target=127.0.0.1:1&module=tcp", 400, 'unknown parameter "module"; allowed: target, interval')
        refused(program, "/probe?target=127.0.0.1:1&dscp=64", 400, 'dscp: "64" is out of range; allowed: 0 to 63')
        refused(program, "/probe?target=127.0.0.1:1&interval=50ms", 400, "interval: 50ms is too short", "100ms to 24h")
        refused(program, "/probe?target=127.0.0.1:1&interval=1s&interval=1s", 400, "interval: is given twice")
        refused(program, "/probe?target=%00:1", 400, "target: is not UTF-8 without control characters")
        for target in ("127.0.0.1:10", "127.0.0.2:1", "[::1]:1", "[::ffff:127.0.0.2]:1", "0.0.0.0:1", "a.test:10"):
            refused(program, path_of(target), 403, target, "is not among what may be probed")
        assert counts(program) == (0, 0, 0), counts(program)
        for port in (1, 2):
            target = wait_probe(program, lambda t: t.connect_failures.get("refused"), "refused", f"127.0.0.1:{port}")
            assert target.connected == 0, target
        refused(program, path_of("127.0.0.1:3"), 503, "as many targets are probed on request as may be: 2")
        reasons = program.metrics().reasons("tcp_echo_probe_refused_total")
        assert reasons == {"invalid": 8, "not_allowed": 6, "limit": 1}, reasons
        # A mapped address is the IPv4 address that it is.
        refused(program, path_of("[::ffff:127.0.0.1]:1"), 503)


@scenario
def without_descriptors_there_are_fewer():
    with Program("client", "-probe-allow=127.0.0.1", "-probe-max=1000", descriptors=128) as program:
        begun = 0
        while program.http(path_of(f"127.0.0.1:{begun + 1}")).status == 200:
            begun += 1
            assert begun < 128, "more targets than descriptors"
        refused(program, path_of("127.0.0.1:999"), 503, "no file descriptors left")
        assert begun > 30, begun
        assert program.metrics().reasons("tcp_echo_probe_refused_total") == {"descriptors": 2}


def relabelled(port, targets_path):
    """The recipe of docs/prometheus.md, for this machine and in a hurry."""
    with open(os.path.join(TOP, "docs", "prometheus.md"), encoding="utf-8") as file:
        (recipe,) = re.findall(r"^```yaml\n(scrape_configs:.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
    for text, here in (("prober1:2112", f"127.0.0.1:{port}"), ("/etc/prometheus/echo/*.json", targets_path)):
        assert recipe.count(text) == 1, text
        recipe = recipe.replace(text, here)
    return "global: {scrape_interval: 1s}\n" + recipe


def write_file_sd(path, targets):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump([{"targets": targets}], file)
    os.replace(path + ".new", path)


@scenario
def prometheus_says_what_is_probed():
    need("prometheus")
    count = 50
    with Program("both", "-probe-allow=127.0.0.0/8") as program, \
            tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        names = [f"127.0.0.{number + 1}:{program.listen_port}" for number in range(count)]
        # The server listens on one of them; the others refuse, which does not matter here.
        path = os.path.join(folder, "targets.json")
        write_file_sd(path, names)
        with Prometheus(relabelled(program.metrics_port, path)) as prometheus:
            def ups():
                return sum(value for _, value in prometheus.query('up{job="tcp-echo-probe"}'))

            begin = int(time.time())
            wait_for(lambda: ups() == count, "all are scraped", 60, 0.2)
            write_file_sd(path, names[:count // 2])
            wait_for(lambda: ups() == count // 2, "half of them are gone", 60, 0.2)
            time.sleep(5)
            write_file_sd(path, names)
            wait_for(lambda: ups() == count, "they are back", 60, 0.2)
            time.sleep(3)
            end = int(time.time())
            # Nothing began again, and each is there once.
            assert counts(program) == (count, count, 0), counts(program)
            for name in ("sent", "connect_failures", "unsent", "timeouts"):
                rates = prometheus.query_range(f"rate(tcp_echo_{name}_total[10s])", begin, end)
                assert rates and min(min(values) for _, values in rates) >= 0, name
                resets = prometheus.query(f"resets(tcp_echo_{name}_total[5m]) > 0")
                assert not resets, resets
            series = prometheus.query("tcp_echo_sent_total")
            assert sorted(labels["target"] for labels, _ in series) == sorted(names), series
            assert all(labels["instance"] == labels["target"] for labels, _ in series), series
            # None failed at once; on a busy machine, some may have taken longer than the second that they have.
            failed = prometheus.query("count_over_time((up == 0 and scrape_duration_seconds < 0.9)[5m:1s])")
            assert not failed, f"scrapes failed: {failed}"
            few = prometheus.query("sum_over_time(up[5m]) < 0.8 * count_over_time(up[5m])")
            assert not few, f"few scrapes succeeded: {few}"
            replies = prometheus.query(f'tcp_echo_received_total{{target="{names[0]}"}}')
            assert replies[0][1] > 10, replies


if __name__ == "__main__":
    main(workers=3)
