# SPDX-License-Identifier: MIT
"""Keeps a program off the CPU in ways that work on any machine; how long, and what lags and RTTs make of it."""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time


@contextlib.contextmanager
def spinning(core, count):
    """Runs count processes that each want a whole core."""
    spinners = []
    try:
        for _ in range(count):
            spinners.append(
                subprocess.Popen(["taskset", "-c", str(core), sys.executable, "-c", "while True: pass"])
            )
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


class Waits:
    """How long each thread of a process has waited for a CPU, and how often it lost one, by the kernel's count."""

    def __init__(self, pid):
        self.seconds = {}
        self.preemptions = {}
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                self.seconds[task] = int(file.read().split()[1]) / 1e9
            with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
                lines = [line for line in file if line.startswith("nonvoluntary_ctxt_switches:")]
                self.preemptions[task] = int(lines[0].split()[1])

    def seconds_since(self, earlier):
        """For the thread that waited most: the others hardly ever want to run."""
        return max(self.seconds[task] - since for task, since in earlier.seconds.items())

    def preemptions_since(self, earlier):
        return sum(self.preemptions[task] - since for task, since in earlier.preemptions.items())


class Throttle:
    """
    Alternately lets a process run and stops it, as a quota of CPU time does. As a context.
    total_s: how long it was stopped so far, at least.
    """

    def __init__(self, pid, stopped_s, running_s):
        self.total_s = 0.0
        self._pid = pid
        self._stopped_s = stopped_s
        self._running_s = running_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _run(self):
        try:
            while not self._is_over.is_set():
                os.kill(self._pid, signal.SIGSTOP)
                begin = time.monotonic()
                self._is_over.wait(self._stopped_s)
                self.total_s += time.monotonic() - begin
                os.kill(self._pid, signal.SIGCONT)
                self._is_over.wait(self._running_s)
        except ProcessLookupError:
            pass  # Whoever waits for the process will report it.


class Pinger:
    """
    Measures round trips to an echo server every 10 ms, on a thread, as a context: just reads the clock before and
    after a blocking exchange. times_s: the RTTs, this machine's own delays included.
    """

    def __init__(self, port):
        self.times_s = []
        self._is_over = threading.Event()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()
        self._socket.close()

    def _run(self):
        while not self._is_over.wait(0.01):
            begin = time.monotonic()
            self._socket.sendall(bytes(16))
            assert len(self._socket.recv(16, socket.MSG_WAITALL)) == 16, "no echo"
            self.times_s.append(time.monotonic() - begin)

    def share_above(self, bound_s):
        return sum(time_s > bound_s for time_s in self.times_s) / len(self.times_s)


class Buckets:
    """What a histogram counted between two scrapes."""

    def __init__(self, before, after, name, **labels):
        first = {found["le"]: value for found, value in before.select(name + "_bucket", **labels)}
        last = {found["le"]: value for found, value in after.select(name + "_bucket", **labels)}
        self._counts = sorted((float(bound), value - first[bound]) for bound, value in last.items())
        self.count = self._counts[-1][1]

    def quantile(self, share):
        """The upper bound, in seconds, of the bucket that the quantile falls into."""
        return next(bound for bound, count in self._counts if count >= share * self.count)

    def above(self, bound_s):
        """How many were above a bucket's bound."""
        return self.count - next(count for bound, count in self._counts if bound == bound_s)
