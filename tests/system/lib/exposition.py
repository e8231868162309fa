# SPDX-License-Identifier: MIT
"""A strict reader of the text exposition format 0.0.4: what it accepts, Prometheus accepts."""
import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
VALUE = re.compile(r"[+-]?(?:Inf|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)")
ESCAPE = re.compile(r'\\(["\\n])')
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


class BadExposition(AssertionError):
    """The text is not what format 0.0.4 allows, or not what this project promises."""


class Metrics:
    """The samples of one scrape, by name and labels, and the types of the families."""

    def __init__(self):
        self.types = {}
        self.helps = {}
        self.samples = {}
        self._by_target = {}

    def add(self, name, labels, value):
        """Adds a sample; refuses a duplicate."""
        key = frozenset(labels.items())
        series = self.samples.setdefault(name, {})
        if key in series:
            raise BadExposition("sample twice")
        series[key] = value
        if "target" in labels:
            found = self._by_target.setdefault((name, labels["target"]), [])
            found.append((labels, value))

    def select(self, name, **labels):
        """All samples of that name that have at least those labels: [(labels, value)]."""
        if "target" in labels:
            candidates = self._by_target.get((name, labels["target"]), [])
        else:
            candidates = [(dict(key), value) for key, value in self.samples.get(name, {}).items()]
        wanted = labels.items()
        return [(found, value) for found, value in candidates if wanted <= found.items()]

    def has(self, name, **labels):
        return bool(self.select(name, **labels))

    def value(self, name, **labels):
        """The only sample of that name with at least those labels."""
        found = self.select(name, **labels)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} samples of {name}{labels}, not 1")
        return found[0][1]

    def sum(self, name, **labels):
        return sum(value for _, value in self.select(name, **labels))

    def reasons(self, name, **labels):
        """The values of a family by its label "reason", zeros left out."""
        return {found["reason"]: value for found, value in self.select(name, **labels) if value}

    def targets(self):
        """The names of all targets."""
        return [labels["target"] for labels, _ in self.select("tcp_echo_sent_total")]


def parse(text):
    """Reads bytes or text; raises BadExposition with the line."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    if text and not text.endswith("\n"):
        raise BadExposition("the last line has no newline")
    metrics = Metrics()
    state = {"family": None, "closed": set()}
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            _parse_line(metrics, state, line)
        except BadExposition as error:
            raise BadExposition(f"line {number}: {error}: {line[:200]!r}") from None
    for name, kind in metrics.types.items():
        _check_family(metrics, name, kind)
    return metrics


def _enter(state, family):
    """Checks that each family is in one piece."""
    if state["family"] == family:
        return
    if family in state["closed"]:
        raise BadExposition(f"family {family} comes in pieces")
    state["closed"].add(family)
    state["family"] = family


def _parse_line(metrics, state, line):
    if line == "":
        raise BadExposition("empty line")
    if line.startswith("#"):
        _parse_comment(metrics, state, line)
    else:
        _parse_sample(metrics, state, line)


def _parse_comment(metrics, state, line):
    words = line.split(" ", 3)
    if len(words) != 4 or words[0] != "#" or words[1] not in ("HELP", "TYPE"):
        raise BadExposition("neither HELP nor TYPE")
    _, kind, name, rest = words
    if not NAME.fullmatch(name):
        raise BadExposition("bad name")
    _enter(state, name)
    table = metrics.helps if kind == "HELP" else metrics.types
    if name in table:
        raise BadExposition(f"second {kind}")
    if name in metrics.samples:
        raise BadExposition(f"{kind} after samples")
    if kind == "TYPE" and rest not in TYPES:
        raise BadExposition("unknown type")
    if not rest.strip():
        raise BadExposition(f"empty {kind}")
    table[name] = rest


def _family_of(metrics, name):
    if name in metrics.types:
        return name
    for suffix in ("_bucket", "_sum", "_count"):
        base = name[: -len(suffix)]
        if name.endswith(suffix) and metrics.types.get(base) in ("histogram", "summary"):
            return base
    raise BadExposition("sample without TYPE")


def _parse_labels(text):
    labels = {}
    at = 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match:
            raise BadExposition("bad label")
        if match[1] in labels:
            raise BadExposition("label twice")
        labels[match[1]] = ESCAPE.sub(lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
        if at < len(text):
            if text[at] != "," or at + 1 == len(text):
                raise BadExposition("bad label separator")
            at += 1
    return labels


def _parse_sample(metrics, state, line):
    match = NAME.match(line)
    if not match:
        raise BadExposition("bad name")
    name = match[0]
    rest = line[match.end() :]
    labels = {}
    if rest.startswith("{"):
        end = rest.rindex("}") if "}" in rest else -1
        if end < 0:
            raise BadExposition("open brace")
        labels = _parse_labels(rest[1:end])
        rest = rest[end + 1 :]
    if not rest.startswith(" ") or not VALUE.fullmatch(rest[1:]):
        raise BadExposition("bad value")
    _enter(state, _family_of(metrics, name))
    metrics.add(name, labels, float(rest[1:]))


def _check_family(metrics, name, kind):
    if name not in metrics.helps:
        raise BadExposition(f"{name} has no HELP")
    if (kind == "counter") != name.endswith("_total"):
        raise BadExposition(f"{name} is a {kind}: only counters end in _total")
    if kind == "histogram":
        if name in metrics.samples:
            raise BadExposition(f"histogram {name} has a bare sample")
        _check_histogram(metrics, name)
    elif kind == "counter":
        for key, value in metrics.samples.get(name, {}).items():
            if value < 0 or math.isinf(value):
                raise BadExposition(f"counter {name}{dict(key)} is {value}")


def _check_histogram(metrics, name):
    """Of each series: bounds rise, counts do not fall, +Inf equals the count, and there is a sum."""
    groups = {}
    for key, value in metrics.samples.get(name + "_bucket", {}).items():
        labels = dict(key)
        bound = labels.pop("le", None)
        if bound is None:
            raise BadExposition(f"{name}_bucket without le")
        groups.setdefault(frozenset(labels.items()), []).append((float(bound), value))
    counts = metrics.samples.get(name + "_count", {})
    sums = metrics.samples.get(name + "_sum", {})
    if not groups.keys() == counts.keys() == sums.keys():
        raise BadExposition(f"{name}: buckets, counts and sums are of different series")
    for key, buckets in groups.items():
        bounds, values = zip(*buckets)
        if list(bounds) != sorted(set(bounds)) or list(values) != sorted(values):
            raise BadExposition(f"{name}{dict(key)}: buckets out of order or falling: {buckets}")
        if buckets[-1] != (math.inf, counts[key]):
            raise BadExposition(f"{name}{dict(key)}: +Inf bucket is not the count")
