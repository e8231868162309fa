# SPDX-License-Identifier: MIT
"""One run of one setting: server, prober, capture, glances at random moments, a clean exit."""

import contextlib
import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from exposition import Scraper
from machine import machine_cpu, wait_for_quiet
from processes import Program, raise_descriptor_limit
from settings import OTHERS_MAX_PERCENT
from truth_capture import Capture
from truth_compare import Glance, compare
from truth_network import Path, SERVER, target_address

PORT, METRICS_PORT = 4000, 2112
START_S = 30
SETTLE_S = 30


@dataclasses.dataclass(frozen=True)
class Binaries:
    """The programs: the one measured, the capture, and what hides the kernel's timestamps."""

    prober: str
    capture: str
    plain_clock: str


ATTEMPTS = 3
FEW_TARGETS = 10
# Per second: enough to catch thousands of RTTs, few enough to leave the machine to the prober.
GLANCES_MAX = 150
TARGETS_GLANCED_AT = 10000
# After a loss, this much is received again before all that was lost has been settled.
HEALED_PROBES = 50


class Spinner:
    """As a context: keeps the last core busy."""

    def __enter__(self):
        self._process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        os.sched_setaffinity(self._process.pid, {max(os.sched_getaffinity(0))})

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()


class Run:
    """Everything that one run needs, and what it finds."""

    def __init__(self, setting, condition, plan, binaries):
        self._setting = setting
        self._condition = condition
        self._plan = plan
        self._binaries = binaries
        self._random = random.Random()

    def figures(self):
        with contextlib.ExitStack() as stack:
            path = stack.enter_context(Path(self._setting.loss_percent > 0))
            server = self._start_server(stack, path)
            capture = stack.enter_context(Capture(self._binaries.capture))
            prober = self._start_prober(stack)
            scraper = stack.enter_context(Scraper(METRICS_PORT))
            self._wait(scraper, self._is_up, START_S, "every target answers")
            if self._condition.is_busy:
                stack.enter_context(Spinner())
            if self._setting.loss_percent:
                path.drop(self._setting.loss_percent)
            glances, load = self._watch(scraper)
            final = self._end(path, server, scraper)
            prober.check()
            truth = capture.truth()
        return self._compare(truth, glances, final, load)

    def _start_server(self, stack, path):
        server = stack.enter_context(Program(*path.there(
            self._binaries.prober, "-mode=server", f"-listen=:{PORT}",
            f"-metrics=127.0.0.1:{METRICS_PORT}")))
        deadline = time.monotonic() + START_S
        # Asks the server's metrics on its own loopback, where the capture does not see it.
        ask = path.there(sys.executable, "-c", "import socket; "
                         f"socket.create_connection(('127.0.0.1', {METRICS_PORT})).close()")
        while subprocess.run(ask, capture_output=True, check=False).returncode:
            server.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server at {SERVER} does not start")
        return server

    def _start_prober(self, stack):
        file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".json"))
        json.dump([{"name": str(i), "address": f"{target_address(i)}:{PORT}"}
                   for i in range(self._setting.targets)], file)
        file.flush()
        # A space would end a path in LD_PRELOAD.
        folder, name = os.path.split(os.path.abspath(self._binaries.plain_clock))
        preload = ((f"LD_PRELOAD={name}", f"LD_LIBRARY_PATH={folder}")
                   if self._condition.is_plain else ())
        prober = stack.enter_context(Program(
            "env", *preload, self._binaries.prober, "-mode=client", f"-targets={file.name}",
            f"-interval={self._setting.interval_ms}ms", f"-timeout={self._setting.timeout_ms}ms",
            f"-metrics=127.0.0.1:{METRICS_PORT}"))
        prober.wait_for_port(METRICS_PORT)
        return prober

    def _wait(self, scraper, holds, seconds, what):
        deadline = time.monotonic() + seconds
        while not holds(scrape := scraper.get()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited {seconds} s in vain: {what}")
            time.sleep(0.1)
        return scrape

    def _is_up(self, scrape):
        return len(scrape.values("tcp_echo_last_rtt_seconds")) == self._setting.targets

    def _watch(self, scraper):
        """Returns the glances, and what the run was like meanwhile."""
        few = self._setting.targets <= FEW_TARGETS
        seconds = self._plan.few_watch_s if few else self._plan.watch_s
        pause_s = max(1 / GLANCES_MAX, self._setting.targets / TARGETS_GLANCED_AT)
        before, busy = scraper.get(), machine_cpu()
        glances = []
        while time.monotonic() < before.began + seconds:
            # Evenly distributed pauses keep no rhythm with the probes.
            time.sleep(self._random.uniform(0, 2 * pause_s))
            glances.append(Glance(scraper.get().text(), with_sums=few))
        after = scraper.get()
        elapsed = after.began - before.began

        def between(name):
            return after.total(name) - before.total(name)

        sent, missed = between("tcp_echo_sent_total"), between("tcp_echo_missed_slots_total")
        return glances, {
            "probes_per_second": between("tcp_echo_received_total") / elapsed,
            "served_percent": 100 * sent / (sent + missed),
            "missed_slots": missed,
            "cpu_percent": 100 * (machine_cpu() - busy) / elapsed,
        }

    def _end(self, path, server, scraper):
        """
        The server ends first: the prober then sends no more, and settles all that was sent. So its
        counters no longer change, except unsent, and the capture has everything.
        """
        if self._setting.loss_percent:
            path.heal()
            least = {target: received + HEALED_PROBES for target, received in
                     scraper.get().by_target("tcp_echo_received_total").items()}
            self._wait(scraper, lambda scrape: all(
                received >= least[target] for target, received in
                scrape.by_target("tcp_echo_received_total").items()), SETTLE_S, "the path recovers")
        server.end()
        return self._wait(
            scraper, lambda scrape: not scrape.total("tcp_echo_connected")
            and not scrape.total("tcp_echo_in_flight"), SETTLE_S, "all is settled")

    def _compare(self, truth, glances, final, load):
        if why := truth.why_void():
            return {"void": why}
        figures = compare(truth, self._setting.timeout_ms * 1000000,
                          self._setting.loss_percent > 0, glances, final)
        return {**load, **truth.totals, **figures, "void": None}


def run_until_proven(case, plan, binaries, on_void):
    """A capture that has lost packets proves nothing: repeats the run, a few times."""
    for _ in range(ATTEMPTS):
        wait_for_quiet(plan.patience_s, OTHERS_MAX_PERCENT)
        figures = Run(*case, plan, binaries).figures()
        if not figures["void"]:
            return figures
        on_void(figures["void"])
    raise RuntimeError(f"void after {ATTEMPTS} attempts: {figures['void']}")


def rounds(cases, plan, binaries, on_run, on_void):
    """
    Runs every (setting, condition) plan.repeats times, interleaved, so that changes on the machine
    meanwhile affect all alike. Returns {case: [figures of each run]}.
    """
    raise_descriptor_limit(max(setting.targets for setting, _ in cases) + 100)
    results = {case: [] for case in cases}
    for number in range(plan.repeats):
        for case in cases:
            on_run(number, *case)
            results[case].append(run_until_proven(case, plan, binaries, on_void))
    return results
