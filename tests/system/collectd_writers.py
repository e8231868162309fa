# SPDX-License-Identifier: MIT
"""Every writer of the real collectd gets every value, whatever the targets are called."""
import math
import re

from lib import peer as behave
from lib.collectd import Daemon, errors_of
from lib.collectd_sinks import (
    Receiver, Sinks, graphite, identity, json_listener, want_writers, wait_complete)
from lib.peer import Peer
from lib.program import free_port
from lib.scenario import main, scenario
from lib.wait import wait_for, wait_passes

OWN = "127.0.0.1:{listen}"
INTERVAL = 0.02

NAMES = ["plain", "with spaces and more", "www.example.com", "Zürich → 東京", 'a "quoted" one', "back\\slash",
         "dash-ed - name", "50% + $HOME (x) [y] {z}", "n" * 127, "ü" * 63]
DEAD = "dead"

READING = ["loss_percent"] + [f"rtt_{part}_seconds" for part in ("mean", "min", "median", "p90", "p99", "max")]
PING = ("ping", "ping_stddev", "ping_droprate")


def bound(text):
    """A bucket's bound as it is in a type's name."""
    return "inf" if text == "+Inf" else f"{float(text):.9f}".rstrip("0").replace(".", "_")


def type_of(name, kind, labels):
    """The type that a sample of Prometheus's goes out as."""
    if "le" in labels:
        return f"{name}_le_{bound(labels['le'])}"
    is_whole = kind == "counter" and not name.endswith("_seconds_total")
    return name.removesuffix("_total") if is_whole else name


def own_label(labels):
    """The value that becomes a type instance."""
    return next((labels[name] for name in ("reason", "direction", "where") if name in labels), "")


def values_of(metrics):
    """What the plugin's own /metrics says, by identity, as ({counters}, {gauges})."""
    counters, gauges = {}, {}
    for family, kind in metrics.types.items():
        for name in (family, family + "_bucket", family + "_sum", family + "_count"):
            for key, value in metrics.samples.get(name, {}).items():
                labels = dict(key)
                if name.endswith("_info"):
                    continue
                found = counters if kind in ("counter", "histogram") else gauges
                found[identity("tcp_echo", labels.get("target", ""), type_of(name, kind, labels),
                               own_label(labels))] = value
    return counters, gauges


def readings_of(names):
    """Those that only collectd has."""
    own = {identity("tcp_echo", name, f"tcp_echo_reading_{part}", "") for name in names for part in READING}
    return own | {identity("tcp_echo", DEAD, "tcp_echo_reading_loss_percent", "")}


def standard(names):
    return {identity("ping", "", kind, name) for name in names for kind in PING}


def by_json(names):
    """How write_http and write_log spell them: collectd 5.12 has a "?" for each byte that is not ASCII."""
    return {name.encode("utf-8").decode("ascii", "replace").replace("\ufffd", "?"): name for name in names}


# Gauges that stay as they are in this scenario.
STEADY = re.compile("_(connected|loss_percent|connections|up|max_fds)$|process_start_time")


def check_values(says, seen, before, after):
    """Each number lies between what /metrics said before the reading and after it; a sink may round."""
    for name, least in before[0].items():
        assert least - 1e-6 <= seen[name] <= after[0][name] + 1e-6, \
            f"{says}: {name}: {seen[name]}, not {least} to {after[0][name]}"
    for name, value in after[1].items():
        if STEADY.search(name):
            assert math.isclose(seen[name], value, rel_tol=1e-9, abs_tol=1e-6), f"{says}: {name}: {seen[name]}, not {value}"


