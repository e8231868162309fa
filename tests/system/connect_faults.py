# SPDX-License-Identifier: MIT
"""Probing by handshake over a path that loses SYNs, goes black, is slow, or ends."""
import contextlib
import ctypes
import itertools
import signal
import socket
import struct
import subprocess
import threading
import time

from lib import peer as behave
from lib.far_server import FarServer
from lib.law import Target
from lib.namespaces import Names, Path, SlowPath, enter_or_skip
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import main, scenario
from lib.wait import PATIENCE, holds_for, wait_for

CONNECT = ("-probe=connect", "-interval=100ms")
# Longer than anything takes that is not lost.
PATIENT = (*CONNECT, "-timeout=20s")

_numbers = itertools.count()


class Hosts:
    """The names of all scenarios; each scenario has its own."""

    def __init__(self, names):
        self.names = names
        self.known = {}
        self.lock = threading.Lock()

    def set(self, name, *addresses):
        """Sets the addresses of that name."""
        with self.lock:
            self.known[name] = [f"{address} {name}" for address in addresses]
            self.names.set(*itertools.chain(*self.known.values()))


# Other names hang, because their name server does not answer.
HOSTS = Hosts(Names(asks_server=True))


def new_path():
    return Path(next(_numbers))


def new_slow_path(delay):
    path = SlowPath(next(_numbers))
    path.delay = delay
    return path


