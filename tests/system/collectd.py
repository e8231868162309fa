# SPDX-License-Identifier: MIT
"""The plugin in the real collectd: values, life, bad input, targets file, misbehaving peers."""
import calendar
import contextlib
import glob
import json
import os
import pwd
import re
import shutil
import socket
import statistics
import time

from lib import peer as behave
from lib.collectd import (
    TOP, Daemon, Trial, errors_of, names_us, sanitizer_runtimes, system_plugins, target_block, want_collectd)
from lib.law import Target
from lib.on_request import path_of, refused, wait_probe
from lib.peer import FullBacklog, Peer
from lib.program import WRAPPER, free_port, write_targets
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.slow_file import write_slowly
from lib.sockets import assert_echo, frame, reads_end
from lib.wait import holds_for, wait_for

FAST = 'Interval 0.02\nTimeout "400ms"\n'
OWN = "127.0.0.1:{listen}"


def gone():
    """An address with no listener."""
    return f"127.0.0.1:{free_port()}"


@scenario
def values_go_to_csv_and_write_prometheus_at_once():
    name = 'a "name" with \\, spaces and ü'
    with Daemon(FAST, targets={name: OWN, "dead": gone()}) as daemon:
        daemon.wait_sample("received_total", name, lambda v: v > 50, "replies")
        daemon.wait_sample("loss_percent", "dead", lambda v: v == 100, "loss")
        assert daemon.sample("connected", name) == 1 and daemon.sample("connected", "dead") == 0
        assert not re.search(r"[-+]nan", daemon.prometheus(), re.IGNORECASE), "a computed NaN"
        wait_for(lambda: daemon.readings() >= 3, "three readings")
        lines = daemon.csv_lines()
        assert not any("nan" in line for line in lines), "a value that is not known"
        for kind in ("-dead/tcp_echo_sent ", "-dead/tcp_echo_reading_loss_percent ", "/tcp_echo_server_frames ",
                     "/tcp_echo_server_closed-reset ", "/tcp_echo_send_lag_seconds_sum "):
            assert any(f"/tcp_echo{kind}" in line for line in lines), f"no {kind} in {lines[:10]}"
        shown = name.replace("\\", "\\\\").replace('"', '\\"')
        assert any(f"/tcp_echo-{shown}/tcp_echo" in line for line in lines), lines[:4]


@scenario
def loads_and_ends_without_a_warning():
    with Daemon(FAST, targets={"one": OWN}) as daemon:
        daemon.wait_target("one", lambda t: t.received > 5, "replies")
        daemon.stop()
        # The threads run before the plugin says so, so the target may be up before that line.
        wanted = [r'plugin_load: plugin "tcp_echo" successfully loaded\.',
                  r"tcp_echo plugin: \S+ started, echo server on \S+, probes every 20ms, metrics on \S+",
                  r"tcp_echo plugin: one: up: \S+ answers",
                  r"Notification: severity = OKAY, .*, type = tcp_echo_state, message = one answers"]
        lines = daemon.lines_about_us()
        assert len(lines) == len(wanted), lines
        lines.sort(key=lambda line: ("plugin_load" not in line, "Notification" in line, ": up: " in line))
        for line, pattern in zip(lines, wanted):
            assert re.fullmatch(r"\[info\] " + pattern, line), line


