# SPDX-License-Identifier: MIT
"""Reloads by signal and over HTTP: what they say, what they count, and what is in effect afterwards."""
import http.client
import json
import os
import signal
import subprocess
import tempfile
import threading

from lib import peer as behave
from lib.peer import Peer
from lib.program import BINARY, Program, run
from lib.scenario import main, scenario
from lib.wait import wait_for

LIFECYCLE = "-web.enable-lifecycle"
SUCCESSFUL = "tcp_echo_config_last_reload_successful"
TIMESTAMP = "tcp_echo_config_last_reload_success_timestamp_seconds"


def post(program, path="/-/reload", body=None, method="POST"):
    connection = http.client.HTTPConnection("127.0.0.1", program.metrics_port, timeout=20)
    try:
        connection.request(method, path, body=body)
        response = connection.getresponse()
        return response.status, response.read().decode().strip(), response.headers
    finally:
        connection.close()


def reload_metrics(program):
    metrics = program.metrics()
    return metrics.value(SUCCESSFUL), metrics.value(TIMESTAMP)


@scenario
def a_start_counts_as_a_successful_load():
    for mode in ("server", "client", "both"):
        with Program(mode) as program:
            successful, timestamp = reload_metrics(program)
            start = program.metrics().value("process_start_time_seconds")
            assert successful == 1 and abs(timestamp - start) < 60, (successful, timestamp, start)


@scenario
def a_reload_over_http_does_what_a_signal_does():
    with Peer(behave.echo) as peer:
        targets = {name: peer.address for name in ("kept", "gone", "changed")}
        with Program("client", LIFECYCLE, targets=targets) as program:
            program.wait_target("kept", lambda t: t.received > 0, "replies")
            _, before = reload_metrics(program)
            changed = {"kept": peer.address, "changed": {"address": peer.address, "interval": "1s"}, "new": peer.address}
            program.write_targets(changed)
            program._last = None
            status, said, _ = post(program)
            expected = f"{program.targets_path} reloaded: 3 targets, 1 new (new), 1 gone (gone), 1 changed (changed)"
            assert (status, said) == (200, expected), (status, said)
            program.wait_line(expected)
            assert set(program.metrics().targets()) == {"kept", "changed", "new"}
            successful, timestamp = reload_metrics(program)
            assert successful == 1 and timestamp > before, (timestamp, before)
            assert program.target("kept").connects == 1
            status, said, _ = post(program)
            assert status == 200 and said.endswith("3 targets, nothing changed"), said


# What a file may be like that is not taken, and what is said of it.
BAD_FILES = [
    (b"[{", "is not valid JSON"),
    (b"{}", "is not an array of targets"),
    (b'[{"name": "a"}]', "address is missing"),
    (b'[{"name": "a", "address": "h:1", "intervall": "1s"}]', "did you mean interval?"),
    (b'[{"targets": ["h"]}]', "address has no port"),
    (b"\xff", "UTF-8"),
    (None, "No such file"),
]


@scenario
def a_bad_file_is_answered_with_its_fault_and_counted():
    with Peer(behave.echo) as peer:
        for how in ("HTTP", "signal"):
            with Program("client", LIFECYCLE, targets={"a": peer.address}) as program:
                program.wait_target("a", lambda t: t.received > 0, "replies")
                _, before = reload_metrics(program)
                for content, fault in BAD_FILES:
                    if content is None:
                        os.unlink(program.targets_path)
                    else:
                        with open(program.targets_path, "wb") as file:
                            file.write(content)
                    lines = len(program.lines)
                    if how == "HTTP":
                        status, said, _ = post(program)
                        assert status == 500 and fault in said, (status, said)
                    else:
                        program.send_signal(signal.SIGHUP)
                    line = wait_for(lambda: next((one for one in program.lines[lines:] if "reload failed" in one), None), "the log")
                    assert fault in line, line
                    assert reload_metrics(program) == (0, before)
                    assert program.target("a").connected == 1
                program.write_targets({"a": peer.address})
                post(program) if how == "HTTP" else program.send_signal(signal.SIGHUP)
                wait_for(lambda: reload_metrics(program)[0] == 1, "a success")
                assert reload_metrics(program)[1] > before


