# SPDX-License-Identifier: MIT
"""Targets probed in different ways at the same time: each keeps to its own settings."""
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

from lib import peer as behave
from lib.collectd import Daemon, Trial
from lib.exposition import parse
from lib.law import Target
from lib.marks import Marks
from lib.peer import Peer
from lib.program import Program, free_port, run
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.sockets import assert_echo, frame
from lib.wait import PATIENCE, wait_for

OWN = "127.0.0.1:{listen}"


def want_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        raise Skip("no IPv6 here") from None


def peer_of(target):
    [(labels, _)] = target.metrics.select("tcp_echo_target_info", target=target.name)
    return labels["peer"]


def all_of(program, names):
    """Several targets in one scrape."""
    metrics = program.metrics()
    return [Target(metrics, name) for name in names]


def wait_all(program, names, condition, what, seconds=30.0):
    """Scrapes until condition holds for each target; returns the last views."""
    seen = []

    def holds():
        seen[:] = all_of(program, names)
        return all(condition(target) for target in seen)

    try:
        wait_for(holds, what, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}; last seen: {seen}") from None
    return seen


def check_rates(program, names):
    """Checks three targets that are probed every 5 ms, 50 ms and second."""
    first = wait_all(program, names, lambda t: t.received >= 1, "replies")

    def slots(target, before):
        return target.sent + target.missed_slots - before.sent - before.missed_slots

    program.wait_target(names[2], lambda t: slots(t, first[2]) >= 3, "three seconds")
    last = all_of(program, names)
    fast, middle, slow = (slots(*pair) for pair in zip(last, first))
    # Three slots of a second each took between two and four seconds.
    assert 8 < fast / middle < 12, (fast, middle)
    assert 20 * (slow - 1) * 0.8 < middle < 20 * (slow + 1) * 1.2, (middle, slow)


@scenario
def each_target_keeps_its_own_interval():
    targets = {
        "fast": {"address": OWN, "interval": "5ms"},
        "middle": OWN,
        "slow": {"address": OWN, "interval": "1s"},
    }
    with Program("both", "-interval=50ms", "-threads=2", targets=targets) as program:
        check_rates(program, list(targets))


@scenario
def a_reply_is_late_for_one_target_and_in_time_for_the_other():
    with Peer(behave.delayed(0.15)) as peer:
        targets = {
            "impatient": {"address": peer.address, "timeout": "50ms"},
            "patient": {"address": peer.address, "timeout": "20s"},
            "as the flag says": peer.address,
        }
        with Program("client", "-interval=50ms", "-timeout=20s", targets=targets) as program:
            names = list(targets)
            wait_all(program, names, lambda t: t.received + t.late >= 20, "answers")
            impatient, *others = all_of(program, names)
            assert impatient.received == 0 and impatient.loss_percent == 100, impatient
            for target in others:
                assert target.timeouts == 0 and target.late == 0, target
                assert target.bucket("0.1024") == 0, "a reply before it was sent"


@scenario
def each_target_has_its_own_window():
    port = free_port()
    address = f"127.0.0.1:{port}"
    targets = {
        "short": {"address": address, "window": 5},
        "long": {"address": address, "window": 100000},
    }
    with Program("client", "-interval=20ms", "-window=100000", targets=targets) as program:
        wait_all(program, list(targets), lambda t: t.unsent >= 5, "the target is down")
        with Peer(behave.echo, port=port):
            short = program.wait_target("short", lambda t: t.loss_percent == 0, "it forgets")
            assert short.unsent >= 5, short
            long = program.target("long")
            assert long.loss_percent > 0, long


class Callers:
    """A behaviour for peers: notes where they are dialled from, and echoes."""

    def __init__(self):
        self.hosts = set()

    def __call__(self, connection):
        self.hosts.add(connection.getpeername()[0])
        behave.echo(connection)


