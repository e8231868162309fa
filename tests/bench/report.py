# SPDX-License-Identifier: MIT
"""Figures as plain text, as Markdown for docs/performance.md, and as JSON."""

import os
import statistics

from settings import FIGURES, OTHERS_MAX_PERCENT

BEGIN = "<!-- bench: begin -->"
END = "<!-- bench: end -->"


def machine():
    """What the figures were measured on, as far as the system reports it."""
    model, flags = "unknown processor", ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                model = value.strip()
            elif name.strip() == "flags":
                flags = value
    system = os.uname()
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    virtual = ", virtual machine" if " hypervisor" in flags else ""
    return (f"{model}, {cores} cores{virtual}, {memory:.0f} GiB, "
            f"{system.sysname} {system.release} {system.machine}")


def number(value, figure):
    return "-" if value is None else f"{value:,.{figure.digits}f}"


def spread(values, figure):
    """Median and range, as text."""
    known = [value for value in values if value is not None]
    if not known:
        return "-", ""
    median = number(statistics.median(known), figure)
    return median, f"{number(min(known), figure)} .. {number(max(known), figure)}"


def rows(setting, results, which):
    """(label, median, range, aim) for each figure of a setting; which: the binary's index."""
    for name in setting.figures:
        values = [figures[which].get(name) for figures in results[setting.name]]
        figure = FIGURES[name]
        yield (figure.label, *spread(values, figure), setting.aims.get(name, ""))


def ratios(setting, results):
    """(label, median of the first, of the second, median ratio of the pairs) for each figure."""
    for name in setting.figures:
        figure = FIGURES[name]
        pairs = [[figures[name] for figures in pair] for pair in results[setting.name]]
        known = [pair for pair in pairs if None not in pair]
        medians = [spread([pair[which] for pair in known], figure)[0] for which in (0, 1)]
        quotients = [pair[1] / pair[0] for pair in known if pair[0]]
        quotient = f"{statistics.median(quotients):.3f}" if quotients else "-"
        yield (figure.label, *medians, quotient)


def warnings(settings, results):
    """What makes figures doubtful."""
    busy = [figures["others_core_percent"] for pairs in results.values() for pair in pairs
            for figures in pair]
    if max(busy) > OTHERS_MAX_PERCENT:
        yield (f"others used up to {max(busy):.0f} % of a core meanwhile "
               f"(median {statistics.median(busy):.0f} %): measure again on a quiet machine")
    for setting in settings:
        for pair in results[setting.name]:
            for figures in pair:
                if figures["targets"] < setting.targets:
                    yield (f"{setting.name}: only {figures['targets']} targets: the limit of "
                           "descriptors is too low")
                if abs(figures["unaccounted_percent"]) > 0.5 and setting.name != "saturated":
                    share = figures["unaccounted_percent"]
                    yield (f"{setting.name}: {share:.2f} % of the slots that were due by the clock "
                           "were neither sent nor missed")
                if setting.name == "saturated" and figures["prober_core_percent"] < 95:
                    share = figures["prober_core_percent"]
                    yield f"saturated: the prober used only {share:.0f} % of a core"


def faults(settings, results):
    """What must not happen: a broken law of accounting, or an exit that is not clean and quick."""
    return [f"{setting.name}: {fault}" for setting in settings for pair in results[setting.name]
            for figures in pair for fault in figures.get("faults", [])]


def text(settings, results, names):
    lines = [machine()]
    for setting in settings:
        runs = len(results[setting.name])
        if len(names) == 2:
            lines.append(f"\n{setting.says}  (A {names[0]}, B {names[1]}, {runs} pairs)")
            lines.append(f"  {'':48} {'A':>12} {'B':>12} {'B/A':>8}")
            lines += [f"  {label:48} {first:>12} {second:>12} {ratio:>8}"
                      for label, first, second, ratio in ratios(setting, results)]
        else:
            lines.append(f"\n{setting.says}  (medians, runs: {runs})")
            lines.append(f"  {'':48} {'median':>12} {'min .. max':>24}  aim")
            lines += [f"  {label:48} {median:>12} {reach:>24}  {aim}".rstrip()
                      for label, median, reach, aim in rows(setting, results, 0)]
    return "\n".join(lines)


def markdown(settings, results):
    runs = len(results[settings[0].name])
    lines = [f"Measured on: {machine()}. Runs of each setting: {runs}.", "",
             "| setting | figure | median | min .. max | aim |", "| --- | --- | ---: | --- | --- |"]
    for setting in settings:
        says = setting.says
        for label, median, reach, aim in rows(setting, results, 0):
            lines.append(f"| {says} | {label} | {median} | {reach} | {aim} |")
            says = ""
    return "\n".join(lines)


def update(path, table, begin_mark=BEGIN, end_mark=END):
    """Replaces the table between the two marks of a document."""
    with open(path, encoding="utf-8") as file:
        document = file.read()
    head, begin, rest = document.partition(begin_mark)
    _, end, tail = rest.partition(end_mark)
    if not begin or not end:
        raise RuntimeError(f"{path}: no lines {begin_mark} and {end_mark}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}{begin_mark}\n{table}\n{end_mark}{tail}")


def document(settings, results, names, plan):
    """Everything, for json.dump()."""
    return {
        "machine": machine(),
        "binaries": names,
        "plan": vars(plan),
        "settings": {setting.name: results[setting.name] for setting in settings},
    }
