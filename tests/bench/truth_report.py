# SPDX-License-Identifier: MIT
"""The truth figures as plain text, as Markdown for docs/accuracy.md, and as JSON."""

import statistics

from machine import machine
from truth_settings import CONDITIONS, FIGURES


def cell(figure, runs):
    """The median over the runs; for the lowest and highest errors, the extreme."""
    values = [run[figure.name] for run in runs if figure.name in run]
    if not values:
        return "-"
    pick = statistics.median
    if figure.name.endswith("_min_us"):
        pick = min
    elif figure.name.endswith("_max_us") or figure.name in ("differing", "drops"):
        pick = max
    return f"{pick(values):,.{figure.digits}f}"


def table(setting, results):
    """The names of the setting's conditions, and (label, cell of each condition, aim) by row."""
    conditions = [one for one in CONDITIONS if (setting, one) in results]
    rows = []
    for figure in FIGURES:
        if figure.only_lossy and not setting.loss_percent:
            continue
        cells = [cell(figure, results[setting, condition]) for condition in conditions]
        rows.append((figure.label, cells, figure.aim))
    return [condition.name for condition in conditions], rows


def settings_of(results):
    return list(dict.fromkeys(setting for setting, _ in results))


def text(results):
    lines = [machine()]
    for setting in settings_of(results):
        conditions, rows = table(setting, results)
        runs = len(results[setting, CONDITIONS[0]])
        lines.append(f"\n{setting.says}  (medians, runs: {runs})")
        lines.append(f"  {'':54}" + "".join(f" {name:>12}" for name in conditions) + "  aim")
        lines += [f"  {label:54}{''.join(f' {one:>12}' for one in cells)}  {aim}".rstrip()
                  for label, cells, aim in rows]
    return "\n".join(lines)


def markdown(results):
    first = settings_of(results)[0]
    lines = [f"Measured on: {machine()}. Runs of each: {len(results[first, CONDITIONS[0]])}."]
    for setting in settings_of(results):
        conditions, rows = table(setting, results)
        lines += ["", f"**{setting.says}**", "",
                  f"| | {' | '.join(conditions)} | aim |",
                  f"| --- |{' ---: |' * len(conditions)} --- |"]
        lines += [f"| {label} | {' | '.join(cells)} | {aim} |" for label, cells, aim in rows]
    return "\n".join(lines)


def faults(results):
    return [f"{setting.name}, {condition.name}: {fault}" for (setting, condition), runs
            in results.items() for run in runs for fault in run["faults"]]


def document(results, plan):
    """Everything, for json.dump()."""
    return {
        "machine": machine(),
        "plan": vars(plan),
        "settings": {setting.name: {condition.name: results[setting, condition]
                                    for condition in CONDITIONS if (setting, condition) in results}
                     for setting in settings_of(results)},
    }
