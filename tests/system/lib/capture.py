# SPDX-License-Identifier: MIT
"""Watches a network device and counts retransmissions."""
import collections
import socket
import struct

from lib.packets import ETH_P_IP, Packets

PACKET_OUTGOING = 4
SYN = 0x02


class Capture(Packets):
    """
    Counts the TCP segments that leave by a device for a second time, as a context. by_port: how many
    by destination port, SYNs apart.
    """

    def __init__(self, device):
        self.data_by_port = collections.Counter()
        self.syns_by_port = collections.Counter()
        self.lost = 0
        self._sent = {}
        super().__init__(device)

    def by_port(self, port):
        return self.data_by_port[port] + self.syns_by_port[port]

    def see(self, packet, address):
        if address[1] == ETH_P_IP and address[2] == PACKET_OUTGOING:
            self._take(packet)
        solpacket, packet_statistics = 263, 6
        _, dropped = struct.unpack("II", self._socket.getsockopt(solpacket, packet_statistics, 8))
        self.lost += dropped

    def _take(self, packet):
        """Counts the packet if it is a TCP segment with data, or a SYN, that was sent before."""
        header = (packet[0] & 0x0F) * 4
        if packet[9] != socket.IPPROTO_TCP:
            return
        length = struct.unpack_from("!H", packet, 2)[0]
        source, port, sequence = struct.unpack_from("!HHI", packet, header)
        flags = packet[header + 13]
        size = length - header - (packet[header + 12] >> 4) * 4
        connection = (source, port)
        if flags & SYN:
            # The same port with another sequence number is another connection.
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
