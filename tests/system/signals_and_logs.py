# SPDX-License-Identifier: MIT
"""How the program ends, and what it logs until then: each state change once, never a line per probe."""
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time

from lib import peer as behave
from lib.peer import FullBacklog, Peer
from lib.program import BINARY, WRAPPER, Program, end_with_script, free_port, write_targets
from lib.scenario import main, scenario
from lib.wait import PATIENCE, wait_for


@scenario
def sigint_and_sigterm_end_every_mode_with_status_0():
    for number in (signal.SIGINT, signal.SIGTERM):
        for mode in ("server", "client", "both"):
            with Program(mode) as program:
                program.metrics()
                program.stop(number)


@scenario
def ends_in_time_whatever_its_targets_do():
    with Peer(behave.mute) as mute, Peer(behave.delayed(2)) as slow, FullBacklog() as full:
        targets = {
            "mute": mute.address,
            "slow": slow.address,
            "full": full.address,
            "refused": "127.0.0.1:9",
            "unresolved": "no-such-host.invalid:1",
        }
        with Program("both", "-interval=10ms", "-timeout=10s", targets=targets) as program:
            program.wait_target("slow", lambda t: t.in_flight > 10, "in flight")
            program.stop()


@scenario
def ends_right_after_its_start():
    for _ in range(5):
        with Program("both", "-threads=4") as program:
            program.stop()


@scenario
def several_signals_in_a_row_end_it_once():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with Program("both") as program:
            program.check_law()
            os.kill(program.pid, signal.SIGTERM)
            for _ in range(20):
                os.kill(program.pid, number)
            assert program.process.wait(5 * PATIENCE) == 0


def has_begun(pid):
    """
    Whether the program has begun: it blocks SIGHUP first of all, but not SIGUSR1. Until then it is the loader, which
    blocks all signals for a moment with glibc 2.41. What a thread waits for does not count as blocked, but then it has
    threads, more than a sanitizer starts.
    """
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    blocked = int(fields["SigBlk"], 16)
    blocks = bool(blocked & 1 << signal.SIGHUP - 1) and not blocked & 1 << signal.SIGUSR1 - 1
    return blocks or int(fields["Threads"]) > 2


# Of a start that takes a while, as so many targets are read: when the signal comes, in seconds.
MOMENTS = [0, *(0.001 * 1.6 ** step for step in range(14))]


