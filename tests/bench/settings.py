# SPDX-License-Identifier: MIT
"""What is measured: the settings, the figures of each, and what they should be."""

from dataclasses import dataclass, field

# Other processes and the hypervisor take time on any machine; above this, figures are doubtful.
OTHERS_MAX_PERCENT = 15

CPU = ("prober_us", "prober_ratio", "server_us", "server_ratio", "floor_us", "prober_turns")
SLOTS = ("served_percent", "missed_slots", "timeouts", "lag_p50_us", "lag_p99_us")
RTT = ("rtt_median_us", "rtt_p99_us", "rtt_p99_histogram_us")
SCRAPE = ("scrape_ms", "scrape_us_target", "scrape_bytes", "scrape_gzip_ms", "scrape_gzip_bytes")


@dataclass(frozen=True)
class Figure:
    """One figure: its label, and how many digits it is shown with."""

    label: str
    digits: int


FIGURES = {
    "prober_us": Figure("prober, CPU us per probe", 2),
    "prober_ratio": Figure("prober, against the floor's client", 2),
    "server_us": Figure("server, CPU us per probe", 2),
    "server_ratio": Figure("server, against the floor's server", 2),
    "floor_us": Figure("floor, CPU us per round trip, both sides", 2),
    "prober_turns": Figure("prober, times scheduled per probe", 3),
    "probes_per_second": Figure("probes answered per second", 0),
    "prober_core_percent": Figure("prober, % of a core", 1),
    "server_core_percent": Figure("server, % of a core", 1),
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
    "prober_start_s": Figure("prober, seconds from start to the last connection", 2),
    "prober_end_s": Figure("prober, seconds to exit", 2),
    "prober_rss_target_kib": Figure("prober, RSS KiB per target", 2),
    "prober_rss_mib": Figure("prober, RSS MiB in total", 2),
    "prober_rss_scraped_mib": Figure("prober, RSS MiB after scrapes", 2),
    "prober_rss_growth_kib": Figure("prober, RSS growth over the span, KiB", 0),
    "server_rss_mib": Figure("server, RSS MiB in total", 2),
    "server_rss_added_mib": Figure("server, RSS MiB of that for connections", 2),
    "scrape_ms": Figure("scrape, ms", 2),
    "scrape_us_target": Figure("scrape, us per target", 3),
    "scrape_bytes": Figure("scrape, bytes", 0),
    "scrape_gzip_ms": Figure("scrape with gzip, ms", 2),
    "scrape_gzip_bytes": Figure("scrape with gzip, bytes", 0),
}


@dataclass(frozen=True)
class Setting:
    """A number of targets at an interval; figures: the ones to show, aims: what they should be."""

    name: str
    says: str
    targets: int
    interval_ms: float
    figures: tuple
    timeout: str = "800ms"
    aims: dict = field(default_factory=dict)
    memory: bool = False  # A prober with one target runs first, to find the cost per target.
    plugin: str = ""  # The prober is collectd with this plugin.
    end_max_s: float = 1  # How long a program may take to end.


SETTINGS = (
    Setting("100@10ms", "100 targets at 10 ms", 100, 10, CPU + SLOTS + RTT,
            aims={"prober_us": "10"}),
    Setting("1000@10ms", "1,000 targets at 10 ms", 1000, 10,
            CPU + SLOTS + ("lag_p99_scraped_us",) + RTT,
            aims={"prober_us": "8", "served_percent": "99.9", "timeouts": "0",
                  "lag_p99_scraped_us": "as without scrapes", "rtt_median_us": "40"}),
    Setting("1000@10ms-timeout=20ms", "1,000 targets at 10 ms, -timeout=20ms", 1000, 10,
            SLOTS[:3] + ("timeouts_percent",) + SLOTS[3:], timeout="20ms",
            aims={"timeouts_percent": "under 0.1"}),
    Setting("1000@100ms", "1,000 targets at 100 ms", 1000, 100, CPU + SLOTS + RTT + SCRAPE,
            aims={"rtt_p99_us": "100", "scrape_us_target": "1"}),
    Setting("saturated", "saturated: 1,000 targets at 4 ms", 1000, 4,
            ("probes_per_second", "prober_core_percent", "server_core_percent") + CPU
            + ("served_percent", "timeouts"),
            aims={"probes_per_second": "170000"}),
    Setting("memory", "10,000 targets at 200 ms", 10000, 200,
            ("prober_rss_target_kib", "prober_rss_mib", "prober_rss_growth_kib",
             "prober_rss_scraped_mib", "server_rss_mib", "server_rss_added_mib",
             "prober_us", "server_us") + SLOTS + SCRAPE,
            aims={"prober_rss_target_kib": "2", "prober_rss_growth_kib": "0",
                  "server_rss_mib": "3"}, memory=True),
)


INSIDE = (("prober_core_percent",) + CPU[:2] + ("prober_rss_mib", "prober_rss_growth_kib") + SLOTS
          + RTT + ("prober_start_s", "prober_end_s", "server_us"))


def settings_of_plugin(plugin):
    """With --plugin: inside collectd, and the same in the standalone prober."""
    return (
        Setting("collectd", "1,000 targets at 100 ms inside collectd", 1000, 100, INSIDE,
                plugin=plugin, end_max_s=5,
                aims={"missed_slots": "0", "timeouts": "0", "prober_start_s": "seconds",
                      "prober_end_s": "seconds"}),
        Setting("standalone", "1,000 targets at 100 ms in the standalone prober", 1000, 100, INSIDE),
    )


@dataclass(frozen=True)
class Plan:
    """How long each part of a run takes, in seconds, and how many runs there are."""

    repeats: int
    floor_s: float
    warm_up_s: float
    measure_s: float
    scrapes: int
    patience_s: float = 0


FULL = Plan(repeats=5, floor_s=2, warm_up_s=2, measure_s=6, scrapes=40)
# Shows that everything works; the figures are worth little.
QUICK = Plan(repeats=1, floor_s=0.3, warm_up_s=0.5, measure_s=1.5, scrapes=10)