def check_sources(start):
    """start: makes a program or a daemon that probes the given targets."""
    callers = [Callers() for _ in range(4)]
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(Peer(caller)) for caller in callers]
        targets = {
            "of its own": {"address": peers[0].address, "source": "127.0.0.7"},
            "by handshakes": {
                "address": peers[1].address,
                "source": "127.0.0.8",
                "probe": "connect",
                "interval": "100ms",
            },
            "default": peers[2].address,
            "the system's": {"address": peers[3].address, "source": "0.0.0.0"},
        }
        program = stack.enter_context(start(targets))
        seen = wait_all(program, list(targets), lambda t: t.received >= 5, "replies")
        assert [caller.hosts for caller in callers] == [
            {"127.0.0.7"},
            {"127.0.0.8"},
            {"127.0.0.9"},
            {"127.0.0.1"},
        ], [caller.hosts for caller in callers]
        assert all(target.timeouts == 0 for target in seen), seen


@scenario
def targets_are_probed_from_their_source():
    check_sources(
        lambda targets: Program(
            "client", "-interval=20ms", "-timeout=20s", "-source=127.0.0.9", targets=targets
        )
    )


@scenario
def a_source_that_is_not_of_this_machine_is_logged():
    targets = {
        "echo": {"address": OWN, "source": "192.0.2.77"},
        "connect": {"address": OWN, "source": "192.0.2.77", "probe": "connect"},
        "neighbour": OWN,
    }
    with Program("both", "-interval=100ms", "-timeout=20s", targets=targets) as program:
        for name in ("echo", "connect"):
            target = program.wait_target(
                name, lambda t: t.connect_failures and t.unsent >= 3, "it cannot be dialled"
            )
            assert set(target.connect_failures) == {"unreachable"}, target
            assert target.received == 0 and target.connected == 0, target
            line = program.wait_line(f"{name}: down: ")
            assert re.search(r"127\.0\.0\.1:\d+ cannot be dialled from 192\.0\.2\.77$", line), line
        neighbour = program.wait_target("neighbour", lambda t: t.received >= 5, "replies")
        assert neighbour.timeouts == 0, neighbour


def marked_peer(**options):
    """On a port that is never handed out for outgoing connections: all packets seen there are the peer's."""
    return Peer(behave.echo, port=free_port(), **options)


@scenario
def packets_carry_the_mark_of_their_target():
    with contextlib.ExitStack() as stack:
        marks = stack.enter_context(Marks())
        wanted = {}
        targets = {}

        def add(name, codepoint, host="127.0.0.1", **settings):
            peer = stack.enter_context(marked_peer(host=host))
            targets[name] = {"address": peer.address, **settings}
            wanted[peer.port] = codepoint

        add("by name", 46, dscp="ef")
        add("by number", 1, dscp=1)
        add("as the flag says", 34)
        add("none", 0, dscp=0)
        add("a handshake", 56, dscp="cs7", probe="connect", interval="100ms")
        with contextlib.suppress(Skip):
            want_ipv6()
            add("IPv6", 46, "::1", dscp="ef")
            add("a handshake by IPv6", 10, "::1", dscp="af11", probe="connect", interval="100ms")
            add("no reply by IPv6", 0, "::1", dscp="cs0")
        program = stack.enter_context(
            Program("client", "-interval=20ms", "-timeout=20s", "-dscp=af41", targets=targets)
        )
        wait_all(program, list(targets), lambda t: t.received >= 5, "replies")
        # What a packet socket holds is not read immediately.
        wait_for(lambda: wanted.keys() <= marks.from_port.keys(), "all were seen")
        for port, codepoint in wanted.items():
            assert marks.syns[port] == {codepoint}, (codepoint, marks.syns[port])
            assert marks.to_port[port] == {codepoint}, (codepoint, marks.to_port[port])
            assert marks.from_port[port] == {0}, (codepoint, marks.from_port[port])


