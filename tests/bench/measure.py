# SPDX-License-Identifier: MIT
"""One run of one setting: server and prober as two processes, and what they used."""

import concurrent.futures
import contextlib
import json
import os
import statistics
import tempfile
import threading
import time

import spans
from daemon import Daemon
from exposition import Scraper, histogram_between, histogram_quantile, law_violations
from figures import FLOOR, PER_TARGET, SCRAPED
from processes import Program, has_flag, run_floor

CONNECT_S = 60
# With more connections the sockets no longer fit the CPU's caches, which is no floor any more.
FLOOR_CONNECTIONS_MAX = 1000
SCRAPE_PAUSE_S = 0.05
# On a busy machine a low-priority scraper is slow: it gets this long, even for fewer scrapes.
SCRAPES_MAX_S = 10
# Large expositions are scraped less often, with time in between for the prober to show its lag.
LARGE_TARGETS = 5000


class Run:
    """Everything that one run needs, and what it finds."""

    def __init__(self, setting, targets, plan, ports):
        self.setting = setting
        self.targets = targets  # Fewer than the setting asks for if descriptors are short.
        self.plan = plan
        self.ports = ports
        self.figures = {}

    def floor(self, binary):
        """
        Runs the floor with as many connections as the setting has. Returns its figures, or None if
        the setting is not compared with it.
        """
        if not self.setting.shows(FLOOR):
            return None
        return run_floor(binary, min(self.targets, FLOOR_CONNECTIONS_MAX), self.plan.floor_s)

    def program(self, binary, server_binary, floor):
        """Runs a server and a prober. Returns the figures by name."""
        self.figures = {"targets": self.targets}
        with contextlib.ExitStack() as stack:
            address = f"127.0.0.1:{self.ports.take()}"
            server, server_port = self._start_server(stack, server_binary, address)
            server_scraper = stack.enter_context(Scraper(server_port))
            idle_rss = server.rss_kib()
            one_target = None
            if self.setting.shows(PER_TARGET):
                one_target = self._memory_of_one_target(binary, address, server_scraper)
            began = time.monotonic()
            prober, port = self._start_prober(stack, binary, address, self.targets)
            self._wait_for_connections(server_scraper, (server, prober), self.targets)
            self.figures["prober_start_s"] = time.monotonic() - began
            time.sleep(self.plan.warm_up_s)
            with Scraper(port) as scraper:
                self._memory_before(server, prober, idle_rss, one_target)
                after = self._measure_span(server, prober, scraper)
                if self.setting.shows(SCRAPED):
                    self._measure_scrapes_aside(prober, scraper, after)
                self._faults(law_violations(scraper.get()))
            if floor is not None:
                self.figures.update(spans.against_floor(self.figures, floor))
            self._end(prober, "prober")
            self._end(server, "server")
        return self.figures

    def _start(self, stack, binary, *arguments):
        port = self.ports.take()
        program = stack.enter_context(Program(binary, f"-metrics=127.0.0.1:{port}", *arguments))
        program.wait_for_port(port)
        return program, port

    def _start_server(self, stack, binary, address):
        # All connections come from one address. Old binaries have no bound for that.
        flag = "max-peers-per-address"
        unbound = [f"-{flag}=1000000"] if has_flag(binary, flag) else []
        return self._start(stack, binary, "-mode=server", f"-listen={address}", *unbound)

    def _start_prober(self, stack, binary, address, targets):
        file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".json"))
        json.dump([{"name": f"target{i}", "address": address} for i in range(targets)], file)
        file.flush()
        if self.setting.plugin:
            return self._start_daemon(stack, file.name)
        flags = {"interval": f"{self.setting.interval_ms}ms", **self.setting.flags}
        return self._start(stack, binary, "-mode=client", f"-targets={file.name}",
                           *(f"-{flag}={value}" for flag, value in flags.items()))

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
        while (made := scraper.get().total("tcp_echo_server_connections")) < wanted:
            for program in programs:
                program.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{made:.0f} of {wanted} connections after {CONNECT_S} s")
            time.sleep(0.05)

    def _memory_of_one_target(self, binary, address, server_scraper):
        """What a prober with next to nothing to do uses: dirty and resident KiB."""
        with contextlib.ExitStack() as stack:
            prober, _ = self._start_prober(stack, binary, address, 1)
            self._wait_for_connections(server_scraper, (prober,), 1)
            time.sleep(self.plan.warm_up_s)
            memory = prober.dirty_kib(), prober.rss_kib()
            prober.end()
        return memory

    def _memory_before(self, server, prober, idle_rss, one_target):
        """Before the first scrape of the prober."""
        dirty, rss = prober.dirty_kib(), prober.rss_kib()
        server_rss = server.rss_kib()
        self.figures.update({
            "prober_dirty_mib": dirty / 1024,
            "prober_rss_mib": rss / 1024,
            "server_dirty_mib": server.dirty_kib() / 1024,
            "server_rss_mib": server_rss / 1024,
            "server_rss_added_mib": (server_rss - idle_rss) / 1024,
        })
        if one_target is not None:
            others = self.targets - 1
            self.figures["prober_dirty_target_kib"] = (dirty - one_target[0]) / others
            self.figures["prober_rss_target_kib"] = (rss - one_target[1]) / others

    def _measure_span(self, server, prober, scraper):
        """Between two scrapes there is only probing. Returns the second."""
        programs = {"prober": prober, "server": server}
        before = scraper.get()
        rss = prober.rss_kib()
        moment = spans.Moment.now(programs)
        time.sleep(self.plan.span_s(self.setting))
        later = spans.Moment.now(programs)
        self.figures["prober_rss_growth_kib"] = prober.rss_kib() - rss
        after = scraper.get()
        interval_s = self.setting.interval_ms / 1000
        self.figures.update(spans.slots(before, after, self.targets, interval_s))
        self.figures.update(spans.round_trips(before, after))
        probes = after.total("tcp_echo_sent_total") - before.total("tcp_echo_sent_total")
        self.figures.update(spans.usage(moment, later, probes))
        return after

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
            "lag_p99_scraped_us": spans.microseconds(histogram_quantile(0.99, lag)),
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
        if status != 0 or seconds > max(self.plan.end_max_s, self.setting.end_max_s):
            self._faults([f"{name}: status {status}, {seconds:.2f} s after SIGTERM"])

    def _faults(self, faults):
        """Faults make the bench fail, but the figures are kept. The first few say enough."""
        self.figures.setdefault("faults", []).extend(faults[:3])


def step_aside():
    """On Linux, each thread has its own priority."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