def check_readings(says, seen):
    """What a reading says of itself."""
    for name in NAMES:
        part = {key: seen[identity("tcp_echo", name, f"tcp_echo_reading_{key}", "")] for key in READING}
        order = [part[f"rtt_{key}_seconds"] for key in ("min", "median", "p90", "p99", "max")]
        assert order == sorted(order) and 0 < order[0] and order[-1] < 5, f"{says}: {name}: {part}"
        assert order[0] - 1e-6 <= part["rtt_mean_seconds"] <= order[-1] + 1e-6, f"{says}: {name}: {part}"
        assert part["loss_percent"] == 0, f"{says}: {name}: {part}"
    assert seen[identity("tcp_echo", DEAD, "tcp_echo_reading_loss_percent", "")] == 100, says


def check_standard(says, seen):
    for name in NAMES:
        assert seen[identity("ping", "", "ping_droprate", name)] == 0, f"{says}: {name}"
        rtt = seen[identity("ping", "", "ping", name)]
        assert 0 < rtt < 5000, f"{says}: {name}: {rtt} ms"
    assert seen[identity("ping", "", "ping_droprate", DEAD)] == 1, says
    # As the plugin ping has it; JSON has no NaN.
    rtt = seen[identity("ping", "", "ping", DEAD)]
    assert rtt is None or math.isnan(rtt), f"{says}: {rtt}"


def graphite_path(host, name):
    """What write_graphite makes of an identity."""
    head, tail = name.rsplit("/", 1)
    return ".".join(re.sub(r'[.\s"\\:!,/()]', "_", part) for part in (host, head, tail))


def prometheus_values(daemon):
    """What write_prometheus serves, by identity."""
    found = {}
    for (name, labels), value in daemon.samples().items():
        labels = dict(labels)
        kind = name.removeprefix("collectd_tcp_echo_")
        # Counters of seconds are gauges, whose names it leaves alone.
        if not kind.endswith("_seconds_total"):
            kind = kind.removesuffix("_total")
        instance, reason = labels.get("tcp_echo", ""), labels.get("type", "")
        if re.match(r"tcp_echo_(server|http)_", kind):
            instance, reason = "", instance
        found[identity("tcp_echo", instance, kind, reason)] = value
    return found


def wait_values(daemon, get, spelt, says, before):
    """
    Waits until all that a sink has is right, and returns that, by our identities. spelt: {what it calls each: identity}.
    A look at a sink may mix two readings, or come before the newest has arrived there: the next one will do.
    """
    wait_complete(get, set(spelt), says)

    def look():
        daemon.flush()
        seen = {spelt.get(name, name): value for name, value in get().items()}
        check_values(says, seen, before, values_of(daemon.metrics()))
        check_readings(says, seen)
        if says != "write_prometheus":
            check_standard(says, seen)
        return seen

    return wait_passes(look, f"the values of {says}", 30, 0.3)


# The timeout is one that no stall of a busy machine lasts.
OPTIONS = f'Interval {INTERVAL}\nTimeout "2s"\nWindow 50\nStandardTypes true\n'


@scenario
def every_writer_gets_every_value_of_every_name():
    want_writers()
    targets = {**{name: OWN for name in NAMES}, DEAD: f"127.0.0.1:{free_port()}"}
    with graphite() as carbon, json_listener() as listener, Receiver(with_types=True) as receiver, \
            Sinks(OPTIONS, carbon.port, listener.port, receiver.port, targets=targets) as daemon:
        for name in NAMES:
            daemon.wait_target(name, lambda t: t.received > 20, "replies")
        daemon.wait_target(DEAD, lambda t: t.loss_percent == 100 and t.sent > 50, "loss")
        before = values_of(daemon.metrics())
        count = daemon.readings()
        wait_for(lambda: daemon.readings() >= count + 3, "three readings")
        daemon.flush()
        mine = set(before[0]) | set(before[1]) | readings_of(NAMES)
        # A target that is down has no times.
        assert not any(f"-{DEAD}/" in name and re.search("_rtt_(seconds|mean|max)$|jitter", name) for name in mine)
        everything = mine | standard(NAMES + [DEAD])
        same = {name: name for name in everything}
        paths = {graphite_path(daemon.host, name): name for name in everything}
        for says, get, spelt in (
                ("csv", daemon.all_csv_values, same),
                ("write_http", listener.snapshot, by_json(everything)),
                ("write_log", daemon.log_values, by_json(everything)),
                ("network", lambda: receiver.csv_values(daemon.host), same),
                ("write_prometheus", lambda: prometheus_values(daemon), {name: name for name in mine}),
                ("write_graphite", carbon.snapshot, paths)):
            seen = wait_values(daemon, get, spelt, says, before)
            extra = {name for name in seen if name.startswith(("tcp_echo", f"{daemon.host}.tcp_echo"))} - mine
            assert not extra, f"{says}: more than expected: {sorted(extra)[:5]}"
        check_unixsock(daemon, everything)
        check_rrd(daemon, everything)
        check_aggregation(daemon)
        daemon.wait_line(f"plugin_instance = {DEAD}, type = tcp_echo_connected, message = Host testhost, plugin tcp_echo")
        assert errors_of(daemon) == [], errors_of(daemon)[:5]
        assert errors_of(receiver) == [], errors_of(receiver)[:5]


