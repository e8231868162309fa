# SPDX-License-Identifier: MIT
"""What the figures of a span are, by what was read at its two ends."""

import statistics
import time
from dataclasses import dataclass

from exposition import histogram_between, histogram_quantile
from machine import machine_cpu, stolen_cpu


@dataclass(frozen=True)
class Moment:
    """What the machine and the two programs had used by then: seconds, nanoseconds, times."""

    time: float
    busy: float
    stolen: float
    cpu: dict
    wakes: dict

    @classmethod
    def now(cls, programs):
        """programs: by name, prober and server."""
        return cls(time.monotonic(), machine_cpu(), stolen_cpu(),
                   {name: program.cpu() for name, program in programs.items()},
                   {name: program.wakes() for name, program in programs.items()})


def usage(before, after, probes):
    """What prober and server used between two moments, and what others did."""
    elapsed = after.time - before.time
    figures = {}
    for name in before.cpu:
        cpu_us = (after.cpu[name] - before.cpu[name]) / 1000
        by_thread = after.wakes[name] - before.wakes[name]
        wakes = sum(by_thread.values())
        figures.update({
            f"{name}_us": cpu_us / probes,
            f"{name}_core_percent": cpu_us / elapsed / 1e6 * 100,
            f"{name}_minute_ms": cpu_us / 1000 / elapsed * 60,
            f"{name}_wakes": wakes / probes,
            f"{name}_minute_wakes": wakes / elapsed * 60,
            f"{name}_minute_wakes_by_thread":
                {thread: count / elapsed * 60 for thread, count in by_thread.items()},
        })
    ours = sum(figures[f"{name}_core_percent"] for name in before.cpu)
    busy = (after.busy - before.busy) / elapsed * 100
    return figures | {
        "others_core_percent": max(0, busy - ours),
        "stolen_core_percent": (after.stolen - before.stolen) / elapsed * 100,
    }


def against_floor(figures, floor):
    return {"floor_us": floor["round_trip_us"],
            "prober_ratio": figures["prober_us"] / floor["client_us"],
            "server_ratio": figures["server_us"] / floor["server_us"]}


def slots(before, after, targets, interval_s):
    """What became of the slots between two scrapes. None where the binary has no such metric."""
    def between(name):
        return after.total(name) - before.total(name) if after.family(name) else None

    sent = between("tcp_echo_sent_total")
    if not sent:
        raise RuntimeError("the prober sent nothing")
    missed = between("tcp_echo_missed_slots_total")
    timeouts = between("tcp_echo_timeouts_total")
    elapsed = after.began - before.began
    known = sent + (missed or 0)
    return {
        "probes_per_second": between("tcp_echo_received_total") / elapsed,
        "served_percent": None if missed is None else sent / known * 100,
        "unaccounted_slots": targets * elapsed / interval_s - known,
        "unaccounted_percent": (1 - known / (targets * elapsed / interval_s)) * 100,
        "missed_slots": missed,
        "timeouts": timeouts,
        "timeouts_percent": timeouts / sent * 100,
        "late": between("tcp_echo_late_total"),
        "unsent": between("tcp_echo_unsent_total"),
    }


def round_trips(before, after):
    """How late probes were sent, and how long they took."""
    lag = histogram_between(before, after, "tcp_echo_send_lag_seconds")
    rtt = histogram_between(before, after, "tcp_echo_rtt_seconds")
    total, count = (after.total(f"tcp_echo_rtt_seconds_{what}")
                    - before.total(f"tcp_echo_rtt_seconds_{what}") for what in ("sum", "count"))
    last = sorted(before.values("tcp_echo_last_rtt_seconds")
                  + after.values("tcp_echo_last_rtt_seconds"))
    return {
        "lag_p50_us": microseconds(histogram_quantile(0.5, lag)),
        "lag_p99_us": microseconds(histogram_quantile(0.99, lag)),
        "rtt_median_us": microseconds(statistics.median(last)),
        "rtt_p99_us": microseconds(last[min(len(last) - 1, int(len(last) * 0.99))]),
        "rtt_p99_histogram_us": microseconds(histogram_quantile(0.99, rtt)),
        "rtt_mean_us": microseconds(total / count if count else None),
    }


def microseconds(seconds):
    return None if seconds is None else seconds * 1e6
