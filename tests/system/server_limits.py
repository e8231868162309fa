# SPDX-License-Identifier: MIT
"""The echo server at its limits: countless peers, no descriptors left, and peers without manners."""
import http.client
import re
import resource
import select
import shutil
import socket
import subprocess
import threading
import time

from lib.endings import shut_down
from lib.exposition import parse
from lib.http_client import request_on
from lib import peer as behave
from lib.law import Target
from lib.peer import Peer
from lib.program import Program, run
from lib.scenario import Skip, main, scenario
from lib.sockets import assert_echo, connect, frame, read_exactly
from lib.wait import PATIENCE, wait_for

MIB = 1024 * 1024


def want_descriptors(count):
    """Lets this script, and what it starts, have that many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Skip(f"only {hard} descriptors are allowed here")
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


@scenario
def serves_2000_peers_at_once():
    want_descriptors(2500)
    with Program("server") as program:
        peers = [connect(program.listen_port) for _ in range(2000)]
        try:
            for number, peer in enumerate(peers):
                peer.sendall(frame(number + 1))
            for number, peer in enumerate(peers):
                assert read_exactly(peer, 16) == frame(number + 1)
            metrics = program.metrics()
            assert metrics.value("tcp_echo_server_connections") == 2000
            assert metrics.value("tcp_echo_server_accepted_total") == 2000
            assert metrics.value("tcp_echo_server_frames_total") == 2000
            assert metrics.reasons("tcp_echo_server_rejected_total") == {}
        finally:
            for peer in peers:
                peer.close()
        wait_for(
            lambda: program.metrics().value("tcp_echo_server_connections") == 0, "all are gone"
        )
        assert program.metrics().reasons("tcp_echo_server_closed_total") == {"closed": 2000}


def ready(peers, events, seconds):
    """Those of the peers on which one of the events of poll() comes in time; select() has numbers too low."""
    poll = select.poll()
    by_number = {peer.fileno(): peer for peer in peers}
    for number in by_number:
        poll.register(number, events)
    return [by_number[number] for number, _ in poll.poll(seconds * 1000)]


def push(peer, seconds):
    """Sends without reading until the connection ends or no byte has left for a second."""
    data = b"".join(frame(sequence) for sequence in range(1, 4097))
    peer.setblocking(False)
    sent = 0
    deadline = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < deadline:
        if not ready([peer], select.POLLOUT, 1):
            break
        try:
            sent += peer.send(data)
        except BlockingIOError:
            continue
        except ConnectionError:
            break
    return sent


@scenario
def a_peer_that_never_reads_takes_bounded_memory_and_blocks_nobody():
    with Program("server") as program:
        with connect(program.listen_port) as healthy:
            assert_echo(healthy, frame(1))
            before = program.rss()
            hogs = [connect(program.listen_port) for _ in range(10)]
            try:
                sent = sum(push(hog, 2) for hog in hogs)
                assert sent > 0
                grown = program.rss() - before
                assert (
                    grown < 8 * MIB
                ), f"{grown / MIB:.1f} MiB more for {sent / MIB:.1f} MiB unread"
                assert_echo(healthy, frame(2))
                metrics = program.metrics()
                closed = metrics.reasons("tcp_echo_server_closed_total")
                assert set(closed) <= {"stalled"}, closed
                assert metrics.value("tcp_echo_server_connections") == 11 - sum(closed.values())
            finally:
                for hog in hogs:
                    hog.close()
            wait_for(
                lambda: program.metrics().value("tcp_echo_server_connections") == 1,
                "the hogs are gone",
            )
            assert_echo(healthy, frame(3))


def kernel_memory(port):
    """What the kernel holds for each connection of a server, in bytes: [(received, to be sent)]."""
    if shutil.which("ss") is None:
        raise Skip("ss is missing")
    out = subprocess.run(
        ["ss", "-Htmn", "state", "established", f"sport = :{port}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    fields = re.findall(r"skmem:\(r(\d+),rb\d+,t\d+,tb\d+,f\d+,w(\d+)", out)
    return [(int(received), int(unsent)) for received, unsent in fields]


@scenario
def peers_that_never_read_take_bounded_memory_of_the_kernel():
    count, most = 100, 256 * 1024
    with Program("server") as program:
        hogs = [connect(program.listen_port) for _ in range(count)]
        try:
            sent = sum(push_all(hogs))
            held = kernel_memory(program.listen_port)
            assert len(held) == count, len(held)
            # The kernel lets the last piece exceed the limit.
            assert all(max(one) < 1.25 * most for one in held), held
            total = sum(map(sum, held))
            assert total < count * 1.25 * 2 * most, f"{total / MIB:.0f} MiB"
            # It did come to that: both directions are full.
            assert sent > count * most and total > count * most, (sent / MIB, total / MIB)
        finally:
            close_all(hogs)


def push_all(peers):
    """Sends on all of them without reading, until none takes any more. Returns how much each took."""
    data = b"".join(frame(sequence) for sequence in range(1, 4097))
    sent = {peer: 0 for peer in peers}
    for peer in peers:
        peer.setblocking(False)
    while writable := ready(peers, select.POLLOUT, 1):
        for peer in writable:
            sent[peer] += peer.send(data)
    return sent.values()


class Flood:
    """Sends frames without a pause, and reads all that comes back."""

    def __init__(self, port):
        self.peer = socket.socket()
        behave.keep_small(self.peer)
        self.peer.connect(("127.0.0.1", port))
        self.received = 0
        self.threads = [threading.Thread(target=one) for one in (self._send, self._receive)]
        for thread in self.threads:
            thread.start()

    def _send(self):
        data = b"".join(frame(sequence) for sequence in range(1, 65537))
        try:
            while True:
                self.peer.sendall(data)
        except OSError:
            pass

    def _receive(self):
        try:
            while data := self.peer.recv(1 << 20):
                self.received += len(data)
        except OSError:
            pass

    def close(self):
        shut_down(self.peer, socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.peer.close()


@scenario
def floods_leave_room_for_others():
    with Program("server") as program:
        floods = [Flood(program.listen_port) for _ in range(3)]
        try:
            with connect(program.listen_port) as healthy:
                wait_for(lambda: all(flood.received for flood in floods), "all floods flow")
                begin = time.monotonic()
                for sequence in range(1, 201):
                    assert_echo(healthy, frame(sequence))
                took = time.monotonic() - begin
                assert took < 5 * PATIENCE, f"200 round trips took {took:.1f} s"
            program.metrics()
        finally:
            for flood in floods:
                flood.close()
        with connect(program.listen_port) as late:
            assert_echo(late, frame(1))


@scenario
def ends_in_time_while_flooded():
    with Program("server") as program:
        floods = [Flood(program.listen_port) for _ in range(3)]
        try:
            wait_for(lambda: all(flood.received for flood in floods), "all floods flow")
            program.stop()
        finally:
            for flood in floods:
                flood.close()


@scenario
def a_slow_reader_gets_every_byte():
    data = b"".join(frame(sequence) for sequence in range(1, 60001))
    with Program("server") as program:
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.settimeout(10 * PATIENCE)
            peer.connect(("127.0.0.1", program.listen_port))
            peer.setblocking(False)
            sent, back = 0, bytearray()
            deadline = time.monotonic() + 30 * PATIENCE
            while len(back) < len(data) and time.monotonic() < deadline:
                # Sends all it can first, so that the return path is full most of the time.
                writable = ready([peer], select.POLLOUT, 0) if sent < len(data) else []
                if writable:
                    sent += peer.send(data[sent : sent + 65536])
                    continue
                ready([peer], select.POLLIN, 1)
                try:
                    back += peer.recv(50000)
                except BlockingIOError:
                    pass
            assert bytes(back) == data, f"{len(back)} of {len(data)} bytes came back"
        wait_for(lambda: program.metrics().value("tcp_echo_server_frames_total") == 60000, "frames")


@scenario
def survives_running_out_of_descriptors_and_recovers():
    with Program("server", descriptors=64) as program:
        # This connection is older, so it can still scrape when no new one can.
        scraper = http.client.HTTPConnection(
            "127.0.0.1", program.metrics_port, timeout=10 * PATIENCE
        )

        def scrape():
            return parse(request_on(scraper).body)

        assert scrape().reasons("tcp_echo_server_rejected_total") == {}
        first = connect(program.listen_port)
        assert_echo(first, frame(1))
        crowd = [connect(program.listen_port) for _ in range(100)]
        wait_for(
            lambda: scrape().reasons("tcp_echo_server_rejected_total"), "rejections are counted"
        )
        assert set(scrape().reasons("tcp_echo_server_rejected_total")) == {"descriptors"}
        for sequence in range(2, 50):
            assert_echo(first, frame(sequence))
        used = cpu_seconds(program)
        began = time.monotonic()
        wait_for(lambda: time.monotonic() - began > 1, "it lasts a second", pause=0.2)
        share = (cpu_seconds(program) - used) / (time.monotonic() - began)
        assert share < 0.5, f"spins at {share:.0%} of a core without descriptors"
        for peer in crowd:
            peer.close()

        def serves_again():
            try:
                with connect(program.listen_port) as late:
                    assert_echo(late, frame(1))
                    return True
            except (OSError, AssertionError):
                return False

        wait_for(serves_again, "a new peer is served once descriptors are back")
        assert_echo(first, frame(50))
        first.close()
        scraper.close()
        warned = [line for line in program.lines if "descriptor" in line.lower()]
        assert len(warned) < 10, f"{len(warned)} lines about descriptors"


def cpu_seconds(program):
    """CPU time that the program has used."""
    with open(f"/proc/{program.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@scenario
def the_prober_survives_running_out_of_descriptors():
    with Peer(behave.echo) as good:
        # Enough to start, but not for every HTTP connection of the crowd below.
        targets = {f"t{number}": good.address for number in range(10)}
        with Program("client", "-interval=50ms", targets=targets, descriptors=64) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received >= 3, "received")
            crowd = [connect(program.metrics_port) for _ in range(80)]
            good.drop_connections()
            wait_for(lambda: good.accepted >= 10, "first connections")
            for peer in crowd:
                peer.close()
            for name in targets:
                before = program.target(name).received
                program.wait_target(
                    name, lambda t, b=before: t.received > b and t.connected == 1, "is back", 20
                )


def close_all(peers):
    for peer in peers:
        peer.close()


@scenario
def idle_peers_leave_descriptors_to_prober_and_scrapes():
    with Peer(behave.echo) as good:
        flags = ("-interval=20ms", f"-target={good.address}")
        with Program("both", *flags, descriptors=256) as program:
            program.wait_target("default", lambda t: t.received >= 3, "received")
            crowd = [connect(program.listen_port) for _ in range(400)]
            try:
                wait_for(
                    lambda: sum(program.metrics().reasons("tcp_echo_server_rejected_total").values())
                    + program.metrics().value("tcp_echo_server_connections")
                    == 400,
                    "all were let in or turned away",
                )
                assert program.metrics().value("tcp_echo_server_connections") >= 16
                good.drop_connections()
                target = program.wait_target("default", lambda t: t.connects == 2, "dialled again")
                assert target.connect_failures == {}, target
                program.wait_target("default", lambda t: t.received > target.received, "replies")
                for _ in range(10):
                    with socket.create_connection(("127.0.0.1", program.metrics_port)):
                        program.metrics()
            finally:
                close_all(crowd)


@scenario
def idle_http_clients_leave_descriptors_to_the_prober():
    with Peer(behave.echo) as good:
        targets = {f"t{number}": good.address for number in range(200)}
        with Program("client", "-interval=500ms", targets=targets, descriptors=256) as program:
            wait_for(lambda: all_are(program, targets, lambda t: t.received >= 1), "all are up", 20)
            crowd = [connect(program.metrics_port) for _ in range(150)]
            good.drop_connections()
            wait_for(lambda: good.accepted >= 400, "all are dialled again", 30)
            close_all(crowd)
            wait_for(
                lambda: all_are(program, targets, lambda t: t.connects == 2 and t.connected == 1),
                "all are back",
                20,
            )
            assert all_are(program, targets, lambda t: t.connect_failures == {})


def all_are(program, targets, condition):
    try:
        metrics = program.metrics()
    except (OSError, http.client.HTTPException):
        return False
    return all(condition(Target(metrics, name)) for name in targets)


def is_served(program):
    """Whether one more peer is."""
    try:
        with connect(program.listen_port) as peer:
            assert_echo(peer, frame(1))
    except (OSError, AssertionError):
        return False
    return True


@scenario
def more_targets_leave_fewer_descriptors_to_peers():
    with Peer(behave.echo) as good:
        few = {"t0": good.address}
        many = {f"t{number}": good.address for number in range(100)}
        flags = ("-interval=500ms", "-max-peers-per-address=1000")
        with Program("both", *flags, targets=few, descriptors=256) as program:
            crowd = [connect(program.listen_port) for _ in range(400)]
            try:
                wait_for(lambda: served(program) + rejected(program) == 400, "a crowd")
                before = served(program)
                program.reload(many)
                wait_for(lambda: served(program) < before, "some have to leave")
                closed = program.metrics().reasons("tcp_echo_server_closed_total")
                assert closed == {"limit": before - served(program)}, closed
                wait_for(
                    lambda: all_are(program, many, lambda t: t.connected == 1), "all are up", 20
                )
                assert all_are(program, many, lambda t: t.connect_failures == {})
                program.reload({f"t{number}": good.address for number in range(300)})
                line = program.wait_line("reload failed")
                # One each, and the program's own.
                needed = re.search(r"300 targets need (\d+) file descriptors, but the limit is 256", line)
                assert needed and 300 < int(needed[1]) < 350, line
                program.reload(few)
                wait_for(lambda: len(list(program.metrics().select("tcp_echo_connected"))) == 1, "few")
                # The echo server takes its new limits over when it is woken.
                wait_for(lambda: is_served(program), "there is room for peers again")
                again = [connect(program.listen_port) for _ in range(20)]
                for peer in again:
                    assert_echo(peer, frame(1))
                close_all(again)
            finally:
                close_all(crowd)


def served(program):
    return program.metrics().value("tcp_echo_server_connections")


def rejected(program):
    return sum(program.metrics().reasons("tcp_echo_server_rejected_total").values())


@scenario
def without_descriptors_for_itself_nothing_starts():
    status, _, err = run(
        "-mode=server", "-listen=127.0.0.1:0", "-metrics=127.0.0.1:0",
        prefix=("sh", "-c", 'ulimit -n 20 && exec "$@"', "sh"),
    )
    assert status == 1 and err.count("\n") == 1, (status, err)
    assert "32 file descriptors are needed, but the limit is 20: raise it" in err, err


@scenario
def more_peers_than_descriptors_are_announced_at_the_start():
    with Program("server", "-max-peers=1000", descriptors=256) as program:
        line = program.wait_line("there are file descriptors for")
        assert " warning " in line and "not for 1000: raise the limit" in line, line
    with Program("server", "-max-peers=100", descriptors=256) as program:
        program.metrics()
        assert not [line for line in program.lines if "descriptors" in line], program.lines


@scenario
def a_limit_that_falls_beneath_what_is_open_is_one_line():
    """As where another part of the same process takes what was left."""
    with Program("server") as program:
        first = connect(program.listen_port)
        assert_echo(first, frame(1))
        usual = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
        # Every number from 3 on is out of reach, the spare descriptor's included.
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
        crowd = [connect(program.listen_port) for _ in range(20)]
        line = program.wait_line("no file descriptors left")
        assert " warning " in line and "turning" in line, line
        assert_echo(first, frame(2))
        resource.prlimit(program.pid, resource.RLIMIT_NOFILE, usual)
        with connect(program.listen_port) as late:
            assert_echo(late, frame(3))
        told = [line for line in program.lines if "descriptors" in line]
        assert len(told) == 1, told
        close_all([first, *crowd])


if __name__ == "__main__":
    main(workers=2)
