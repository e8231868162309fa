# SPDX-License-Identifier: MIT
"""Crowds of HTTP clients, slow and silent ones among them: the others are served all the same."""
import contextlib
import selectors
import socket
import threading
import time

from lib.exposition import parse
from lib.program import Program, is_instrumented
from lib.scenario import main, scenario
from lib.sockets import connect
from lib.wait import PATIENCE, wait_for

# What the program allows: see src/scrape/http_pace.h and http_front.c.
REQUEST_S = 10
SILENCE_S = 20
PLACES = 512
START = b"GET /metrics HTTP/1.1\r\nX: "
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def rejected(program):
    return program.metrics().reasons("tcp_echo_http_rejected_total")


class Crowd:
    """
    Clients that send a request's start, and then a byte each second for as long as they may, as a
    context. ends: how their connections ended, and after how long.
    """

    def __init__(self, port, addresses, each, start=START, byte=b"x"):
        self.port = port
        self.addresses = addresses
        self.each = each
        self.start = start
        self.byte = byte
        self.ends = []
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trickle)

    def __enter__(self):
        for _ in range(self.each):
            for address in self.addresses:
                self._dial(address)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _dial(self, address):
        client = socket.create_connection(
            ("127.0.0.1", self.port), timeout=10 * PATIENCE, source_address=(address, 0)
        )
        client.sendall(self.start)
        client.setblocking(False)
        self._selector.register(client, selectors.EVENT_READ, [time.monotonic(), b""])

    def _trickle(self):
        while not self._stop.is_set():
            for key, _ in self._selector.select(timeout=0):
                self._hear(key.fileobj, key.data)
            for key in list(self._selector.get_map().values()):
                with contextlib.suppress(OSError):
                    key.fileobj.send(self.byte)
            self._stop.wait(1)

    def _hear(self, client, data):
        try:
            piece = client.recv(65536)
        except ConnectionResetError:
            piece = b""
        data[1] += piece
        if not piece:
            self.ends.append((data[1][:12], time.monotonic() - data[0]))
            self._selector.unregister(client)
            client.close()

    def left(self):
        return len(self._selector.get_map())


@scenario
def a_request_has_ten_seconds_however_it_trickles():
    starts = [
        (b"G", b"E"),
        (START, b"x"),
        (b"GET /metrics HTTP/1.1\r\n", b"\n"),
        (b"GET /", b"a"),
    ]
    with Program("both") as program, contextlib.ExitStack() as stack:
        crowds = [
            stack.enter_context(Crowd(program.metrics_port, ["127.0.0.2"], 20, start, byte))
            for start, byte in starts
        ]
        wait_for(
            lambda: not any(crowd.left() for crowd in crowds), "all of them end", 3 * REQUEST_S
        )
        for (start, _), crowd in zip(starts, crowds):
            for answer, seconds in crowd.ends:
                if start.endswith(b"\n"):
                    # An empty line makes it a request, though one without a host.
                    assert answer == b"HTTP/1.1 400", answer
                else:
                    assert answer == b"HTTP/1.1 408", (start, answer)
                    assert seconds > REQUEST_S - 1, seconds
        assert rejected(program) == {"slow": 60}, rejected(program)


@scenario
def a_crowd_of_slow_clients_keeps_nobody_out():
    addresses = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    with Program("both") as program:
        with Crowd(program.metrics_port, addresses, 256) as crowd:
            begin = time.monotonic()
            scrapes = 0
            while time.monotonic() - begin < REQUEST_S / 2:
                program.metrics()
                # From an address of the crowd, too.
                other = socket.create_connection(
                    ("127.0.0.1", program.metrics_port), 10 * PATIENCE, ("127.0.0.3", 0)
                )
                with other:
                    other.sendall(SCRAPE)
                    assert other.recv(12) == b"HTTP/1.1 200"
                scrapes += 1
            assert scrapes > 5, scrapes
            counts = rejected(program)
            assert counts.get("limit", 0) > 0, counts
            wait_for(lambda: crowd.left() == 0, "the crowd is gone", 3 * REQUEST_S)
        assert rejected(program)["slow"] > 0
        assert any("turning clients away" in one for one in program.lines), program.lines


