# SPDX-License-Identifier: MIT
"""Scraping as Prometheus does, over one persistent connection, and parsing the result."""

import gzip
import re
import select
import socket
import time

LE = re.compile(rb'le="([^"]*)"')
TARGET = re.compile(rb'target="([^"]*)"')
TIMEOUT_S = 30


class Scrape:
    """One scrape: when it began, how long it took, and the text, which is parsed only on demand."""

    def __init__(self, began, elapsed, encoded):
        self.began = began
        self.elapsed = elapsed
        self.size = len(encoded)
        self._encoded = encoded
        self._families = None

    def family(self, name):
        """(labels, value) of each sample."""
        if self._families is None:
            self._families = parse(self.text())
        return self._families.get(name, [])

    def text(self):
        zipped = self._encoded[:2] == b"\x1f\x8b"
        return gzip.decompress(self._encoded) if zipped else self._encoded

    def total(self, name):
        """The sum over all targets."""
        return sum(value for _, value in self.family(name))

    def values(self, name):
        return [value for _, value in self.family(name)]

    def by_target(self, name):
        return {TARGET.search(labels).group(1): value for labels, value in self.family(name)}

    def buckets(self, name):
        """A histogram's cumulative counts by upper bound, all targets together."""
        counts = {}
        for labels, value in self.family(name + "_bucket"):
            bound = float(LE.search(labels).group(1))
            counts[bound] = counts.get(bound, 0) + value
        return counts


class Scraper:
    """A raw HTTP client, so thin that it measures only the exporter."""

    def __init__(self, port):
        self._port = port
        self._socket = None
        self._connect()
        self._buffer = bytearray(1 << 20)

    def _connect(self):
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used = time.monotonic()

    def _is_closed(self):
        """Whether the exporter has closed the connection, as it does after some idle time."""
        return select.select([self._socket], [], [], 0)[0] != []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def get(self, encoding="identity"):
        request = (f"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n"
                   f"Accept-Encoding: {encoding}\r\n\r\n").encode()
        if self._is_closed():
            self._socket.close()
            self._connect()
        began = time.monotonic()
        self._socket.sendall(request)
        start, length, have = self._head()
        while have < start + length:
            have += self._receive(have, start + length)
        elapsed = time.monotonic() - began
        self._used = time.monotonic()
        return Scrape(began, elapsed, bytes(memoryview(self._buffer)[start:start + length]))

    def _receive(self, have, need):
        if len(self._buffer) < need:
            self._buffer.extend(bytes(need - len(self._buffer)))
        count = self._socket.recv_into(memoryview(self._buffer)[have:])
        if count == 0:
            silent = time.monotonic() - self._used
            raise RuntimeError(f"scrape: the exporter closed after {have} bytes, {silent:.1f} s "
                               "after the last scrape")
        return count

    def _head(self):
        """Receives the head. Returns where the body starts, its length, and how much is there."""
        have = 0
        while (end := self._buffer.find(b"\r\n\r\n", 0, have)) < 0:
            have += self._receive(have, have + 1)
        status, *fields = bytes(self._buffer[:end]).split(b"\r\n")
        if status.split(b" ")[1] != b"200":
            raise RuntimeError(f"scrape: {status.decode('latin-1')}")
        for line in fields:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                return end + 4, int(value), have
        raise RuntimeError("scrape: no Content-Length")


def parse(text):
    """Parses the text format into {name: [(labels, value)]}."""
    families = {}
    for line in text.splitlines():
        if line.startswith(b"#") or not line:
            continue
        series, _, value = line.rpartition(b" ")
        name, _, labels = series.partition(b"{")
        families.setdefault(name.decode(), []).append((labels, float(value)))
    return families


def histogram_between(before, after, name):
    """What a histogram counted between two scrapes: cumulative counts by upper bound."""
    old = before.buckets(name)
    return {bound: count - old.get(bound, 0) for bound, count in after.buckets(name).items()}


def histogram_quantile(quantile, buckets):
    """Like Prometheus's histogram_quantile(): linear within a bucket. None without values."""
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] == 0:
        return None
    rank = quantile * buckets[bounds[-1]]
    lower_bound, lower_count = 0.0, 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank and count > lower_count:
            if bound == float("inf"):
                return lower_bound
            share = (rank - lower_count) / (count - lower_count)
            return lower_bound + (bound - lower_bound) * share
        lower_bound, lower_count = bound, count
    return lower_bound


def law_violations(scrape):
    """
    Targets that break the law: sent = received + timeouts + in flight, and the parts of each.
    What an old binary does not count is 0.
    """
    columns = [scrape.by_target("tcp_echo_" + name) for name in (
        "sent_total", "received_total", "timeouts_total", "in_flight", "rtt_seconds_count",
        "late_total", "unsent_total")]
    wrong = []
    for target, sent in columns[0].items():
        _, received, timeouts, in_flight, counted, late, unsent = (
            column.get(target, -1 if column else 0) for column in columns)
        holds = sent == received + timeouts + in_flight and counted == received
        if not holds or not 0 <= late <= timeouts or not 0 <= unsent <= timeouts:
            wrong.append(f"law of accounting: {target.decode()}: sent {sent:.0f}, "
                         f"received {received:.0f}, timeouts {timeouts:.0f}, "
                         f"in flight {in_flight:.0f}, in the histogram {counted:.0f}, "
                         f"late {late:.0f}, unsent {unsent:.0f}")
    return wrong