class Crowded(Daemon):
    """With the usual limit of descriptors, and another plugin, whose values write_prometheus serves, too."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.prefix = ["sh", "-c", 'ulimit -Sn 1024 && exec "$@"', "sh"]

    def configuration(self):
        return super().configuration() + f'PluginDir "{system_plugins()}"\nLoadPlugin load\n'


@scenario
def the_page_is_served_from_inside_the_daemon():
    with Daemon('Interval 0.05\nHistory "2m"\n', targets={"own": OWN, "gone": gone()}) as daemon:
        daemon.wait_target("own", lambda t: t.received > 20, "replies")
        for path in ("/", "/page.js", "/page.css", "/favicon.ico"):
            assert daemon.http(path).status == 200, path

        def has_step():
            answer = json.loads(daemon.http("/api/v1/targets?step=5").body)
            return answer["history"]["newest"] >= 1 and answer

        answer = wait_for(has_step, "a step of the history", 30, 0.2)
        assert [(target["name"], target["state"]) for target in answer["targets"]] == [("gone", "down"), ("own", "up")], answer
        assert answer["targets"][1]["steps"][0][2] > 0, answer
        assert json.loads(daemon.http("/api/v1/target?name=own").body)["coarse"]["kept"] == 2
        assert json.loads(daemon.http("/api/v1/peers").body)["connections"] == 1


@scenario
def the_low_descriptors_are_left_to_other_plugins():
    """write_prometheus uses select(): it answers nobody once a connection gets a number beyond 1,023."""
    count = 1100
    targets = {f"t{number}": OWN for number in range(count)}
    with Crowded('Interval "1s"\nTimeout 5\n', targets=targets) as daemon:
        wait_for(lambda: sum(value for _, value in daemon.metrics().select("tcp_echo_connected")) == count,
                 "all are connected", 90, 0.5)
        assert daemon.metrics().value("tcp_echo_server_connections") == count
        wait_for(lambda: "collectd_load" in daemon.prometheus(), "the other plugin's values", 90, 0.5)
        wait_for(lambda: daemon.prometheus().count("collectd_tcp_echo_tcp_echo_connected{") == count,
                 "all values of ours", 90, 0.5)
        numbers = []
        for name in os.listdir(f"/proc/{daemon.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                if os.readlink(f"/proc/{daemon.pid}/fd/{name}").startswith("socket:"):
                    numbers.append(int(name))
        # The resolver's own, and those of the daemon.
        low = [number for number in numbers if number < 1024]
        assert len(numbers) > 2 * count and len(low) < 20, f"{len(low)} of {len(numbers)} are low: {low[:50]}"


class Example(Daemon):
    """The shipped example, with free ports and only addresses of this machine."""

    def __init__(self):
        super().__init__(metrics=False)
        self.host = socket.gethostname()

    def configuration(self):
        with open(os.path.join(TOP, "collectd.conf.example"), encoding="utf-8") as file:
            text = file.read()
        for old, new in (('"/tmp/', f'"{self.folder}/'), ('"/tmp"', f'"{self.folder}"'),
                         ('"9103"', f'"{self.daemon_port}"'), ('":4000"', f'":{self.listen_port}"'),
                         ("192.0.2.10:4000", gone()), ("[2001:db8::10]:4000", gone()),
                         ("LoadPlugin tcp_echo", f'PluginDir "{self.folder}"\nLoadPlugin tcp_echo\n'
                                                 f'PluginDir "{system_plugins()}"')):
            lines = re.compile(f"^([^#\n]*){re.escape(old)}", re.MULTILINE)
            text, count = lines.subn(lambda found, new=new: found[1] + new, text)
            assert count > 0, f"no {old} in the example"
        return text


@scenario
def the_example_works_unchanged():
    with Example() as example:
        example.wait_sample("received_total", "this machine", lambda v: v > 20, "replies", 30)
        assert example.sample("connected", "server1") == 0 and example.sample("connected", "server2") == 0
        levels = {line.split("] [")[1].split("]")[0] for line in example.lines if "tcp_echo plugin: " in line}
        assert levels == {"info", "warning"}, example.lines


@scenario
def blocks_and_the_file_add_up():
    more = "</Plugin>\n<Plugin tcp_echo>\n" + target_block("second", OWN)
    with Daemon(FAST + more, targets={"first": OWN}, file={"third": OWN}) as daemon:
        for name in ("first", "second", "third"):
            daemon.wait_target(name, lambda t: t.received > 5, "replies")


@scenario
def reading_never_waits_for_targets():
    with FullBacklog() as backlog, Peer(behave.mute) as mute:
        targets = {"backlog": backlog.address, "mute": mute.address, "dead": gone(),
                   "nowhere": "name.invalid:4000"}
        with Daemon(FAST, targets=targets) as daemon:
            daemon.wait_sample("timeouts_total", "mute", lambda v: v > 0, "timeouts")
            wait_for(lambda: daemon.readings() >= 6, "six readings")
            times = [float(re.search(r" (\d+\.\d+):", line)[1])
                     for line in daemon.csv_lines() if "/tcp_echo_up" in line]
            pauses = [later - earlier for earlier, later in zip(times, times[1:])]
            # One that waited for an attempt to connect would take 3 s.
            assert statistics.median(pauses) < 2, f"readings come after {pauses}"
            assert all("interval=1.000" in line for line in daemon.csv_lines()), "another interval"


def notifications(daemon, target):
    """Those about a target: [(severity, type, message)]."""
    pattern = re.compile(rf".*Notification: severity = (\w+), host = {daemon.host}, plugin = tcp_echo, "
                         rf"plugin_instance = {re.escape(target)}, type = (\w+), message = (.*)")
    return [match.groups() for match in map(pattern.fullmatch, list(daemon.lines)) if match]


def wait_notification(daemon, target, severity, kind, message):
    """Waits for the last one of that type to be this."""

    def has_come():
        about = [found for found in notifications(daemon, target) if found[1] == kind]
        return about and about[-1][0] == severity and re.fullmatch(message, about[-1][2])

    try:
        wait_for(has_come, f"{severity} {kind} {message}", 20, 0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}: {notifications(daemon, target)}") from None


class Notified(Daemon):
    """With a program that gets the notifications, and writes them to a file."""

    @property
    def notes(self):
        return os.path.join(self.folder, "notes")

    def configuration(self):
        program = os.path.join(self.folder, "note")
        with open(program, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\ncat >{self.notes}.$$ && mv {self.notes}.$$ {self.notes}-$$\n")
        os.chmod(program, 0o755)
        user = pwd.getpwuid(os.geteuid() or pwd.getpwnam("nobody").pw_uid).pw_name
        return super().configuration() + f"""
