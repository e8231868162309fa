# SPDX-License-Identifier: MIT
"""The dashboards, the documents' queries and the alerts, in a real Prometheus that scrapes the real binary."""
import contextlib
import json
import math
import os
import re
import subprocess
import tempfile
import time

from lib.dashboard import CHOICES, DASHBOARD, MESH, check_dashboard, check_values, panels_of, read_dashboard, substitute
from lib.program import Program, free_port
from lib.prometheus import ALERTS, JOB, TOP, Prometheus, need, scraping
from lib.scenario import in_rounds, main, scenario
from lib.wait import wait_for

README = os.path.join(TOP, "README.md")
FLEET = os.path.join(TOP, "docs", "fleet.md")
READING_LOSSES = os.path.join(TOP, "docs", "reading-losses.md")
RULES = os.path.join(TOP, "examples", "rules.yml")
FLEET_RULES = os.path.join(TOP, "examples", "fleet", "rules.yml")
FLEET_CONFIG = os.path.join(TOP, "examples", "fleet", "prometheus.yml")
EXAMPLE_CONFIG = os.path.join(TOP, "examples", "prometheus.yml")

# Which variables they have beside the common ones.
DASHBOARDS = {DASHBOARD: set(), MESH: {"group"}}


@contextlib.contextmanager
def measured():
    """Server and prober with a live and a dead target, and a Prometheus with some seconds of their data."""
    need("prometheus")
    # What is alive loses nothing on a busy machine.
    targets = {"alive": {"address": "127.0.0.1:{listen}", "timeout": "5s"}, "dead": f"127.0.0.1:{free_port()}"}
    with Program("both", "-interval=20ms", "-timeout=200ms", "-window=50", targets=targets) as program:
        with Prometheus(scraping(program.metrics_port)) as prometheus:
            wait_for(lambda: prometheus.scrapes() >= 6, "six scrapes", 60, 0.2)
            yield prometheus


def check_is_complete(dashboard, more_variables):
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert set(variables) == {"datasource", "job", "instance", "target"} | more_variables, variables
    assert all(variables[name]["multi"] and variables[name]["includeAll"] for name in ("job", "instance", "target"))
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
def the_dashboards_are_complete():
    read = [read_dashboard(path) for path in DASHBOARDS]
    for dashboard, more_variables in zip(read, DASHBOARDS.values()):
        check_is_complete(dashboard, more_variables)
    for key in ("uid", "title"):
        assert len({dashboard[key] for dashboard in read}) == len(read), key


def check_overlaps(panels):
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, f"{panel['title']} is too far right"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                assert other == panel["title"], f"{panel['title']} overlaps {other}"


@scenario
def panels_of_the_dashboards_do_not_overlap():
    for path in DASHBOARDS:
        check_overlaps(read_dashboard(path)["panels"])


# What Grafana's own types have (npm, @grafana/schema 11): other properties are leftovers.
DASHBOARD = """__inputs __elements __requires annotations description editable fiscalYearStartMonth graphTooltip links
    liveNow panels refresh schemaVersion tags templating time timepicker timezone title uid version""".split()
VARIABLE = """allValue allowCustomValue auto auto_count auto_min current datasource description hide includeAll label multi name
    options query refresh regex skipUrlSync sort type""".split()
PANEL = """cacheTimeout collapsed datasource description fieldConfig gridPos hideTimeOverride id interval links maxDataPoints
    options panels pluginVersion repeat targets timeFrom timeShift title transformations transparent type""".split()
DEFAULTS = """color custom decimals description displayName displayNameFromDS filterable links mappings max min noValue path
    thresholds unit writeable""".split()
