# SPDX-License-Identifier: MIT
"""Probing by handshake on this machine: ports that are open, closed or mute, and that come and go."""
import re
import resource
import signal
import socket
import statistics
import time

from lib import peer as behave
from lib.collectd import Daemon
from lib.law import RTT_BOUNDS, Target
from lib.peer import FullBacklog, Peer
from lib.program import Program, free_port, run
from lib.scenario import Skip, main, scenario
from lib.wait import PATIENCE, wait_for

OWN = "127.0.0.1:{listen}"
# A slow machine is not a slow network: the timeout is short only where it matters.
CONNECT = ("-probe=connect", "-interval=100ms", "-timeout=20s")


def assert_lossless(target):
    assert target.timeouts == 0 and target.disconnects == {}, target


def assert_open(target):
    """All handshakes that have ended so far were completed."""
    assert_lossless(target)
    assert target.connects == target.received and target.connect_failures == {}, target
    assert target.connected == 1 and target.loss_percent == 0, target


def assert_refused(target):
    """A refusal is a reply."""
    assert_lossless(target)
    assert target.connect_failures == {"refused": target.received}, target
    assert target.connects == 0 and target.connected == 0, target


def python_seconds(port):
    """The median time that connect() takes in a program that blocks."""
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        with socket.socket() as dialler:
            dialler.connect_ex(("127.0.0.1", port))
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def assert_median_below(target, seconds):
    """By the histogram: half of the RTTs lie at or below the bucket that seconds falls into."""
    bound = next(bound for bound in RTT_BOUNDS if float(bound) >= seconds)
    assert 2 * target.bucket(bound) >= target.received, (target, bound)
    assert target.rtt_sum > 0, target


@scenario
def an_open_port_is_reached_by_each_probe():
    with Peer(behave.mute) as peer:
        with Program("client", *CONNECT, "-target", peer.address) as program:
            target = program.wait_target("default", lambda t: t.received >= 20, "handshakes")
            assert_open(target)
            assert not target.metrics.has("tcp_echo_tcp_rtt_seconds"), "there is no connection to speak of"
            # Each probe is a connection to the peer, and is closed.
            wait_for(lambda: peer.accepted >= target.received and peer.connections() <= 1, "closed")
            accepted, after = peer.accepted, program.target()
            assert target.received <= accepted <= after.received + 1, (target, accepted, after)
            # The kernel's RTT does not include a wake-up.
            assert_median_below(after, 2 * python_seconds(peer.port))
            assert after.last_connect_seconds > 0, after
            program.wait_line("default: up: ")
            assert len(program.lines) == 2, program.lines


@scenario
def a_listener_that_never_accepts_is_reached_until_its_backlog_is_full():
    with socket.create_server(("127.0.0.1", 0), backlog=10) as listener:
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        flags = ("-probe=connect", "-interval=100ms", "-timeout=300ms", "-target", address)
        with Program("client", *flags) as program:
            # Linux queues one more than it was asked to.
            reached = program.wait_target("default", lambda t: t.received >= 11, "reached")
            full = program.wait_target(
                "default", lambda t: t.connect_failures.get("timeout"), "no longer reached"
            )
            assert full.received == full.connects == 11, full
            assert full.connected == 0 and full.timeouts >= 5, full
            assert reached.late == full.late == 0, full
            program.wait_line("down: " + address + " does not answer within 800ms")


@scenario
def silence_is_a_timeout_and_then_a_failure():
    with FullBacklog() as peer:
        flags = ("-probe=connect", "-interval=100ms", "-timeout=300ms", "-window=20")
        with Program("client", *flags, "-target", peer.address) as program:
            first = program.wait_target("default", lambda t: t.timeouts >= 1, "a timeout")
            target = program.wait_target("default", lambda t: t.timeouts >= 30, "timeouts")
            assert target.received == 0 and target.late == 0 and target.connects == 0, target
            assert target.loss_percent == 100 and target.connected == 0, target
            # Whatever was given up had timed out before; the grace period's worth of probes is left.
            assert set(target.connect_failures) == {"timeout"}, target
            given_up = target.connect_failures["timeout"]
            assert target.timeouts - 8 <= given_up < target.timeouts, target
            assert first.connect_failures.get("timeout", 0) <= given_up, first
            assert target.unsent == 0 and 1 <= target.in_flight <= 5, target