PluginDir "{system_plugins()}"
LoadPlugin exec
<Plugin exec>
  # Without the runtime of an instrumented build, with which not every shell runs.
  NotificationExec "{user}" "/usr/bin/env" "-u" "LD_PRELOAD" "{program}"
</Plugin>
"""

    def noted(self):
        """Each one's header lines, as a dictionary."""
        found = []
        for path in glob.glob(glob.escape(self.notes) + "-*"):
            with open(path, encoding="utf-8") as file:
                head = file.read().split("\n\n")[0]
            found.append(dict(line.split(": ", 1) for line in head.splitlines()))
        return found


@scenario
def notifications_tell_address_peer_reason_and_since_when():
    port = free_port()
    peer = Peer(behave.echo, port)
    begin = time.time()
    try:
        with Notified(FAST + "WarnLoss 10\n", targets={"target": peer.address}) as daemon:

            def wait_note(severity, kind, **wanted):
                """Waits for one with these headers; a value may be a pattern."""
                def has_come():
                    return next((note for note in daemon.noted() if note["Severity"] == severity
                                 and note["Type"] == kind and note["PluginInstance"] == "target"
                                 and all(re.fullmatch(text, note.get(name, "")) for name, text in wanted.items())),
                                None)

                try:
                    return wait_for(has_come, f"{severity} {kind} {wanted}", 20, 0.2)
                except AssertionError as error:
                    raise AssertionError(f"{error}: {daemon.noted()}") from None

            here = re.escape(peer.address)
            note = wait_note("OKAY", "tcp_echo_state", address=here, peer=here)
            assert "reason" not in note and "since" not in note, note
            wait_note("OKAY", "tcp_echo_loss", address=here, peer=here)
            peer.close()
            down = wait_note("FAILURE", "tcp_echo_state", address=here, peer=here, reason=".+")
            wait_note("WARNING", "tcp_echo_loss", reason=r"loss of [\d.]+ %", since=".+")
            peer = Peer(behave.echo, port)
            up = wait_note("OKAY", "tcp_echo_state", since=".+")
            assert up["since"] == down["since"], f"{up}, {down}"
            since = calendar.timegm(time.strptime(up["since"], "%Y-%m-%dT%H:%M:%SZ"))
            assert begin - 1 <= since <= float(up["Time"]) <= time.time() + 1, up
            assert errors_of(daemon) == [], errors_of(daemon)[:5]
    finally:
        peer.close()