OPTIONS = {
    "heatmap": "calculate calculation cellGap cellRadius cellValues color exemplars filterValues legend rowsFrame showValue tooltip yAxis",
    "stat": "colorMode graphMode justifyMode orientation percentChangeColorMode reduceOptions showPercentChange text textMode wideLayout",
    "state-timeline": "alignValue legend mergeValues perPage rowHeight showValue timezone tooltip",
    "table": "cellHeight footer frameIndex showHeader showTypeIcons sortBy",
    "timeseries": "legend orientation timezone tooltip",
}
CUSTOM = {
    "heatmap": "hideFrom scaleDistribution",
    "stat": "",
    "state-timeline": "fillOpacity hideFrom lineWidth",
    "table": "align cellOptions displayMode filterable hidden hideHeader inspect minWidth width",
    "timeseries": """axisBorderShow axisCenteredZero axisColorMode axisGridShow axisLabel axisPlacement axisSoftMax axisSoftMin axisWidth
        barAlignment barMaxWidth barWidthFactor drawStyle fillBelowTo fillColor fillOpacity gradientMode hideFrom insertNulls
        lineColor lineInterpolation lineStyle lineWidth pointColor pointSize pointSymbol scaleDistribution showPoints
        spanNulls stacking thresholdsStyle transform""",
}
TOOLTIP = {"heatmap": "maxHeight maxWidth mode showColorScale yHistogram"}
OTHER_TOOLTIP = "hideZeros maxHeight maxWidth mode sort"


def check_keys(what, value, known):
    left = set(value) - set(known.split() if isinstance(known, str) else known)
    assert not left, f"{what}: Grafana knows no {left}"


def check_schema(dashboard):
    check_keys("the dashboard", dashboard, DASHBOARD)
    for variable in dashboard["templating"]["list"]:
        check_keys(variable["name"], variable, VARIABLE)
        assert {"text", "value"} <= set(variable["current"]), variable["name"]
    for panel in dashboard["panels"]:
        check_keys(panel["title"], panel, PANEL)
    for panel in panels_of(dashboard):
        title, kind = panel["title"], panel["type"]
        check_keys(title, panel["fieldConfig"]["defaults"], DEFAULTS)
        check_keys(title, panel["fieldConfig"]["defaults"].get("custom", {}), CUSTOM[kind])
        check_keys(title, panel["options"], OPTIONS[kind])
        check_keys(title, panel["options"].get("tooltip", {}), TOOLTIP.get(kind, OTHER_TOOLTIP))
    # What an import asks for.
    needed = {one["id"] for one in dashboard["__requires"]}
    kinds = {panel["type"] for panel in panels_of(dashboard)}
    assert needed == kinds | {"grafana", "prometheus"} and dashboard["__inputs"] == [], needed


@scenario
def nothing_is_left_over_that_grafanas_schema_does_not_have():
    for path in DASHBOARDS:
        check_schema(read_dashboard(path))


