# SPDX-License-Identifier: MIT
"""Looks on at the loopback device: how packets of TCP are marked."""
import collections
import os
import select
import socket
import struct
import threading

from lib.scenario import Skip

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86DD
IPV6_HEADER = 40
SYN, ACK = 0x02, 0x10


class Marks:
    """
    The differentiated services codepoints of all that goes to a port, and of all that comes from
    it, as a context. syns: of those that open a connection alone.
    """

    def __init__(self):
        self.to_port = collections.defaultdict(set)
        self.from_port = collections.defaultdict(set)
        self.syns = collections.defaultdict(set)
        try:
            self._socket = socket.socket(
                socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)
            )
        except PermissionError:
            raise Skip("to look at packets needs more rights than there are here") from None
        self._socket.bind(("lo", ETH_P_ALL))
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._look_on)

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
            packet, address = self._socket.recvfrom(256)
            if address[1] == ETH_P_IP and packet[9] == socket.IPPROTO_TCP:
                self._take(packet[1], packet[(packet[0] & 0x0F) * 4 :])
            elif address[1] == ETH_P_IPV6 and packet[6] == socket.IPPROTO_TCP:
                traffic_class = struct.unpack_from("!H", packet)[0] >> 4 & 0xFF
                self._take(traffic_class, packet[IPV6_HEADER:])

    def _take(self, traffic_class, segment):
        source, port = struct.unpack_from("!HH", segment)
        self.to_port[port].add(traffic_class >> 2)
        self.from_port[source].add(traffic_class >> 2)
        if segment[13] & (SYN | ACK) == SYN:
            self.syns[port].add(traffic_class >> 2)
