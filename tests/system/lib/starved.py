# SPDX-License-Identifier: MIT
"""Keeps the CPU from a program, in ways that work on any machine; and what lags and RTTs make of it."""
import contextlib
import os
import signal
import subprocess
import sys
import threading


@contextlib.contextmanager
def spinning(core, count):
    """So many processes that want all of a core."""
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


@contextlib.contextmanager
def throttled(pid, stopped_s, running_s):
    """Lets a process run for a while and stops it for a while, in turns, as a quota of CPU time does."""
    is_over = threading.Event()

    def throttle():
        try:
            while not is_over.is_set():
                os.kill(pid, signal.SIGSTOP)
                is_over.wait(stopped_s)
                os.kill(pid, signal.SIGCONT)
                is_over.wait(running_s)
        except ProcessLookupError:
            pass  # Whoever waits for it will tell.

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


class Buckets:
    """What a histogram counted from one scrape to another."""

    def __init__(self, before, after, name, **labels):
        first = {found["le"]: value for found, value in before.select(name + "_bucket", **labels)}
        last = {found["le"]: value for found, value in after.select(name + "_bucket", **labels)}
        self._counts = sorted((float(bound), value - first[bound]) for bound, value in last.items())
        self.count = self._counts[-1][1]

    def quantile(self, share):
        """The upper bound of the bucket that it falls into, in seconds."""
        return next(bound for bound, count in self._counts if count >= share * self.count)

    def above(self, bound_s):
        """How many were longer than a bucket's bound."""
        return self.count - next(count for bound, count in self._counts if bound == bound_s)