def check_linter_rules(dashboard):
    """https://github.com/grafana/dashboard-linter/blob/main/docs/index.md"""
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert dashboard["editable"] is False
    source = variables["datasource"]
    assert source["type"] == "datasource" and source["query"] == "prometheus" and source["label"] == "Data source"
    for name in ("job", "instance"):
        one = variables[name]
        assert one["type"] == "query" and one["datasource"]["uid"] == "${datasource}" and one["label"] == name.capitalize()
        assert one["multi"] and one["includeAll"] and one["allValue"] == ".+"
    assert all(one["refresh"] == 2 for one in variables.values() if one["type"] == "query")
    for panel in panels_of(dashboard):
        assert panel["title"] and panel["description"] and panel["targets"] and panel["fieldConfig"]["defaults"]["unit"], panel["id"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        for target in panel["targets"]:
            expression = target["expr"]
            selectors = re.findall(r"\b((?:tcp_echo|process)_\w+)(\{[^}]*\})?", expression)
            for metric, matchers in selectors:
                # One that only says which others count needs none of its own.
                if not matchers and re.search(rf"and on \([^)]*\) {metric}\b", expression):
                    continue
                assert 'job=~"$job"' in matchers and 'instance=~"$instance"' in matchers, (panel["title"], metric)
                if metric.endswith(("_total", "_bucket")):
                    assert re.search(rf"(rate|increase)\({metric}\{{[^}}]*\}}\[\$__(rate_interval|range)\]", expression), (panel["title"], metric)
            assert not re.search(r"\[\d", expression), f"{panel['title']}: a fixed range"


@scenario
def the_rules_of_dashboard_linter_hold():
    for path in DASHBOARDS:
        check_linter_rules(read_dashboard(path))


@scenario
def every_query_of_the_dashboard_has_data():
    with measured() as prometheus:
        # After a scrape that was missed, some panels show less for a moment.
        in_rounds(lambda: check_what_they_show(check_dashboard(prometheus)), "the dashboard shows what there is")


def check_what_they_show(values):
    """One target is alive and one is dead, and the dashboard shows it."""

    def by_target(title):
        return {labels["target"]: value for labels, value in values[title, "A", ".+"]}

    assert by_target("Connection state") == {"alive": 1, "dead": 0}, by_target("Connection state")
    losses = by_target("Loss by target")
    assert losses["alive"] < losses["dead"] and math.isclose(losses["dead"], 100), f"loss: {losses}"
    assert [values["Connected", name, ".+"][0][1] for name in "ABC"] == [1, 2, 1]
    assert 0 < values["Loss", "A", ".+"][0][1] < 100, values["Loss", "A", ".+"]
    low, median, high = (
        values["Round-trip time, all selected targets", name, ".+"][0][1] for name in "CBA")
    p99, most = (values["Round-trip time, all selected targets", name, ".+"][0][1] for name in "DE")
    assert 0 < low <= median <= high <= p99 <= most, f"{low} {median} {high} {p99} {most}"
    spread = values["Round-trip times, distribution", "A", ".+"]
    assert len(spread) == 16 and max(value for _, value in spread) > 0, f"heat map: {spread}"
    assert values["Frames returned", "A", ".+"][0][1] > 0
    failures = {labels["reason"]: value for labels, value in
                values["Connect failures and disconnects by reason", "A", ".+"]}
    assert failures["refused"] > 0, f"connect failures: {failures}"


def probers_by_rack(*ports):
    """A configuration whose probers are in racks p1, p2, and so on."""
    return json.dumps({
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{
            "job_name": JOB,
            "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": {"prober_rack": f"p{number}"}}
                               for number, port in enumerate(ports, 1)],
        }],
    })


@scenario
def every_query_of_the_mesh_dashboard_has_data():
    """Two probers of the same three targets, of which one is dead and one is in no rack; the fourth is themselves."""
    need("prometheus")
    rack = {"labels": {"rack": "r1"}}
    targets = {"alive": {"address": "127.0.0.1:{listen}", **rack}, "plain": "127.0.0.1:{listen}",
               "dead": {"address": f"127.0.0.1:{free_port()}", **rack}, "me": "127.0.0.1:{listen}"}
    flags = ("-interval=20ms", "-timeout=200ms", "-window=50", "-self=me", "-probers-per-target=9")
    with Program("both", *flags, targets=targets) as one, Program("both", *flags, targets=targets) as other:
        with Prometheus(probers_by_rack(one.metrics_port, other.metrics_port)) as prometheus:
            wait_for(lambda: len(prometheus.query('sum_over_time(up[5m]) >= 6')) == 2, "six scrapes of both", 60, 0.2)
            in_rounds(lambda: check_what_the_mesh_shows(check_dashboard(prometheus, MESH)), "it shows the mesh")


def check_what_the_mesh_shows(values):
    """The pairs, groups, and who is to blame."""

    def shown(title, *names):
        return {tuple(labels.get(name) for name in names): value for labels, value in values[title, "A", ".+"]}

    assert [values["Pairs", name, ".+"][0][1] for name in "AB"] == [6, 2]
    assert [values["Targets of a prober", name, ".+"][0][1] for name in "ABC"] == [3, 3, 3]
    assert [values["Probers", name, ".+"][0][1] for name in "AB"] == [2, 4]
    losing = shown("Targets that many probers lose probes to", "target")
    assert losing["dead",] == 100 and losing["alive",] < 100, losing
    losing = shown("Probers that lose probes to many targets", "instance")
    assert len(losing) == 2 and min(losing.values()) > 33, losing
    for title in ("Median by pair", "99th percentile by pair", "Loss by pair"):
        assert len(shown(title, "instance", "target")) == 6, title
    worst = values["Pairs with the most loss", "A", ".+"]
    assert [labels["target"] for labels, _ in worst[:2]] == ["dead", "dead"], worst
    for title in ("Median by pair of groups", "99th percentile by pair of groups", "Loss by pair of groups"):
        groups = shown(title, "prober_group", "group")
        assert set(groups) == {(prober, group) for prober in ("p1", "p2") for group in ("r1", "-")}, groups
    assert set(shown("Loss by group of the target", "group")) == {("r1",), ("-",)}