@scenario
def reloading_over_http_is_off_unless_asked_for():
    with Peer(behave.echo) as peer, Program("client", targets={"a": peer.address}) as program:
        program.write_targets({"b": peer.address})
        status, said, _ = post(program)
        assert status == 403 and "-web.enable-lifecycle" in said, (status, said)
        assert set(program.metrics().targets()) == {"a"}


@scenario
def only_post_reloads_and_nothing_else_of_that_kind_is_there():
    with Program("server", LIFECYCLE) as program:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            status, _, headers = post(program, method=method)
            assert status == 405 and headers["Allow"] == "POST", (method, status)
        for path in ("/-/quit", "/-/shutdown", "/-/reload/"):
            assert post(program, path)[0] == 404, path
        for path in ("/metrics", "/", "/config", "/-/ready"):
            status, _, headers = post(program, path)
            assert status == 405 and headers["Allow"] == "GET, HEAD", path
        status, said, _ = post(program, body=b"x" * 100000)
        assert (status, said) == (200, "POST /-/reload: nothing to reload without a targets file"), (status, said)


@scenario
def many_reloads_at_once_are_one_after_another():
    with Peer(behave.echo) as peer:
        targets = {f"t{i}": peer.address for i in range(50)}
        with Program("client", LIFECYCLE, "-interval=1s", targets=targets) as program:
            stati = []
            threads = [threading.Thread(target=lambda: stati.append(post(program)[0])) for _ in range(10)]
            for thread in threads:
                thread.start()
                program.send_signal(signal.SIGHUP)
            for thread in threads:
                thread.join()
            assert stati == [200] * 10, stati
            wait_for(lambda: len(program.metrics().targets()) == 50, "all targets")


@scenario
def the_configuration_in_effect_is_a_targets_file():
    with Peer(behave.echo) as peer:
        targets = {
            "plain": peer.address,
            'odd "name" \\ \u00fc': {"address": peer.address, "interval": "1.5s", "labels": {"site": 'a "b"'}, "window": 7},
        }
        with Program("client", "-timeout=700ms", LIFECYCLE, targets=targets) as program:
            response = program.http("/config")
            assert response.status == 200 and response.headers["Content-Type"] == "application/json"
            config = {one["name"]: one for one in json.loads(response.body)}
            assert config.keys() == targets.keys(), config
            assert config["plain"]["timeout"] == "700ms" and config["plain"]["interval"] == "200ms", config
            odd = config['odd "name" \\ \u00fc']
            assert odd["interval"] == "1.5s" and odd["window"] == 7 and odd["labels"] == {"site": 'a "b"'}, odd
            with tempfile.NamedTemporaryFile(suffix=".json") as file:
                file.write(response.body)
                file.flush()
                status, out, err = run("-mode=client", "-check", "-targets", file.name)
                assert status == 0 and "targets   2" in out, (out, err)
            # It follows reloads.
            program.write_targets({"other": peer.address})
            program._last = None
            assert post(program)[0] == 200
            assert [one["name"] for one in json.loads(program.http("/config").body)] == ["other"]
    with Program("server") as program:
        assert json.loads(program.http("/config").body) == []


@scenario
def there_is_an_icon():
    with Program("server") as program:
        response = program.http("/favicon.ico")
        assert response.status == 200 and response.headers["Content-Type"] == "image/x-icon"
        assert response.body[:4] == b"\0\0\1\0" and len(response.body) == 198, len(response.body)


@scenario
def the_usual_names_of_flags_do_the_usual():
    with Program("server", "-log.level=debug", "-log.format=logfmt", "-web.listen-address=127.0.0.1:0") as program:
        line = program.wait_line("started")
        assert line.startswith("time=") and " level=info msg=\"tcp-echo-metrics" in line, line
        assert line.count("/metrics") == 2, line
    out = subprocess.run([BINARY, "-config.check"], capture_output=True, check=True, text=True).stdout
    assert out.startswith("mode"), out


main()
