# SPDX-License-Identifier: MIT
"""Figures as plain text, as Markdown for docs/performance.md, and as JSON."""

import statistics

from doubts import others
from figures import FIGURES, Figure
from machine import machine
from settings import GROWTH

BEGIN = "<!-- bench: begin -->"
END = "<!-- bench: end -->"
RATIO = Figure("ratio", 3)
# Shown last in each setting.
ALWAYS = ("others_core_percent",)


def number(value, figure):
    return "-" if value is None else f"{value:,.{figure.digits}f}"


def spread(values, figure):
    """Median and range, as text."""
    known = [value for value in values if value is not None]
    if not known:
        return "-", ""
    median = number(statistics.median(known), figure)
    return median, f"{number(min(known), figure)} .. {number(max(known), figure)}"


def spread_of(name, runs):
    return spread([figures.get(name) for figures, in runs], FIGURES[name])


def rows(setting, results):
    """(label, median, range, aim) for each figure of a setting."""
    for name in setting.figures + ALWAYS:
        yield (FIGURES[name].label, *spread_of(name, results[setting.name]),
               setting.aims.get(name, ""))


def comparisons(setting, results):
    """
    (label, median of this binary, of the other, median ratio of the pairs, range of the ratios,
    median difference of the pairs) for each figure.
    """
    for name in setting.figures + ALWAYS:
        figure = FIGURES[name]
        pairs = [[figures.get(name) for figures in pair] for pair in results[setting.name]]
        known = [pair for pair in pairs if None not in pair]
        medians = [spread([pair[which] for pair in pairs], figure)[0] for which in (0, 1)]
        ratio = spread([this / other for this, other in known if other], RATIO)
        difference, _ = spread([this - other for this, other in known], figure)
        yield (figure.label, *medians, *ratio, difference)


def text(settings, results, binaries, seconds):
    """binaries: this, and perhaps the other."""
    lines = [machine()]
    if len(binaries) == 2:
        lines.append("this: {}\nother: {}".format(*binaries))
    for setting in settings:
        runs = len(results[setting.name])
        if len(binaries) == 2:
            lines.append(f"\n{setting.says}  (medians, pairs: {runs})")
            lines.append(_in_columns("", "this", "other", "this/other", "min .. max", "this-other"))
            lines += [_in_columns(*row) for row in comparisons(setting, results)]
        else:
            lines.append(f"\n{setting.says}  (medians, runs: {runs})")
            lines.append(f"  {'':48} {'median':>12} {'min .. max':>24}  aim")
            lines += [f"  {label:48} {median:>12} {reach:>24}  {aim}".rstrip()
                      for label, median, reach, aim in rows(setting, results)]
    lines.append(f"\n{duration(seconds)} {others(settings, results)}")
    return "\n".join(lines)


def _in_columns(label, this, other, ratio, reach, difference):
    return f"  {label:48} {this:>12} {other:>12} {ratio:>10} {reach:>18} {difference:>12}".rstrip()


def duration(seconds):
    return f"Took {seconds / 60:.0f} minutes." if seconds >= 120 else f"Took {seconds:.0f} seconds."


def markdown(settings, results, seconds):
    runs = len(results[settings[0].name])
    lines = [f"Measured on: {machine()}. Runs of each setting: {runs}. {duration(seconds)}", "",
             others(settings, results), "",
             "| setting | figure | median | min .. max | aim |", "| --- | --- | ---: | --- | --- |"]
    for setting in (one for one in settings if one not in GROWTH):
        says = setting.says
        for label, median, reach, aim in rows(setting, results):
            lines.append(f"| {says} | {label} | {median} | {reach} | {aim} |")
            says = ""
    return "\n".join(lines + growth([one for one in settings if one in GROWTH], results))


def growth(settings, results):
    """The lines of a table of ever more targets, side by side."""
    if not settings:
        return []
    lines = ["", "As many probes per second of ever more targets, medians and ranges:", "",
             f"| | {' | '.join(setting.says for setting in settings)} |",
             f"| --- |{' ---: |' * len(settings)}"]
    for name in settings[0].figures + ALWAYS:
        cells = ["{} ({})".format(*spread_of(name, results[setting.name])) for setting in settings]
        lines.append(f"| {FIGURES[name].label} | {' | '.join(cells)} |")
    return lines


def update(path, table, begin_mark=BEGIN, end_mark=END):
    """Replaces the table between the two marks of a document."""
    with open(path, encoding="utf-8") as file:
        document_text = file.read()
    head, begin, rest = document_text.partition(begin_mark)
    _, end, tail = rest.partition(end_mark)
    if not begin or not end:
        raise RuntimeError(f"{path}: no lines {begin_mark} and {end_mark}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}{begin_mark}\n{table}\n{end_mark}{tail}")


def document(settings, results, subject, plan):
    """Everything, for json.dump()."""
    return {
        "machine": machine(),
        "binaries": subject.binaries,
        "server": subject.server,
        "plan": vars(plan),
        "settings": {setting.name: results[setting.name] for setting in settings},
    }
