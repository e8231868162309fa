# SPDX-License-Identifier: MIT
"""Watches the loopback device: how TCP packets are marked."""
import collections
import socket
import struct

from lib.packets import ETH_P_IP, ETH_P_IPV6, Packets

IPV6_HEADER = 40
SYN, RST, ACK = 0x02, 0x04, 0x10


class Marks(Packets):
    """
    The differentiated services codepoints of all packets to a port, and of all packets from it but resets, as a
    context. syns: those of packets that open a connection only.
    """

    def __init__(self):
        self.to_port = collections.defaultdict(set)
        self.from_port = collections.defaultdict(set)
        self.syns = collections.defaultdict(set)
        super().__init__("lo")

    def see(self, packet, address):
        if address[1] == ETH_P_IP and packet[9] == socket.IPPROTO_TCP:
            self._take(packet[1], packet[(packet[0] & 0x0F) * 4 :])
        elif address[1] == ETH_P_IPV6 and packet[6] == socket.IPPROTO_TCP:
            traffic_class = struct.unpack_from("!H", packet)[0] >> 4 & 0xFF
            self._take(traffic_class, packet[IPV6_HEADER:])

    def _take(self, traffic_class, segment):
        source, port = struct.unpack_from("!HH", segment)
        self.to_port[port].add(traffic_class >> 2)
        # A reset bears the mark of what it answers: the kernel sends it where the socket is gone.
        if not segment[13] & RST:
            self.from_port[source].add(traffic_class >> 2)
        if segment[13] & (SYN | ACK) == SYN:
            self.syns[port].add(traffic_class >> 2)