@scenario
def a_refusal_is_a_reply_from_the_host():
    port = free_port()
    with Program("client", *CONNECT, f"-target=127.0.0.1:{port}") as program:
        target = program.wait_target("default", lambda t: t.received >= 20, "refusals")
        assert_refused(target)
        assert target.loss_percent == 0 and target.sent == target.received, target
        assert_median_below(target, 5 * python_seconds(port))
        line = program.wait_line("default: down: ")
        assert line.endswith(f"connection refused by 127.0.0.1:{port}"), line
        assert len(program.lines) == 2, program.lines


@scenario
def follows_a_service_that_goes_down_and_comes_back():
    port = free_port()
    with Program("client", *CONNECT, f"-target=127.0.0.1:{port}") as program:
        with Peer(behave.mute, port=port):
            program.wait_target("default", lambda t: t.received >= 5, "open")
        gone = program.wait_target(
            "default", lambda t: t.connect_failures.get("refused", 0) >= 10, "refused"
        )
        assert gone.connected == 0 and gone.loss_percent == 0, gone
        with Peer(behave.mute, port=port):
            back = program.wait_target(
                "default", lambda t: t.connects >= gone.connects + 5, "open again"
            )
            assert back.connected == 1, back
            assert_lossless(back)
            assert back.received == back.connects + back.connect_failures["refused"], back
            changes = [line.split("default: ")[1] for line in program.lines if "default: " in line]
            assert len(changes) == 3, changes
            for change, pattern in zip(
                changes,
                (
                    r"up: 127\.0\.0\.1:\d+ answers",
                    r"down: connection refused by 127\.0\.0\.1:\d+",
                    r"up: 127\.0\.0\.1:\d+ answers again after [\d.]+m?s",
                ),
            ):
                assert re.fullmatch(pattern, change), change
            # The first of the ten refusals began the outage, which so took nine intervals.
            outage = changes[2].rsplit(" ", 1)[1]
            seconds = float(outage.rstrip("ms")) / (1000 if outage.endswith("ms") else 1)
            assert 0.8 < seconds < 60, outage


@scenario
def many_targets_hold_few_descriptors_and_leak_none():
    # On this machine a handshake completes at once. The server's own descriptors would count too.
    with Program("server") as server, FullBacklog() as mute:
        open_port = f"127.0.0.1:{server.listen_port}"
        flags = ("-probe=connect", "-interval=100ms", "-timeout=200ms", "-threads=2")
        with Program("client", *flags, targets={"t0": open_port}) as program:
            program.wait_target("t0", lambda t: t.received >= 5, "handshakes")
            base = program.descriptors()
            targets = {f"t{number}": open_port for number in range(100)}
            program.reload(targets)
            program.wait_line("reloaded: 100 targets")
            for target in wait_all(program, targets, 5):
                assert target.connects == target.received + target.late, target
            # When the machine holds the program up, many wait to be closed, but not most of the time.
            usual = statistics.median(sampled(program.descriptors, 100))
            assert usual < base + 40, f"{usual} descriptors, {base} before"
            silent = {f"mute {number}": mute.address for number in range(20)}
            program.reload({"t0": open_port, **silent})
            program.wait_line("reloaded: 21 targets")
            program.wait_target("mute 19", lambda t: t.timeouts >= 10, "no answers")
            most = max(sampled(program.descriptors, 100))
            # 700 ms in steps of 100 ms, plus two: at most nine for each.
            assert base + 20 * 5 < most <= base + 20 * 9 + 10, f"{most} descriptors, {base} before"
            program.reload({"t0": open_port})
            wait_for(lambda: program.descriptors() <= base + 2, "all closed")
            program.wait_target("t0", lambda t: t.received >= 20, "carries on")


def wait_all(program, names, received):
    """Scrapes until each target has received that many replies."""
    seen = []

    def holds():
        metrics = program.metrics()
        seen[:] = [Target(metrics, name) for name in names]
        return all(target.received >= received for target in seen)

    wait_for(holds, f"{received} replies from each", 20, 0.2)
    return seen


def sampled(function, times):
    """What function returns, called many times over about two seconds."""
    values = []
    for _ in range(times):
        values.append(function())
        time.sleep(0.02)
    return values


@scenario
def too_few_descriptors_are_reported_at_the_start():
    for limit, flags in ((46, ()), (48, ("-timeout=1s",))):
        status, out, err = run(
            "-mode=client",
            "-probe=connect",
            "-interval=100ms",
            "-metrics=127.0.0.1:0",
            f"-target=127.0.0.1:{free_port()}",
            *flags,
            prefix=("sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh"),
        )
        assert status == 1 and out == "" and err.count("\n") == 1, (status, out, err)
        # (800 ms + 500 ms) / 100 ms plus two, and what else the program opens.
        needed = limit + 1
        assert f"1 targets need {needed} file descriptors, but the limit is {limit}" in err, err