def in_namespace(path, function):
    """Calls a function on a thread in the other namespace, so that its sockets belong there."""
    made = []
    libc = ctypes.CDLL(None, use_errno=True)

    def run():
        with open(f"/proc/{path.holder.pid}/ns/net", encoding="ascii") as namespace:
            if libc.setns(namespace.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        made.append(function())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert made, "not opened in the other namespace"
    return made[0]


def filter_there(path, rule):
    """Adds an input rule at the far end."""
    subprocess.run([*path.there(), "nft", f"add rule ip path{path.number} input {rule}"], check=True)


def changes_of(program, name="default"):
    """What the log says about a target, without the times."""
    return [line.split(f" {name}: ")[1] for line in program.lines if f" {name}: " in line]


def wait_changes(program, count):
    """Waits for that many: a scrape may show a change before its log line has been read here."""
    wait_for(lambda: len(changes_of(program)) >= count, f"{count} changes are logged")
    return changes_of(program)


@scenario
def a_syn_lost_once_is_late_and_counted():
    with new_path() as path, FarServer(path) as server:
        with Program("client", *CONNECT, "-target", server.address) as program:
            clean = program.wait_target("default", lambda t: t.received >= 10, "a clean path")
            assert clean.tcp_retransmits == 0 and clean.timeouts == 0, clean
            table = f"path{path.number}"
            subprocess.run(
                [*path.there(), "nft", f"add set ip {table} seen "
                 "{ type inet_service; flags dynamic; size 65535; }"], check=True)
            filter_there(path, "tcp flags & (syn | ack) == syn tcp sport != @seen "
                               "add @seen { tcp sport } drop")
            # Linux sends the SYN again after a second: after the timeout, and within the grace period.
            lossy = program.wait_target("default", lambda t: t.late >= 10, "late", 20)
            assert lossy.timeouts >= lossy.late and lossy.unsent == 0, lossy
            assert lossy.tcp_retransmits == lossy.late, (lossy, lossy.tcp_retransmits)
            assert lossy.connects == lossy.received + lossy.late, lossy
            assert lossy.connect_failures == {} and lossy.connected == 1, lossy
            assert lossy.loss_percent > 0 and lossy.last_connect_seconds >= 1, lossy
            path.heal()
            healed = program.wait_target(
                "default", lambda t: t.received >= lossy.received + 10, "in time again")
            assert healed.connected == 1 and healed.connect_failures == {}, healed
            assert len(changes_of(program)) == 1, program.lines


@scenario
def a_syn_lost_once_may_be_in_time():
    with new_path() as path, FarServer(path) as server:
        with Program("client", *PATIENT, "-target", server.address) as program:
            clean = program.wait_target("default", lambda t: t.received >= 5, "a clean path")
            path.drop(100, ("there",))
            holds_for(lambda: True, "time passes in the dark", 0.5)
            path.heal()
            # The kernel's RTT would cover the last SYN only.
            after = program.wait_target("default", lambda t: t.received - t.bucket("0.8192") >= 3, "again")
            assert after.timeouts == 0 and after.received > clean.received, after
            # Where the dark lasts longer than a second, a SYN is lost twice.
            slow = after.received - after.bucket("0.8192")
            assert slow <= after.tcp_retransmits <= 2 * slow, (after, slow, after.tcp_retransmits)


@scenario
def a_blackout_is_logged_once_and_ends_with_the_next_probe():
    with new_path() as path, FarServer(path) as server:
        flags = (*CONNECT, "-timeout=300ms", "-window=20", "-target", server.address)
        with Program("client", *flags) as program:
            before = program.wait_target("default", lambda t: t.received >= 10, "a clean path")
            path.drop(100)
            black = program.wait_target(
                "default", lambda t: t.connect_failures.get("timeout", 0) >= 20, "given up", 20)
            assert black.connected == 0 and black.loss_percent == 100, black
            assert black.unsent == 0 and black.in_flight <= 5, black
            # A SYN is sent again after a second, which is after the grace period, unless the prober is held
            # up; but then it misses slots.
            missed = black.missed_slots - before.missed_slots
            assert black.tcp_retransmits <= 2 * missed, (black, black.tcp_retransmits, missed)
            path.heal()
            begin = time.monotonic()
            back = program.wait_target("default", lambda t: t.received > black.received, "recovery")
            took = time.monotonic() - begin
            print(f"     recovered after {took:.2f} s", flush=True)
            assert took < 1.0 * PATIENCE, f"recovered after {took:.2f} s"
            assert back.connected == 1 and back.received > before.received, back
            assert set(back.connect_failures) == {"timeout"}, back
            program.wait_target("default", lambda t: t.loss_percent == 0, "loss falls to 0")
            up, down, again = wait_changes(program, 3)
            assert up == f"up: {server.address} answers", up
            assert down == f"down: {server.address} does not answer within 800ms", down
            assert again.startswith(f"up: {server.address} answers again after "), again


@scenario
def one_loss_among_many_is_not_an_outage():
    with new_path() as path, FarServer(path) as server:
        flags = (*CONNECT, "-timeout=400ms", "-target", server.address)
        with Program("client", *flags) as program:
            program.wait_target("default", lambda t: t.received >= 10, "a clean path")
            # The kernel would send a lost SYN again after 1 s; the probe is given up after 900 ms.
            path.drop(30, ("there",))
            target = program.wait_target(
                "default", lambda t: t.connect_failures.get("timeout", 0) >= 5, "some are lost", 30)
            assert target.received > 10, target
            path.heal()
            program.wait_target("default", lambda t: t.received > target.received, "carries on")
            # A prober that is held up, and misses slots, may give up too late for that.
            assert set(target.connect_failures) == {"timeout"} and target.late <= 2 + target.missed_slots, target
            # Nine lost in a row by chance would be an outage: 2 in 100,000.
            downs = [line for line in changes_of(program) if line.startswith("down")]
            assert len(downs) <= 1, downs


@scenario
def a_path_that_is_down_is_unsent_and_unreachable():
    with new_path() as path, FarServer(path) as server:
        with Program("client", *PATIENT, "-target", server.address) as program:
            program.wait_target("default", lambda t: t.received >= 5, "a clean path")
            subprocess.run(["ip", "link", "set", path.device, "down"], check=True)
            down = program.wait_target("default", lambda t: t.unsent >= 5, "unsent")
            assert down.connected == 0 and set(down.connect_failures) == {"unreachable"}, down
            assert down.timeouts == down.unsent == down.connect_failures["unreachable"], down
            subprocess.run(["ip", "link", "set", path.device, "up"], check=True)
            back = program.wait_target(
                "default", lambda t: t.connected == 1 and t.received > down.received, "recovery")
            assert back.connects == back.received, back
            _, line, _ = wait_changes(program, 3)
            assert line == f"down: {server.address} is unreachable", line


@scenario
def an_icmp_error_is_believed():
    # Slow packets arrive while nobody holds the socket: otherwise Linux defers such errors.
    with new_slow_path(0.02) as path, FarServer(path) as server:
        with Program("client", *PATIENT, "-target", server.address) as program:
            program.wait_target("default", lambda t: t.received >= 5, "a clean path")
            filter_there(path, "ip protocol tcp reject with icmp type host-unreachable")
            down = program.wait_target(
                "default", lambda t: t.connect_failures.get("unreachable", 0) >= 5, "unreachable")
            # It was sent, and known to be lost long before the timeout.
            assert down.timeouts == down.connect_failures["unreachable"], down
            assert down.unsent == 0 and down.connected == 0 and down.late == 0, down
            path.heal()
            filter_there(path, "ip protocol tcp reject with tcp reset")
            # Probes already in flight are refused as well, but only after a later one that was not.
            program.wait_target(
                "default",
                lambda t: t.connect_failures.get("refused", 0) >= 5 and not t.connected,
                "refused")
            path.heal()
            back = program.wait_target("default", lambda t: t.connected == 1, "recovery")
            refusals = back.connect_failures["refused"]
            assert back.received == back.connects + refusals, back
            assert wait_changes(program, 2)[1] == f"down: {server.address} is unreachable", program.lines


@scenario
def measures_the_delay_of_the_path():
    with new_slow_path(0.05) as path, FarServer(path) as server:
        targets = {"open": server.address, "refused": f"{path.far}:{free_port()}"}
        with Program("client", *PATIENT, targets=targets) as program:
            for name in targets:
                target = program.wait_target(name, lambda t: t.received >= 20, "handshakes")
                assert target.timeouts == 0, target
                # 100 ms for the round trip, and what the path itself adds on a busy machine.
                assert target.bucket("0.0512") == 0, target
                assert target.rtt_sum / target.rtt_count >= 0.1, target
                assert 2 * target.bucket("0.2048") >= target.received, target
            # A refusal is noticed at most an eighth later: the same order of magnitude.
            ends = [program.target(name) for name in targets]
            means = [end.rtt_sum / end.rtt_count for end in ends]
            assert means[1] < 1.5 * means[0], means
            assert ends[0].connects == ends[0].received, ends[0]


@scenario
def never_takes_itself_for_an_open_port():
    # A socket that keeps dialling a port in the kernel's ephemeral range is one day given that very port.
    # The range is made so small, in another namespace, that this happens soon.
    with new_path() as path:
        subprocess.run([*path.there(), "sh", "-c",
                        "echo 40000 40001 >/proc/sys/net/ipv4/ip_local_port_range"], check=True)
        with Program("client", *PATIENT, "-target=127.0.0.1:40000", prefix=path.there(),
                     metrics_host=path.far) as program:
            target = program.wait_target(
                "default", lambda t: sum(t.connect_failures.values()) >= 20, "failures")
            assert target.connects == 0 and target.connected == 0, target
            assert target.connect_failures["refused"] == target.received, target


@scenario
def a_process_that_slept_counts_no_handshake_as_lost():
    # Two probes of each are in flight at any time, more than are looked at first, and they end long
    # before the timeout.
    with new_slow_path(0.1) as path, FarServer(path) as server:
        targets = {f"t{number}": server.address for number in range(24)}
        with Program("client", *CONNECT, "-timeout=1500ms", targets=targets) as program:
            program.wait_target("t23", lambda t: t.received >= 5, "handshakes")
            for _ in range(2):
                before = program.wait_target("t0", lambda t: t.in_flight >= 2, "under way")
                program.send_signal(signal.SIGSTOP)
                time.sleep(2.2)
                program.send_signal(signal.SIGCONT)
                program.wait_target(
                    "t0", lambda t: t.received >= before.received + 5, "carries on")
            metrics = program.metrics()
            for target in [Target(metrics, name) for name in targets]:
                assert target.missed_slots >= 30, (target, target.missed_slots)
                # With a SYN sent again, on a busy machine, the kernel's RTT is that one's: there the stop counts.
                assert target.timeouts == target.late <= target.tcp_retransmits, (target, target.tcp_retransmits)
                assert target.connects == target.received + target.late, target


def resets_at_once(connection):
    """Resets each connection as soon as it is accepted."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@scenario
def a_completed_handshake_counts_even_when_reset_afterwards():
    with new_slow_path(0.1) as path:
        with in_namespace(path, lambda: Peer(resets_at_once, host=path.far)) as peer:
            flags = (*CONNECT, "-timeout=5s", "-target", peer.address)
            with Program("client", *flags) as program:
                program.wait_target("default", lambda t: t.received >= 5, "handshakes")
                for _ in range(2):
                    under_way = program.wait_target(
                        "default", lambda t: t.in_flight >= 2, "under way")
                    # When the program looks again, the handshakes are done and the connections reset.
                    program.send_signal(signal.SIGSTOP)
                    time.sleep(2.0)
                    program.send_signal(signal.SIGCONT)
                    target = program.wait_target(
                        "default", lambda t: t.received >= under_way.received + 5, "carries on")
                assert target.connect_failures == {}, target
                assert target.connects == target.received + target.late, target
                # Two or more were under way at each of two stops; a busy machine may delay others, whose SYNs
                # are then sent again after a second.
                delayed = target.received - target.bucket("1.6384") + target.late - target.tcp_retransmits
                assert delayed < 4, ("RTTs include the stops", target)
                assert len(changes_of(program)) == 1, program.lines


@scenario
def a_name_is_followed_to_its_new_address():
    port = free_port()
    with contextlib.ExitStack() as stack:
        peers = {
            host: stack.enter_context(Peer(behave.mute, host=host, port=port))
            for host in ("127.0.0.2", "127.0.0.3", "127.0.0.4")
        }
        HOSTS.set("dies.test", "127.0.0.2")
        HOSTS.set("stays.test", "127.0.0.4")
        targets = {"dies": f"dies.test:{port}", "stays": f"stays.test:{port}"}
        program = stack.enter_context(Program("client", *PATIENT, targets=targets))
        for name in targets:
            program.wait_target(name, lambda t: t.connects >= 5, "at its old address")
        began = time.monotonic()
        HOSTS.set("dies.test", "127.0.0.3")
        HOSTS.set("stays.test", "127.0.0.3")
        peers["127.0.0.2"].close()
        # The name of a target that is down is resolved again every 5 s.
        program.wait_target("dies", lambda t: has_peer(t, peers["127.0.0.3"]), "found again", 8)
        moved = program.wait_target("dies", lambda t: t.connected == 1, "and up")
        assert set(moved.connect_failures) == {"refused"}, moved
        # If the old address still answers, the name is resolved again every half a minute.
        stays = program.wait_target("stays", lambda t: has_peer(t, peers["127.0.0.3"]), "moved", 35)
        print(f"     moved after {time.monotonic() - began:.1f} s", flush=True)
        assert stays.connect_failures == {} and stays.timeouts == 0, stays


def has_peer(target, peer):
    [(labels, _)] = target.metrics.select("tcp_echo_target_info", target=target.name)
    return labels["peer"] == peer.address


@scenario
def a_mute_name_server_stops_no_probe():
    HOSTS.set("fades.test", "127.0.0.6")
    with Peer(behave.mute, host="127.0.0.6") as peer, Peer(behave.mute) as neighbour:
        targets = {
            "fades": f"fades.test:{peer.port}",
            "hangs": f"hangs.test:{peer.port}",
            "neighbour": neighbour.address,
        }
        with Program("client", *PATIENT, targets=targets) as program:
            program.wait_target("fades", lambda t: t.connects >= 5, "known")
            HOSTS.set("fades.test")
            peer.close()
            hangs = program.wait_target("hangs", lambda t: t.unsent >= 5, "nowhere to dial")
            assert hangs.connect_failures == {"resolve": 1}, hangs
            # The name is resolved again after 5 s, and its old address is dialled all the while.
            fades = program.wait_target(
                "fades", lambda t: t.connect_failures.get("refused", 0) >= 80, "dialled on", 20)
            assert fades.unsent == 0 and fades.timeouts == 0, fades
            assert set(fades.connect_failures) == {"refused"}, fades
            # They are removed while being resolved, and the program ends while another one is.
            program.reload({"neighbour": neighbour.address, "other": f"other.test:{peer.port}"})
            program.wait_line("reloaded: 2 targets")
            before = program.target("neighbour")
            after = program.wait_target(
                "neighbour", lambda t: t.received >= before.received + 5, "carries on")
            assert after.timeouts == 0 and after.connect_failures == {}, after


def check_kept(address, failure):
    """Of two addresses one fails for that reason; the other answers and is used alone from then on."""
    flags = (*CONNECT, "-timeout=500ms", "-target", address)
    with Program("client", *flags) as program:
        program.wait_target("default", lambda t: t.connects >= 1, "reached", 20)
        # Handshakes with the other one run out: half a second and the grace period.
        holds_for(lambda: True, "all others end", 1.5 * PATIENCE)
        first = program.target()
        assert set(first.connect_failures) == {failure}, first
        later = program.wait_target(
            "default", lambda t: t.connects >= first.connects + 30, "stays there")
        assert later.connect_failures == first.connect_failures, (first, later)
        assert later.connected == 1, later
        changes = [line.split(":")[0] for line in wait_changes(program, 2)]
        assert changes == ["down", "up"], changes_of(program)


# The order of the list, whichever that is, decides which is tried first: hence both orders. That many
# handshakes are in flight when the one that answers is found.
@scenario
def of_two_addresses_the_one_that_answers_is_kept():
    port = free_port()
    with new_path() as dead, new_slow_path(0.1) as path:
        HOSTS.set("dead.test", dead.far, path.far)
        with in_namespace(path, lambda: Peer(behave.mute, host=path.far, port=port)):
            dead.drop(100)
            check_kept(f"dead.test:{port}", "timeout")


@scenario
def of_two_addresses_the_one_that_does_not_refuse_is_kept():
    port = free_port()
    with new_slow_path(0.1) as path:
        other = f"10.77.{path.number}.3"
        subprocess.run(
            [*path.there(), "ip", "address", "add", f"{other}/24", "dev", "far"], check=True)
        HOSTS.set("refused.test", other, path.far)
        with in_namespace(path, lambda: Peer(behave.mute, host=path.far, port=port)):
            check_kept(f"refused.test:{port}", "refused")


if __name__ == "__main__":
    enter_or_skip()
    with HOSTS.names:
        main(workers=6, seconds=240 if PATIENCE <= 1 else 400)
