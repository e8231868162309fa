# SPDX-License-Identifier: MIT
"""A name server that behaves, or misbehaves in one way for each name, on purpose: RFC 1035."""
import collections
import os
import select
import socket
import struct
import threading
import time

A = 1
CNAME = 5
AAAA = 28
SRV = 33
_NOERROR, _SERVFAIL, _NXDOMAIN, _REFUSED = 0, 2, 3, 5
_UDP_SIZE = 512


class Query:
    """A question as it came."""

    def __init__(self, packet, is_tcp):
        self.packet = packet
        self.is_tcp = is_tcp
        labels = []
        at = 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii"))
            at += 1 + packet[at]
        self.name = ".".join(labels).lower()
        self.kind = struct.unpack_from("!H", packet, at + 1)[0]
        self.question = packet[12:at + 5]

    def reply(self, *records, code=_NOERROR, truncated=False):
        """records: (name, kind, time to live, data)."""
        flags = 0x8180 | code | (0x0200 if truncated else 0)
        answers = b"".join(
            encode_name(name) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data
            for name, kind, ttl, data in records
        )
        head = struct.pack("!2sHHHHH", self.packet[:2], flags, 1, len(records), 0, 0)
        return head + self.question + answers


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"


def _records(query, name, addresses, ttl):
    """Those of the kind that is asked for."""
    for address in addresses:
        kind, family = (AAAA, socket.AF_INET6) if ":" in address else (A, socket.AF_INET)
        if kind == query.kind:
            yield name, kind, ttl, socket.inet_pton(family, address)


# Each of these makes a behaviour: from a query to the packet that answers it, or None.


def answers(*addresses, ttl=0):
    def answer(query):
        reply = query.reply(*_records(query, query.name, addresses, ttl))
        if len(reply) > _UDP_SIZE and not query.is_tcp:
            return query.reply(truncated=True)
        return reply
    return answer


def serves(*services, ttl=0):
    """services: (host, port)."""

    def answer(query):
        if query.kind != SRV:
            return query.reply()
        return query.reply(*[(query.name, SRV, ttl, struct.pack("!HHH", 10, 5, port) + encode_name(host))
                             for host, port in services])

    return answer


def takes_turns(*addresses, ttl=0):
    """Each answer begins with another of the addresses."""
    turns = collections.deque(addresses)

    def answer(query):
        turns.rotate(1)
        return query.reply(*_records(query, query.name, turns, ttl))
    return answer


def truncates(*addresses):
    """The addresses are to be had by TCP only."""
    def answer(query):
        if not query.is_tcp:
            return query.reply(truncated=True)
        return query.reply(*_records(query, query.name, addresses, 0))
    return answer


def is_slow(seconds, *addresses):
    def answer(query):
        time.sleep(seconds)
        return query.reply(*_records(query, query.name, addresses, 0))
    answer.needs_thread = True
    return answer


def is_alias(*names, address, ttl=0):
    """Of the first name, which is one of the next, and so on; the last has the address."""
    def answer(query):
        chain = [query.name, *names]
        aliases = [(chain[i], CNAME, ttl, encode_name(chain[i + 1])) for i in range(len(names))]
        return query.reply(*aliases, *_records(query, chain[-1], [address], ttl))
    return answer


def loops(query):
    """An alias of an alias of itself."""
    other = "loop." + query.name
    return query.reply((query.name, CNAME, 0, encode_name(other)), (other, CNAME, 0, encode_name(query.name)))


def denies(query):
    return query.reply(code=_NXDOMAIN)


def fails(query):
    return query.reply(code=_SERVFAIL)


def refuses(query):
    return query.reply(code=_REFUSED)


def is_silent(_query):
    return None


def babbles(_query):
    return os.urandom(64)


def mistakes_the_query(query):
    """The answer to another query: of a wrong number."""
    reply = bytearray(query.reply(*_records(query, query.name, ["127.0.0.9"], 60)))
    reply[0] ^= 0xFF
    return bytes(reply)


def mistakes_the_name(query):
    """The addresses of another name."""
    return query.reply(*_records(query, "other.test", ["127.0.0.9"], 60))


def points_at_itself(query):
    """A compressed name that is a pointer to itself (RFC 1035 section 4.1.4)."""
    at = 12 + len(query.question)
    record = struct.pack("!HHHIH", 0xC000 | at, A, 1, 60, 4) + socket.inet_aton("127.0.0.9")
    return struct.pack("!2sHHHHH", query.packet[:2], 0x8180, 1, 1, 0, 0) + query.question + record


def is_cut_off(query):
    """The record promises more than there is."""
    return query.reply(*_records(query, query.name, ["127.0.0.9"], 60))[:-2]


class NameServer:
    """
    Answers by UDP and TCP; who is slow holds up no other. names: {name: behaviour}, which may be
    changed at any time; all others get the one for `others`. As a context it ends with it.
    """

    def __init__(self, address="127.0.0.53", others=denies):
        self.names = {}
        self.others = others
        self.queries = collections.Counter()
        self._lock = threading.Lock()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = socket.create_server((address, 53), backlog=128)
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.write(self._waker, b"x")
        self._thread.join()
        self._udp.close()
        self._tcp.close()
        os.close(self._wake)
        os.close(self._waker)

    def asked(self, name):
        """How often, for all kinds of address together."""
        with self._lock:
            return sum(count for (asked, _), count in self.queries.items() if asked == name)

    def _serve(self):
        while True:
            ready, _, _ = select.select([self._udp, self._tcp, self._wake], [], [])
            if self._wake in ready:
                return
            if self._udp in ready:
                self._take_udp(*self._udp.recvfrom(4096))
            if self._tcp in ready:
                self._start(self._answer_tcp, self._tcp.accept()[0])

    @staticmethod
    def _start(work, *arguments):
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _take(self, packet, is_tcp):
        """Returns the query, and what answers it."""
        query = Query(packet, is_tcp)
        with self._lock:
            self.queries[query.name, query.kind] += 1
        return query, self.names.get(query.name, self.others)

    def _take_udp(self, packet, asker):
        query, behaviour = self._take(packet, False)
        if getattr(behaviour, "needs_thread", False):
            self._start(self._answer_udp, query, behaviour, asker)
        else:
            self._answer_udp(query, behaviour, asker)

    def _answer_udp(self, query, behaviour, asker):
        reply = behaviour(query)
        if reply is not None:
            try:
                self._udp.sendto(reply, asker)
            except OSError:
                pass  # It is over.

    def _answer_tcp(self, connection):
        with connection, connection.makefile("rb") as stream:
            while size := stream.read(2):
                query, behaviour = self._take(stream.read(struct.unpack("!H", size)[0]), True)
                reply = behaviour(query)
                if reply is not None:
                    connection.sendall(struct.pack("!H", len(reply)) + reply)
