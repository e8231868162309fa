# SPDX-License-Identifier: MIT
"""What makes figures doubtful, and what must not happen."""

import statistics

from settings import OTHERS_MAX_PERCENT

# Slots may be due at the very edges of a span.
EDGE_SLOTS = 2


def runs_of(results, setting):
    """Of all binaries."""
    return [figures for pair in results[setting.name] for figures in pair]


def others(settings, results):
    """A sentence on what the machine did beside the runs."""
    runs = [figures for setting in settings for figures in runs_of(results, setting)]
    used = [figures["others_core_percent"] for figures in runs]
    stolen = max(figures["stolen_core_percent"] for figures in runs)
    said = (f"Others on the machine used up to {max(used):.0f} % of a core during a run (median "
            f"{statistics.median(used):.0f} %), the hypervisor's share included (up to {stolen:.0f} %)")
    above = {setting.says: sum(figures["others_core_percent"] > OTHERS_MAX_PERCENT
                               for figures in runs_of(results, setting)) for setting in settings}
    disturbed = sum(above.values())
    if disturbed == 0:
        return f"{said}: no run was disturbed."
    which = "all of them" if disturbed == len(runs) else "; ".join(
        f"{count} with {says}" for says, count in above.items() if count)
    return f"{said}. Disturbed, by more than {OTHERS_MAX_PERCENT} %: {disturbed} of {len(runs)}, {which}."


def warnings(settings, results):
    runs = [figures for setting in settings for figures in runs_of(results, setting)]
    if max(figures["others_core_percent"] for figures in runs) > OTHERS_MAX_PERCENT:
        yield f"measure again on a quiet machine: {others(settings, results)}"
    for setting in settings:
        for figures in runs_of(results, setting):
            if setting.name == "saturated" and figures["prober_core_percent"] < 95:
                yield f"saturated: the prober used only {figures['prober_core_percent']:.0f} % of a core"


def errors(settings, results):
    """Runs whose figures are not those of the setting: no document takes them."""
    return [error for setting in settings for figures in runs_of(results, setting)
            for error in _errors_of_run(setting, figures)]


def _errors_of_run(setting, figures):
    if figures["targets"] < setting.targets:
        yield f"{setting.name}: only {figures['targets']} targets: the limit of descriptors is too low"
    share = figures["unaccounted_percent"]
    if setting.name != "saturated" and abs(share) > 0.5 and abs(figures["unaccounted_slots"]) > EDGE_SLOTS:
        yield f"{setting.name}: {share:.2f} % of the slots that were due by the clock were neither sent nor missed"


def faults(settings, results):
    """A broken law of accounting, or an exit that is not clean and quick."""
    return [f"{setting.name}: {fault}" for setting in settings
            for figures in runs_of(results, setting) for fault in figures.get("faults", [])]
