# SPDX-License-Identifier: MIT
"""What the bench measures, and what it says of the runs."""
import dataclasses
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import types

from lib.scenario import main, scenario, scenarios_of

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench")
sys.path.insert(1, BENCH)

import doubts  # noqa: E402
import machine  # noqa: E402
import report  # noqa: E402
import settings  # noqa: E402
import spans  # noqa: E402
from exposition import Scrape, law_violations  # noqa: E402

MEASURED = ("1@1s", "100@200ms", "9500@100ms", "9500@100ms-threads=2",
            "10@2ms", "100@20ms", "1000@200ms", "10000@2s")

NAMES = [
    # name, targets, interval in ms, flags
    ("1@1s", 1, 1000, {}),
    ("200@50ms", 200, 50, {}),
    ("9500@100ms-threads=2", 9500, 100, {"threads": "2"}),
    ("5@1s-tx-stamps=1/100-timeout=20ms", 5, 1000, {"tx-stamps": "1/100", "timeout": "20ms"}),
]

WRONG_NAMES = [(name,) for name in ("100", "0@1s", "1@0ms", "1@1", "1@1s-threads", "1@1s-threads=", "x1@1s")]

SPANS = [
    # setting, seconds of a full run
    ("100@200ms", 6),
    ("1@1s", 60),
    ("1@100ms", 6),
    ("10@1s", 6),
    ("10@2s", 12),
    ("10000@10s", 30),
    ("1@60s", 180),
]

TABLES = [
    # the kernel's word, the processor's flags, what is said
    ("Mitigation: PTI", "fpu pti pcid", "PTI on (Meltdown: Mitigation: PTI), with PCID"),
    ("Not affected", "fpu pcid invpcid", "PTI off (Meltdown: Not affected), with PCID"),
    ("Vulnerable", "fpu invpcid", "PTI off (Meltdown: Vulnerable), without PCID"),
]

OTHERS = [
    # what others used during each run of two settings, what is said of it
    ("none disturbed", (0, 4, 15), (1, 2, 3), "up to 15 % of a core during a run (median 2 %), the hypervisor's "
     "share included (up to 1 %): no run was disturbed."),
    ("some disturbed", (0, 99, 15), (1, 20, 16), "Disturbed, by more than 15 %: 3 of 6, 1 with 1 target at 1 s; "
     "2 with 100 targets at 200 ms."),
    ("all disturbed", (16, 99), (20, 30), "Disturbed, by more than 15 %: 4 of 4, all of them."),
]


DOCUMENTS = [
    # what is wrong with a run, whether a document takes the figures, what is said
    ("nothing", {}, True, ""),
    ("too few targets", {"targets": 99}, False, "only 99 targets"),
    ("lost slots", {"unaccounted_percent": 0.6, "unaccounted_slots": 3}, False, "0.60 % of the slots"),
    ("slots at the edge", {"unaccounted_percent": 0.6, "unaccounted_slots": 2}, True, ""),
    ("a broken law", {"faults": ["a law"]}, False, "FAULT: 100@200ms: a law"),
]


def results_of(**percents):
    """By setting, a run for each."""
    return {name: [[{"others_core_percent": percent, "stolen_core_percent": 1}] for percent in runs]
            for name, runs in percents.items()}


def scrape_of(began, **values):
    text = "".join(f'tcp_echo_{name}{{target="a"}} {value}\n' for name, value in values.items())
    return Scrape(began, 0.001, text.encode())


@scenarios_of(NAMES, "a_setting_is_made_of_its_name_")
def a_setting_is_made_of_its_name(row):
    setting = settings.setting_named(row[0])
    assert (setting.targets, setting.interval_ms, setting.flags) == row[1:], setting


@scenarios_of(WRONG_NAMES, "is_no_name_")
def is_no_name(row):
    try:
        setting = settings.setting_named(row[0])
    except ValueError:
        return
    raise AssertionError(setting)


@scenario
def the_rates_that_people_use_are_measured():
    names = [setting.name for setting in settings.SETTINGS]
    assert set(MEASURED) < set(names) and len(set(names)) == len(names), names
    rates = {setting.targets / setting.interval_ms for setting in settings.GROWTH}
    assert len(rates) == 1, rates


