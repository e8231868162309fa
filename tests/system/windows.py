# SPDX-License-Identifier: MIT
"""The Windows program under wine: flags, files, clean end, and its server and prober against this system's."""
import json
import os
import re
import signal
import socket
import tempfile
import zlib

from lib import peer as behave
from lib.law import Target
from lib.peer import Peer
from lib.program import Program, free_port, write_targets
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.sockets import assert_echo, connect, frame, magic_frame, reads_end
from lib.wait import wait_for
from lib.windows import WindowsProgram, run

NAMES = ["plain", "müte 🦆", 'qu"ote\\', "日本"]


def assert_sound(target):
    """Nothing went wrong on this target except what a busy machine causes."""
    assert target.connects == 1 and target.connected == 1, target
    assert target.disconnects == {} and target.connect_failures == {}, target
    assert target.received > 0 and target.unsent == 0, target
    # wine is slow, and the machine may be busy: most replies are in time.
    assert target.timeouts <= target.sent / 2, target


@scenario
def says_what_it_is():
    status, out, err = run("-version")
    assert status == 0 and err == "", (status, err)
    assert re.match(r"tcp-echo-metrics \d+\.\d+\.\d+\ncommit .*, built on .*\nlibevent 2.*, cJSON .*\n$", out), out
    assert "\r" not in out
    status, out, err = run("-help")
    assert status == 0 and err == "" and "-interval" in out, (status, out, err)


# Each: says, flags, status, what stderr must contain.
REFUSED = [
    ("an unknown flag", ["-frequency=1s"], 2, "-frequency"),
    ("an interval of 0", ["-interval=0s"], 2, "-interval"),
    ("a unexpected argument", ["-mode=client", "extra"], 2, 'unexpected argument "extra"'),
    ("a flag in UTF-8", ["-mode=büro"], 2, 'büro" is not a valid mode'),
    ("transmit stamps", ["-mode=client", "-tx-stamps=1/100"], 2, "tx_stamps: 1/100 cannot be had on this system"),
    ("a mark on packets", ["-mode=client", "-dscp=ef"], 2, "dscp: 46 has no effect on Windows"),
    ("targets over HTTP", ["-mode=client", "-targets=http://h/t"], 1, "http://h/t: needs libcurl, which this program was built without"),
    ("a web configuration", ["-web.config.file=web.yml"], 1, "web.yml: this program was built without libyaml and GnuTLS"),
    ("a missing file", ["-mode=client", "-targets=nowhere.json"], 1, "No such file"),
    ("a folder", ["-mode=client", "-targets=."], 1, "directory"),
    ("a name in UTF-8", ["-mode=client", "-targets=kein büro.json"], 1, "kein büro.json: "),
]


@scenarios_of(REFUSED, "refuses_")
def refuses(row):
    _, flags, status, text = row
    got, out, err = run(*flags)
    assert got == status and out == "", (got, out, err)
    assert err.startswith("tcp-echo-metrics: ") and err.count("\n") == 1 and "\r" not in err, err
    assert text in err, err


@scenario
def a_port_in_use_is_reported_and_ends_it():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for flags in (
            [f"-listen=127.0.0.1:{port}", f"-metrics=127.0.0.1:{free_port()}"],
            [f"-listen=127.0.0.1:{free_port()}", f"-metrics=127.0.0.1:{port}"],
        ):
            status, _, err = run(*flags)
            assert status == 1, (status, err)
            assert f"cannot listen on 127.0.0.1:{port}: address already in use" in err, err


@scenario
def checks_a_utf8_targets_file_at_a_utf8_path():
    with tempfile.TemporaryDirectory(prefix="tcp-echo büro 🦆 ") as folder:
        path = os.path.join(folder, "ziele für heute.json")
        write_targets(path, {name: "127.0.0.1:4000" for name in NAMES})
        status, out, err = run("-check", "-mode=client", f"-targets={path}")
        assert status == 0 and err == "", (status, err)
        assert f"targets   4 from {path}\n" in out, out
        for name in NAMES:
            assert f" {name} at 127.0.0.1:4000\n" in out, out


@scenario
def probes_its_own_server():
    with WindowsProgram("both", "-interval=50ms") as program:
        target = program.wait_target("default", lambda t: t.received >= 20, "replies")
        assert_sound(target)
        assert program.metrics().value("tcp_echo_server_connections") == 1


