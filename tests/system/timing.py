# SPDX-License-Identifier: MIT
"""When things happen: slots, timeouts and arrivals, judged by order and ratios, never by milliseconds."""
import os
import signal
import socket
import threading
import time

from lib import peer as behave
from lib.endings import shut_down
from lib.peer import FullBacklog, Peer
from lib.program import Program
from lib.scenario import Skip, main, scenario
from lib.wait import wait_for


@scenario
def a_probe_settles_at_its_timeout_and_not_at_the_next_slot():
    with Peer(behave.mute) as peer:
        with Program(
            "client", "-interval=6s", "-timeout=300ms", "-target", peer.address
        ) as program:
            program.wait_target("default", lambda t: t.sent == 1, "the first probe", 15)
            target = program.wait_target("default", lambda t: t.timeouts > 0, "it times out")
            assert target.sent == 1 and target.timeouts == 1 and target.in_flight == 0, target


def estimated(program, name):
    """The timeout of a target in seconds; None where it is fixed."""
    found = program.metrics().select("tcp_echo_estimated_timeout_seconds", target=name)
    return found[0][1] if found else None


def check_estimates(probe):
    """Near and far targets each get what suits them; a fixed one has nothing to show."""
    with Peer(behave.echo) as near, Peer(behave.delayed(0.5)) as far:
        targets = {
            "near": {"address": near.address},
            "far": {"address": far.address},
            "fixed": {"address": near.address, "timeout": "1s"},
        }
        for target in targets.values():
            target["probe"] = probe
        with Program("client", "-interval=100ms", "-timeout=auto", targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received >= 20, "replies", 30)
            assert estimated(program, "fixed") is None
            assert 0.1 <= estimated(program, "near") <= 3
            if probe == "echo":
                # The replies of the far one come, however long they take, and none is lost for it.
                assert 0.5 < estimated(program, "far") <= 3, estimated(program, "far")
                assert estimated(program, "near") < estimated(program, "far")
                program.wait_target("far", lambda t: t.timeouts == t.late, "all that was lost comes late")
            steady = estimated(program, "near")
            near.close()
            program.wait_target("near", lambda t: t.connected == 0, "down", 20)
            # A refusal, or the end of a connection, is no silence.
            assert estimated(program, "near") <= max(steady * 2, 1), estimated(program, "near")


@scenario
def an_estimated_timeout_suits_each_target():
    check_estimates("echo")


@scenario
def an_estimated_timeout_suits_handshakes_too():
    check_estimates("connect")


@scenario
def silence_doubles_an_estimated_timeout_up_to_three_seconds():
    answers = threading.Event()
    answers.set()

    def sometimes(connection):
        while data := connection.recv(65536):
            if answers.is_set():
                connection.sendall(data)

    with Peer(sometimes) as peer:
        with Program("client", "-interval=50ms", "-timeout=auto", "-target", peer.address) as program:
            program.wait_target("default", lambda t: t.received >= 20, "replies", 20)
            before = estimated(program, "default")
            answers.clear()
            wait_for(lambda: estimated(program, "default") == 3, "the longest timeout", 30)
            answers.set()
            program.wait_target("default", lambda t: t.received >= 40, "replies again", 30)
            wait_for(lambda: estimated(program, "default") < max(1, 2 * before), "a short timeout again", 30)


@scenario
def an_hourly_interval_is_probed_at_the_start():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=1h", "-target", peer.address) as program:
            target = program.wait_target("default", lambda t: t.received == 1, "a reply", 15)
            assert target.sent == 1 and target.timeouts == 0, target


@scenario
def an_idle_connection_is_healthy_and_stays():
    # Idle for much longer than timeout + 500 ms, which would be a stall if anything were unanswered.
    with Peer(behave.echo) as peer:
        with Program(
            "client", "-interval=2s", "-timeout=100ms", "-target", peer.address
        ) as program:
            target = program.wait_target("default", lambda t: t.received >= 3, "three replies", 20)
            assert target.connects == 1 and target.disconnects == {}, target


@scenario
def a_mute_peer_is_a_stall_and_is_dialled_again():
    with Peer(behave.mute) as peer:
        with Program(
            "client", "-interval=20ms", "-timeout=100ms", "-target", peer.address
        ) as program:
            target = program.wait_target("default", lambda t: t.connects >= 3, "connects", 20)
            assert set(target.disconnects) == {"stalled"}, target
            assert target.timeouts > target.unsent, target