@scenario
def a_target_that_goes_down_and_comes_back_sends_notifications():
    port = free_port()
    peer = Peer(behave.echo, port)
    try:
        with Daemon(FAST + "Window 20\nWarnLoss 25.5\n", targets={"target": peer.address, "steady": OWN}) as daemon:
            daemon.wait_sample("connected", "target", lambda v: v == 1, "connected")
            wait_notification(daemon, "target", "OKAY", "tcp_echo_state", "target answers")
            wait_notification(daemon, "target", "OKAY", "tcp_echo_loss",
                              r"target loses [\d.]+ % of its probes, not more than 25\.5 %")
            peer.close()
            wait_notification(daemon, "target", "FAILURE", "tcp_echo_state", "target is down: .+")
            wait_notification(daemon, "target", "WARNING", "tcp_echo_loss",
                              r"target loses [\d.]+ % of its probes, more than 25\.5 %")
            daemon.wait_sample("connected", "target", lambda v: v == 0, "not connected")
            daemon.wait_sample("loss_percent", "target", lambda v: v == 100, "loss")
            peer = Peer(behave.echo, port)
            wait_notification(daemon, "target", "OKAY", "tcp_echo_state", r"target answers again after \d[\d.]*s")
            wait_notification(daemon, "target", "OKAY", "tcp_echo_loss",
                              r"target loses [\d.]+ % of its probes, not more than 25\.5 %")
            daemon.wait_sample("connected", "target", lambda v: v == 1, "connected again")
            daemon.wait_sample("loss_percent", "target", lambda v: v == 0, "no loss")
            told = notifications(daemon, "target")
            # On a busy machine probes may be lost once more, but the target is not down.
            more = [kind for _, kind, _ in told[6:]]
            assert len(told) >= 6 and set(more) <= {"tcp_echo_loss"}, f"more notifications: {told}"
            assert [found[0] for found in notifications(daemon, "steady")] == ["OKAY", "OKAY"]
    finally:
        peer.close()


@scenario
def a_failure_is_called_off_after_a_restart_unless_not_wanted():
    """The first daemon reports a failure; the target comes back while there is none."""
    port = free_port()
    targets = {"target": f"127.0.0.1:{port}"}
    with Daemon(FAST, targets=targets) as daemon:
        wait_notification(daemon, "target", "FAILURE", "tcp_echo_state", "target is down: .+")
    with Peer(behave.echo, port):
        with Daemon(FAST, targets=targets) as daemon:
            wait_notification(daemon, "target", "OKAY", "tcp_echo_state", "target answers")
        with Daemon(FAST + "OkayAtStart false\nWarnLoss 50\n", targets=targets) as daemon:
            daemon.wait_sample("received_total", "target", lambda v: v > 50, "replies")
            wait_for(lambda: daemon.readings() >= 2, "two readings")
            assert notifications(daemon, "target") == [], notifications(daemon, "target")


# Each: says, the plugin's block, how the one error line begins.
REFUSED = [
    ("an interval that is not a duration", 'Interval "abc"', 'Interval "abc" is not a valid duration; allowed: 0.001'),
    ("an interval too short", "Interval 0", "Interval 0 is out of range; allowed: 0.001"),
    ("a window of 0", "Window 0", "Window 0 is out of range; allowed: 1 to 1000000"),
    ("a share of more than all", "WarnLoss 100.5", "WarnLoss 100.5 is out of range; allowed: 0 to 100"),
    ("a share with its sign", 'WarnLoss "5%"', 'WarnLoss "5%" is not a number; allowed: 0 to 100'),
    ("a choice that there is not", 'Dispatch "some"', 'Dispatch "some" is not a valid choice; allowed: "all", "basic" '
                                                      'or "none"'),
    ("neither true nor false", 'OkayAtStart "maybe"', 'OkayAtStart "maybe" is not a valid boolean; allowed: true or false'),
    ("a number for a boolean", "StandardTypes 1", "StandardTypes 1 has the wrong type; allowed: true or false"),
    ("an unknown option", "Intervall 1", "Intervall 1 is not a valid option; allowed: Listen, "),
    ("an option that is given twice", "Timeout 1\nTimeout 2", "Timeout 2 is given twice; "),
    ("a listen address without a port", 'Listen "localhost"', 'Listen "localhost" has no port; '),
    ("a name with a slash", target_block("a/b", ":1"), "target \"a/b\": name has a '/'"),
    ("a name of 128 bytes", target_block("n" * 128, ":1"), 'target "nnnn'),
    ("a name that is given twice", target_block("a", ":1") + target_block("a", ":2"),
     'target "a": name is used twice'),
    ("a target without an address", '<Target "a">\n</Target>', 'Target "a" has no Address'),
    ("an address without a port", target_block("a", "host"), 'Target "a": Address "host" has no port'),
]


