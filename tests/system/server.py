# SPDX-License-Identifier: MIT
"""The echo server: both frame formats, however their bytes arrive, and exact counts of everything."""
import socket
import struct
import threading

from lib.peer import MAGIC
from lib.program import Program
from lib.scenario import main, scenario
from lib.sockets import assert_echo, connect, frame, magic_frame, read_exactly, reads_end
from lib.wait import holds_for, wait_for


class Counts:
    """The server's metrics of one scrape."""

    def __init__(self, program):
        metrics = program.metrics()
        self.connections = metrics.value("tcp_echo_server_connections")
        self.accepted = metrics.value("tcp_echo_server_accepted_total")
        self.frames = metrics.value("tcp_echo_server_frames_total")
        self.closed = metrics.reasons("tcp_echo_server_closed_total")
        self.rejected = metrics.reasons("tcp_echo_server_rejected_total")

    def __repr__(self):
        return str(vars(self))


def wait_counts(program, **wanted):
    """Waits until exactly these counts are exposed."""
    seen = [None]

    def holds():
        seen[0] = Counts(program)
        return all(getattr(seen[0], name) == value for name, value in wanted.items())

    try:
        wait_for(holds, f"{wanted}")
    except AssertionError as error:
        raise AssertionError(f"{error}; last seen: {seen[0]}") from None


@scenario
def echoes_16_byte_frames():
    with Program("server") as program:
        with connect(program.listen_port) as peer:
            for sequence in range(1, 101):
                assert_echo(peer, frame(sequence))
            wait_counts(program, connections=1, accepted=1, frames=100, closed={}, rejected={})
        wait_counts(program, connections=0, accepted=1, frames=100, closed={"closed": 1})


@scenario
def echoes_24_byte_frames():
    with Program("server") as program:
        with connect(program.listen_port) as peer:
            for sequence in range(1, 101):
                assert_echo(peer, magic_frame(sequence))
            wait_counts(program, connections=1, frames=100)
        wait_counts(program, connections=0, frames=100, closed={"closed": 1})


@scenario
def echoes_frames_that_come_byte_by_byte():
    with Program("server") as program:
        for data, count in ((frame(1) + frame(2), 2), (magic_frame(1) + magic_frame(2), 2)):
            with connect(program.listen_port) as peer:
                for byte in data:
                    peer.sendall(bytes([byte]))
                assert read_exactly(peer, len(data)) == data
        wait_counts(program, accepted=2, frames=4, closed={"closed": 2})


@scenario
def returns_only_whole_frames():
    with Program("server") as program:
        with connect(program.listen_port) as peer:
            peer.sendall(frame(1) + frame(2)[:15])
            assert read_exactly(peer, 16) == frame(1)
            peer.settimeout(0.3)
            try:
                raise AssertionError(f"half a frame came back: {peer.recv(100)!r}")
            except socket.timeout:
                peer.settimeout(10)
            peer.sendall(frame(2)[15:])
            assert read_exactly(peer, 16) == frame(2)
        wait_counts(program, frames=2)


@scenario
def echoes_a_burst_of_10000_frames_in_order():
    for make in (frame, magic_frame):
        data = b"".join(make(sequence) for sequence in range(1, 10001))
        with Program("server") as program:
            with connect(program.listen_port) as peer:
                sender = threading.Thread(target=peer.sendall, args=(data,))
                sender.start()
                assert read_exactly(peer, len(data)) == data
                sender.join()
                wait_counts(program, frames=10000, connections=1)


@scenario
def takes_any_bytes_except_the_magic_for_16_byte_frames():
    with Program("server") as program:
        with connect(program.listen_port) as peer:
            assert_echo(peer, b"\xff" * 16 + b"\0" * 16 + b"TCPPING!" * 2 + b"TCPPIN\0\0" * 2)
            # The first frame decides: the magic in a later one is just a number.
            assert_echo(peer, MAGIC + bytes(8))
        wait_counts(program, frames=5, closed={"closed": 1})


@scenario
def closes_on_a_bad_magic_after_echoing_what_was_good():
    for bad in (b"TCPPONG\0", b"\0" * 8):
        with Program("server") as program:
            with connect(program.listen_port) as healthy, connect(program.listen_port) as peer:
                assert_echo(healthy, frame(1))
                peer.sendall(magic_frame(1) + magic_frame(2) + bad + bytes(16))
                assert read_exactly(peer, 48) == magic_frame(1) + magic_frame(2)
                assert reads_end(peer)
                wait_counts(program, closed={"invalid": 1}, frames=3, connections=1)
                assert_echo(healthy, frame(2))


@scenario
def a_half_closed_peer_still_gets_all_its_echoes():
    data = b"".join(frame(sequence) for sequence in range(1, 20001))
    with Program("server") as program:
        with connect(program.listen_port) as peer:

            def send():
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)

            sender = threading.Thread(target=send)
            sender.start()
            assert read_exactly(peer, len(data)) == data
            sender.join()
            assert reads_end(peer)
        wait_counts(program, connections=0, frames=20000, closed={"closed": 1})


@scenario
def a_half_close_in_mid_frame_ends_cleanly():
    with Program("server") as program:
        with connect(program.listen_port) as peer:
            peer.sendall(frame(1) + b"half")
            peer.shutdown(socket.SHUT_WR)
            assert read_exactly(peer, 16) == frame(1)
            assert reads_end(peer)
        wait_counts(program, connections=0, frames=1, closed={"closed": 1})


@scenario
def counts_a_reset_as_such():
    with Program("server") as program:
        peer = connect(program.listen_port)
        assert_echo(peer, frame(1))
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        wait_counts(program, connections=0, accepted=1, frames=1, closed={"reset": 1})


@scenario
def keeps_a_silent_peer():
    with Program("server") as program:
        with connect(program.listen_port) as silent, connect(program.listen_port) as half:
            half.sendall(b"half")
            wait_counts(program, connections=2)
            holds_for(lambda: Counts(program).connections == 2, "both are kept", 3)
            assert_echo(silent, frame(1))


@scenario
def listens_on_both_families_at_one_port():
    with Program("server", listen_host="") as program:
        with connect(program.listen_port, "127.0.0.1") as four:
            assert_echo(four, frame(4))
            wait_counts(program, connections=1)
            if socket.has_ipv6:
                with connect(program.listen_port, "::1") as six:
                    assert_echo(six, frame(6))
                    wait_counts(program, connections=2, accepted=2)


@scenario
def listens_on_one_family_when_asked():
    with Program("server", listen_host="[::1]") as program:
        with connect(program.listen_port, "::1") as six:
            assert_echo(six, frame(6))
        try:
            connect(program.listen_port, "127.0.0.1").close()
            raise AssertionError("[::1] accepts IPv4 too")
        except ConnectionRefusedError:
            pass


@scenario
def ends_while_peers_are_connected_and_busy():
    with Program("server") as program:
        peers = [connect(program.listen_port) for _ in range(20)]
        for peer in peers[:10]:
            assert_echo(peer, frame(1))
        peers[0].sendall(b"half")
        program.stop()
        for peer in peers:
            assert reads_end(peer)
            peer.close()


if __name__ == "__main__":
    main(workers=3)