@scenarios_of([("everywhere", ""), ("on IPv6", "[::1]"), ("on localhost", "localhost")], "finds_its_server_")
def finds_its_server(row):
    if "[" in row[1] and not socket.has_ipv6:
        raise Skip("there is no IPv6")
    with WindowsProgram("both", "-interval=50ms", listen_host=row[1]) as program:
        assert_sound(program.wait_target("default", lambda t: t.received >= 5, "replies"))
        if row[1] == "":
            # By IPv4 too, whichever of them localhost was.
            with connect(program.listen_port, host="127.0.0.1") as other:
                assert_echo(other, frame(1))


@scenario
def measures_how_slow_a_peer_is():
    with Peer(behave.delayed(0.2)) as peer:
        flags = ("-interval=100ms", "-timeout=5s", f"-target={peer.address}")
        with WindowsProgram("client", *flags) as program:
            target = program.wait_target("default", lambda t: t.received >= 20, "replies")
            assert target.bucket("0.1024") == 0, target
            assert target.rtt_sum / target.rtt_count >= 0.2, target
            assert target.last_rtt_seconds >= 0.2, target


@scenario
def its_server_answers_this_systems_prober():
    with WindowsProgram("server") as server:
        targets = {name: f"127.0.0.1:{server.listen_port}" for name in NAMES}
        with Program("client", "-interval=50ms", targets=targets) as prober:
            for name in NAMES:
                assert_sound(prober.wait_target(name, lambda t: t.received >= 20, "replies"))
            received = prober.metrics().sum("tcp_echo_received_total")
            assert server.metrics().value("tcp_echo_server_frames_total") >= received
        wait_for(
            lambda: server.metrics().value("tcp_echo_server_connections") == 0, "connections end"
        )


@scenario
def this_systems_server_answers_its_prober():
    with Program("server") as server:
        targets = {name: f"localhost:{server.listen_port}" for name in NAMES}
        with WindowsProgram("client", "-interval=50ms", "-threads=2", targets=targets) as prober:
            for name in NAMES:
                assert_sound(prober.wait_target(name, lambda t: t.received >= 20, "replies"))
            received = prober.metrics().sum("tcp_echo_received_total")
            assert server.metrics().value("tcp_echo_server_frames_total") >= received


@scenario
def probes_by_handshake():
    with Program("server") as server:
        flags = ("-probe=connect", "-interval=100ms", f"-target=127.0.0.1:{server.listen_port}")
        with WindowsProgram("client", *flags) as prober:
            target = prober.wait_target("default", lambda t: t.received >= 10, "handshakes")
            assert target.timeouts <= target.sent / 2, target
            assert server.metrics().value("tcp_echo_server_accepted_total") >= 10


@scenario
def its_server_returns_whole_frames_and_nothing_else():
    with WindowsProgram("server") as server:
        with connect(server.listen_port) as peer:
            for size in (1, 100, 4000):
                assert_echo(peer, b"".join(frame(number + 1) for number in range(size)))
        with connect(server.listen_port) as peer:
            assert_echo(peer, magic_frame(1) + magic_frame(2))
            peer.sendall(frame(3) + frame(4))
            assert reads_end(peer)
        wait_for(
            lambda: server.metrics().reasons("tcp_echo_server_closed_total")
            == {"closed": 1, "invalid": 1},
            "both closed",
        )


@scenario
def distinguishes_faults():
    # wine reports a reset as an orderly close.
    kinds = {
        "silent": (behave.mute, {"stalled"}),
        "no echo": (behave.garbage, {"invalid"}),
        "closing": (behave.closes_after(5), {"closed", "reset"}),
    }
    peers = {name: Peer(kind[0]) for name, kind in kinds.items()}
    try:
        targets = {name: peer.address for name, peer in peers.items()}
        targets["refusing"] = f"127.0.0.1:{free_port()}"
        targets["nowhere"] = "no-such-host.invalid:4000"
        targets["sound"] = "127.0.0.1:{listen}"
        with WindowsProgram("both", "-interval=50ms", "-timeout=300ms", targets=targets) as program:
            for name, (_, reasons) in kinds.items():
                target = program.wait_target(name, lambda t: t.disconnects, "a fault", 30)
                assert set(target.disconnects) <= reasons, target
            for name, reason in (("refusing", "refused"), ("nowhere", "resolve")):
                target = program.wait_target(name, lambda t: t.connect_failures, "a failure", 60)
                assert set(target.connect_failures) == {reason}, target
                assert target.connects == 0 and target.connected == 0, target
            target = program.wait_target("sound", lambda t: t.received >= 20, "replies")
            assert target.connects == 1 and target.disconnects == {}, target
    finally:
        for peer in peers.values():
            peer.close()


