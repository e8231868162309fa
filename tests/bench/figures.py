# SPDX-License-Identifier: MIT
"""The figures that there are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure: its label, and how many digits it is shown with."""

    label: str
    digits: int


FIGURES = {
    "prober_us": Figure("prober, CPU us per probe", 2),
    "prober_ratio": Figure("prober, against the floor's client", 2),
    "prober_wakes": Figure("prober, wake-ups per probe", 3),
    "prober_core_percent": Figure("prober, % of a core", 2),
    "prober_minute_wakes": Figure("prober, wake-ups per minute", 0),
    "prober_minute_ms": Figure("prober, CPU ms per minute", 2),
    "server_us": Figure("server, CPU us per probe", 2),
    "server_ratio": Figure("server, against the floor's server", 2),
    "server_wakes": Figure("server, wake-ups per probe", 3),
    "server_core_percent": Figure("server, % of a core", 2),
    "server_minute_wakes": Figure("server, wake-ups per minute", 0),
    "server_minute_ms": Figure("server, CPU ms per minute", 2),
    "floor_us": Figure("floor, CPU us per round trip, both sides", 2),
    "probes_per_second": Figure("probes answered per second", 0),
    "served_percent": Figure("slots served, %", 3),
    "missed_slots": Figure("missed slots", 0),
    "timeouts": Figure("false timeouts", 0),
    "timeouts_percent": Figure("false timeouts, %", 4),
    "lag_p50_us": Figure("send lag p50, us", 0),
    "lag_p99_us": Figure("send lag p99, us", 0),
    "lag_p99_scraped_us": Figure("send lag p99 while scraped 20 times per second, us", 0),
    "rtt_median_us": Figure("reported RTT median, us", 1),
    "rtt_p99_us": Figure("reported RTT p99, us", 1),
    "rtt_p99_histogram_us": Figure("reported RTT p99 from the histogram, us", 0),
    "rtt_mean_us": Figure("reported RTT mean, us", 1),
    "prober_start_s": Figure("prober, seconds from start to the last connection", 2),
    "prober_end_s": Figure("prober, seconds to exit", 2),
    "prober_dirty_mib": Figure("prober, MiB made dirty", 2),
    "prober_dirty_target_kib": Figure("prober, KiB made dirty per target", 2),
    "prober_rss_mib": Figure("prober, RSS MiB in total", 2),
    "prober_rss_target_kib": Figure("prober, RSS KiB per target", 2),
    "prober_rss_scraped_mib": Figure("prober, RSS MiB after scrapes", 2),
    "prober_rss_growth_kib": Figure("prober, RSS growth over the span, KiB", 0),
    "server_dirty_mib": Figure("server, MiB made dirty", 2),
    "server_rss_mib": Figure("server, RSS MiB in total", 2),
    "server_rss_added_mib": Figure("server, RSS MiB of that for connections", 2),
    "scrape_ms": Figure("scrape, ms", 2),
    "scrape_us_target": Figure("scrape, us per target", 3),
    "scrape_bytes": Figure("scrape, bytes", 0),
    "scrape_gzip_ms": Figure("scrape with gzip, ms", 2),
    "scrape_gzip_bytes": Figure("scrape with gzip, bytes", 0),
    "others_core_percent": Figure("others on the machine, % of a core", 1),
}

FLOOR = ("prober_ratio", "server_ratio", "floor_us")
CPU = ("prober_us", "prober_ratio", "prober_wakes", "server_us", "server_ratio", "server_wakes",
       "floor_us")
CORES = ("prober_core_percent", "server_core_percent")
IDLE = ("prober_minute_wakes", "prober_minute_ms", "server_minute_wakes", "server_minute_ms")
SLOTS = ("served_percent", "missed_slots", "timeouts", "lag_p50_us", "lag_p99_us")
RTT = ("rtt_median_us", "rtt_p99_us", "rtt_p99_histogram_us")
MEMORY = ("prober_dirty_mib", "prober_rss_mib", "server_dirty_mib", "server_rss_mib")
SCRAPE = ("scrape_ms", "scrape_us_target", "scrape_bytes", "scrape_gzip_ms", "scrape_gzip_bytes")
SCRAPED = SCRAPE + ("lag_p99_scraped_us", "prober_rss_scraped_mib")
# Whose quotient to a run of next to nothing says how much a target takes.
PER_TARGET = ("prober_dirty_target_kib", "prober_rss_target_kib")