@scenario
def probes_a_thousand_times_a_second():
    flags = ("-interval=1ms", "-timeout=20s")
    with Program("both", *flags, targets={"a": "127.0.0.1:{listen}"}) as program:
        target = program.wait_target("a", lambda t: t.received >= 3000, "3,000 replies", 30)
        assert target.timeouts == 0 and target.connects == 1, target
        # A slot in which nothing was sent is counted as missed: every slot is accounted for.
        begin, first = time.monotonic(), program.target("a")
        wait_for(lambda: time.monotonic() - begin > 2, "two seconds", pause=0.1)
        last, took = program.target("a"), time.monotonic() - begin
        slots = last.sent + last.missed_slots - first.sent - first.missed_slots
        assert 0.9 < slots / (took * 1000) < 1.1, f"{slots} slots in {took:.3f} s"


@scenario
def the_law_holds_in_every_scrape_of_a_busy_process():
    targets = {f"t{number}": "127.0.0.1:{listen}" for number in range(10)}
    with Program("both", "-interval=1ms", "-threads=3", targets=targets) as program:
        program.wait_target("t9", lambda t: t.received >= 100, "replies")
        for _ in range(200):
            program.metrics()


@scenario
def sends_no_burst_and_keeps_its_rate():
    with Program("both", "-interval=10ms", targets={"a": "127.0.0.1:{listen}"}) as program:
        program.wait_target("a", lambda t: t.received >= 10, "replies")
        begin, first = time.monotonic(), program.target("a")
        wait_for(lambda: time.monotonic() - begin > 3, "three seconds", pause=0.1)
        last, took = program.target("a"), time.monotonic() - begin
        slots = last.sent + last.missed_slots - first.sent - first.missed_slots
        assert 0.9 < slots / (took * 100) < 1.1, f"{slots} slots in {took:.3f} s"


@scenario
def hundreds_of_probes_in_flight_are_all_received():
    with Peer(behave.delayed(1.0)) as peer:
        flags = ("-interval=5ms", "-timeout=20s", "-target", peer.address)
        with Program("client", *flags) as program:
            target = program.wait_target("default", lambda t: t.received >= 400, "replies", 20)
            assert target.in_flight >= 100, target
            assert target.timeouts == 0 and target.loss_percent == 0, target
            assert target.bucket("0.8192") == 0, "RTTs shorter than the delay"


@scenario
def a_timeout_may_be_many_intervals_long():
    with Peer(behave.mute) as peer:
        flags = ("-interval=2ms", "-timeout=1s", "-target", peer.address)
        with Program("client", *flags) as program:
            target = program.wait_target("default", lambda t: t.in_flight >= 300, "in flight")
            assert target.timeouts == 0, target
            target = program.wait_target("default", lambda t: t.timeouts >= 300, "timed out")
            assert target.received == 0, target


@scenario
def a_timeout_may_be_shorter_than_the_interval():
    # Replies come after the timeout and before the next slot, so each one is late.
    with Peer(behave.delayed(0.2)) as peer:
        flags = ("-interval=500ms", "-timeout=20ms", "-target", peer.address)
        with Program("client", *flags) as program:
            target = program.wait_target("default", lambda t: t.late >= 3, "late replies")
            assert target.received == 0 and target.connects == 1, target


def stop_and_continue(program, seconds):
    program.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    wait_for(lambda: time.monotonic() - begin > seconds, "it is stopped", pause=0.1)
    program.send_signal(signal.SIGCONT)


@scenario
def a_process_that_slept_misses_slots_and_counts_nothing_as_lost():
    with Peer(behave.delayed(0.2)) as peer:
        # Shorter than the stop: what arrived during it would be lost if the time of reading counted.
        flags = ("-interval=20ms", "-timeout=2s", "-target", peer.address)
        with Program("client", *flags) as program:
            before = program.wait_target("default", lambda t: t.received >= 20, "replies")
            stop_and_continue(program, 3)
            # About ten replies came while it was stopped: in time by their arrival.
            after = program.wait_target(
                "default", lambda t: t.received >= before.received + 40, "on"
            )
            assert after.timeouts == 0 and after.late == 0 and after.loss_percent == 0, after
            assert after.connects == 1 and after.disconnects == {}, after
            missed = after.missed_slots - before.missed_slots
            assert 100 <= missed <= 300, f"{missed} missed slots for 150 that fell into the stop"
            assert after.bucket("1.6384") == after.received, "an RTT includes the stop"


