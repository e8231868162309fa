# SPDX-License-Identifier: MIT
"""The measured processes: started, read through /proc, and ended by pid."""

import collections
import functools
import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import tempfile
import time

START_S = 10
END_S = 5
# Below Linux's ephemeral ports, so that no outgoing connection takes one first.
PORTS = range(20000, 32000)


def raise_descriptor_limit(wanted):
    """Raises the limit that children inherit as far as possible. Returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, PermissionError):
            pass  # Not root: the hard limit is all there is.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Ports:
    """Hands out free ports, a new one each time: old connections in TIME_WAIT block no run."""

    def __init__(self):
        self._next = os.getpid() % len(PORTS)

    def take(self):
        for _ in PORTS:
            port = PORTS[self._next]
            self._next = (self._next + 1) % len(PORTS)
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise RuntimeError("no free port")


@functools.cache
def has_flag(binary, flag):
    """Whether a binary, perhaps an old one, has a flag."""
    done = subprocess.run([binary, "-help"], capture_output=True, text=True, check=False)
    return re.search(rf"^\s*-{{1,2}}{flag}\b(?!-)", done.stdout + done.stderr, re.MULTILINE) is not None


class Program:
    """A running binary, as a context."""

    END_S = END_S  # How long ending may take.

    def __init__(self, binary, *arguments):
        quiet = ["-log-level=warning"] if has_flag(binary, "log-level") else []
        command = [binary, *arguments, *quiet]
        self._name = shlex.join(command)
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=self._stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self.END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._stderr.close()

    def end(self):
        """Ends it as an operator would. Returns the exit status and how many seconds it took."""
        self.check()
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(self.END_S)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{self._name}: still runs after SIGTERM") from None
        return status, time.monotonic() - began

    def check(self):
        """Raises RuntimeError with its output if it has ended."""
        if self._process.poll() is not None:
            self._stderr.seek(0)
            said = self._stderr.read(4096).decode(errors="replace").strip()
            raise RuntimeError(f"{self._name}: status {self._process.returncode}: {said}")

    def wait_for_port(self, port):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            self.check()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{self._name}: does not listen on port {port}")

    def cpu(self):
        """CPU nanoseconds over all threads, as the scheduler counts."""
        return sum(int(text.split()[0]) for text in self._of_each_thread("schedstat"))

    def wakes(self):
        """How often threads of each name have waited for something, and then run again."""
        wakes = collections.Counter()
        for text in self._of_each_thread("status"):
            facts = dict(line.split(":", 1) for line in text.splitlines())
            wakes[facts["Name"].strip()] += int(facts["voluntary_ctxt_switches"])
        return wakes

    def _of_each_thread(self, name):
        folder = f"/proc/{self._process.pid}/task"
        for task in os.listdir(folder):
            try:
                with open(f"{folder}/{task}/{name}", encoding="utf-8", errors="replace") as file:
                    yield file.read()
            except (FileNotFoundError, ProcessLookupError):
                continue  # The thread has ended since.

    def rss_kib(self):
        return self._memory_kib("status", "VmRSS")

    def dirty_kib(self):
        """What is the process's own alone: not the code and constants of files."""
        return self._memory_kib("smaps_rollup", "Private_Dirty")

    def _memory_kib(self, file_name, fact):
        with open(f"/proc/{self._process.pid}/{file_name}", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith(fact + ":"):
                    return int(line.split()[1])
        raise RuntimeError(f"no {fact}")


def run_floor(binary, connections, seconds):
    """Runs the floor. Returns its figures: round_trip_us, client_us, server_us."""
    command = [binary, "--connections", str(connections), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: {done.stderr.strip()}")
    return {name: float(value) for name, value in map(str.split, done.stdout.splitlines())}