@scenario
def nothing_is_marked_by_default():
    with Marks() as marks, marked_peer() as peer:
        with Program("client", "-interval=20ms", "-target", peer.address) as program:
            program.wait_target("default", lambda t: t.received >= 5, "replies")
            wait_for(lambda: marks.from_port[peer.port], "they were seen")
            assert marks.to_port[peer.port] == {0}, marks.to_port[peer.port]


# Each: says, where the server listens, where it is dialled, the mark of the SYN.
REFLECTED = [
    ("IPv4", "127.0.0.1", "127.0.0.1", 46),
    ("IPv4, the largest", "127.0.0.1", "127.0.0.1", 63),
    ("IPv4 on every address", "", "127.0.0.1", 34),
    ("IPv6", "[::1]", "::1", 46),
    ("IPv6 on every address", "", "::1", 10),
    ("no mark", "127.0.0.1", "127.0.0.1", 0),
]


def marked_connection(host, port, codepoint):
    """As connect(), but marked from its SYN on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = socket.socket(family)
    connection.settimeout(10 * PATIENCE)
    level, name = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if ":" in host else (socket.IPPROTO_IP, socket.IP_TOS)
    # The bits of ECN are the kernel's own affair.
    connection.setsockopt(level, name, codepoint << 2)
    connection.connect((host, port))
    return connection


def check_reflection(row, flags, expected):
    _, listen, host, codepoint = row
    if ":" in host:
        want_ipv6()
    with Marks() as marks, Program("server", *flags, listen_host=listen) as program:
        with marked_connection(host, program.listen_port, codepoint) as peer:
            assert_echo(peer, frame(1))
            # The kernel's own reply to the SYN may be marked or not.
            seen = marks.from_port[program.listen_port]
            wait_for(lambda: expected in seen, f"a reply marked {expected}")
            assert seen <= {0, expected}, seen


@scenarios_of(REFLECTED, "replies_bear_the_mark_of_the_syn_by_")
def reflects(row):
    check_reflection(row, (), row[3])


@scenarios_of(REFLECTED, "replies_bear_no_mark_if_told_so_by_")
def reflects_nothing(row):
    check_reflection(row, ("-reflect-dscp=off",), 0)


@scenario
def collectd_reflects_marks_too_unless_told_not_to():
    for says, expected in (("", 46), ("ReflectDSCP true", 46), ("ReflectDSCP off", 0), ('ReflectDSCP "off"', 0)):
        with Marks() as marks, Daemon(says + "\n") as daemon:
            with marked_connection("127.0.0.1", daemon.listen_port, 46) as peer:
                assert_echo(peer, frame(1))
                seen = marks.from_port[daemon.listen_port]
                wait_for(lambda: expected in seen, f"{says}: a reply marked {expected}")
                assert seen <= {0, expected}, f"{says}: {seen}"


@scenario
def the_version_picks_the_family_of_a_name():
    want_ipv6()
    with Peer(behave.echo, host="::1") as six, Peer(behave.echo, port=six.port) as four:
        address = f"localhost:{six.port}"
        targets = {
            "four": {"address": address, "ip_version": 4},
            "six": {"address": address, "ip_version": "6"},
            "four by handshakes": {"address": address, "ip_version": 4, "probe": "connect"},
            "six by handshakes": {"address": address, "ip_version": 6, "probe": "connect"},
            "four by its source": {"address": address, "source": "127.0.0.1"},
            "six by its source": {"address": address, "source": "::1"},
            "without a host": {"address": f":{six.port}", "ip_version": 6},
        }
        with Program("client", "-interval=100ms", "-timeout=20s", targets=targets) as program:
            for target in wait_all(program, list(targets), lambda t: t.received >= 3, "replies"):
                expected = four if "four" in target.name else six
                assert peer_of(target) == expected.address, (target, peer_of(target))
                assert target.connect_failures == {}, target


HOSTILE = 'a\\b "c" {d="e"} ü ✓ \\n'


@scenario
def labels_are_on_every_sample_of_their_target():
    targets = {
        "one": {"address": OWN, "labels": {"site": "ams", "z_role": HOSTILE}},
        "two": {
            "address": OWN,
            "probe": "connect",
            "labels": {f"l{number}": "x" * 1024 for number in range(32)},
        },
        "none": OWN,
    }
    with Program("both", "-interval=100ms", "-timeout=20s", targets=targets) as program:
        wait_all(program, list(targets), lambda t: t.received >= 3, "replies")
        metrics = program.metrics()
        of_target = {name: 0 for name in targets}
        for name, series in metrics.samples.items():
            for key in series:
                labels = dict(key)
                target = labels.get("target")
                if target is None:
                    continue
                of_target[target] += 1
                wanted = as_labels(targets[target])
                assert wanted.items() <= labels.items(), f"{name}{labels}"
                own = {"target", "reason", "direction", "where", "le", "address", "peer"}
                assert labels.keys() - own == wanted.keys(), f"{name}{labels}"
        assert min(of_target.values()) > 40, of_target
        check_with_promtool(program.http().body)
        check_openmetrics(program, metrics)


def as_labels(target):
    return target.get("labels", {}) if isinstance(target, dict) else {}


def check_with_promtool(body):
    if shutil.which("promtool") is None:
        return
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=body, capture_output=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), result


def check_openmetrics(program, plain):
    """The other format has the same series for targets."""
    response = program.http(headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert "openmetrics-text" in response.headers["Content-Type"], response.headers
    text = response.body.decode()
    assert text.endswith("\n# EOF\n"), text[-100:]
    samples = "".join(
        line + "\n" for line in text.splitlines() if line.startswith(("tcp_echo_sent_total{", "tcp_echo_target_info{"))
    )
    head = "# HELP {0} x\n# TYPE {0} {1}\n"
    groups = [
        head.format(name, kind)
        + "".join(line for line in samples.splitlines(True) if line.startswith(name))
        for name, kind in (("tcp_echo_sent_total", "counter"), ("tcp_echo_target_info", "gauge"))
    ]
    read = parse("".join(groups))
    for name in ("tcp_echo_sent_total", "tcp_echo_target_info"):
        assert read.samples[name].keys() == plain.samples[name].keys(), name


@scenario
def a_reload_that_changes_one_target_leaves_the_others_alone():
    targets = {
        "stays": OWN,
        "changes": {"address": OWN, "window": 50},
        "connect": {"address": OWN, "probe": "connect", "interval": "100ms"},
        "relabelled": {"address": OWN, "labels": {"site": "ams"}},
    }
    with Program("both", "-interval=20ms", "-timeout=20s", targets=targets) as program:
        names = list(targets)
        before = wait_all(program, names, lambda t: t.received >= 10, "replies")
        targets["changes"] = {"address": OWN, "window": 60, "source": "127.0.0.7"}
        targets["relabelled"] = {"address": OWN, "labels": {"site": "fra", "rack": "7"}}
        program.reload(targets)
        program.wait_line("reloaded")
        assert not program.metrics().has("tcp_echo_sent_total", site="ams")
        after = wait_all(program, names, lambda t: t.received >= 20, "replies")
        assert program.metrics().has("tcp_echo_sent_total", site="fra", rack="7")
        for old, new in zip(before, after):
            assert new.timeouts == 0, new
            if new.name == "changes":
                continue
            assert new.received >= old.received, (old, new)
            assert new.name == "connect" or new.connects == 1, new
        # It was dialled again, and its counts began at 0.
        assert after[1].connects == 1 and after[1].sent <= after[0].sent - 5, after


@scenario
def a_bad_reload_changes_nothing():
    targets = {"a": {"address": OWN, "labels": {"site": "ams"}}}
    with Program("both", "-interval=20ms", "-timeout=20s", targets=targets) as program:
        before = program.wait_target("a", lambda t: t.received >= 5, "replies")
        program.reload({"a": {"address": OWN, "probe": "connect", "interval": "20ms"}})
        line = program.wait_line("error")
        assert f"{program.targets_path}:1: target \"a\": interval: 20ms is too short for connect probes" in line, line
        after = program.wait_target("a", lambda t: t.received >= before.received + 5, "carries on")
        assert after.connects == 1 and after.timeouts == 0, after
        assert program.metrics().has("tcp_echo_sent_total", site="ams")


# Each: says, the second target's settings, what the one line says after file and line.
BAD = [
    ("an interval as a number", {"interval": 1}, "target 2: interval is not a string"),
    (
        "an interval out of range",
        {"interval": "1us"},
        'target 2: interval "1us" is out of range; allowed: 1ms to 24h',
    ),
    (
        "a timeout without a unit",
        {"timeout": "800"},
        'target 2: timeout "800" is not a valid duration; allowed: 1ms to 24h',
    ),
    (
        "a window that is too large",
        {"window": 1000001},
        "target 2: window 1000001 is out of range; allowed: 1 to 1000000",
    ),
    (
        "an unknown probe",
        {"probe": "icmp"},
        'target 2: probe "icmp" is not a valid kind of probe; allowed: echo or connect',
    ),
    (
        "a source that is a name",
        {"source": "eth0"},
        'target 2: source "eth0" is not a valid IP address; allowed: an IP address of this machine',
    ),
    (
        "a source with a hostile interface",
        {"source": "fe80::1%\x1b[2J\n"},
        'target 2: source "fe80::1%?[2J?" is not a valid IP address',
    ),
    ("a codepoint that is too high", {"dscp": 64}, "target 2: dscp 64 is out of range; allowed: 0 to 63"),
    (
        "IP version 5",
        {"ip_version": 5},
        "target 2: ip_version 5 is not a valid IP version; allowed: 4, 6 or any",
    ),
    (
        "a reserved label",
        {"labels": {"le": "1"}},
        'target 2: label "le" is a label that the metrics already have',
    ),
    (
        "a control character in a label",
        {"labels": {"a": "\x1b[2J"}},
        'target 2: label "a": its value has a control character',
    ),
    (
        "new connections too often",
        {"probe": "connect", "interval": "99ms"},
        'target "b": interval: 99ms is too short for connect probes, a new connection each; allowed: 100ms',
    ),
    (
        "a setting that conflicts with the flags",
        {"timeout": "24h"},
        'target "b": interval: 1s is too short for a timeout of 24h',
    ),
    (
        "a source of the other IP version",
        {"source": "::1"},
        'target "b": source: ::1 cannot reach 127.0.0.1; allowed: an IPv4 address',
    ),
    (
        "a misspelt key",
        {"ip-version": 4},
        'target 2: unknown key "ip-version"; allowed: name, address, interval, timeout, window, '
        "probe, frame, size, stamps, tx_stamps, source, interface, dscp, ip_version, ",
    ),
]


@scenarios_of(BAD, "refuses_")
def refuses(row):
    _, settings, reason = row
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        first = json.dumps({"name": "a", "address": "127.0.0.1:4000"})
        second = json.dumps({"name": "b", "address": "127.0.0.1:4000", **settings})
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[\n{first},\n\n{second}]\n")
        for flags in (["-check"], ["-metrics=127.0.0.1:0"]):
            status, out, err = run("-mode=client", "-interval=1s", "-targets", path, *flags)
            assert status == 1 and out == "", (status, out, err)
            assert err.count("\n") == 1 and err.endswith("\n"), err
            assert f"{path}:4: {reason}" in err, err
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", err), repr(err)


@scenario
def check_shows_each_targets_own_settings():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        targets = [
            {"name": "a", "address": "host:1", "interval": "1s", "timeout": "2s", "window": 9},
            {"name": "b", "address": "host:2", "probe": "connect", "dscp": "ef", "ip_version": 6},
            {"name": "c", "address": "host:3", "source": "::1", "labels": {"site": "ams"}},
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(targets, file)
        status, out, err = run("-mode=client", "-check", "-dscp=af41", "-targets", path)
        assert (status, err) == (0, ""), (status, err)
        for line in (
            "dscp      34",
            "a at host:1, every 1s, timeout 2s, window 9",
            "b at host:2, by connect, DSCP 46, IP 6",
            "c at host:3, from ::1",
        ):
            assert re.search(rf"^ *{re.escape(line)}", out, re.MULTILINE), (line, out)


def as_options(target):
    """A target of the file as the options of a block."""
    return {key.replace("_", ""): value for key, value in target.items()}


@scenario
def collectd_blocks_have_settings_too():
    targets = {
        "fast": {"Address": OWN, "Interval": 0.005},
        "middle": {"Address": OWN},
        "slow": {"Address": OWN, "Interval": "1s"},
        "connect": {"Address": OWN, "Probe": "connect", "Interval": 0.1, "Timeout": 20},
        "four": {"Address": "localhost:{listen}", "IPVersion": 4},
    }
    with Daemon("Interval 0.05\nTimeout 20\nWindow 1000\n", targets=targets) as daemon:
        check_rates(daemon, ["fast", "middle", "slow"])
        connect = daemon.wait_target("connect", lambda t: t.received >= 5, "handshakes")
        assert connect.connects == connect.received and connect.timeouts == 0, connect
        assert connect.disconnects == {} and connect.connected == 1, connect
        assert peer_of(daemon.target("four")) == OWN.format(listen=daemon.listen_port)
        daemon.wait_sample("received_total", "connect", lambda v: v >= 5, "handshakes")
        assert daemon.sample("connected", "connect") == 1
        daemon.wait_target("fast", lambda t: t.received >= 1000, "many replies")


@scenario
def collectd_blocks_have_sources_too():
    def start(targets):
        blocks = {
            name: as_options(target) if isinstance(target, dict) else target
            for name, target in targets.items()
        }
        return Daemon('Interval 0.02\nTimeout 20\nSource "127.0.0.9"\n', targets=blocks, listen=False)

    check_sources(start)


@scenario
def collectd_blocks_mark_packets_too():
    with Marks() as marks, marked_peer() as one, marked_peer() as other:
        targets = {
            "one": {"Address": one.address, "DSCP": "ef"},
            "other": {"Address": other.address, "DSCP": 0},
        }
        with Daemon("Interval 0.05\nTimeout 20\nDSCP 34\n", targets=targets) as daemon:
            wait_all(daemon, list(targets), lambda t: t.received >= 5, "replies")
            wait_for(lambda: {one.port, other.port} <= marks.from_port.keys(), "all were seen")
            assert marks.to_port[one.port] == {46}, marks.to_port[one.port]
            assert marks.to_port[other.port] == {0}, marks.to_port[other.port]


@scenario
def labels_of_a_file_show_in_collectd_metrics():
    file = {"a": {"address": OWN, "interval": "20ms", "labels": {"site": "ams"}}}
    with Daemon("Timeout 20\n", file=file) as daemon:
        daemon.wait_target("a", lambda t: t.received >= 5, "replies")
        assert daemon.metrics().has("tcp_echo_sent_total", target="a", site="ams")
        daemon.wait_sample("received_total", "a", lambda v: v >= 5, "replies")


@scenario
def a_bad_collectd_block_is_reported():
    targets = {"a": {"Address": "127.0.0.1:4000", "Probe": "connect"}}
    with Trial("Interval 0.01\n", targets=targets, listen=False) as daemon:
        line = daemon.wait_line("interval: ")
        assert 'target "a": interval: 10ms is too short for connect probes' in line, line
    targets = {"a": {"Address": "127.0.0.1:4000", "DSCP": 64}}
    with Trial(targets=targets, listen=False) as daemon:
        line = daemon.wait_line("DSCP")
        assert 'Target "a": DSCP 64 is out of range; allowed: 0 to 63' in line, line


if __name__ == "__main__":
    main(workers=4, seconds=240 if PATIENCE <= 1 else 400)
