# SPDX-License-Identifier: MIT
"""What a service manager is told over a socket like systemd's: sd_notify(3)."""
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from lib.http_client import request
from lib.program import BINARY, WRAPPER, Program, free_port, run
from lib.scenario import Skip, main, scenario
from lib.threads import StoppedThread, threads_named
from lib.wait import PATIENCE, holds_for, wait_for


def need_notifications():
    _, out, _ = run("-version")
    if "libsystemd" not in out:
        raise Skip("this build is without libsystemd")


class Manager:
    """The service manager's end: collects (time, message). name: the socket's, where it matters."""

    def __init__(self, name=None):
        need_notifications()
        self.messages = []
        self._folder = tempfile.TemporaryDirectory(prefix="tcp-echo-")
        self.name = name or os.path.join(self._folder.name, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind("\0" + self.name[1:] if self.name[0] == "@" else self.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._folder.cleanup()

    def environment(self, watchdog=None):
        """The environment that a service is started with; watchdog in seconds."""
        environment = {**os.environ, "NOTIFY_SOCKET": self.name}
        environment.pop("WATCHDOG_PID", None)
        if watchdog:
            environment["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        return environment

    def _receive(self):
        while True:
            try:
                message = self._socket.recv(4096).decode()
            except BlockingIOError:
                return
            self.messages.append((time.monotonic(), message))

    def told(self, text, since=0):
        """The messages that contain text, from that index on."""
        self._receive()
        return [message for _, message in self.messages[since:] if text in message]

    def times(self, text):
        self._receive()
        return [at for at, message in self.messages if text in message]

    def wait(self, text, since=0, seconds=30.0):
        try:
            return wait_for(lambda: self.told(text, since), text, seconds)[-1]
        except AssertionError as error:
            raise AssertionError(f"{error}; told: {self.messages}") from None


@scenario
def ready_comes_once_the_ports_accept():
    for name in (None, f"@tcp-echo-metrics-{os.getpid()}"):
        with Manager(name) as manager:
            metrics, listen = free_port(), free_port()
            process = subprocess.Popen(
                [
                    *WRAPPER,
                    BINARY,
                    "-mode=both",
                    f"-metrics=127.0.0.1:{metrics}",
                    f"-listen=127.0.0.1:{listen}",
                ],
                stderr=subprocess.PIPE,
                env=manager.environment(),
            )
            try:
                message = manager.wait("READY=1")
                assert len(manager.messages) == 1, manager.messages
                for port in (metrics, listen):
                    socket.create_connection(("127.0.0.1", port), timeout=10).close()
                assert request(metrics, "/-/ready").status == 200
                assert message.startswith("READY=1\nSTATUS=probing 1 target, "), message
                process.send_signal(signal.SIGTERM)
                assert process.wait(10 * PATIENCE) == 0
                manager.wait("STOPPING=1")
            finally:
                process.kill()
                process.communicate()


@scenario
def a_failed_start_is_never_ready():
    with Manager() as manager, Program("server") as other:
        taken = f"127.0.0.1:{other.listen_port}"
        free = f"-metrics=127.0.0.1:{free_port()}"
        for flags in (
            (free, f"-listen={taken}"),
            (f"-listen=127.0.0.1:{free_port()}", f"-metrics={taken}"),
            (free, "-mode=client", "-targets=/nonexistent/targets.json"),
        ):
            process = subprocess.run(
                [*WRAPPER, BINARY, *flags],
                stderr=subprocess.PIPE,
                env=manager.environment(),
                timeout=20 * PATIENCE,
                check=False,
            )
            assert process.returncode == 1, process
            assert not manager.told(""), manager.messages


@scenario
def a_reload_is_announced_from_beginning_to_end():
    with Manager() as manager:
        targets = {"one": "127.0.0.1:{listen}"}
        with Program("both", targets=targets, env=manager.environment()) as program:
            manager.wait("READY=1")
            begin = len(manager.messages)
            before_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            program.reload({"one": "127.0.0.1:{listen}", "two": "127.0.0.1:9"})
            manager.wait("READY=1", begin)
            after_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            told = manager.told("", begin)
            reloading = next(one for one in told if "RELOADING=1" in one)
            ready = next(one for one in told if "READY=1" in one)
            assert told.index(reloading) < told.index(ready), told
            at_us = int(reloading.split("MONOTONIC_USEC=")[1])
            assert before_us <= at_us <= after_us, (before_us, at_us, after_us)
            assert "probing 2 targets, " in ready, ready

            begin = len(manager.messages)
            with open(program.targets_path, "w", encoding="utf-8") as file:
                file.write("[\n{")
            program.send_signal(signal.SIGHUP)
            bad = manager.wait("READY=1", begin)
            assert "probing 2 targets, " in bad and "; reload failed: " in bad, bad
            assert program.targets_path in bad, bad
            program.wait_target("one", lambda t: t.received > 3, "it carries on")

            begin = len(manager.messages)
            program.reload(targets)
            good = manager.wait("READY=1", begin)
            assert "probing 1 target, " in good and "failed" not in good, good


@scenario
def the_status_follows_what_is_connected():
    with Manager() as manager:
        targets = {"one": "127.0.0.1:{listen}", "gone": f"127.0.0.1:{free_port()}"}
        with Program("both", targets=targets, env=manager.environment()) as program:
            program.wait_target("one", lambda t: t.received > 0, "a reply")
            manager.wait("STATUS=probing 2 targets, 1 connected; serving 1 connection", seconds=20)
            # And no more than that: no message when nothing changes.
            told = len(manager.told("STATUS="))
            assert told <= 3, manager.messages
            program.stop()
            assert manager.wait("STOPPING=1") == "STOPPING=1\nSTATUS=shutting down"
            assert manager.messages[-1][1].startswith("STOPPING=1"), manager.messages


@scenario
def the_watchdog_is_fed_twice_per_period():
    seconds = 1.0
    with Manager() as manager:
        # The prober has nothing to do for hours.
        with Program("both", "-interval=1h", env=manager.environment(seconds)):
            wait_for(lambda: len(manager.times("WATCHDOG=1")) > 8, "it is fed", 20)
            times = manager.times("WATCHDOG=1")
    gap = statistics.median(after - before for before, after in zip(times, times[1:]))
    assert 0.4 * seconds < gap < 0.9 * seconds, f"fed every {gap:.2f} s of {seconds:g} s"


@scenario
def without_a_watchdog_nothing_is_fed():
    with Manager() as manager:
        with Program("both", env=manager.environment()):
            manager.wait("connected; serving 1 connection", seconds=20)
        assert not manager.told("WATCHDOG"), manager.messages


@scenario
def a_thread_that_hangs_starves_the_watchdog():
    seconds = 0.8
    targets = {f"target{i}": "127.0.0.1:{listen}" for i in range(6)}
    with Manager() as manager:
        with Program(
            "both", "-threads=3", targets=targets, env=manager.environment(seconds)
        ) as program:
            manager.wait("WATCHDOG=1")
            probers = threads_named(program.pid, "prober")
            assert len(probers) == 3, probers
            for tid in [probers[1], *threads_named(program.pid, "echo-server")]:
                program.lines.clear()
                with StoppedThread(tid):
                    program.wait_line("watchdog is no longer fed")
                    fed = len(manager.times("WATCHDOG=1"))
                    holds_for(
                        lambda: len(manager.times("WATCHDOG=1")) == fed, "it starves", 3 * seconds
                    )
                program.wait_line("watchdog is fed")
                wait_for(lambda: len(manager.times("WATCHDOG=1")) > fed + 1, "it is fed again")
                told = [line for line in program.lines if "watchdog is no longer fed" in line]
                assert len(told) == 1, told


if __name__ == "__main__":
    main(workers=4)