@scenario
def a_target_that_comes_back_is_probed_again():
    peer = Peer(behave.echo)
    port = peer.port
    flags = ("-interval=50ms", f"-target={peer.address}")
    with WindowsProgram("client", *flags) as program:
        try:
            program.wait_target("default", lambda t: t.received >= 5, "replies")
        finally:
            peer.close()
        down = program.wait_target("default", lambda t: t.unsent > 0, "down", 20)
        assert down.connected == 0 and down.disconnects, down
        with Peer(behave.echo, port=port):
            program.wait_target("default", lambda t: t.received > down.received + 5, "back", 30)
        program.wait_line("up: ")


@scenario
def five_hundred_targets_are_probed():
    names = [f"t{number:03}" for number in range(500)]
    with Program("server") as server:
        targets = {name: f"127.0.0.1:{server.listen_port}" for name in names}
        flags = ("-interval=2s", "-timeout=2s")
        with WindowsProgram("client", *flags, targets=targets) as program:

            def all_received():
                metrics = program.metrics()
                return all(Target(metrics, name).received >= 2 for name in names) and metrics

            metrics = wait_for(all_received, "two replies from each", 60, pause=0.5)
            assert metrics.sum("tcp_echo_connected") == 500
            assert metrics.sum("tcp_echo_connects_total") == 500


@scenario
def is_scraped_like_any_other():
    with WindowsProgram("both", "-interval=50ms") as program:
        program.wait_target("default", lambda t: t.received >= 2, "replies")
        metrics = program.metrics()
        # What Windows does not report is left out, not shown as 0.
        for name in ("tcp_retransmits_total", "tcp_rtt_seconds", "tcp_min_rtt_seconds"):
            assert not metrics.has("tcp_echo_" + name, target="default"), name
        assert not metrics.has("process_max_fds")
        assert metrics.value("process_cpu_seconds_total") > 0
        assert metrics.value("process_resident_memory_bytes") > 1_000_000
        assert metrics.value("process_start_time_seconds") > 1_700_000_000
        packed = program.http(headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert b"tcp_echo_rtt_seconds_bucket" in zlib.decompress(packed.body, 31)
        open_metrics = program.http(headers={"Accept": "application/openmetrics-text"})
        assert open_metrics.body.endswith(b"# EOF\n")
        for page in ("/", "/page.js", "/page.css", "/favicon.ico", "/-/healthy"):
            assert program.http(page).status == 200, page


@scenario
def the_page_and_its_api():
    with WindowsProgram("both", "-interval=50ms") as program:
        program.wait_target("default", lambda t: t.received > 20, "replies")

        def has_step():
            answer = json.loads(program.http("/api/v1/targets?step=5").body)
            return answer["history"]["newest"] >= 1 and answer

        (target,) = wait_for(has_step, "a step of the history", 30, 0.2)["targets"]
        assert target["state"] == "up" and target["median"] > 0 and target["steps"][0], target
        told = json.loads(program.http("/api/v1/target?name=default").body)
        assert [event["event"] for event in told["events"]] == ["up"], told
        peers = json.loads(program.http("/api/v1/peers").body)
        assert [peer["address"].rpartition(":")[0] for peer in peers["peers"]] == ["127.0.0.1"], peers


@scenario
def reloads_over_http():
    with WindowsProgram("both", "-web.enable-lifecycle", targets={"a": "127.0.0.1:{listen}"}) as program:
        program.wait_target("a", lambda t: t.received > 0, "replies")
        program.write_targets({"b": "127.0.0.1:{listen}"})
        program._last = None
        answer = program.http("/-/reload", method="POST")
        assert answer.status == 200 and b"1 new (b), 1 gone (a)" in answer.body, answer.body
        assert program.metrics().targets() == ["b"]


@scenario
def logs_json_lines_in_utf8():
    targets = {"müte 🦆": "127.0.0.1:{listen}"}
    with WindowsProgram("both", "-json-logs", targets=targets) as program:
        line = program.wait_line('"target":"müte 🦆"')
        assert line.startswith('{"time":"') and line.endswith('"}'), line


@scenario
def ends_by_ctrl_c_while_it_is_busy():
    # A server that is gone, a name being resolved, scrapes: none of them delays the end.
    targets = {"nowhere": "no-such-host.invalid:4000", "refusing": f"127.0.0.1:{free_port()}"}
    targets.update({f"t{number}": "127.0.0.1:{listen}" for number in range(20)})
    with WindowsProgram("both", "-interval=5ms", targets=targets) as program:
        program.wait_target("t0", lambda t: t.received >= 20, "replies")
        with connect(program.metrics_port) as scraper:
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            program.stop(signal.SIGINT)
        assert any("Ctrl-C: shutting down" in line for line in program.lines), program.lines[-5:]


main(workers=2, seconds=400)