@scenario
def five_hundred_targets_fit_the_dashboard():
    """Panels by target show some of them: the same ones at every step, and those that matter."""
    need("prometheus")
    down = [f"down {i}" for i in range(10)]
    targets = {f"up {i}": "127.0.0.1:{listen}" for i in range(490)}
    targets.update({name: f"127.0.0.1:{free_port()}" for name in down})
    # The servers of another prober have the same names.
    with Program("both", "-interval=500ms", targets=targets) as program, \
            Program("client", "-interval=500ms", targets={"up 0": f"127.0.0.1:{program.listen_port}"}) as other:
        with Prometheus(scraping(program.metrics_port, other.metrics_port)) as prometheus:
            wait_for(lambda: prometheus.scrapes() >= 15, "scrapes of both", 90, 0.2)
            end = time.time()
            for panel in panels_of(read_dashboard()):
                for target in panel["targets"]:
                    if "{{target}}" not in target["legendFormat"]:
                        continue
                    found = prometheus.query_range(substitute(target["expr"], CHOICES[0]), end - 6, end)
                    most = 30 if panel["type"] == "state-timeline" else 20
                    assert 0 < len(found) <= most, f"{panel['title']}: {len(found)} series"
                    names = {labels["target"] for labels, _ in found}
                    if panel["title"] in ("Connection state", "Loss by target"):
                        assert names.issuperset(down), f"{panel['title']}: {names}"
            both = prometheus.query(substitute("sum by (instance) (tcp_echo_connected{job=~\"$job\", target=\"up 0\"})", CHOICES[0]))
            assert len(both) == 2, both


@scenario
def every_query_of_the_documents_has_data():
    queries = []
    for path, least in ((README, 5), (READING_LOSSES, 5), (FLEET, 2)):
        with open(path, encoding="utf-8") as file:
            found = re.findall(r"^```promql\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        assert len(found) >= least, f"the queries of {path}: {found}"
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
def the_recording_rules_record_what_they_say():
    promtool = need("promtool")
    place = {"job": JOB, "instance": "prober:2112", "target": "a"}
    label = ",".join(f'{name}="{value}"' for name, value in place.items())
    # 90 of 100 replies a minute within 0.1 ms, the others within 0.2 ms; 1 probe of 101 lost.
    counts = {f'tcp_echo_rtt_seconds_bucket{{{label},le="0.0001"}}': 90, f'tcp_echo_rtt_seconds_bucket{{{label},le="0.0002"}}': 100,
              f'tcp_echo_rtt_seconds_bucket{{{label},le="+Inf"}}': 100, f"tcp_echo_sent_total{{{label}}}": 101,
              f"tcp_echo_timeouts_total{{{label}}}": 1}
    expected = {"tcp_echo_rtt_seconds:p50_5m": 0.0001 * 50 / 90, "tcp_echo_rtt_seconds:p99_5m": 0.00019, "tcp_echo_loss:ratio_rate5m": 1 / 101}
    story = {
        "rule_files": [RULES],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": name, "values": f"0+{count}x20"} for name, count in counts.items()],
            "promql_expr_test": [
                {"expr": f"round(job_instance_target:{name} * 1e9)", "eval_time": "15m",
                 "exp_samples": [{"labels": "{" + label + "}", "value": round(value * 1e9)}]}
                for name, value in expected.items()
            ],
        }],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(story, file)
        file.flush()
        done = subprocess.run([promtool, "test", "rules", file.name], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@scenario
def the_examples_pass_promtool():
    promtool = need("promtool")
    for command in (["check", "rules", ALERTS], ["check", "rules", RULES], ["check", "rules", FLEET_RULES],
                    ["check", "config", EXAMPLE_CONFIG], ["check", "config", FLEET_CONFIG]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"promtool {command}: {done.stdout}{done.stderr}"


if __name__ == "__main__":
    main(workers=3)
