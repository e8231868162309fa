# SPDX-License-Identifier: MIT
"""One run of one setting: server and prober as two processes, and what they used."""

import concurrent.futures
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time

from daemon import Daemon
from exposition import Scraper, histogram_between, histogram_quantile, law_violations
from processes import Ports, Program, machine_cpu, run_floor, wait_for_quiet
from settings import OTHERS_MAX_PERCENT

CONNECT_S = 60
# With more connections the sockets no longer fit the CPU's caches, which is no floor any more.
FLOOR_CONNECTIONS_MAX = 1000
SCRAPE_PAUSE_S = 0.05
# How often a disturbed run is tried at most.
QUIET_ATTEMPTS = 3
# On a busy machine a low-priority scraper is slow: it gets this long, even for fewer scrapes.
SCRAPES_MAX_S = 10
# Large expositions are scraped less often, with time in between for the prober to show its lag.
LARGE_TARGETS = 5000


def without_bound_per_address(binary):
    """The flag that lets one address have all of a server's connections, where the binary has it."""
    flag = "-max-peers-per-address"
    done = subprocess.run([binary, "-help"], capture_output=True, text=True, check=True)
    return [flag + "=1000000"] if flag in done.stdout else []


class Run:
    """Everything that one run needs, and what it finds."""

    def __init__(self, setting, targets, plan, ports):
        self.setting = setting
        self.targets = targets  # Fewer than the setting asks for if descriptors are short.
        self.plan = plan
        self.ports = ports
        self.figures = {}

    def floor(self, binary):
        """Runs the floor with as many connections as the setting has. Returns its figures."""
        return run_floor(binary, min(self.targets, FLOOR_CONNECTIONS_MAX), self.plan.floor_s)

    def program(self, binary, floor):
        """Runs server and prober of one binary. Returns the figures by name."""
        self.figures = {"targets": self.targets, "floor_us": floor["round_trip_us"]}
        with contextlib.ExitStack() as stack:
            address = f"127.0.0.1:{self.ports.take()}"
            server, server_port = self._start(stack, binary, "-mode=server", f"-listen={address}",
                                              *without_bound_per_address(binary))
            server_scraper = stack.enter_context(Scraper(server_port))
            idle_rss = server.rss_kib()
            if self.setting.memory:
                self._measure_one_target(binary, address, server_scraper)
            began = time.monotonic()
            prober, port = self._start_prober(stack, binary, address, self.targets)
            self._wait_for_connections(server_scraper, (server, prober), self.targets)
            self.figures["prober_start_s"] = time.monotonic() - began
            time.sleep(self.plan.warm_up_s)
            with Scraper(port) as scraper:
                before, after = self._measure_span(server, prober, scraper, floor)
                self._measure_scrapes_aside(prober, scraper, after)
                self._faults(law_violations(scraper.get()))
            self._slots(before, after)
            added = self.figures["server_rss_mib"] - idle_rss / 1024
            self.figures["server_rss_added_mib"] = added
            self._end(prober, "prober")
            self._end(server, "server")
        return self.figures

    def _start(self, stack, binary, *arguments):
        port = self.ports.take()
        program = stack.enter_context(Program(binary, f"-metrics=127.0.0.1:{port}", *arguments))
        program.wait_for_port(port)
        return program, port

    def _start_prober(self, stack, binary, address, targets):
        file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".json"))
        json.dump([{"name": f"target{i}", "address": address} for i in range(targets)], file)
        file.flush()
        if self.setting.plugin:
            return self._start_daemon(stack, file.name)
        interval = f"-interval={self.setting.interval_ms:g}ms"
        return self._start(stack, binary, "-mode=client", f"-targets={file.name}", interval,
                           f"-timeout={self.setting.timeout}")

    def _start_daemon(self, stack, targets):
        # The daemon may drop privileges, and must still be able to read the file.
        os.chmod(targets, 0o644)
        port = self.ports.take()
        daemon = stack.enter_context(
            Daemon(self.setting.plugin, targets, self.setting, port, self.ports.take()))
        daemon.wait_for_port(port)
        return daemon, port

    @staticmethod
    def _wait_for_connections(scraper, programs, wanted):
        deadline = time.monotonic() + CONNECT_S
        while scraper.get().total("tcp_echo_server_connections") < wanted:
            for program in programs:
                program.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"fewer than {wanted} connections after {CONNECT_S} s")
            time.sleep(0.05)

    def _measure_one_target(self, binary, address, server_scraper):
        """What a prober with next to nothing to do uses."""
        with contextlib.ExitStack() as stack:
            prober, _ = self._start_prober(stack, binary, address, 1)
            self._wait_for_connections(server_scraper, (prober,), 1)
            time.sleep(self.plan.warm_up_s)
            self.figures["one_target_rss_kib"] = prober.rss_kib()
            prober.end()

    def _measure_span(self, server, prober, scraper, floor):
        """Between the two scrapes there is only probing."""
        rss = [prober.rss_kib()]
        before = scraper.get()
        rss.append(prober.rss_kib())
        began, busy = time.monotonic(), machine_cpu()
        cpu_before = prober.cpu(), server.cpu()
        time.sleep(self.plan.measure_s)
        cpu_after = prober.cpu(), server.cpu()
        elapsed, busy = time.monotonic() - began, machine_cpu() - busy
        rss.append(prober.rss_kib())
        server_rss = server.rss_kib()
        after = scraper.get()
        probes = after.total("tcp_echo_sent_total") - before.total("tcp_echo_sent_total")
        if probes <= 0:
            raise RuntimeError("the prober sent nothing")
        self._cpu(cpu_before, cpu_after, elapsed, probes, floor)
        ours = self.figures["prober_core_percent"] + self.figures["server_core_percent"]
        self.figures["others_core_percent"] = max(0, busy / elapsed * 100 - ours)
        self._memory(rss, server_rss)
        return before, after

    def _cpu(self, before, after, elapsed, probes, floor):
        for name, side, old, new in zip(("prober", "server"), ("client_us", "server_us"),
                                        before, after):
            cpu_us = (new[0] - old[0]) / 1000
            self.figures[name + "_us"] = cpu_us / probes
            self.figures[name + "_ratio"] = cpu_us / probes / floor[side]
            self.figures[name + "_core_percent"] = cpu_us / elapsed / 1e6 * 100
            self.figures[name + "_turns"] = (new[1] - old[1]) / probes

    def _memory(self, prober, server):
        """prober: before the first scrape, just after it, and at the span's end; all in KiB."""
        before, scraped, after = prober
        self.figures["prober_rss_mib"] = before / 1024
        self.figures["prober_rss_growth_kib"] = after - scraped
        self.figures["server_rss_mib"] = server / 1024
        if self.setting.memory:
            one = self.figures["one_target_rss_kib"]
            self.figures["prober_rss_target_kib"] = (before - one) / (self.targets - 1)

    def _slots(self, before, after):
        def between(name):
            return after.total(name) - before.total(name)

        sent = between("tcp_echo_sent_total")
        missed = between("tcp_echo_missed_slots_total")
        timeouts = between("tcp_echo_timeouts_total")
        elapsed = after.began - before.began
        due = self.targets * elapsed / (self.setting.interval_ms / 1000)
        lag = histogram_between(before, after, "tcp_echo_send_lag_seconds")
        rtt = histogram_between(before, after, "tcp_echo_rtt_seconds")
        last = sorted(before.values("tcp_echo_last_rtt_seconds")
                      + after.values("tcp_echo_last_rtt_seconds"))
        self.figures.update({
            "probes_per_second": between("tcp_echo_received_total") / elapsed,
            "served_percent": sent / (sent + missed) * 100,
            "unaccounted_percent": (1 - (sent + missed) / due) * 100,
            "missed_slots": missed,
            "timeouts": timeouts,
            "timeouts_percent": timeouts / sent * 100,
            "late": between("tcp_echo_late_total"),
            "unsent": between("tcp_echo_unsent_total"),
            "lag_p50_us": microseconds(histogram_quantile(0.5, lag)),
            "lag_p99_us": microseconds(histogram_quantile(0.99, lag)),
            "rtt_median_us": microseconds(statistics.median(last)),
            "rtt_p99_us": microseconds(last[min(len(last) - 1, int(len(last) * 0.99))]),
            "rtt_p99_histogram_us": microseconds(histogram_quantile(0.99, rtt)),
        })

    def _measure_scrapes_aside(self, *arguments):
        """
        On a low-priority thread: a real scraper runs on another machine, so the CPU that this one
        takes from the prober must not count against the exporter.
        """
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(step_aside).result()
            pool.submit(self._measure_scrapes, *arguments).result()

    def _measure_scrapes(self, prober, scraper, before):
        """Scrapes often enough for the send lag's p99 to show whether scrapes hold probes up."""
        large = self.targets >= LARGE_TARGETS
        count = min(self.plan.scrapes, 5) if large else self.plan.scrapes
        plain = []
        deadline = time.monotonic() + SCRAPES_MAX_S
        while len(plain) < count and time.monotonic() < deadline:
            time.sleep(SCRAPE_PAUSE_S * (10 if large else 1))
            plain.append(scraper.get())
        lag = histogram_between(before, plain[-1], "tcp_echo_send_lag_seconds")
        zipped = [scraper.get("gzip") for _ in range(max(3, count // 4))]
        elapsed = statistics.median(scrape.elapsed for scrape in plain)
        self.figures.update({
            "lag_p99_scraped_us": microseconds(histogram_quantile(0.99, lag)),
            "scrape_ms": elapsed * 1000,
            "scrape_us_target": elapsed * 1e6 / self.targets,
            "scrape_bytes": plain[-1].size,
            "scrape_gzip_ms": statistics.median(scrape.elapsed for scrape in zipped) * 1000,
            "scrape_gzip_bytes": zipped[-1].size,
            "prober_rss_scraped_mib": prober.rss_kib() / 1024,
        })

    def _end(self, program, name):
        status, seconds = program.end()
        self.figures[name + "_end_s"] = seconds
        if status != 0 or seconds > self.setting.end_max_s:
            self._faults([f"{name}: status {status}, {seconds:.2f} s after SIGTERM"])

    def _faults(self, faults):
        """Faults make the bench fail, but the figures are kept. The first few say enough."""
        self.figures.setdefault("faults", []).extend(faults[:3])


def step_aside():
    """On Linux, each thread has its own priority."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def microseconds(seconds):
    return None if seconds is None else seconds * 1e6


def run_once(run, binaries, order, floor):
    """The floor, then each binary in order. Returns the figures of each binary."""
    floor_figures = run.floor(floor)
    figures = [None] * len(binaries)
    for which in order:
        figures[which] = run.program(binaries[which], floor_figures)
    return figures


def run_in_quiet(run, binaries, order, floor):
    """Repeats runs that others on the machine disturbed, as far as the plan has patience."""
    for _ in range(QUIET_ATTEMPTS if run.plan.patience_s > 0 else 1):
        wait_for_quiet(run.plan.patience_s, OTHERS_MAX_PERCENT)
        figures = run_once(run, binaries, order, floor)
        if max(one["others_core_percent"] for one in figures) <= OTHERS_MAX_PERCENT:
            break
    return figures


def rounds(settings, binaries, floor, plan, descriptors, on_run):
    """
    Runs every setting plan.repeats times, interleaved, so that changes on the machine meanwhile
    affect all alike. Returns {setting: [[figures of each binary] for each round]}.
    """
    ports = Ports()
    results = {setting.name: [] for setting in settings}
    for number in range(plan.repeats):
        for setting in settings:
            run = Run(setting, min(setting.targets, descriptors - 100), plan, ports)
            on_run(number, setting, run.targets)
            # Every other round is in reverse order, so that none is always first.
            order = range(len(binaries))[::-1 if number % 2 else 1]
            results[setting.name].append(run_in_quiet(run, binaries, order, floor))
    return results
