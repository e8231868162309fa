# SPDX-License-Identifier: MIT
"""Scenarios of a script: functions named as sentences, run by name, several at a time."""
import concurrent.futures
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback

from lib.wait import PATIENCE

STATUS_SKIP = 77

_scenarios = []
_statistical = set()


class Skip(Exception):
    """This scenario cannot run here; the text says why."""


def scenario(function):
    """Marks a function as a scenario."""
    _scenarios.append(function)
    return function


def scenarios_of(table, prefix, is_statistical=False):
    """
    One scenario for each row of a table.

    is_statistical: what it asserts is only likely, whatever the machine does. When it fails it is run
    once more, alone. That is announced, and .ci/run allows few of them; the caller says why.
    """

    def decorate(function):
        for row in table:

            def run(row=row):
                function(row)

            run.__name__ = prefix + str(row[0]).replace(" ", "_")
            _scenarios.append(run)
            if is_statistical:
                _statistical.add(run)
        return function

    return decorate


def _run(function):
    """Runs one scenario; returns its verdict, and its failure in one line."""
    begin = time.monotonic()
    failure = ""
    try:
        function()
        verdict, detail = "ok", ""
    except Skip as reason:
        verdict, detail = "skip", str(reason)
    except Exception as error:  # Whatever it is, it fails this scenario and not the others.
        verdict, detail = "FAIL", traceback.format_exc()
        failure = _in_one_line(error)
    took = time.monotonic() - begin
    _print(f"{verdict:4} {function.__name__} ({took:.1f} s) {detail}".rstrip())
    return verdict, failure


def _print(line):
    """Writes in one piece: with print() another thread can come between a line and its newline."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _announce(line):
    """Prints a line that must be seen even when the script passes and its output is not shown."""
    _print(line)
    descriptor = os.environ.get("TCP_ECHO_METRICS_NOTES_FD")
    if descriptor:
        os.write(int(descriptor), f"{line}\n".encode())


def _run_again(chosen, results):
    """Runs once more what failed and may be run again. Returns which scenarios those were."""
    again = [
        index
        for index, (verdict, _) in enumerate(results)
        if verdict == "FAIL" and chosen[index] in _statistical
    ]
    for index in again:
        _announce(f"RETRY: {_script()}: {chosen[index].__name__}: {results[index][1]}")
        results[index] = _run(chosen[index])
    return again


def in_rounds(check, what, rounds=4):
    """
    Calls check, which measures, until none of its assertions fails, and returns what it returns: a busy machine may
    disturb a round, but not each. Those that were in vain are announced.
    """
    for left in reversed(range(rounds)):
        try:
            return check()
        except AssertionError as error:
            if not left:
                raise
            _announce(f"AGAIN: {_script()}: {what}: {_in_one_line(error)}")


def _in_one_line(error):
    return " ".join(f"{type(error).__name__}: {error}".split())


def _script():
    return os.path.basename(sys.argv[0])


def _sum_up(verdicts, again):
    """The line that scripts/common.sh adds up over all scripts."""
    late = sum(verdicts[index] == "ok" for index in again)
    counts = [verdicts.count(verdict) for verdict in ("ok", "FAIL", "skip")]
    _announce(
        f"SCENARIOS: {_script()}: {counts[0]} passed, {late} of them on a second try, "
        f"{counts[1]} failed, {counts[2]} skipped"
    )


def _give_up():
    """Prints where every thread is; SIGTERM then ends what the script has started, and itself."""
    faulthandler.dump_traceback()
    os.kill(os.getpid(), signal.SIGTERM)


def main(workers=1, seconds=240):
    """
    Runs all scenarios, or those whose names contain an argument of the command line, workers at a
    time, which helps when they wait more than they work. Ends the script with the status that
    automake expects.
    """
    guard = threading.Timer(seconds * PATIENCE, _give_up)
    guard.daemon = True
    guard.start()
    chosen = [
        one
        for one in _scenarios
        if not sys.argv[1:] or any(word in one.__name__ for word in sys.argv[1:])
    ]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(_run, chosen))
    again = _run_again(chosen, results)
    guard.cancel()
    verdicts = [verdict for verdict, _ in results]
    _sum_up(verdicts, again)
    if "FAIL" in verdicts or not verdicts:
        sys.exit(1)
    sys.exit(STATUS_SKIP if set(verdicts) == {"skip"} else 0)
