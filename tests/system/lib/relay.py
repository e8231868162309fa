# SPDX-License-Identifier: MIT
"""A TCP relay on loopback that delays each direction as it is told."""
import collections
import select
import socket
import threading
import time

from lib.endings import shut_down
from lib.peer import Peer


class Relay:
    """
    As a context: dials address for whoever dials it. out, back: seconds by which what comes from now on is
    delayed, in order.
    """

    def __init__(self, address, port=0):
        host, number = address.rsplit(":", 1)
        self._to = (host, int(number))
        self.out = 0.0
        self.back = 0.0
        self._peer = Peer(self._carry, port)
        self.address = self._peer.address
        self._threads = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._peer.close()
        for thread in self._threads:
            thread.join()

    def drop_connections(self):
        self._peer.drop_connections()

    def _carry(self, near):
        try:
            far = socket.create_connection(self._to, timeout=10)
        except OSError:
            return  # And so what was accepted ends.
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with far:
            back = threading.Thread(target=self._pass_on, args=(far, near, "back"))
            self._threads.append(back)
            back.start()
            self._pass_on(near, far, "out")
            back.join()

    def _pass_on(self, source, sink, direction):
        """Until the source ends."""
        waiting = collections.deque()
        try:
            while True:
                pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
                ready, _, _ = select.select([source], [], [], pause)
                if ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    waiting.append((time.monotonic() + getattr(self, direction), data))
                while waiting and waiting[0][0] <= time.monotonic():
                    sink.sendall(waiting.popleft()[1])
        except OSError:
            pass
        finally:
            for end in (source, sink):
                shut_down(end, socket.SHUT_RDWR)
