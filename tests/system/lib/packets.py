# SPDX-License-Identifier: MIT
"""Watches a network device."""
import os
import select
import socket
import threading

from lib.scenario import Skip

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD


class Packets:
    """As a context, calls see(packet, address) on a separate thread for all packets that a device sends or receives."""

    def __init__(self, device):
        # Outgoing packets are shown only to sockets for all protocols.
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        except PermissionError:
            raise Skip("watching packets needs more rights than there are here") from None
        self._make_room()
        self._socket.bind((device, ETH_P_ALL))
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._look_on)

    def _make_room(self):
        """Enlarges the buffer for what comes while this process is held up, beyond the usual limit if allowed."""
        so_rcvbufforce, size = 33, 64 << 20
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, so_rcvbufforce, size)
        except PermissionError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.write(self._waker, b"x")
        self._thread.join()
        self._socket.close()
        os.close(self._wake)
        os.close(self._waker)

    def _look_on(self):
        while True:
            ready, _, _ = select.select([self._socket, self._wake], [], [])
            if self._wake in ready:
                return
            self.see(*self._socket.recvfrom(65536))