@scenarios_of(REFUSED, "the_daemon_refuses_")
def refuses(row):
    with Trial(row[1], listen=False) as trial:
        wait_for(trial.has_ended, "the daemon ends")
        assert trial.process.returncode == 1, trial.process.returncode
        errors = [line for line in trial.lines if "tcp_echo plugin: " in line]
        assert len(errors) == 1 and ("[error] tcp_echo plugin: " + row[2]) in errors[0], trial.lines


def carries_on_without_the_plugin(trial, message):
    """init fails with one line; the daemon carries on reading, flushes and ends without the plugin."""
    errors = [line for line in trial.lines if "tcp_echo plugin: " in line]
    assert len(errors) == 1 and "[error]" in errors[0] and message in errors[0], trial.lines
    wait_for(trial.carries_on, "the daemon carries on")
    holds_for(trial.is_running, "the daemon carries on", 1.5)
    assert trial.csv_lines() == [], trial.csv_lines()
    trial.end()


@scenario
def a_port_in_use_ends_the_plugin_but_not_the_daemon():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        for option in ("Listen", "Metrics"):
            with Trial(f'{option} "{address}"\n' + target_block("a", ":1"), listen=False) as trial:
                carries_on_without_the_plugin(trial, f"cannot listen on {address}: ")


@scenario
def a_missing_targets_file_ends_the_plugin_but_not_the_daemon():
    with Trial('TargetsFile "/nonexistent/targets.json"') as trial:
        carries_on_without_the_plugin(trial, "/nonexistent/targets.json: ")


@scenario
def a_name_in_both_file_and_block_ends_the_plugin_but_not_the_daemon():
    with Trial(targets={"a": ":1"}, file={"b": ":1", "a": ":2"}) as trial:
        carries_on_without_the_plugin(
            trial, 'targets.json: target "a": name is used twice, here and in a <Target> block')


@scenario
def too_few_descriptors_end_the_plugin_but_not_the_daemon():
    targets = {f"t{number}": ":1" for number in range(200)}
    with Trial(targets=targets, descriptors=150) as trial:
        carries_on_without_the_plugin(trial, "200 targets need 232 file descriptors, but the limit is 150: raise")


@scenario
def nothing_to_do_ends_the_plugin_but_not_the_daemon():
    with Trial(listen=False) as trial:
        carries_on_without_the_plugin(trial, "nothing to do: no Listen, ")


@scenario
def strangers_and_more_peers_than_wanted_are_turned_away():
    with Daemon(FAST + 'Allow "127.0.0.1,::1"\nMaxPeers 2\n', targets={"one": OWN}) as daemon:
        daemon.wait_target("one", lambda t: t.received > 5, "replies")
        address = ("127.0.0.1", daemon.listen_port)
        with socket.create_connection(address, 10, ("127.0.0.2", 0)) as stranger:
            assert reads_end(stranger)
        with socket.create_connection(address, 10) as last, socket.create_connection(address, 10) as more:
            assert_echo(last, frame(1))
            assert reads_end(more)
        rejected = daemon.metrics().reasons("tcp_echo_server_rejected_total")
        assert rejected == {"not_allowed": 1, "limit": 1}, rejected


@scenario
def targets_are_probed_on_request():
    with Daemon(FAST + 'ProbeAllow "127.0.0.1"\nProbeMax 1\n') as daemon:
        own = f"127.0.0.1:{daemon.listen_port}"
        wait_probe(daemon, lambda t: t.received > 5, "replies", own, interval="100ms")
        refused(daemon, path_of("127.0.0.1:1", interval="1s"), 503, "as many targets are probed on request as may be: 1")
        refused(daemon, path_of("127.0.0.2:1", interval="1s"), 403, "is not among what may be probed")
        assert daemon.metrics().targets() == [], daemon.metrics().targets()
        assert daemon.metrics().value("tcp_echo_probe_targets") == 1
        wait_for(lambda: "probe_begun" in open(daemon.csv_path, encoding="utf-8").read(), "its number among the values")
        assert own not in open(daemon.csv_path, encoding="utf-8").read(), "the target is among the values"


