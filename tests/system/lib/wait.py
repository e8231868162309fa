# SPDX-License-Identifier: MIT
"""Waiting for conditions, never for time to pass."""
import os
import time

# Slow machines, emulators and instrumented builds get that many times the patience.
PATIENCE = float(os.environ.get("TCP_ECHO_METRICS_PATIENCE", "0")) or (
    5.0 if os.environ.get("TCP_ECHO_METRICS_WRAPPER") else 1.0
)


# However long a machine was suspended between two looks, no more than this counts as waiting.
LONGEST_LOOK_S = 1.0


def wait_for(condition, what, seconds=30.0, pause=0.02):
    """Calls condition until it returns something true, and returns that; fails after seconds."""
    left, then = seconds * PATIENCE, time.monotonic()
    while True:
        result = condition()
        if result:
            return result
        now = time.monotonic()
        left -= min(now - then, LONGEST_LOOK_S)
        then = now
        if left < 0:
            raise AssertionError(f"waited {seconds * PATIENCE:g} s in vain: {what}")
        time.sleep(pause)


def wait_passes(check, what, seconds=30.0, pause=0.02):
    """Calls check until none of its assertions fails, and returns what it returns; what failed last is told in the end."""
    failure = None

    def passes():
        nonlocal failure
        try:
            return [check()]
        except AssertionError as error:
            failure = error
            return None

    try:
        (result,) = wait_for(passes, what, seconds, pause)
    except AssertionError as error:
        raise AssertionError(f"{error}: {failure}") from failure
    return result


def holds_for(condition, what, seconds):
    """Fails as soon as condition does not hold within seconds: for what must never happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"does not hold: {what}"
        time.sleep(0.05)