@scenarios_of(SPANS, "a_run_lasts_for_enough_probes_")
def a_run_lasts_for_enough_probes(row):
    span_s = settings.FULL.span_s(settings.setting_named(row[0]))
    assert span_s == row[1], span_s


@scenarios_of(TABLES, "the_price_of_a_system_call_is_told_")
def the_price_of_a_system_call_is_told(row):
    said = machine.page_tables(*row[:2])
    assert said == row[2], said


@scenarios_of(OTHERS, "a_document_says_what_others_did_")
def a_document_says_what_others_did(row):
    names = ("1@1s", "100@200ms")
    chosen = [settings.setting_named(name) for name in names]
    results = results_of(**dict(zip(names, row[1:3])))
    said = doubts.others(chosen, results)
    assert said.endswith(row[3]), said
    text = report.markdown(chosen, results, 60)
    assert said in text and text.count("others on the machine") == len(chosen), text


@scenarios_of(DOCUMENTS, "a_document_takes_or_refuses_")
def a_document_takes_or_refuses(row):
    loader = importlib.machinery.SourceFileLoader("bench", os.path.join(BENCH, "bench"))
    bench = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(bench)
    chosen = [settings.setting_named("100@200ms")]
    results = results_of(**{"100@200ms": (1, 2)})
    for (figures,) in results["100@200ms"]:
        figures.update(targets=100, prober_core_percent=5, unaccounted_percent=0, unaccounted_slots=0)
    results["100@200ms"][1][0].update(row[1])
    said = []
    bench.say = said.append
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "document.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{report.BEGIN}\nold\n{report.END}")
        options = types.SimpleNamespace(binary="x", compare="", markdown=False, json="-", update=path)
        assert bench.results_show(options, chosen, results, 60) == row[2], said
        with open(path, encoding="utf-8") as file:
            assert ("\nold\n" not in file.read()) == row[2]
    assert row[3] in "\n".join(said) and bool(said) == bool(row[3]), said


@scenario
def growth_stands_side_by_side():
    results = results_of(**{setting.name: (1, 3, 4) for setting in settings.GROWTH})
    text = report.markdown(settings.GROWTH, results, 60)
    assert "| | 10 targets at 2 ms | 100 targets at 20 ms |" in text, text
    assert "| others on the machine, % of a core |" + " 3.0 (1.0 .. 4.0) |" * 4 in text, text


@scenario
def pairs_are_compared_with_each_other():
    chosen = dataclasses.replace(settings.setting_named("100@200ms"), figures=("prober_us", "lag_p50_us"))
    pairs = [[{"prober_us": this, "lag_p50_us": None, "others_core_percent": 0}, {"prober_us": other}]
             for this, other in ((10, 20), (30, 40), (9, 10))]
    rows = list(report.comparisons(chosen, {chosen.name: pairs}))
    assert rows[0][1:] == ("10.00", "20.00", "0.750", "0.500 .. 0.900", "-10.00"), rows
    assert rows[1][1:] == ("-", "-", "-", "", "-"), rows


@scenario
def an_old_binary_may_lack_metrics():
    counts = {"sent_total": 10, "received_total": 10, "timeouts_total": 0, "in_flight": 0, "rtt_seconds_count": 10}
    before = scrape_of(0, **dict.fromkeys(counts, 0))
    after = scrape_of(1, **counts)
    figures = spans.slots(before, after, 10, 1)
    assert figures["served_percent"] is None and figures["timeouts"] == 0, figures
    assert law_violations(after) == []
    assert law_violations(scrape_of(1, **{**counts, "received_total": 9})), "one is missing"


@scenario
def a_document_gets_no_short_runs():
    for short in ("--quick", "--repeats=4", "--seconds=1", "--setting=1@1s"):
        done = subprocess.run([sys.executable, os.path.join(BENCH, "bench"), "--update=/nowhere", short],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2 and "5 or more full runs" in done.stderr, (short, done)


if __name__ == "__main__":
    main()
