# SPDX-License-Identifier: MIT
"""Where nothing is due, nothing wakes: the wake-ups of threads, counted against probes, however slow the machine."""
import os
import time

from lib import peer as behave
from lib.collectd import Daemon
from lib.peer import Peer
from lib.program import WRAPPER, Program
from lib.scenario import Skip, main, scenario

SECONDS = 10
# Of the prober to send and to read, of the echo server to return; and half a one for what else there is.
MEASURING = ("prober", "echo-server")
MEASURING_A_PROBE = 3.5
# Of all others together, at a probe a second: one step of the history in five, and what happens now and then.
OTHERS = ("main", "history", "discovery", "http", "resolver", "source", "logger", "tcp_echo")
OTHERS_A_PROBE = 0.3
OTHERS_ONCE = 4


def wakeups(pid):
    """How often each thread, by name, waited until something woke it; collectd's main thread is not ours."""
    if WRAPPER or not os.path.exists(f"/proc/{pid}/task"):
        raise Skip("needs Linux's /proc of the program itself")
    counts = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
            status = dict(line.split(":", 1) for line in file)
        name = status["Name"].strip()
        if thread == str(pid) and name != "collectd":
            name = "main"
        counts[name] = counts.get(name, 0) + int(status["voluntary_ctxt_switches"])
    return counts


def woken_since(before, pid):
    return {name: count - before.get(name, 0) for name, count in wakeups(pid).items()}


def check_rest(program, name):
    """Nobody asks the program anything while it is counted."""
    program.wait_target(name, lambda t: t.received >= 3, "the start is over", 30)
    sent = program.target(name).sent
    time.sleep(1)
    before = wakeups(program.pid)
    time.sleep(SECONDS)
    woken = woken_since(before, program.pid)
    probes = program.target(name).sent - sent
    measuring = sum(woken.get(thread, 0) for thread in MEASURING)
    others = sum(woken.get(thread, 0) for thread in OTHERS)
    assert measuring <= MEASURING_A_PROBE * probes, f"{woken} in {probes} probes"
    assert others <= OTHERS_A_PROBE * probes + OTHERS_ONCE, f"{woken} in {probes} probes"


@scenario
def prober_and_server_sleep_between_probes():
    with Program("both", "-interval=1s") as program:
        check_rest(program, "default")


@scenario
def a_watched_file_wakes_nobody():
    with Peer(behave.echo) as peer:
        for name in (None, "*.json"):
            with Program("client", "-interval=1s", targets={"a": peer.address}) as first:
                flag = first.targets_path if name is None else os.path.join(os.path.dirname(first.targets_path), name)
                with Program("client", "-interval=1s", f"-targets={flag}") as program:
                    check_rest(program, "a")


@scenario
def the_plugin_in_collectd_sleeps_as_well():
    with Daemon("Interval 1", file={"a": "127.0.0.1:{listen}"}, interval=10) as daemon:
        check_rest(daemon, "a")


@scenario
def a_history_in_which_nothing_happens_is_not_looked_at():
    with Program("both", "-interval=1h") as program:
        # The end of the first step is waited for in any case; three more end afterwards, at least.
        time.sleep(6)
        before = wakeups(program.pid)
        time.sleep(16)
        woken = woken_since(before, program.pid)
        assert woken["history"] <= 1, woken


@scenario
def who_asks_how_a_sleeping_prober_is_does_not_wake_it():
    with Program("both", "-interval=1h") as program:
        program.metrics()
        time.sleep(2)
        before = wakeups(program.pid)
        for _ in range(100):
            assert program.http("/-/ready").status == 200
            program.metrics()
        woken = woken_since(before, program.pid)
        assert woken["prober"] <= 20, woken


if __name__ == "__main__":
    main(workers=4)
