# SPDX-License-Identifier: MIT
"""A real-time clock for the program under test that steps on demand, by tests/system/clock_shim.c."""
import mmap
import os
import random
import struct
import tempfile
import time

from lib.program import BINARY, WRAPPER
from lib.scenario import Skip

SHIM = os.environ.get("TCP_ECHO_METRICS_CLOCK_SHIM") or os.path.join(
    os.path.dirname(BINARY), ".libs", "clock_shim.so")
# As in the shim: the number of steps, whether timestamps are dropped, how long polls are held up, how fast the
# clock runs, since when, how far off it is, how far the HTTP thread's monotonic clock is ahead; then the steps.
HEADER = struct.Struct("=QQqqqqq")
STEP = struct.Struct("=qq")
STEPS_MAX = 4096
US, MS, S = 1_000, 1_000_000, 1_000_000_000
# How far it is ahead from the start.
AHEAD = 7 * 86400 * S


class SteppedClock:
    """As a context. The program gets environment(); then its clock can be made to step."""

    def __enter__(self):
        if not os.path.exists(SHIM):
            raise Skip("the library for a clock that steps was not built (make clock_shim.la)")
        if WRAPPER:
            raise Skip("a wrapper is set, which would be preloaded too")
        self._file = tempfile.NamedTemporaryFile(prefix="tcp-echo-clock-")
        size = HEADER.size + STEPS_MAX * STEP.size
        self._file.truncate(size)
        self._map = mmap.mmap(self._file.fileno(), size)
        self._count = 0
        self.step(AHEAD)
        return self

    def __exit__(self, *_):
        self._map.close()
        self._file.close()

    def environment(self):
        # ASan insists on being loaded first unless it is told otherwise.
        asan = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        folder, name = os.path.split(os.path.abspath(SHIM))
        # A space would end a path in LD_PRELOAD.
        return {
            **os.environ,
            "LD_PRELOAD": name,
            "LD_LIBRARY_PATH": folder,
            "TCP_ECHO_CLOCK_SHIM": self._file.name,
            "ASAN_OPTIONS": asan,
        }

    def step(self, by_ns, at_ns=None):
        """Steps at a moment of this machine's real-time clock, or right now."""
        self._write(time.time_ns() if at_ns is None else at_ns, by_ns)
        self._publish()

    def _write(self, at_ns, by_ns):
        assert self._count < STEPS_MAX, "more steps than fit"
        STEP.pack_into(self._map, HEADER.size + self._count * STEP.size, at_ns, by_ns)
        self._count += 1

    def _publish(self):
        struct.pack_into("=Q", self._map, 0, self._count)

    def schedule(self, steps_ns, spacing_ns):
        """
        Steps one after the other, spacing_ns apart on average, so that they keep no rhythm with anything.
        Returns the time of the last one (real-time clock, ns).
        """
        # A step must not be in the past when the program learns of it: all are written first and take effect
        # together, and if this process was held up for too long they are written again.
        first, lead_ns = self._count, 50 * MS
        while True:
            self._count = first
            begin_ns = time.time_ns()
            at_ns = begin_ns + 2 * lead_ns
            for by_ns in steps_ns:
                at_ns += int(spacing_ns * random.uniform(0.5, 1.5))
                self._write(at_ns, by_ns)
            if time.time_ns() < begin_ns + lead_ns:
                self._publish()
                return at_ns
            lead_ns *= 2

    def drop_stamps(self):
        """From now on the program receives no timestamps."""
        struct.pack_into("=Q", self._map, 8, 1)

    def synchronise(self, max_error_us):
        """From now on the program's system says that its clock is synchronised, and that far off at most."""
        struct.pack_into("=q", self._map, 40, max_error_us)

    def unsynchronise(self):
        """From now on it says that it is not."""
        struct.pack_into("=q", self._map, 40, -1)

    def drift(self, ppb):
        """From now on the clock runs faster by that much, in 1e-9."""
        struct.pack_into("=qq", self._map, 24, ppb, time.time_ns())

    def hold_up_polls(self, lag_ns):
        """From now on the program is held up that long, less than a second, each time before it looks for events."""
        struct.pack_into("=q", self._map, 16, lag_ns)

    def put_http_ahead(self, ahead_ns):
        """From now on the monotonic clock of the HTTP thread is that far ahead of the others' in all."""
        struct.pack_into("=q", self._map, 48, ahead_ns)

    def check_effect(self, program):
        """Checks that the program runs under this clock: the start time that it exposes is ahead too."""
        ahead = program.metrics().value("process_start_time_seconds") - time.time()
        assert ahead > AHEAD / S / 2, f"the program's clock is {ahead:.3f} s ahead, and should be {AHEAD / S:.0f} s"