@scenario
def without_descriptors_probes_are_unsent_and_come_back():
    with Peer(behave.mute) as peer:
        with Program("client", *CONNECT, "-window=10", "-target", peer.address) as program:
            before = program.wait_target("default", lambda t: t.received >= 5, "handshakes")
            usual = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
            # A scrape would need one as well, so everything is checked afterwards.
            resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
            try:
                program.wait_line("no file descriptors left to connect to " + peer.address)
                time.sleep(0.5)
            finally:
                resource.prlimit(program.pid, resource.RLIMIT_NOFILE, usual)
            back = program.wait_target(
                "default", lambda t: t.received > before.received and t.connected, "comes back"
            )
            assert back.unsent >= 3 and back.timeouts == back.unsent, back
            assert back.connect_failures == {"local": back.unsent}, back
            assert back.connects == back.received, back
            program.wait_target("default", lambda t: t.loss_percent == 0, "loss falls")


@scenario
def a_process_that_slept_misses_slots_and_counts_nothing_as_lost():
    with Peer(behave.mute) as peer:
        port = free_port()
        targets = {"open": peer.address, "refused": f"127.0.0.1:{port}"}
        with Program("client", *CONNECT, targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received >= 5, "replies")
            program.send_signal(signal.SIGSTOP)
            time.sleep(1.5)
            program.send_signal(signal.SIGCONT)
            for name in targets:
                target = program.wait_target(
                    name, lambda t: t.missed_slots >= 10 and t.received >= 10, "carries on"
                )
                assert_lossless(target)
            assert_open(program.target("open"))


@scenario
def addresses_take_turns_however_rare_the_probes():
    # This machine's addresses are ::1 and 127.0.0.1, in this order, and are looked up again each time.
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        raise Skip("no IPv6 here") from None
    with Peer(behave.mute) as peer:
        flags = ("-probe=connect", "-interval=6s", f"-target=localhost:{peer.port}")
        with Program("client", *flags) as program:
            target = program.wait_target("default", lambda t: t.connected, "reached", 20)
            assert target.connects == 1, target
            assert target.connect_failures in ({}, {"refused": 1}), target


@scenario
def the_law_holds_in_every_scrape_while_targets_come_and_go():
    with FullBacklog() as mute, Peer(behave.closes_at_once) as peer:
        kinds = [
            {"address": mute.address, "timeout": "150ms"},
            {"address": peer.address},
            {"address": f"127.0.0.1:{free_port()}"},
            {"address": OWN},
        ]

        def some(start):
            return {f"t{number}": kinds[number % 4] for number in range(start, start + 24)}

        with Program("both", *CONNECT, "-threads=3", targets=some(0)) as program:
            for round_number in range(1, 13):
                for _ in range(5):
                    program.metrics()
                    time.sleep(0.02)
                program.reload(some(2 * round_number))
            wait_for(lambda: "t25" in program.metrics().targets(), "the last reload")
            assert_open(program.wait_target("t25", lambda t: t.received >= 5, "handshakes"))


@scenario
def collectd_targets_are_probed_by_handshake_too():
    port = free_port()
    with Peer(behave.mute) as peer, FullBacklog() as mute:
        targets = {
            "open": {"Address": peer.address},
            "refused": {"Address": f"127.0.0.1:{port}"},
            "mute": {"Address": mute.address, "Timeout": 0.2},
            "echo": {"Address": OWN, "Probe": "echo"},
        }
        options = 'Probe "connect"\nInterval 0.1\nTimeout 20\n'
        with Daemon(options, targets=targets) as daemon:
            for name in ("open", "refused", "echo"):
                daemon.wait_target(name, lambda t: t.received >= 10, "replies")
            assert_open(daemon.target("open"))
            assert_refused(daemon.target("refused"))
            echo = daemon.target("echo")
            assert echo.connects == 1 and echo.timeouts == 0, echo
            late = daemon.wait_target("mute", lambda t: t.connect_failures, "given up")
            assert set(late.connect_failures) == {"timeout"} and late.received == 0, late
            daemon.wait_sample("received_total", "open", lambda v: v >= 10, "replies")
            daemon.wait_sample("connect_failures_total/refused", "refused", lambda v: v >= 10, "refusals")
            daemon.wait_line("refused: down: connection refused by")


if __name__ == "__main__":
    main(workers=4, seconds=240 if PATIENCE <= 1 else 400)
