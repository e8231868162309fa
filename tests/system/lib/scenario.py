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


class Skip(Exception):
    """This scenario cannot run here; the text says why."""


def scenario(function):
    """Marks a function as a scenario."""
    _scenarios.append(function)
    return function


def scenarios_of(table, prefix):
    """One scenario for each row: for those that differ by a row of a table."""

    def decorate(function):
        for row in table:

            def run(row=row):
                function(row)

            run.__name__ = prefix + str(row[0]).replace(" ", "_")
            _scenarios.append(run)
        return function

    return decorate


def _run(function):
    begin = time.monotonic()
    try:
        function()
        verdict, detail = "ok", ""
    except Skip as reason:
        verdict, detail = "skip", str(reason)
    except Exception:  # Whatever it is, it is this scenario's failure and not the others'.
        verdict, detail = "FAIL", traceback.format_exc()
    took = time.monotonic() - begin
    print(f"{verdict:4} {function.__name__} ({took:.1f} s) {detail}".rstrip(), flush=True)
    return verdict


def _give_up():
    """Says where every thread stands; SIGTERM then ends what the script has started, and itself."""
    faulthandler.dump_traceback()
    os.kill(os.getpid(), signal.SIGTERM)


def main(workers=1, seconds=240, rounds=1):
    """
    Runs all scenarios, or those whose names contain an argument of the command line; so many at a
    time, which helps where they wait more than they work. Ends the script with automake's status.

    rounds: of those that assert figures which a machine that does something else meanwhile spoils.
    What fails is run again, alone, up to so often in all; what is broken fails each time.
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
        verdicts = list(pool.map(_run, chosen))
    for _ in range(rounds - 1):
        verdicts = [
            _run(one) if verdict == "FAIL" else verdict for one, verdict in zip(chosen, verdicts)
        ]
    guard.cancel()
    if "FAIL" in verdicts or not verdicts:
        sys.exit(1)
    sys.exit(STATUS_SKIP if set(verdicts) == {"skip"} else 0)
