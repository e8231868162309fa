# SPDX-License-Identifier: MIT
"""The extension that tells directions apart (docs/wire.md), by another hand than the program's."""
import struct
import time

HELLO, ACCEPTANCE = b"TCPSTMP\1", b"TCPSTMP!"
STAMPED_SIZE = 48
STAMP = struct.Struct("<qIHHIIIBBH")
# What a stamp says, in its order.
FIELDS = ("received", "residence", "flags", "version", "retransmits", "min_rtt", "max_error", "ttl", "dscp", "mss")
SYNCHRONISED, ESTIMATED, HELD_UP = 1, 2, 4
UNKNOWN = 0xFFFFFFFF


def typed(kind, number, time_ns=0):
    """A frame of a connection whose hello was accepted."""
    frame = struct.pack("<Qq", number | kind << 56, time_ns)
    return frame + bytes(STAMPED_SIZE - 16) if kind == 1 else frame


def stamp_of(frame):
    """What a stamp says, as a dictionary."""
    return dict(zip(FIELDS, STAMP.unpack(frame[16:])))


def stamped(frame, **changes):
    """The frame with a stamp that is true except for the changes."""
    says = {
        "received": time.time_ns(), "residence": 1000, "flags": 0, "version": 1, "retransmits": 0,
        "min_rtt": 30, "max_error": UNKNOWN, "ttl": 64, "dscp": 0, "mss": 1460, **changes,
    }
    return frame[:16] + STAMP.pack(*(says[name] for name in FIELDS))


def typed_frames(connection, pending=b""):
    """Whole frames after an accepted hello, as they come."""
    while True:
        while len(pending) >= 8:
            size = {0: 16, 1: STAMPED_SIZE}[pending[7]]
            if len(pending) < size:
                break
            yield pending[:size]
            pending = pending[size:]
        data = connection.recv(65536)
        if not data:
            return
        pending += data


def receive_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("ended early")
        data += more
    return data


def stamping(**changes):
    """The behaviour of a peer that stamps; its stamps are true except for the changes (a function: of the frame's time)."""

    def behaviour(connection):
        hello = receive_exactly(connection, 16)
        if not hello.startswith(HELLO):
            connection.sendall(hello)
            while data := connection.recv(65536):
                connection.sendall(data)
            return
        connection.sendall(ACCEPTANCE + hello[8:])
        for frame in typed_frames(connection):
            if len(frame) == STAMPED_SIZE:
                sent_ns = struct.unpack("<q", frame[8:16])[0]
                says = {name: value(sent_ns) if callable(value) else value for name, value in changes.items()}
                frame = stamped(frame, **says)
            connection.sendall(frame)

    return behaviour


def accepting_any(connection):
    """A peer that accepts, and returns frames as they came: without a stamp in them."""
    hello = receive_exactly(connection, 16)
    connection.sendall(ACCEPTANCE + hello[8:])
    while data := connection.recv(65536):
        connection.sendall(data)