def is_stopped_process(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def stop_while_it_dials(program, peer):
    """An attempt may end just before the stop: then there is none until it goes on."""
    def is_stopped():
        wait_for(peer.is_dialled, "it dials")
        program.send_signal(signal.SIGSTOP)
        wait_for(lambda: is_stopped_process(program.pid), "it is stopped")
        if peer.is_dialled():
            return True
        program.send_signal(signal.SIGCONT)
        return False

    wait_for(is_stopped, "a stop in the middle of an attempt")


@scenario
def a_connection_established_during_a_stop_is_not_a_failure():
    if not os.path.exists("/proc/net/tcp"):
        raise Skip("this system does not report when a connection was established")
    with FullBacklog() as peer:
        with Program("client", "-interval=20ms", "-target", peer.address) as program:
            stop_while_it_dials(program, peer)
            begin = time.monotonic()
            # The kernel sends the SYN again after 1 s, and the program allows 3 s per attempt.
            connection = peer.accept_other(10)
            wait_for(lambda: time.monotonic() - begin > 3.5, "it is stopped", pause=0.1)
            program.send_signal(signal.SIGCONT)
            echo = threading.Thread(target=behave.echo, args=(connection,))
            echo.start()
            try:
                target = program.wait_target("default", lambda t: t.received >= 10, "replies")
                assert target.connects == 1 and target.connect_failures == {}, target
                assert target.timeouts == 0 and target.disconnects == {}, target
            finally:
                program.send_signal(signal.SIGCONT)
                shut_down(connection, socket.SHUT_RDWR)
                echo.join()


@scenario
def a_stop_of_many_targets_is_not_made_up_for_in_a_burst():
    # The server carries on: what is in flight when the prober stops is echoed meanwhile.
    flags = ("-interval=50ms", "-timeout=1500ms")
    with Program("server") as server:
        address = f"127.0.0.1:{server.listen_port}"
        check_stop_of_many(flags, {f"t{number}": address for number in range(50)})


def check_stop_of_many(flags, targets):
    with Program("client", *flags, targets=targets) as program:
        program.wait_target("t49", lambda t: t.received >= 5, "replies")
        stop_and_continue(program, 2)
        before = {name: program.target(name).sent for name in ("t0", "t25", "t49")}
        for name, sent in before.items():
            target = program.wait_target(name, lambda t, s=sent: t.sent >= s + 10, "carries on")
            assert target.timeouts == 0, target
            assert 20 <= target.missed_slots <= 80, target


@scenario
def a_server_that_slept_is_a_loss_of_the_target_and_not_of_the_prober():
    with Program("server") as server:
        address = f"127.0.0.1:{server.listen_port}"
        flags = ("-interval=20ms", "-timeout=200ms", "-window=50", "-target", address)
        with Program("client", *flags) as program:
            program.wait_target("default", lambda t: t.received >= 20, "replies")
            server.send_signal(signal.SIGSTOP)
            try:
                down = program.wait_target("default", lambda t: t.loss_percent == 100, "loss")
                assert down.timeouts > 0, down
                program.wait_target(
                    "default", lambda t: t.disconnects.get("stalled", 0) >= 1, "stall"
                )
            finally:
                server.send_signal(signal.SIGCONT)
            back = program.wait_target("default", lambda t: t.loss_percent == 0, "recovers", 15)
            # A busy machine may add some missed slots, but the outage is not among them.
            assert back.timeouts > back.missed_slots, back


@scenario
def send_lag_is_measured_for_every_send():
    with Program("both", "-interval=10ms") as program:
        program.wait_target("default", lambda t: t.received >= 100, "replies")
        metrics = program.metrics()
        lag = metrics.value("tcp_echo_send_lag_seconds_count")
        sent = metrics.value("tcp_echo_sent_total") - metrics.value("tcp_echo_unsent_total")
        # The two are read one after the other while probing continues.
        assert abs(lag - sent) <= 5, f"{lag} lags for {sent} sends"


if __name__ == "__main__":
    main(workers=4)