def check_unixsock(daemon, everything):
    mine = {name for name in everything if name.startswith("tcp_echo")}

    def check_list():
        listed = daemon.listed()
        assert mine <= listed, f"it lacks {sorted(mine - listed)[:5]}"

    # A reading that comes late makes one rate too low, and the next too high; no rate stays wrong.
    def check_rate(name):
        rate = daemon.get_value(identity("tcp_echo", name, "tcp_echo_sent", ""))
        assert 0.4 / INTERVAL < rate < 1.6 / INTERVAL, f"{rate} probes a second"

    def check_connected(name, wanted):
        value = daemon.get_value(identity("tcp_echo", name, "tcp_echo_connected", ""))
        assert value == wanted, value

    wait_passes(check_list, "LISTVAL", 30, 0.3)
    for name in NAMES:
        wait_passes(lambda name=name: check_rate(name), f"GETVAL of what is sent to {name}", 30, 0.3)
        wait_passes(lambda name=name: check_connected(name, 1), f"GETVAL of whether {name} is connected", 30, 0.3)
    wait_passes(lambda: check_connected(DEAD, 0), f"GETVAL of whether {DEAD} is connected", 30, 0.3)


def check_rrd(daemon, everything):
    files = wait_complete(daemon.rrd_files, everything, "rrdtool")

    def mean(name, kind):
        numbers = daemon.rrd_fetch(files[identity("tcp_echo", name, kind, "")])
        return sum(numbers) / len(numbers) if numbers else math.nan

    for name in NAMES:
        def has_values(name=name):
            daemon.flush()
            # Each file is written when its turn comes.
            timeouts, p99 = mean(name, "tcp_echo_timeouts"), mean(name, "tcp_echo_reading_rtt_p99_seconds")
            has_rate = 0.5 / INTERVAL < mean(name, "tcp_echo_received") < 1.5 / INTERVAL
            return has_rate and timeouts >= 0 and p99 >= 0 and (timeouts, p99)

        timeouts, p99 = wait_for(has_values, f"the values of {name}", 30, 0.5)
        assert timeouts == 0 and 0 < p99 < 5, (name, timeouts, p99)
    wait_for(lambda: mean(DEAD, "tcp_echo_reading_loss_percent") > 50, "the loss of the dead one", 30, 0.5)
    assert identity("tcp_echo", DEAD, "tcp_echo_reading_rtt_mean_seconds", "") not in files


def check_aggregation(daemon):
    """Of all targets: how many there are, and how many are connected; it may take in several readings at once."""
    begin = "aggregation-tcp_echo-"

    def is_right():
        seen = daemon.all_csv_values()
        count, total = (seen.get(f"{begin}{what}/tcp_echo_connected", 0) for what in ("num", "sum"))
        return (total > 0 and total % len(NAMES) == 0 and count * len(NAMES) == total * (len(NAMES) + 1)
                and f"{begin}sum/tcp_echo_disconnects-reset" in seen)

    wait_for(is_right, "the aggregates", 30, 0.5)


