# SPDX-License-Identifier: MIT
"""Looks on at a network device, and counts what is sent again."""
import collections
import os
import select
import socket
import struct
import threading

ETH_P_ALL, ETH_P_IP = 0x0003, 0x0800
PACKET_OUTGOING = 4
FIN, SYN = 0x01, 0x02


class Capture:
    """
    Counts the TCP segments that leave by a device and had left before, as a context. by_port: how
    many by the port that they went to, those with a SYN apart.
    """

    def __init__(self, device):
        self.data_by_port = collections.Counter()
        self.syns_by_port = collections.Counter()
        self.lost = 0
        self._sent = {}
        # What leaves is shown only to those who want all protocols.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind((device, ETH_P_ALL))
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

    def by_port(self, port):
        return self.data_by_port[port] + self.syns_by_port[port]

    def _look_on(self):
        while True:
            ready, _, _ = select.select([self._socket, self._wake], [], [])
            if self._wake in ready:
                return
            packet, address = self._socket.recvfrom(65536)
            if address[1] == ETH_P_IP and address[2] == PACKET_OUTGOING:
                self._take(packet)
            solpacket, packet_statistics = 263, 6
            _, dropped = struct.unpack("II", self._socket.getsockopt(solpacket, packet_statistics, 8))
            self.lost += dropped

    def _take(self, packet):
        """Counts it, if it is a segment of TCP with bytes, or a SYN, that went before."""
        header = (packet[0] & 0x0F) * 4
        if packet[9] != socket.IPPROTO_TCP:
            return
        length = struct.unpack_from("!H", packet, 2)[0]
        source, port, sequence = struct.unpack_from("!HHI", packet, header)
        flags = packet[header + 13]
        size = length - header - (packet[header + 12] >> 4) * 4
        connection = (source, port)
        if flags & SYN:
            # The same port with another number is another connection.
            if self._sent.get(connection, (None,))[0] == sequence:
                self.syns_by_port[port] += 1
            else:
                self._sent[connection] = (sequence, 1)
            return
        if size == 0 or connection not in self._sent:
            return
        first, furthest = self._sent[connection]
        end = (sequence + size - first) % (1 << 32)
        if end <= furthest:
            self.data_by_port[port] += 1
        else:
            self._sent[connection] = (first, end)