def signal_at(moment, number, path):
    """Starts the program, sends the signal, and returns the status with which it ended."""
    process = subprocess.Popen(
        [*WRAPPER, BINARY, "-mode=client", "-interval=10s", f"-targets={path}",
         f"-metrics=127.0.0.1:{free_port()}"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    end_with_script(process)
    wait_for(lambda: has_begun(process.pid), "the program has begun", pause=0)
    until = time.monotonic() + moment
    wait_for(lambda: time.monotonic() >= until, "the moment", pause=0)
    process.send_signal(number)
    with process.stderr:
        if number == signal.SIGHUP:
            while line := process.stderr.readline():
                if b"reloaded" in line:
                    process.send_signal(signal.SIGTERM)
        else:
            process.stderr.read()
    return process.wait(10 * PATIENCE)


@scenario
def a_signal_at_any_moment_of_the_start_does_what_the_manual_says():
    """SIGHUP: the targets are read once more as soon as it runs. The others: a clean end."""
    with tempfile.TemporaryDirectory(prefix="tcp-echo-") as folder:
        path = os.path.join(folder, "targets.json")
        write_targets(path, {f"t{number}": "127.0.0.1:9" for number in range(3000)})
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            for moment in MOMENTS:
                status = signal_at(moment, number, path)
                assert status == 0, f"{number.name} after {moment:.3f} s: status {status}"


@scenario
def commands_can_be_interrupted():
    """What does one thing and ends is not a success if it was stopped."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        # Its output has no room, so it does not end by itself.
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(4096))
        os.set_blocking(writer, True)
        process = subprocess.Popen([*WRAPPER, BINARY, "-check"], stdin=subprocess.DEVNULL, stdout=writer,
                                   stderr=subprocess.DEVNULL)
        end_with_script(process)
        # Not SIGINT, which jobs in the background may ignore.
        process.send_signal(signal.SIGTERM)
        status = process.wait(10 * PATIENCE)
        assert status == -signal.SIGTERM, status
    finally:
        os.close(writer)
        os.close(reader)


@scenario
def closed_standard_streams_harm_nothing():
    """Neither sockets nor files get their numbers, so no log line lands in one."""
    for mode in ("server", "client", "both"):
        for closed in range(8):
            redirections = " ".join(f"{stream}>&-" for stream in range(3) if closed & 1 << stream)
            prefix = ["sh", "-c", f'exec "$@" {redirections}', "sh"]
            with Program(mode, "-interval=10ms", "-log-level=debug", "-target=127.0.0.1:9",
                         prefix=prefix) as program:
                for stream in range(3):
                    target = os.readlink(f"/proc/{program.pid}/fd/{stream}")
                    is_closed = bool(closed & 1 << stream)
                    assert (target == "/dev/null") == (is_closed or stream == 0), (closed, stream, target)
                program.check_law()


@scenario
def a_closed_standard_error_does_not_end_it():
    with Program("both", "-log-level=debug") as program:
        program.metrics()
        # SIGPIPE is also how programs usually die when a peer has gone away.
        program.send_signal(signal.SIGPIPE)
        program.wait_target("default", lambda t: t.received > 3, "it carries on")


def lines_about(program, name):
    return [line for line in program.lines if name in line]


@scenario
def state_changes_are_logged_once_each_and_probes_never():
    port = free_port()
    flags = ("-interval=1ms", "-timeout=5s")
    with Program("client", *flags, targets={"the-target": f"127.0.0.1:{port}"}) as program:
        program.wait_target("the-target", lambda t: t.unsent >= 100, "down")
        with Peer(behave.echo, port=port):
            program.wait_target("the-target", lambda t: t.received >= 3000, "3,000 replies", 30)
        before = program.wait_target("the-target", lambda t: t.connected == 0, "down")
        program.wait_target("the-target", lambda t: t.timeouts >= before.timeouts + 1000, "lost")
        with Peer(behave.echo, port=port):
            program.wait_target(
                "the-target", lambda t: t.connects >= 2 and t.received > 4000, "up", 30
            )
            wait_for(lambda: len(lines_about(program, "the-target")) >= 4, "each change has a line")
            # First failure, up, down, up; and one or two of the thinned-out failures.
            assert len(program.lines) <= 20, program.lines
            at_info = list(program.lines)
        assert len(set(at_info)) >= 4, at_info


@scenario
def repeated_connect_failures_are_thinned_out():
    with Program(
        "client", "-interval=20ms", targets={"gone": f"127.0.0.1:{free_port()}"}
    ) as program:
        target = program.wait_target(
            "gone", lambda t: t.connect_failures.get("refused", 0) >= 4, "failures", 40
        )
        lines = lines_about(program, "gone")
        assert 1 <= len(lines) < target.connect_failures["refused"] + 1, lines
        assert len(lines) <= 3, lines


@scenario
def json_logs_are_one_object_per_line():
    port = free_port()
    targets = {'q"uote\\ 🦆': f"127.0.0.1:{port}", "gone": "127.0.0.1:9"}
    with Program("client", "-json-logs", "-log-level=debug", targets=targets) as program:
        with Peer(behave.garbage, port=port):
            program.wait_target('q"uote\\ 🦆', lambda t: t.disconnects, "dropped")
        program.wait_target("gone", lambda t: t.connect_failures, "refused")
        program.metrics()
        program.stop()
        objects = [json.loads(line) for line in program.lines]
        assert objects and all(isinstance(one, dict) for one in objects)
        keys = set.intersection(*(set(one) for one in objects))
        assert len(keys) >= 3, f"time, level and message are in every line: {keys}"
        assert any('q"uote\\ 🦆' in one.values() for one in objects), program.lines
        assert any("gone" in one.values() for one in objects), program.lines


@scenario
def a_failed_start_is_logged_in_json_too():
    with Program("server", "-json-logs") as first:
        try:
            with Program(
                "server", "-json-logs", f"-listen=127.0.0.1:{first.listen_port}"
            ) as second:
                raise AssertionError(f"two listen on one port: {second.lines}")
        except AssertionError as error:
            assert "in use" in str(error), error


@scenario
def log_levels_leave_out_what_is_less_severe():
    counts = {}
    for level in ("error", "info", "debug"):
        with Program("both", f"-log-level={level}") as program:
            program.wait_target("default", lambda t: t.received > 3, "replies")
            program.stop()
            counts[level] = len(program.lines)
    assert counts["error"] == 0, counts
    assert 0 < counts["info"] <= counts["debug"], counts


@scenario
def names_cannot_control_the_terminal():
    with Program("client", "-log-level=debug", targets={"nice": "127.0.0.1:9"}) as program:
        program.wait_target("nice", lambda t: t.connect_failures, "refused")
        program.stop()
        assert not any("\x1b" in line for line in program.lines), program.lines


if __name__ == "__main__":
    main(workers=3)
