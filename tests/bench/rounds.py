# SPDX-License-Identifier: MIT
"""All runs of all settings, taking turns."""

from dataclasses import dataclass

from machine import wait_for_quiet
from measure import Run
from processes import Ports
from settings import OTHERS_MAX_PERCENT

# How often a disturbed run is tried at most.
QUIET_ATTEMPTS = 3


@dataclass(frozen=True)
class Subject:
    """What is measured."""

    binaries: list  # One, or a pair.
    server: str  # The binary of the echo server; "" for the prober's own.
    floor: str
    descriptors: int  # How many a process may have.


def run_once(run, subject, order):
    """The floor, then each binary in order. Returns the figures of each binary."""
    floor = run.floor(subject.floor)
    figures = [None] * len(subject.binaries)
    for which in order:
        binary = subject.binaries[which]
        figures[which] = run.program(binary, subject.server or binary, floor)
    return figures


def run_in_quiet(run, subject, order):
    """Repeats runs that others on the machine disturbed, as far as the plan has patience."""
    for _ in range(QUIET_ATTEMPTS if run.plan.patience_s > 0 else 1):
        wait_for_quiet(run.plan.patience_s, OTHERS_MAX_PERCENT)
        figures = run_once(run, subject, order)
        if max(one["others_core_percent"] for one in figures) <= OTHERS_MAX_PERCENT:
            break
    return figures


def rounds(settings, subject, plan, on_run):
    """
    Runs every setting plan.repeats times, interleaved, so that changes on the machine meanwhile
    affect all alike. Returns {setting: [[figures of each binary] for each round]}.
    """
    ports = Ports()
    results = {setting.name: [] for setting in settings}
    for number in range(plan.repeats):
        for setting in settings:
            run = Run(setting, min(setting.targets, subject.descriptors - 100), plan, ports)
            on_run(number, setting, run.targets)
            # Every other round is in reverse order, so that none is always first.
            order = range(len(subject.binaries))[::-1 if number % 2 else 1]
            results[setting.name].append(run_in_quiet(run, subject, order))
    return results
