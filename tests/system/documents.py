# SPDX-License-Identifier: MIT
"""The documentation matches the binary: every flag and every metric."""
import glob
import os
import re
import subprocess
import sys

from lib import protobuf
from lib.program import BINARY, Program, run
from lib.scenario import Skip, main, scenario
from lib.stepped_clock import SteppedClock

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What histograms append to their names.
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


def table_programs():
    """The programs that print the tables: named by make check, else beside the binary."""
    told = os.environ.get("TCP_ECHO_METRICS_TABLES")
    build = os.path.dirname(os.path.abspath(BINARY))
    if told:
        programs = [os.path.join(build, name) for name in told.split()]
    else:
        programs = glob.glob(os.path.join(glob.escape(build), "scripts/tables/print_*s"))
    if not programs:
        raise Skip("make check builds the programs that print the tables")
    return programs


@scenario
def the_tables_are_those_of_the_program():
    update = os.path.join(TOP, "scripts", "tables", "update")
    done = subprocess.run(
        [sys.executable, update, "--check", TOP, *table_programs()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout


def flags_of_help():
    status, out, err = run("-help")
    assert status == 0, f"-help ends with {status}"
    flags = set(re.findall(r"^\s*--?([a-z][a-z-]*)", out + err, re.MULTILINE))
    assert len(flags) >= 10, f"flags of -help: {flags}"
    return flags


@scenario
def the_readme_has_every_flag():
    table = re.findall(r"^\| (`-.*?) \|", read("README.md"), re.MULTILINE)
    documented = set(re.findall(r"`-([a-z-]+)`", " ".join(table)))
    known = flags_of_help()
    assert documented == known, f"README: {documented ^ known} differ"


@scenario
def systemd_is_told_of_what_make_installs():
    count = 0
    for path in [os.path.join(TOP, "README.md"), *sorted(glob.glob(os.path.join(TOP, "docs", "*.md")))]:
        for after in read(path).split("make install")[1:]:
            count += 1
            assert "systemctl daemon-reload" in after[:500], f"{path}: after make install{after[:60]}"
    assert count >= 3, count


@scenario
def the_manual_page_has_every_flag():
    documented = set(re.findall(r"^\.It Fl ([a-z-]+)", read("man", "tcp-echo-metrics.1"), re.MULTILINE))
    known = flags_of_help()
    assert documented == known, f"manual page: {documented ^ known} differ"


def all_types():
    """The type of every metric there is, native histograms as well."""
    targets = {"alive": {"address": "127.0.0.1:{listen}", "timeout": "auto", "tx_stamps": "1/1"}, "self": "127.0.0.1:9"}
    with SteppedClock() as clock:
        clock.synchronise(100)
        flags = ("-native-histograms", "-self=self", "-probers-per-target=1", "-probe-allow=127.0.0.1")
        with Program("both", *flags, targets=targets, env=clock.environment()) as program:
            program.wait_target("alive", lambda t: t.metrics.has("tcp_echo_one_way_seconds")
                                and "tcp_echo_tx_delay_seconds" in t.metrics.types, "all there is")
            answer = program.http(headers={"Accept": protobuf.MEDIA_TYPE})
            return {**program.metrics().types, **protobuf.parse(answer.body).types}


@scenario
def the_metrics_page_has_every_metric_and_its_type():
    documented = {}
    for names, kind in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (\w+) \|", read("docs", "metrics.md"), re.MULTILINE):
        documented.update({name: kind for name in re.findall(r"`(\w+)`", names)})
    types = all_types()
    assert documented == types, f"differ: {set(documented.items()) ^ set(types.items())}"


@scenario
def the_readme_has_the_types_of_its_metrics():
    documented = {}
    for cells in re.findall(r"^\| ((?:`tcp_echo_\w+`(?:, )?)+) \| ((?:\w+(?:, )?)+) \|", read("README.md"), re.MULTILINE):
        names, kinds = re.findall(r"\w+", cells[0]), re.findall(r"\w+", cells[1])
        assert len(kinds) in (1, len(names)), f"README: {cells}"
        documented.update(zip(names, kinds if len(kinds) > 1 else kinds * len(names)))
    assert len(documented) >= 5, f"README: metrics {documented}"
    with Program("both", targets={"alive": "127.0.0.1:{listen}"}) as program:
        program.wait_target("alive", lambda t: t.received > 0, "a reply")
        types = program.metrics().types
    wrong = {name: kind for name, kind in documented.items() if types.get(name) != kind}
    assert not wrong, f"README: wrong types: {wrong}"


@scenario
def the_pages_name_only_existing_metrics():
    types = all_types()
    text = read("README.md") + read("docs", "how-it-works.md") + read("docs", "reading-losses.md")
    named = set(re.findall(r"\btcp_echo_\w+", text))
    unknown = {name for name in named if name not in types and SUFFIX.sub("", name) not in types}
    assert not unknown, f"no such metrics: {unknown}"


if __name__ == "__main__":
    main(workers=2)
