# SPDX-License-Identifier: MIT
"""The Grafana dashboards, and their queries as Grafana would make them."""
import json
import math
import os
import re
import time

from lib.prometheus import JOB, TOP
from lib.wait import wait_passes

# One prober or several, and fleets whose machines probe one another.
DASHBOARD = os.path.join(TOP, "dashboards", "tcp-echo-metrics.json")
MESH = os.path.join(TOP, "dashboards", "tcp-echo-mesh.json")

# What collectd calls itself in tests, and so its instance.
HOST = "testhost"

# What Grafana substitutes for a variable with all, one or some of its values chosen.
CHOICES = [
    {"job": ".+", "instance": ".+", "target": ".+"},
    {"job": JOB, "instance": f"(127.0.0.1:.+|{HOST})", "target": "alive"},
    {"job": f"({JOB}|other)", "instance": f"(127.0.0.1:[0-9]+|{HOST}|other)", "target": "(alive|dead)"},
]
BUILT_IN = {"__rate_interval": "10s", "__range": "60s", "group": "rack"}
# The range that a value of that unit can have here.
SANE = {
    "s": (0, 60), "percent": (0, 100), "cps": (0, 1e6), "none": (0, 1), "short": (0, 1e12),
}


def read_dashboard(path=DASHBOARD):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def panels_of(dashboard):
    """All panels except row headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def substitute(expression, choice):
    """Fills in the variables as Grafana does."""
    values = {**BUILT_IN, **choice}
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(f"${name}", values[name])
    assert "$" not in expression, f"unknown variable: {expression}"
    return expression


def unit_of(panel, target):
    """A field's unit: that of the override that its legend matches, if any, else the panel's."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] == "byRegexp" and re.search(matcher["options"].strip("/"), target["legendFormat"]):
            unit = next((p["value"] for p in override["properties"] if p["id"] == "unit"), unit)
    return "short" if unit == "bytes" else unit


def check_values(what, unit, found):
    """Checks that there is data, and that it is plausible."""
    assert found, f"{what}: no data"
    least, most = SANE[unit]
    numbers = 0
    for labels, value in found:
        if math.isnan(value):
            # Nothing ever came back from there, so that quantile does not exist.
            assert labels.get("target") == "dead", f"{what}: not a number for {labels}"
            continue
        numbers += 1
        # Prometheus calculates in floating point: 100 percent may come out slightly higher.
        rounding = 1e-9 * most
        assert least - rounding <= value <= most + rounding, f"{what}: {value} for {labels}"
    assert numbers > 0, f"{what}: not a single number"


def check_target(prometheus, panel, target, choice):
    """Makes one query of one panel, as that type of panel does."""
    what = f"{panel['title']}, {target['refId']}, {choice['target']}"
    expression = substitute(target["expr"], choice)
    if target["instant"]:
        found = prometheus.query(expression)
    else:
        end = time.time()
        series = prometheus.query_range(expression, end - 5, end)
        found = [(labels, values[-1]) for labels, values in series]
    check_values(what, unit_of(panel, target), found)
    return found


def check_variable(prometheus, variable):
    """Checks that there is something to choose from."""
    metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
    found = prometheus.query(f"count by ({label}) ({substitute(metric, CHOICES[0])})")
    assert all(labels.get(label) for labels, _ in found) and found, f"{variable['name']}: {found}"


def check_dashboard(prometheus, path=DASHBOARD):
    """Checks that every variable and query has plausible data. Returns the values by panel and query."""
    dashboard = read_dashboard(path)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            wait_passes(lambda one=variable: check_variable(prometheus, one), "a variable", 20, 0.5)
    values = {}
    for choice in CHOICES:
        for panel in panels_of(dashboard):
            for target in panel["targets"]:
                # A busy machine may miss a scrape, and then there is nothing for a moment.
                found = wait_passes(
                    lambda query=(prometheus, panel, target, choice): check_target(*query), "a query", 20, 0.5)
                values[panel["title"], target["refId"], choice["target"]] = found
    return values