@scenario
def basic_values_are_all_but_buckets_and_none_are_none():
    want_writers()
    for dispatch, has_buckets, has_any in (("All", True, True), ("basic", False, True), ("none", False, False)):
        with Daemon(f'{OPTIONS}Dispatch "{dispatch}"\n', targets={"one": OWN}) as daemon:
            daemon.wait_target("one", lambda t: t.received > 20, "replies")
            # When a third reading has begun, the first is complete everywhere.
            wait_for(lambda: daemon.all_csv().count("/ping/ping-one ") >= 3, "three readings", 20, 0.2)
            text = daemon.prometheus()
            assert ("_bucket_le_" in text) == has_buckets, dispatch
            for name in ("tcp_echo_rtt_seconds_count", "tcp_echo_reading_rtt_p90_seconds", "collectd_tcp_echo_"):
                assert (name in text) == has_any, f"{dispatch}: {name}"


@scenario
def labels_go_out_only_if_asked_for():
    for asked in (False, True):
        with Daemon(OPTIONS + f"DispatchInfo {str(asked).lower()}\n", targets={"one": OWN}) as daemon:
            daemon.wait_sample("received_total", "one", lambda v: v > 20, "replies")
            wait_for(lambda: daemon.readings() >= 2, "two readings")
            lines = daemon.csv_lines()
            text = "\n".join(lines)
            assert (f"127.0.0.1:{daemon.listen_port}" in text) == asked, text[:500]
            assert ("_info-" in text) == asked
            assert not re.search(r' "? interval', text), "a name ends in a blank"


@scenario
def a_receiver_without_our_types_gets_the_standard_ones():
    want_writers()
    with Receiver(with_types=False) as receiver, graphite() as carbon, json_listener() as listener, \
            Sinks(OPTIONS, carbon.port, listener.port, receiver.port, targets={"one": OWN}) as daemon:
        for kind in ("ping", "ping_ping_stddev", "ping_ping_droprate"):
            line = f'collectd_{kind}{{ping="one",instance="{daemon.host}"}}'
            wait_for(lambda line=line: line in receiver.prometheus(), line, 30, 0.2)
        assert "tcp_echo" not in receiver.prometheus()


def time_of(line):
    """When the value in a line of PUTVAL was read, in seconds."""
    return float(re.search(r" interval=\S+ ([\d.]+):\S+$", line)[1])


@scenario
def times_of_a_target_that_goes_down_are_not_sent_again():
    port = free_port()
    with Peer(behave.echo, port) as peer, \
            Daemon(OPTIONS, targets={"one": peer.address}) as daemon:
        daemon.wait_sample("reading_rtt_p99_seconds", "one", lambda v: v > 0, "a reading")
        daemon.wait_sample("last_rtt_seconds", "one", lambda v: v > 0, "the last round trip")
        peer.close()
        daemon.wait_sample("reading_loss_percent", "one", lambda v: v == 100, "all is lost")
        daemon.wait_sample("connected", "one", lambda v: v == 0, "it is down")
        count = daemon.readings()
        wait_for(lambda: daemon.readings() >= count + 3, "three readings")
        times = re.compile(r"-one/tcp_echo_(reading_rtt|last_rtt|last_connect|jitter|tcp_rtt|tcp_min_rtt)\w* ")
        # By the time of each value: several threads write, and not in order.
        begin, end = sorted(time_of(line) for line in daemon.csv_lines() if "/tcp_echo_up " in line)[-3:-1]

        def lines_between():
            return [line for line in daemon.csv_lines() if begin <= time_of(line) < end]

        wait_for(lambda: any("-one/tcp_echo_reading_loss_percent " in line for line in lines_between()), "the loss")
        late = [line for line in lines_between() if times.search(line)]
        assert late == [], late


if __name__ == "__main__":
    main(workers=3)
