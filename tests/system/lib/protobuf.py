# SPDX-License-Identifier: MIT
"""
A strict reader of Prometheus's protobuf format. Messages and fields are those of
io/prometheus/client/metrics.proto in https://github.com/prometheus/client_model.
"""
import struct

from lib.exposition import Metrics

MEDIA_TYPE = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
TYPES = {0: "counter", 1: "gauge", 4: "histogram"}


class Native:
    """The native buckets of a histogram: counts by index, and what is at most the threshold."""

    def __init__(self, fields):
        self.schema = signed(one(fields, 5))
        self.threshold = one(fields, 6)
        self.zero = one(fields, 7)
        self.counts = {}
        deltas = list(varints(one(fields, 13, b"")))
        index, count = 0, 0
        for span in fields.get(12, []):
            inner = read(span)
            index += signed(one(inner, 1))
            for _ in range(one(inner, 2)):
                count += signed(deltas.pop(0))
                assert count >= 0, "a bucket below 0"
                self.counts[index] = count
                index += 1
        assert not deltas, "more deltas than the spans have buckets"

    def count(self):
        return self.zero + sum(self.counts.values())

    def quantile(self, share):
        """The middle of the bucket in which that share of the values ends."""
        rank = share * self.count() - self.zero
        for index in sorted(self.counts):
            rank -= self.counts[index]
            if rank <= 0:
                return 2 ** ((index - 0.5) / 2**self.schema)
        return None


def signed(number):
    return number >> 1 ^ -(number & 1)


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def varints(data):
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


def read(message):
    """The fields of a message: {number: [value]}."""
    fields = {}
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(message, at)
        elif kind == 1:
            value, at = struct.unpack_from("<d", message, at)[0], at + 8
        else:
            assert kind == 2, f"wire type {kind}"
            length, at = varint(message, at)
            value, at = message[at : at + length], at + length
            assert len(value) == length, "a field is cut"
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def one(fields, number, otherwise=None):
    """The only value of a field."""
    values = fields.get(number, [] if otherwise is None else [otherwise])
    assert len(values) == 1, f"{len(values)} values of field {number}"
    return values[0]


def _labels(fields):
    pairs = [read(pair) for pair in fields.get(1, [])]
    labels = {one(pair, 1).decode(): one(pair, 2).decode() for pair in pairs}
    assert len(labels) == len(pairs), "a label twice"
    return labels


def _add_histogram(metrics, name, labels, fields):
    metrics.add(name + "_count", labels, one(fields, 1))
    metrics.add(name + "_sum", labels, one(fields, 2))
    buckets = [read(bucket) for bucket in fields.get(3, [])]
    for bucket in buckets:
        metrics.add(name + "_bucket", {**labels, "le": f"{one(bucket, 2):.9g}"}, one(bucket, 1))
    if buckets:
        metrics.add(name + "_bucket", {**labels, "le": "+Inf"}, one(fields, 1))
    if 5 in fields:
        native = Native(fields)
        assert native.count() == one(fields, 1), f"{name}{labels}: buckets are not the count"
        metrics.native[(name, frozenset(labels.items()))] = native


def parse(body):
    """Reads an exposition into Metrics as the text's reader makes them, with native histograms in native."""
    metrics = Metrics()
    metrics.native = {}
    at = 0
    while at < len(body):
        length, at = varint(body, at)
        assert at + length <= len(body), "a family is cut"
        family = read(body[at : at + length])
        at += length
        name = one(family, 1).decode()
        assert name not in metrics.types, f"{name} twice"
        metrics.types[name] = TYPES[one(family, 3)]
        metrics.helps[name] = one(family, 2).decode()
        assert family[4], f"{name} has no samples"
        for metric in family[4]:
            fields = read(metric)
            if metrics.types[name] == "histogram":
                _add_histogram(metrics, name, _labels(fields), read(one(fields, 7)))
                continue
            field = 3 if metrics.types[name] == "counter" else 2
            metrics.add(name, _labels(fields), one(read(one(fields, field)), 1))
    return metrics