@scenario
def a_changed_targets_file_takes_effect():
    with Daemon(FAST, file={"stays": OWN, "goes": gone()}) as daemon:
        before = daemon.wait_target("stays", lambda t: t.received > 5, "replies")
        wait_notification(daemon, "goes", "FAILURE", "tcp_echo_state", "goes is down: .+")
        daemon.write_targets({"stays": OWN, "new": OWN})
        daemon.wait_line("targets.json reloaded: 2 targets, ")
        wait_notification(daemon, "goes", "OKAY", "tcp_echo_state", "goes is no longer probed")
        daemon._last = None  # A target is gone, and its counters with it.
        daemon.wait_sample("received_total", "new", lambda v: v > 0, "the new target in the daemon's values")
        after = daemon.target("stays")
        assert after.connects == 1 and after.received > before.received, after
        assert sorted(after.metrics.targets()) == ["new", "stays"]


# Each: says, what the file holds, how the one error line continues after the path.
BAD_FILES = [
    ("no JSON", "[", ":1: "),
    ("no array", "{}", ""),
    ("nothing at all", "", ": is empty"),
    ("a name with a slash", '[{"name": "a/b", "address": ":1"}]', ""),
    ("a name of 128 bytes", '[{"name": "%s", "address": ":1"}]' % ("n" * 128), ""),
    ("a name that a block has", '[{"name": "block", "address": ":1"}]', ': target "block": name is used twice'),
]


@scenario
def a_bad_targets_file_is_logged_once_and_the_previous_targets_stay():
    with Daemon(FAST, targets={"block": OWN}, file={"old": OWN}) as daemon:
        for says, text, message in BAD_FILES:
            daemon.lines.clear()
            with open(daemon.targets_path, "w", encoding="utf-8") as file:
                file.write(text)
            line = daemon.wait_line("reload failed, keeping the previous targets: ")
            assert line.startswith("[error]") and daemon.targets_path + message in line, f"{says}: {line}"
            before = daemon.target("old")
            # Long enough to look at the file once or twice more.
            holds_for(
                lambda: sum("reload" in line for line in daemon.lines) == 1, f"one line: {says}", 2.5)
            assert daemon.target("old").received > before.received, says
        daemon.write_targets({"old": OWN, "new": OWN})
        daemon.wait_line("targets.json reloaded: 3 targets, ")


@scenario
def a_targets_file_that_vanishes_leaves_the_previous_targets():
    with Daemon(FAST, file={"old": OWN}) as daemon:
        os.unlink(daemon.targets_path)
        line = daemon.wait_line("targets.json has vanished")
        assert line.startswith("[error]"), line
        before = daemon.target("old")
        daemon.wait_target("old", lambda t: t.received > before.received + 20, "replies")
        assert sum("vanished" in line for line in daemon.lines) == 1, daemon.lines
        daemon.write_targets({"old": OWN, "new": OWN})
        daemon.wait_line("targets.json reloaded: 2 targets, ")
        assert daemon.target("old").connects == 1


@scenario
def a_half_written_targets_file_is_not_taken():
    with Daemon(FAST, file={"old": OWN}) as daemon:
        write_targets(daemon.targets_path + ".whole", {f"t{number}": daemon.fill_in(OWN) for number in range(20)})
        with open(daemon.targets_path + ".whole", encoding="utf-8") as file:
            text = file.read()

        def check():
            assert "t0" not in daemon.http().body.decode(), "taken half"

        write_slowly(daemon.targets_path, text, check)
        daemon.wait_line("targets.json reloaded: 20 targets, ")
        assert not any("reload failed" in line for line in daemon.lines), daemon.lines
        daemon._last = None  # The old target is gone, and its counters with it.
        daemon.wait_target("t19", lambda t: t.received > 0, "replies")


