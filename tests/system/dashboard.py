# SPDX-License-Identifier: MIT
"""The dashboard, the documents' queries and the alerts, in a real Prometheus that scrapes the real binary."""
import contextlib
import json
import math
import os
import re
import subprocess

from lib.dashboard import check_dashboard, check_values, panels_of, read_dashboard
from lib.program import Program, free_port
from lib.prometheus import ALERTS, TOP, Prometheus, need, scraping
from lib.scenario import main, scenario
from lib.wait import wait_for

README = os.path.join(TOP, "README.md")
READING_LOSSES = os.path.join(TOP, "docs", "reading-losses.md")
EXAMPLE_CONFIG = os.path.join(TOP, "examples", "prometheus.yml")


@contextlib.contextmanager
def measured():
    """Server and prober with a live and a dead target, and a Prometheus with some seconds of their data."""
    need("prometheus")
    targets = {"alive": "127.0.0.1:{listen}", "dead": f"127.0.0.1:{free_port()}"}
    with Program("both", "-interval=20ms", "-timeout=200ms", "-window=50", targets=targets) as program:
        with Prometheus(scraping(program.metrics_port)) as prometheus:
            wait_for(lambda: prometheus.scrapes() >= 6, "six scrapes", 60, 0.2)
            yield prometheus


@scenario
def the_dashboard_is_complete():
    dashboard = read_dashboard()
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert set(variables) == {"datasource", "job", "target"}, variables
    assert all(variables[name]["multi"] and variables[name]["includeAll"] for name in ("job", "target"))
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers), "a panel ID is used twice"
    for panel in panels_of(dashboard):
        title = panel["title"]
        assert panel["description"], f"{title} has no description"
        assert panel["fieldConfig"]["defaults"]["unit"], f"{title} has no unit"
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"], f"{title} has no thresholds"
        legends = {target["legendFormat"] for target in panel["targets"]}
        for override in panel["fieldConfig"]["overrides"]:
            names = [p["value"] for p in override["properties"] if p["id"] == "custom.fillBelowTo"]
            if override["matcher"]["id"] == "byName":
                names.append(override["matcher"]["options"])
            assert legends.issuperset(names), f"{title}: not all of {names} are in {legends}"
    sources = set(re.findall(r'"uid": "([^"]*)"', json.dumps(dashboard["panels"])))
    assert sources == {"${datasource}"}, f"data sources: {sources}"


@scenario
def panels_of_the_dashboard_do_not_overlap():
    taken = {}
    for panel in read_dashboard()["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, f"{panel['title']} is too far right"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                assert other == panel["title"], f"{panel['title']} overlaps {other}"


@scenario
def every_query_of_the_dashboard_has_data():
    with measured() as prometheus:
        check_what_they_show(check_dashboard(prometheus))


def check_what_they_show(values):
    """One target is alive and one is dead, and the dashboard shows it."""

    def by_target(title):
        return {labels["target"]: value for labels, value in values[title, "A", ".+"]}

    assert by_target("Connection state") == {"alive": 1, "dead": 0}, by_target("Connection state")
    losses = by_target("Loss by target")
    assert losses["alive"] < losses["dead"] and math.isclose(losses["dead"], 100), f"loss: {losses}"
    assert values["Connected", "A", ".+"][0][1] == 1 and values["Connected", "B", ".+"][0][1] == 2
    assert 0 < values["Loss", "A", ".+"][0][1] < 100, values["Loss", "A", ".+"]
    low, median, high = (
        values["Round-trip time, all selected targets", name, ".+"][0][1] for name in "CBA")
    assert 0 < low <= median <= high, f"band: {low} {median} {high}"
    spread = values["Round-trip times, distribution", "A", ".+"]
    assert len(spread) == 16 and max(value for _, value in spread) > 0, f"heat map: {spread}"
    assert values["Frames returned", "A", ".+"][0][1] > 0
    failures = {labels["reason"]: value for labels, value in
                values["Connect failures and disconnects by reason", "A", ".+"]}
    assert failures["refused"] > 0, f"connect failures: {failures}"


@scenario
def every_query_of_the_documents_has_data():
    queries = []
    for path in (README, READING_LOSSES):
        with open(path, encoding="utf-8") as file:
            found = re.findall(r"^```promql\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        assert len(found) >= 5, f"the queries of {path}: {found}"
        queries += found
    with measured() as prometheus:
        for query in queries:
            # A busy machine may miss a scrape, and then there is none for a moment.
            found = wait_for(lambda q=query: prometheus.query(q), f"data: {query}", 20, 0.5)
            check_values(query, "short", found)


@scenario
def the_alerts_fire_for_the_dead_target_alone():
    with open(ALERTS, encoding="utf-8") as file:
        names = set(re.findall(r"- alert: (\w+)", file.read()))
    with measured() as prometheus:

        def rules():
            groups = prometheus.api("rules")["groups"]
            found = {rule["name"]: rule for group in groups for rule in group["rules"]}
            return found if all(rule["health"] != "unknown" for rule in found.values()) else None

        found = wait_for(rules, "every rule is evaluated", 60)
        assert set(found) == names and names, f"{set(found)} are not {names}"
        for rule in found.values():
            assert rule["health"] == "ok" and not rule.get("lastError"), rule
        for name in ("TcpEchoTargetDown", "TcpEchoLoss"):
            raised = [alert["labels"]["target"] for alert in found[name]["alerts"]]
            assert raised == ["dead"], f"{name} fires for {raised}"
        assert found["TcpEchoMetricsGone"]["alerts"] == [], found["TcpEchoMetricsGone"]


@scenario
def the_examples_pass_promtool():
    promtool = need("promtool")
    for command in (["check", "rules", ALERTS], ["check", "config", EXAMPLE_CONFIG]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"promtool {command}: {done.stdout}{done.stderr}"


if __name__ == "__main__":
    main(workers=3)
