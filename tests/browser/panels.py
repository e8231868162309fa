# SPDX-License-Identifier: MIT
"""
Draws the main panels of the Grafana dashboard for the documents, without Grafana, which Debian does not have:

    panels.py PORT FILE

A real Prometheus scrapes the program on PORT until standard input ends; then the dashboard's own queries are made, and
matplotlib draws what they return. At last all pictures in that folder are made smaller. Needs prometheus and
python3-matplotlib.
"""
import glob
import os
import re
import sys
import time

import matplotlib
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))

from lib.dashboard import panels_of, read_dashboard, substitute  # noqa: E402
from lib.prometheus import Prometheus, scraping  # noqa: E402

matplotlib.use("Agg")
from matplotlib import dates, pyplot, ticker  # noqa: E402

TITLES = ["Median round trip by target", "99th percentile by target", "Loss by target", "Connection state"]
SCALES = {"s": (1000, "ms"), "percent": (1, "%"), "none": (1, ""), "short": (1, "")}
EVERYTHING = {"job": ".+", "instance": ".+", "target": ".+"}


def series_of(prometheus, panel, begin, end):
    """[(name, times, values)] of a panel's queries."""
    found = []
    for target in panel["targets"]:
        query = substitute(target["expr"], {**EVERYTHING, "__range": f"{int(end - begin)}s"})
        for one in prometheus.api("query_range", query=query, start=begin, end=end, step=2)["result"]:
            name = re.sub(r"\{\{(\w+)\}\}", lambda match, labels=one["metric"]: labels.get(match[1], ""), target["legendFormat"])
            times = [float(moment) / 86400 for moment, _ in one["values"]]
            found.append((re.sub(r" \(.*\)$", "", name), times, [float(value) for _, value in one["values"]]))
    return found


def draw_states(axes, found):
    """A bar a target, coloured by whether it was connected."""
    found.sort(key=lambda one: one[0], reverse=True)
    for row, (_, times, values) in enumerate(found):
        begin = 0
        for at in range(1, len(values) + 1):
            if at < len(values) and values[at] == values[begin]:
                continue
            end = times[min(at, len(values) - 1)]
            axes.barh(row, end - times[begin], left=times[begin], height=0.7, color="#73bf69" if values[begin] else "#f2495c")
            begin = at
    axes.set_yticks(range(len(found)), [name for name, _, _ in found], fontsize=7)


def draw_lines(axes, panel, found):
    factor, unit = SCALES[panel["fieldConfig"]["defaults"]["unit"]]
    for name, times, values in sorted(found, key=lambda one: one[0]):
        axes.plot(times, [factor * value for value in values], label=name, linewidth=1)
    axes.set_ylabel(unit)
    if unit == "ms":
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
        axes.yaxis.set_minor_formatter(ticker.FormatStrFormatter("%g"))
        axes.tick_params(axis="y", which="minor", labelsize=6)
    else:
        axes.set_ylim(bottom=0)
    axes.legend(fontsize=6.5, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def draw(prometheus, path, begin, end):
    panels = {panel["title"]: panel for panel in panels_of(read_dashboard())}
    figure, grid = pyplot.subplots(2, 2, figsize=(12.8, 7.2), layout="constrained")
    for axes, title in zip(grid.flat, TITLES):
        found = series_of(prometheus, panels[title], begin, end)
        assert found, f"{title}: no data"
        if panels[title]["type"] == "state-timeline":
            draw_states(axes, found)
        else:
            draw_lines(axes, panels[title], found)
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlim(begin / 86400, end / 86400)
        axes.xaxis_date()
        axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
    figure.savefig(path, dpi=100)


def shrink(folder):
    """They have few colours, and are installed with every package."""
    for path in glob.glob(os.path.join(glob.escape(folder), "*.png")):
        with Image.open(path) as picture:
            smaller = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        smaller.save(path, optimize=True)


def main(port, path):
    with Prometheus(scraping(port)) as prometheus:
        begin = time.time()
        sys.stdin.read()
        draw(prometheus, path, begin + 5, time.time())
    shrink(os.path.dirname(path))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