@scenario
def one_address_has_half_of_the_places():
    with Program("server") as program:
        silent = [connect(program.metrics_port) for _ in range(PLACES)]
        try:
            program.metrics()
            counts = rejected(program)
            assert set(counts) == {"address_limit"}, counts
            assert counts["address_limit"] >= PLACES / 2, counts
            assert program.descriptors() < PLACES, program.descriptors()
        finally:
            for client in silent:
                client.close()


@scenario
def silent_clients_end_as_well():
    with Program("server") as program:
        program.metrics()
        before = program.descriptors()
        silent = [connect(program.metrics_port) for _ in range(50)]
        try:
            wait_for(lambda: program.descriptors() >= before + 45, "they are accepted")
            wait_for(lambda: program.descriptors() <= before + 1, "they end", 3 * REQUEST_S)
        finally:
            for client in silent:
                client.close()


@scenario
def a_reader_may_take_its_time_as_long_as_it_reads():
    targets = {f"t{number:04}": "127.0.0.1:9" for number in range(3000)}
    with Program("client", "-interval=10s", targets=targets) as program:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.settimeout(10 * PATIENCE)
        client.connect(("127.0.0.1", program.metrics_port))
        with client:
            client.sendall(SCRAPE.replace(b"Host", b"Connection: close\r\nHost"))
            data = bytearray()
            begin = time.monotonic()

            def takes_some():
                data.extend(client.recv(100_000))
                time.sleep(0.3)
                return time.monotonic() - begin > REQUEST_S + 3

            wait_for(takes_some, "time passes", 60)
            assert not data.endswith(b"# EOF\n") and len(data) < 11_000_000, len(data)
            while piece := client.recv(1_000_000):
                data += piece
        assert len(parse(bytes(data).partition(b"\r\n\r\n")[2]).targets()) == 3000
        assert rejected(program) == {}


@scenario
def who_does_not_read_an_answer_is_given_up():
    targets = {f"t{number:04}": "127.0.0.1:9" for number in range(1000)}
    with Program("client", "-interval=10s", targets=targets) as program:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", program.metrics_port))
        with client:
            client.sendall(SCRAPE)
            wait_for(
                lambda: rejected(program).get("stalled") == 1, "it is given up", 3 * SILENCE_S, 0.5
            )


@scenario
def slow_readers_of_large_answers_keep_nobody_out():
    """As many as there are places, from many addresses, and none of them reads."""
    targets = {f"t{number:04}": "127.0.0.1:9" for number in range(500)}
    with Program("client", "-interval=10s", targets=targets) as program:
        readers = []
        try:
            for number in range(PLACES + 50):
                client = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.bind((f"127.0.1.{number % 200 + 1}", 0))
                client.settimeout(10 * PATIENCE)
                client.connect(("127.0.0.1", program.metrics_port))
                client.sendall(SCRAPE)
                readers.append(client)

            def is_served():
                with contextlib.suppress(OSError):
                    return program.http("/-/healthy", seconds=2 * PATIENCE).status == 200
                return False

            wait_for(is_served, "another client is served", 3 * REQUEST_S)
            # The large answers that nobody reads are bounded as well.
            assert is_instrumented() or program.rss() < 400 * 1024 * 1024, program.rss()
        finally:
            for client in readers:
                client.close()
        wait_for(lambda: program.http().status == 200, "large answers again")


@scenario
def long_heads_of_many_clients_take_bounded_memory():
    with Program("server") as program:
        before = program.rss()
        clients = []
        try:
            for number in range(400):
                source = (f"127.0.0.{number % 9 + 1}", 0)
                client = socket.create_connection(
                    ("127.0.0.1", program.metrics_port), 10 * PATIENCE, source
                )
                client.sendall(START + b"y" * 48 * 1024)
                clients.append(client)
            program.metrics()
            grown = program.rss() - before
            print(f"note: 400 heads of 48 KiB take {grown / 1048576:.1f} MiB")
            assert is_instrumented() or grown < 64 * 1024 * 1024, grown
        finally:
            for client in clients:
                client.close()


@scenario
def idle_clients_do_not_use_up_the_descriptors():
    """Only 64 of them: those that wait make room for those that come."""
    with Program("both", descriptors=64) as program:
        clients = []
        try:
            for _ in range(100):
                clients.append(connect(program.metrics_port))
            for _ in range(10):
                program.metrics()
            counts = rejected(program)
            assert sum(counts.values()) > 0, counts
        finally:
            for client in clients:
                client.close()


if __name__ == "__main__":
    main(workers=4)
