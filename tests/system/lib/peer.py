# SPDX-License-Identifier: MIT
"""A TCP peer on loopback that behaves, or misbehaves in one way, on purpose."""
import collections
import os
import select
import socket
import struct
import threading
import time

from lib.endings import shut_down
from lib.ports import listen

FRAME = struct.Struct("<Qq")
MAGIC_FRAME = struct.Struct("<8sQq")
MAGIC = b"TCPPING\0"


class Peer:
    """
    Listens, and hands each connection to behaviour(connection) on a separate thread. When that returns,
    the connection is closed. As a context it ends all of them at exit.
    """

    def __init__(self, behaviour, port=0, host="127.0.0.1", backlog=128):
        self.behaviour = behaviour
        self.accepted = 0
        self.listener = listen(host, port, backlog)
        self.port = self.listener.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self._open = set()
        self._lock = threading.Lock()
        self._threads = []
        self._wake, self._waker = os.pipe()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            ready, _, _ = select.select([self.listener, self._wake], [], [])
            if self._wake in ready:
                return
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.accepted += 1
                self._open.add(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection):
        try:
            self.behaviour(connection)
        except OSError:
            pass  # The other side has gone, or close() was called.
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def connections(self):
        """How many are open."""
        with self._lock:
            return len(self._open)

    def drop_connections(self):
        """Ends every connection, but keeps listening."""
        with self._lock:
            for connection in self._open:
                shut_down(connection, socket.SHUT_RDWR)

    def reset_connections(self):
        """Resets every connection, but keeps listening."""
        with self._lock:
            for connection in self._open:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # Ends the thread's recv(), but tells the other side nothing: that is left to close().
                shut_down(connection, socket.SHUT_RD)

    def close(self):
        """Ends everything. The port refuses from now on. May be called again."""
        if self.listener.fileno() < 0:
            return
        os.write(self._waker, b"x")
        self._accepting.join()
        self.listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join()
        os.close(self._wake)
        os.close(self._waker)


def frames(connection, size=FRAME.size):
    """Whole frames as they come, until the other side ends."""
    pending = b""
    while True:
        data = connection.recv(65536)
        if not data:
            return
        pending += data
        while len(pending) >= size:
            yield pending[:size]
            pending = pending[size:]


def echo(connection):
    """What a peer should do."""
    while data := connection.recv(65536):
        connection.sendall(data)


def echo_bytewise(connection):
    """RFC 862 to the letter: each byte goes back on its own."""
    while data := connection.recv(65536):
        for byte in data:
            connection.sendall(bytes([byte]))


def echo_frames(connection):
    """Returns 16 bytes at a time."""
    for frame in frames(connection):
        connection.sendall(frame)


def echo_any_24(connection):
    """Returns 24 bytes at a time, whatever they are."""
    for frame in frames(connection, MAGIC_FRAME.size):
        connection.sendall(frame)


def echo_magic_frames(connection):
    """Knows 24-byte frames alone, and ends on any other once it has one."""
    for frame in frames(connection, MAGIC_FRAME.size):
        if not frame.startswith(MAGIC):
            return
        connection.sendall(frame)


def echo_magic_frames_or_reset(connection):
    """The same, but tells by the first bytes, and resets."""
    if connection.recv(len(MAGIC), socket.MSG_PEEK | socket.MSG_WAITALL) == MAGIC:
        echo_magic_frames(connection)
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def echo_plain_frames(connection):
    """Knows 16-byte frames alone: ends on one that begins with the magic."""
    for frame in frames(connection):
        if frame.startswith(MAGIC):
            return
        connection.sendall(frame)


def echo_either(connection):
    """As version 1.0.0 does: the first bytes tell which frames there are."""
    first = connection.recv(len(MAGIC), socket.MSG_PEEK | socket.MSG_WAITALL)
    (echo_magic_frames if first == MAGIC else echo_frames)(connection)


def mute(connection):
    """Accepts and reads, but sends nothing."""
    while connection.recv(65536):
        pass


