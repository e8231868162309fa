# SPDX-License-Identifier: MIT
"""A path that loses segments, goes black and comes back, between two network namespaces."""
import http.client
import subprocess
import time

from lib.exposition import parse
from lib.far_server import FarServer
from lib.http_client import request_on
from lib.law import Target
from lib.namespaces import Path, enter_or_skip
from lib.program import Program
from lib.scenario import main, scenario
from lib.wait import holds_for, wait_for

# A connect takes up to 3 s, and a retry waits up to 5 s plus some jitter.
RECOVERY_SECONDS = 3 + 5 + 2
# The neighbour, which no fault of the path may touch; nor may a busy machine.
NEAR = {"address": "127.0.0.1:{listen}", "timeout": "2s"}


@scenario
def lost_segments_are_retransmitted_and_counted():
    with Path() as path, FarServer(path) as server:
        targets = {"far": server.address, "near": NEAR}
        flags = ("-interval=10ms", "-timeout=150ms", "-window=200")
        with Program("both", *flags, targets=targets) as program:
            clean = program.wait_target(
                "far", lambda t: t.received >= 200 and t.loss_percent == 0, "a clean path", 20
            )
            # Both ways: what the prober retransmits was lost on its way there, or its acknowledgement was.
            path.drop(10, ("there", "back"))
            # Each lost segment means about 200 ms in which nothing passes, which is longer than the timeout.
            lossy = program.wait_target(
                "far",
                lambda t: t.tcp_retransmits >= clean.tcp_retransmits + 10
                and t.late > 0
                and t.loss_percent > 0,
                "loss and retransmissions",
                40,
            )
            assert lossy.timeouts > clean.timeouts, lossy
            assert lossy.received > clean.received, lossy
            path.heal()
            healed = program.wait_target(
                "far",
                lambda t: t.loss_percent == 0 and t.connected == 1,
                "loss falls back",
                RECOVERY_SECONDS + 10,
            )
            assert healed.received > lossy.received, healed
            near = program.target("near")
            assert near.timeouts == 0 and near.connects == 1, near


@scenario
def a_path_that_swallows_full_segments_stalls_large_probes_only():
    with Path() as path, FarServer(path) as server:
        targets = {"small": server.address, "large": {"address": server.address, "size": 4096}}
        with Program("client", "-interval=50ms", "-timeout=500ms", targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received >= 20 and t.loss_percent == 0, "a clean path", 20)
            path.swallow(1000)
            hole = program.wait_target(
                "large", lambda t: t.disconnects.get("stalled") and t.tcp_retransmits > 0, "a black hole", 20)
            # Handshakes are small: the target accepts, and is not connected for that.
            assert hole.connected == 0 and set(hole.disconnects) == {"stalled"}, hole
            small = program.target("small")
            assert small.connects == 1 and small.connected == 1, small
            path.heal()
            program.wait_target("large", lambda t: t.connected == 1 and t.received > hole.received, "recovery",
                                RECOVERY_SECONDS)
            small = program.target("small")
            assert small.connects == 1 and small.disconnects == {}, small


@scenario
def a_blackout_is_100_percent_loss_and_ends_in_time():
    with Path() as path, FarServer(path) as server:
        targets = {"far": server.address, "near": NEAR}
        flags = ("-interval=20ms", "-timeout=300ms", "-window=50")
        with Program("both", *flags, targets=targets) as program:
            before = program.wait_target("far", lambda t: t.received >= 100, "a clean path", 20)
            path.drop(100)
            black = program.wait_target("far", lambda t: t.loss_percent == 100, "loss rises to 100")
            black = program.wait_target("far", lambda t: t.disconnects.get("stalled"), "stalled")
            black = program.wait_target(
                "far", lambda t: t.connect_failures.get("timeout"), "a connect times out", 15
            )
            assert black.unsent > 0 and black.connected == 0, black
            assert set(black.disconnects) == {"stalled"}, black
            path.heal()
            healed_at = time.monotonic()
            back = program.wait_target(
                "far", lambda t: t.received > black.received, "recovery", RECOVERY_SECONDS
            )
            print(f"     recovered after {time.monotonic() - healed_at:.1f} s", flush=True)
            assert back.connects == before.connects + 1, back
            program.wait_target("far", lambda t: t.loss_percent == 0, "loss falls back to 0")
            near = program.target("near")
            assert near.timeouts == 0 and near.connects == 1, near


@scenario
def a_short_blackout_keeps_the_connection():
    with Path() as path, FarServer(path) as server:
        # Shorter than a stall, 2 s + 500 ms: TCP itself recovers, and no probe is lost.
        flags = ("-interval=20ms", "-timeout=2s", "-target", server.address)
        with Program("client", *flags) as program:
            program.wait_target("default", lambda t: t.received >= 50, "a clean path", 20)
            path.drop(100)
            holds_for(lambda: True, "time passes in the dark", 0.7)
            path.heal()
            hole = program.target().sent
            after = program.wait_target("default", lambda t: t.received > hole, "carries on")
            assert after.connects == 1 and after.timeouts == 0, after
            # The kernel's statistics are read only now and then.
            program.wait_target(
                "default", lambda t: t.tcp_retransmits > 0, "retransmits are counted"
            )
            assert after.bucket("0.4096") < after.received, "the hole shows in the RTTs"


@scenario
def a_path_that_ends_is_unreachable_and_comes_back():
    with Path() as path, FarServer(path) as server:
        flags = ("-interval=20ms", "-timeout=300ms", "-target", server.address)
        with Program("client", *flags) as program:
            program.wait_target("default", lambda t: t.received >= 20, "a clean path", 20)
            subprocess.run(["ip", "link", "set", path.device, "down"], check=True)
            down = program.wait_target(
                "default", lambda t: t.connect_failures.get("unreachable"), "unreachable", 20
            )
            assert set(down.connect_failures) == {"unreachable"}, down
            subprocess.run(["ip", "link", "set", path.device, "up"], check=True)
            program.wait_target(
                "default", lambda t: t.received > down.received, "recovery", RECOVERY_SECONDS
            )


def port_range(text=None):
    """Sets, or returns, the ports that the kernel uses for outgoing connections in this namespace."""
    path = "/proc/sys/net/ipv4/ip_local_port_range"
    if text is None:
        with open(path, encoding="ascii") as file:
            return file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return text


@scenario
def never_takes_itself_for_the_target():
    # A socket that keeps dialling a port in the kernel's ephemeral range will one day be given that
    # very port as its own, and be connected to itself: its own perfect echo. The range is made so
    # small here that this happens at the first attempt.
    with Path(), Program("client", "-interval=50ms", "-target=127.0.0.1:40000") as program:
        # Opened beforehand, so that it needs no port of that range.
        scraper = http.client.HTTPConnection("127.0.0.1", program.metrics_port, timeout=10)
        first = Target(parse(request_on(scraper).body), "default")
        usual = port_range()
        port_range("40000 40001")

        def has_failed_four_more_times():
            target = Target(parse(request_on(scraper).body), "default")
            assert target.received == 0 and target.connects == 0, target
            failures = sum(target.connect_failures.values())
            return failures >= sum(first.connect_failures.values()) + 4

        try:
            wait_for(has_failed_four_more_times, "failures", 40, pause=0.1)
        finally:
            port_range(usual)
        scraper.close()


if __name__ == "__main__":
    enter_or_skip()
    main()
