# SPDX-License-Identifier: MIT
"""What is compared with the truth: the settings, the conditions, and the figures to show."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """A number of targets at an interval, with a percentage of the segments lost each way."""

    name: str
    says: str
    targets: int
    interval_ms: int
    timeout_ms: int = 800
    loss_percent: int = 0


SETTINGS = (
    Setting("1@10ms", "1 target at 10 ms", 1, 10),
    Setting("100@10ms", "100 targets at 10 ms", 100, 10),
    Setting("1000@100ms", "1,000 targets at 100 ms", 1000, 100),
    Setting("1000@10ms", "1,000 targets at 10 ms", 1000, 10),
    # A timeout above the kernel's 200 ms for a first retransmission, and below its second.
    Setting("loss=1%", "5 targets at 20 ms, timeout 300 ms, 1 % of segments lost each way",
            5, 20, 300, 1),
    Setting("loss=5%", "5 targets at 20 ms, timeout 300 ms, 5 % of segments lost each way",
            5, 20, 300, 5),
    # Enough for connections to stall and be dialled again.
    Setting("loss=20%", "5 targets at 20 ms, timeout 300 ms, 20 % of segments lost each way",
            5, 20, 300, 20),
)
QUICK_SETTINGS = ("100@10ms", "loss=5%")


@dataclass(frozen=True)
class Condition:
    """is_busy: a process spins on one core. is_plain: without the kernel's timestamps."""

    name: str
    is_busy: bool = False
    is_plain: bool = False


CONDITIONS = (
    Condition("idle"),
    Condition("busy", is_busy=True),
    Condition("idle, plain", is_plain=True),
    Condition("busy, plain", is_busy=True, is_plain=True),
)


def conditions_of(setting, is_quick):
    """With losses, only the losses matter."""
    if setting.loss_percent:
        return CONDITIONS[:1]
    return CONDITIONS[::2] if is_quick else CONDITIONS


@dataclass(frozen=True)
class Figure:
    """One row: its label, its digits, its aim, and whether only lossy settings have it."""

    name: str
    label: str
    digits: int
    aim: str = ""
    only_lossy: bool = False


FIGURES = (
    Figure("rtt_count", "single RTTs compared", 0),
    Figure("rtt_median_us", "RTT error, median magnitude, us", 1, "20"),
    Figure("rtt_p99_us", "RTT error, p99 magnitude, us", 1, "200"),
    Figure("rtt_signed_us", "RTT error, signed median, us", 1),
    Figure("rtt_min_us", "RTT error, lowest, us", 0),
    Figure("rtt_max_us", "RTT error, highest, us", 0),
    Figure("held_count", "of these, replies held up by the loss of an earlier segment", 0,
           only_lossy=True),
    Figure("held_median_us", "their error, median magnitude, us", 1, only_lossy=True),
    Figure("held_p99_us", "their error, p99 magnitude, us", 1, only_lossy=True),
    Figure("held_min_us", "their error, lowest, us", 0, only_lossy=True),
    Figure("batch_count", "scrapes with several new replies", 0, only_lossy=True),
    Figure("batch_min_us", "error of their mean RTT, lowest, us", 0, only_lossy=True),
    Figure("batch_max_us", "error of their mean RTT, highest, us", 0, only_lossy=True),
    Figure("mean_us", "error of the overall mean RTT, us", 1),
    Figure("moved_percent", "replies in the wrong bucket, %", 2),
    Figure("wait_median_us", "from reading the clock to departure, median, us", 1),
    Figure("wait_p99_us", "from reading the clock to departure, p99, us", 1),
    Figure("true_median_us", "true RTT, median, us", 1),
    Figure("true_p99_us", "true RTT, p99, us", 1),
    Figure("counters", "counters compared", 0),
    Figure("differing", "counters that differ", 0, "0"),
    Figure("received_true", "received, true", 0, only_lossy=True),
    Figure("received_off", "received, off by", 0, "0", only_lossy=True),
    Figure("late_true", "late, true", 0, only_lossy=True),
    Figure("late_off", "late, off by", 0, "0", only_lossy=True),
    Figure("connects_true", "connections, true", 0, only_lossy=True),
    Figure("connects_off", "connects, off by", 0, "0", only_lossy=True),
    Figure("retransmits_true", "retransmitted segments, true", 0, only_lossy=True),
    Figure("retransmits_off", "retransmits, off by", 0, "0", only_lossy=True),
    Figure("probes_per_second", "probes answered per second", 0),
    Figure("served_percent", "slots served, %", 1),
    Figure("drops", "packets the capture lost", 0),
)


@dataclass(frozen=True)
class Plan:
    """How long each run is watched, in seconds, and how many there are."""

    repeats: int
    watch_s: float
    few_watch_s: float  # With few targets, which give few round trips per second.
    patience_s: float = 0


FULL = Plan(repeats=3, watch_s=5, few_watch_s=10)
# Shows that everything works; the figures are worth little.
QUICK = Plan(repeats=1, watch_s=1, few_watch_s=2)