def never_reads(connection):
    """Accepts, but reads nothing until the other side is gone."""
    poll = select.poll()
    poll.register(connection, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
    poll.poll()


def garbage(connection):
    """Answers each frame with bytes that are not a frame."""
    for _ in frames(connection):
        connection.sendall(os.urandom(FRAME.size))


def noise(connection):
    """Answers with as many bytes as came, but others."""
    while data := connection.recv(65536):
        connection.sendall(os.urandom(len(data)))


def padding_alone(connection):
    """Answers with frames that are all zero."""
    for frame in frames(connection):
        connection.sendall(bytes(len(frame)))


def unasked(connection):
    """Sends before the first probe, and does not stop."""
    while True:
        connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n" * 100)


def wrong_sequence(connection):
    for frame in frames(connection):
        sequence, stamp = FRAME.unpack(frame)
        connection.sendall(FRAME.pack(sequence + 1000, stamp))


def zero_sequence(connection):
    for frame in frames(connection):
        connection.sendall(FRAME.pack(0, FRAME.unpack(frame)[1]))


def wrong_timestamp(connection):
    for frame in frames(connection):
        sequence, stamp = FRAME.unpack(frame)
        connection.sendall(FRAME.pack(sequence, stamp + 1))


def twice(connection):
    """Sends every reply twice."""
    for frame in frames(connection):
        connection.sendall(frame + frame)


def keep_small(connection):
    """
    Keeps the buffers of a flooding socket small. The kernel drops what overflows the queue of the
    loopback device, which would be a real loss for tests that run at the same time.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 131072)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)


def endlessly(connection):
    """Repeats its first reply as fast as it can until the connection ends."""
    keep_small(connection)
    first = next(frames(connection), None)
    if first is None:
        return
    flood = first * 40000
    while True:
        connection.sendall(flood)


def half_a_frame(connection):
    """Sends half a reply, then nothing more."""
    first = next(frames(connection), None)
    if first:
        connection.sendall(first[: FRAME.size // 2])
    mute(connection)


def closes_at_once(_connection):
    """Returns, and so closes."""


def resets(connection):
    """Resets the connection at the first byte."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes_after(count):
    """Echoes that many frames on each connection, then closes it."""

    def behaviour(connection):
        for number, frame in enumerate(frames(connection), 1):
            connection.sendall(frame)
            if number == count:
                return

    return behaviour


def delayed(seconds):
    """Echoes each piece that long after it came, however many come meanwhile."""

    def behaviour(connection):
        waiting = collections.deque()
        while True:
            pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select([connection], [], [], pause)
            if ready:
                data = connection.recv(65536)
                if not data:
                    return
                waiting.append((time.monotonic() + seconds, data))
            while waiting and waiting[0][0] <= time.monotonic():
                connection.sendall(waiting.popleft()[1])

    return behaviour


def glued(count):
    """Keeps frames back until there are that many, then sends them in one piece."""

    def behaviour(connection):
        kept = []
        for frame in frames(connection):
            kept.append(frame)
            if len(kept) == count:
                connection.sendall(b"".join(kept))
                kept = []

    return behaviour


def reordered(connection):
    """Sends each pair of replies in reverse order."""
    kept = None
    for frame in frames(connection):
        if kept is None:
            kept = frame
        else:
            connection.sendall(frame + kept)
            kept = None


def shifted_pieces(connection):
    """Echoes in pieces that never end where a frame ends."""
    pending = b""
    while data := connection.recv(65536):
        pending += data
        while len(pending) > 7:
            connection.sendall(pending[:7])
            pending = pending[7:]


class FullBacklog:
    """A listener that never accepts and whose backlog is full: further connections get no answer."""

    def __init__(self):
        self.listener = listen("127.0.0.1", backlog=0)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.listener.getsockname())
            self.fillers.append(filler)
        self.accepted = []

    def is_dialled(self):
        """Whether somebody else is waiting for an answer, by the kernel's own list (Linux)."""
        port = self.listener.getsockname()[1]
        ours = {filler.getsockname()[1] for filler in self.fillers}
        with open("/proc/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        dialling = {
            int(local.split(":")[1], 16)
            for _, local, remote, state, *_ in rows
            if int(remote.split(":")[1], 16) == port and state == "02"
        }
        return bool(dialling - ours)

    def accept_other(self, seconds):
        """Starts to accept; returns the first connection of somebody else."""
        ours = {filler.getsockname()[1] for filler in self.fillers}
        self.listener.settimeout(seconds)
        while True:
            connection, (_, port) = self.listener.accept()
            self.accepted.append(connection)
            if port not in ours:
                return connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in [*self.fillers, *self.accepted, self.listener]:
            one.close()
