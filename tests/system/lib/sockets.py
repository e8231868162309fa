# SPDX-License-Identifier: MIT
"""The other end of the echo server's connections: a client that sends and compares."""
import socket

from lib.peer import FRAME, MAGIC, MAGIC_FRAME
from lib.wait import PATIENCE


def connect(port, host="127.0.0.1"):
    """A connection whose calls fail rather than hang when no answer comes."""
    connection = socket.create_connection((host, port), timeout=10 * PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_exactly(connection, size):
    """Reads that many bytes; fails if the other side ends first."""
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(size - len(data))
        assert piece, f"the other side ended after {len(data)} of {size} bytes"
        data += piece
    return bytes(data)


def reads_end(connection):
    """Whether the connection ends without another byte."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def frame(sequence, stamp=1_700_000_000_000_000_000):
    return FRAME.pack(sequence, stamp)


def magic_frame(sequence, stamp=1_700_000_000_000_000_000):
    return MAGIC_FRAME.pack(MAGIC, sequence, stamp)


def assert_echo(connection, data):
    """Sends and expects the same bytes back."""
    connection.sendall(data)
    back = read_exactly(connection, len(data))
    assert back == data, f"sent {data[:64]!r}, got {back[:64]!r}"
