# SPDX-License-Identifier: MIT
"""Scenarios that are run again are announced, counted and limited."""
import os
import shlex
import subprocess
import sys
import tempfile

from lib.scenario import main, scenario

FOLDER = os.path.dirname(os.path.abspath(__file__))
COMMON = os.path.join(os.path.dirname(os.path.dirname(FOLDER)), "scripts", "common.sh")

# Of each kind one passes, one fails once and one always fails; and one scenario cannot run.
SCRIPT = '''
import sys
sys.path.insert(0, sys.argv.pop(1))
from lib.scenario import Skip, in_rounds, main, scenario, scenarios_of

runs = []

def fail_once(name):
    runs.append(name)
    assert runs.count(name) > 1, "of two\\nlines"

def fail_always(name):
    raise ValueError("always")

ROWS = [("passes", lambda name: None), ("fails_once", fail_once), ("fails_always", fail_always)]

@scenarios_of(ROWS, "statistical_", is_statistical=True)
def statistical(row):
    row[1]("statistical")

@scenarios_of(ROWS, "exact_")
def exact(row):
    row[1]("exact")

@scenario
def is_skipped():
    raise Skip("not here")

@scenario
def is_measured_twice():
    in_rounds(lambda: fail_once("round"), "a round", 2)

@scenario
def is_measured_in_vain():
    in_rounds(lambda: exec("assert False, 'each time'"), "a round", 3)

main(workers=2)
'''
ONCE = "RETRY: some.py: statistical_fails_once: AssertionError: of two lines"
ALWAYS = "RETRY: some.py: statistical_fails_always: ValueError: always"


def run_script(*words):
    """Runs the script's scenarios; returns (status, lines of its output, lines of its notes)."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as notes:
        path = os.path.join(folder, "some.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SCRIPT)
        done = subprocess.run(
            [sys.executable, path, FOLDER, *words],
            env={**os.environ, "TCP_ECHO_METRICS_NOTES_FD": str(notes.fileno())},
            pass_fds=[notes.fileno()],
            capture_output=True,
            text=True,
            check=False,
        )
        notes.seek(0)
        return done.returncode, done.stdout.splitlines(), notes.read().splitlines()


def in_shell(function, log, *arguments):
    """Calls a function of scripts/common.sh with that text as its log; returns (status, stdout, stderr)."""
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.write(log)
        file.flush()
        command = shlex.join([function, file.name, *map(str, arguments)])
        done = subprocess.run(
            ["bash", "-euc", f'. "$1"; {command}', "common", COMMON],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


def closing(script, passed, retried, failed=0, skipped=0):
    return (
        f"SCENARIOS: {script}: {passed} passed, {retried} of them on a second try, "
        f"{failed} failed, {skipped} skipped"
    )


@scenario
def what_fails_once_passes_on_a_second_try_and_is_announced():
    status, lines, notes = run_script("statistical_passes", "statistical_fails_once")
    assert status == 0, lines
    assert notes == [ONCE, closing("some.py", 2, 1)], notes
    assert [line for line in lines if line.startswith(("RETRY", "SCENARIOS"))] == notes, lines


@scenario
def what_always_fails_fails_on_the_second_try_too():
    status, lines, notes = run_script("statistical", "is_skipped")
    assert status == 1, lines
    assert notes == [ONCE, ALWAYS, closing("some.py", 2, 1, 1, 1)], notes
    assert sum(line.startswith("FAIL statistical_fails_always") for line in lines) == 2, lines


@scenario
def exact_scenarios_are_not_run_again():
    status, lines, notes = run_script("exact")
    assert status == 1, lines
    assert notes == [closing("some.py", 1, 0, 2)], notes


@scenario
def what_is_measured_again_is_announced():
    status, _, notes = run_script("is_measured_twice")
    assert status == 0, notes
    assert notes == ["AGAIN: some.py: a round: AssertionError: of two lines", closing("some.py", 1, 0)], notes
    status, lines, notes = run_script("is_measured_in_vain")
    assert status == 1 and any("each time" in line for line in lines), lines
    assert notes == 2 * ["AGAIN: some.py: a round: AssertionError: each time"] + [closing("some.py", 0, 0, 1)], notes


@scenario
def skipped_is_neither_passed_nor_failed():
    status, _, notes = run_script("is_skipped")
    assert status == 77, status
    assert notes == [closing("some.py", 0, 0, 0, 1)], notes


@scenario
def counts_add_up_over_scripts_and_no_line_counts_twice():
    lines = [closing("a.py", 12, 0), "PASS: tests/system/a.py", closing("b.py", 30, 2), closing("b.py", 30, 2)]
    log = "\n".join(lines) + "\n"
    assert in_shell("scenario_counts", log) == (0, "42 2\n", ""), in_shell("scenario_counts", log)
    assert in_shell("scenario_counts", "PASS: tests/system/a.py\n")[:2] == (1, "")
    again = "RETRY: a.py: one: x\nok   one\nRETRY: a.py: two: y\n" + "RETRY: a.py: one: x\n"
    assert in_shell("second_tries", again)[1] == "RETRY: a.py: one: x\nRETRY: a.py: two: y\n"


@scenario
def more_than_a_few_second_tries_are_a_failure():
    def log(count):
        return "".join(2 * f"RETRY: a.py: scenario_{number}: x\n" for number in range(count))

    assert in_shell("few_second_tries", "", 3) == (0, "", "")
    assert in_shell("few_second_tries", log(3), 3) == (0, "", "")
    status, _, err = in_shell("few_second_tries", log(4), 3)
    assert status == 1 and "4 scenarios needed a second try; allowed: 3" in err, (status, err)


if __name__ == "__main__":
    main(workers=2)
