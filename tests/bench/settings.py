# SPDX-License-Identifier: MIT
"""What is measured: the settings, the figures of each, and what they should be."""

import re
from dataclasses import dataclass, field

from figures import CORES, CPU, IDLE, MEMORY, RTT, SCRAPE, SLOTS

# Other processes and the hypervisor take time on any machine; above this, figures are doubtful.
OTHERS_MAX_PERCENT = 15

NAME = re.compile(r"([1-9]\d*)@([1-9]\d*)(ms|s)((?:-[a-z-]+=[^-]+)*)")
FLAG = re.compile(r"-([a-z-]+)=([^-]+)")


@dataclass(frozen=True)
class Setting:
    """A number of targets at an interval; figures: the ones to show, aims: what they should be."""

    name: str
    says: str
    targets: int
    interval_ms: int
    figures: tuple
    flags: dict = field(default_factory=dict)  # More flags of the prober.
    aims: dict = field(default_factory=dict)
    plugin: str = ""  # The prober is collectd with this plugin.
    end_max_s: float = 0  # How long a program may take to end, if more than the plan's.

    @property
    def timeout(self):
        return self.flags.get("timeout", "800ms")

    def shows(self, names):
        return any(name in self.figures for name in names)


def setting_of(load, figures=CPU + CORES + SLOTS + RTT + MEMORY, name=None, says=None, **rest):
    """
    load: targets, interval and flags of the prober, as in 9500@100ms-threads=2. What is not given
    is made of it. Raises ValueError.
    """
    match = NAME.fullmatch(load)
    if match is None:
        raise ValueError(f"{load} is not TARGETS@INTERVAL[-FLAG=VALUE]..., as in 100@200ms-threads=2")
    targets, interval, unit = int(match[1]), int(match[2]), match[3]
    flags = dict(FLAG.findall(match[4]))
    if says is None:
        noun = "target" if targets == 1 else "targets"
        says = ", ".join([f"{targets:,} {noun} at {interval} {unit}",
                          *(f"-{flag}={value}" for flag, value in flags.items())])
    return Setting(name or load, says, targets, interval * (1 if unit == "ms" else 1000), figures,
                   flags, **rest)


# As many probes per second of ever more targets: what one more costs.
GROWTH = tuple(setting_of(load, CPU[:1] + CPU[2:4] + CPU[5:6] + SLOTS + RTT + MEMORY)
               for load in ("10@2ms", "100@20ms", "1000@200ms", "10000@2s"))

SETTINGS = (
    setting_of("1@1s", IDLE + ("prober_us", "server_us", "timeouts", "rtt_mean_us") + MEMORY),
    setting_of("100@200ms", CPU + CORES + SLOTS + RTT),
    setting_of("100@10ms", CPU + SLOTS + RTT, aims={"prober_us": "10"}),
    setting_of("1000@10ms", CPU + SLOTS + ("lag_p99_scraped_us",) + RTT,
               aims={"prober_us": "8", "served_percent": "99.9", "timeouts": "0",
                     "lag_p99_scraped_us": "as without scrapes", "rtt_median_us": "40"}),
    setting_of("1000@10ms-timeout=20ms", SLOTS[:3] + ("timeouts_percent",) + SLOTS[3:],
               aims={"timeouts_percent": "under 0.1"}),
    setting_of("1000@100ms", CPU + SLOTS + RTT + SCRAPE,
               aims={"rtt_p99_us": "100", "scrape_us_target": "1"}),
    setting_of("9500@100ms", CPU + CORES + SLOTS + RTT),
    setting_of("9500@100ms-threads=2", CPU + CORES + SLOTS + RTT),
    setting_of("1000@4ms", ("probes_per_second",) + CORES + CPU + ("served_percent", "timeouts"),
               "saturated", "saturated: 1,000 targets at 4 ms", aims={"probes_per_second": "170000"}),
    setting_of("10000@200ms",
               ("prober_dirty_target_kib", "prober_rss_target_kib") + MEMORY
               + ("server_rss_added_mib", "prober_rss_growth_kib", "prober_rss_scraped_mib",
                  "prober_us", "server_us") + SLOTS + SCRAPE,
               "memory", aims={"prober_rss_target_kib": "2", "prober_rss_growth_kib": "0",
                               "server_rss_mib": "3"}),
    *GROWTH,
)

# One of each kind, and none that takes all of a slow machine before its targets are connected.
QUICK_SETTINGS = tuple(one for one in SETTINGS if one.name not in (
    "100@10ms", "9500@100ms", "9500@100ms-threads=2", "100@20ms", "1000@200ms", "10000@2s"))

INSIDE = ("prober_core_percent", "prober_us", "prober_ratio", "prober_dirty_mib", "prober_rss_mib",
          "prober_rss_growth_kib") + SLOTS + RTT + ("prober_start_s", "prober_end_s", "server_us")


def settings_of_plugin(plugin):
    """With --plugin: inside collectd, and the same in the standalone prober."""
    return (
        setting_of("1000@100ms", INSIDE, "collectd", "1,000 targets at 100 ms inside collectd",
                   plugin=plugin, end_max_s=5,
                   aims={"missed_slots": "0", "timeouts": "0", "prober_start_s": "seconds",
                         "prober_end_s": "seconds"}),
        setting_of("1000@100ms", INSIDE, "standalone",
                   "1,000 targets at 100 ms in the standalone prober"),
    )


def setting_named(name):
    """One of the settings, or any other. Raises ValueError."""
    for setting in SETTINGS:
        if setting.name == name:
            return setting
    return setting_of(name)


@dataclass(frozen=True)
class Plan:
    """How long each part of a run takes, in seconds, and how many runs there are."""

    repeats: int
    floor_s: float
    warm_up_s: float
    measure_s: float
    scrapes: int
    end_max_s: float  # How long a program may take to end.
    # Where these take longer than measure_s, the measured span does: so many intervals, and so many
    # probes unless that is more than probes_max_s.
    intervals: float = 0
    probes: int = 0
    probes_max_s: float = 60
    patience_s: float = 0

    def span_s(self, setting):
        interval_s = setting.interval_ms / 1000
        probes_s = self.probes * interval_s / setting.targets
        return max(self.measure_s, self.intervals * interval_s, min(probes_s, self.probes_max_s))


FULL = Plan(repeats=5, floor_s=2, warm_up_s=2, measure_s=6, scrapes=40, end_max_s=1, intervals=3,
            probes=60)
# Shows that everything works, also on a slow machine; the figures are worth little.
QUICK = Plan(repeats=1, floor_s=0.3, warm_up_s=0.3, measure_s=1, scrapes=5, end_max_s=5,
             intervals=1.5)