# Each: says, behaviour, the reasons of the disconnects it causes; {} for none.
PEERS = [
    ("garbage", behave.garbage, {"invalid"}),
    ("wrong sequence", behave.wrong_sequence, {"invalid"}),
    ("wrong timestamp", behave.wrong_timestamp, {"invalid"}),
    ("half a frame", behave.half_a_frame, {"stalled"}),
    ("silence", behave.mute, {"stalled"}),
    ("never reads", behave.never_reads, {"stalled"}),
    ("resets", behave.resets, {"reset"}),
    ("closes at once", behave.closes_at_once, {"closed", "reset"}),
    ("closes after five", behave.closes_after(5), {"closed", "reset"}),
    ("byte by byte", behave.echo_bytewise, set()),
    ("shifted pieces", behave.shifted_pieces, set()),
    ("every reply twice", behave.twice, set()),
    ("out of order", behave.reordered, set()),
]


@scenario
def misbehaving_peers_do_no_harm():
    peers = {says: Peer(behaviour) for says, behaviour, _ in PEERS}
    try:
        # Only silence is told by the time it lasts; the others have as much as a busy machine takes.
        targets = {says: {"Address": peers[says].address, "Timeout": 1 if "stalled" in reasons else 5}
                   for says, _, reasons in PEERS}
        targets["neighbour"] = {"Address": OWN, "Timeout": 5}
        with Daemon("Interval 0.05\n", targets=targets) as daemon:
            for says, _, reasons in PEERS:
                target = daemon.wait_target(
                    says, lambda t, n=len(reasons): sum(t.disconnects.values()) >= min(n, 1) * 2
                    and t.sent > 20, f"{says}: disconnects", 30)
                assert set(target.disconnects) <= reasons and bool(target.disconnects) == bool(reasons), target
                for reason in target.disconnects:
                    daemon.wait_sample(f"disconnects_total/{reason}", says, lambda v: v >= 1, f"{says}: counted")
            metrics = daemon.metrics()
            for says in ["neighbour"] + [row[0] for row in PEERS if not row[2]]:
                target = Target(metrics, says)
                assert target.timeouts == 0 and target.connects == 1 and target.loss_percent == 0, target
    finally:
        for peer in peers.values():
            peer.close()


VALGRIND = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible", "--fair-sched=yes",
            "--num-callers=40", "--fullpath-after=", "--log-file={folder}/valgrind"]


def found_about_us(text):
    """Valgrind's reports that name the plugin; the others are the daemon's own."""
    reports = re.split(r"^==\d+== *\n", text, flags=re.MULTILINE)
    return [report for report in reports if " at 0x" in report and names_us(report)]


@scenario
def valgrind_finds_nothing_that_names_the_plugin():
    want_collectd()
    if shutil.which("valgrind") is None:
        raise Skip("valgrind is missing")
    if WRAPPER or sanitizer_runtimes():
        raise Skip("the plugin is instrumented already")
    with Peer(behave.garbage) as bad, Peer(behave.closes_after(3)) as closing:
        targets = {"good": OWN, "bad": bad.address, "closing": closing.address, "dead": gone()}
        options = 'Interval "100ms"\nTimeout 2\nThreads 2\n'
        with Daemon(options, targets=targets, file={"filed": OWN}, wrapper=VALGRIND) as daemon:
            daemon.wait_target("filed", lambda t: t.received >= 10, "replies", 60)
            daemon.wait_sample("received_total", "good", lambda v: v > 10, "values", 60)
            daemon.write_targets({"new": OWN})
            daemon.wait_line("reloaded: 5 targets", 60)
            daemon._last = None
            daemon.wait_target("new", lambda t: t.received >= 3, "replies", 60)
            with open(daemon.targets_path, "w", encoding="utf-8") as file:
                file.write("[")
            daemon.wait_line("reload failed", 60)
            daemon.stop()
            with open(os.path.join(daemon.folder, "valgrind"), encoding="utf-8") as file:
                text = file.read()
    assert "HEAP SUMMARY" in text, text[-2000:]
    found = found_about_us(text)
    assert not found, "\n".join(found)[:8000]


if __name__ == "__main__":
    main(workers=4)
