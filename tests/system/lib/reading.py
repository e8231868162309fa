# SPDX-License-Identifier: MIT
"""What happened between two scrapes, according to the table of docs/reading-losses.md."""
import os
import re
import statistics

from lib.law import RTT_BOUNDS, Target

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PAGE = os.path.join(TOP, "docs", "reading-losses.md")
COLUMNS = ["what happened", "timeouts", "of which late", "of which unsent", "tcp_retransmits", "slow", "disconnects",
           "connect_failures", "also"]


def cells_of(line):
    return [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]


def read_table():
    """The rows, each a dictionary by column."""
    with open(PAGE, encoding="utf-8") as file:
        lines = file.read().split("\n")
    head = next(at for at, line in enumerate(lines) if line.startswith("| what happened |"))
    assert cells_of(lines[head]) == COLUMNS, f"other columns: {lines[head]}"
    rows = []
    for line in lines[head + 2:]:
        if not line.startswith("|"):
            break
        cells = cells_of(line)
        assert len(cells) == len(COLUMNS), f"other columns: {line}"
        rows.append(dict(zip(COLUMNS, cells)))
    return rows


def slow_bound(interval):
    """The largest bucket bound below the interval, at most 0.1024."""
    return [bound for bound in RTT_BOUNDS[:-1] if float(bound) < interval and float(bound) <= 0.1024][-1]


class Facts:
    """How much each figure rose between two scrapes, summed over some targets. interval: in seconds."""

    def __init__(self, before, after, names, interval=0.2):
        pairs = [(Target(before, name), Target(after, name)) for name in names]
        self.count = len(pairs)

        def rise(value):
            return sum(value(now) - value(then) for then, now in pairs)

        self.sent = rise(lambda t: t.sent)
        self.received = rise(lambda t: t.received)
        self.timeouts = rise(lambda t: t.timeouts)
        self.late = rise(lambda t: t.late)
        self.unsent = rise(lambda t: t.unsent)
        self.missed_slots = rise(lambda t: t.missed_slots)
        self.connects = rise(lambda t: t.connects)
        self.tcp_retransmits = rise(lambda t: t.tcp_retransmits)
        self.slow = rise(lambda t: t.received - t.bucket(slow_bound(interval)))
        self.disconnects = self.reasons(pairs, "disconnects")
        self.connect_failures = self.reasons(pairs, "connect_failures")
        self.breaks = sum(self.disconnects.values()) + sum(self.connect_failures.values())
        # Where it is unknown there is no connection.
        self.tcp_rtt_rise = statistics.median(self.tcp_rtt(now) - self.tcp_rtt(then) for then, now in pairs)

    @staticmethod
    def reasons(pairs, family):
        found = {}
        for then, now in pairs:
            for reason, value in getattr(now, family).items():
                found[reason] = found.get(reason, 0) + value - getattr(then, family).get(reason, 0)
        return {reason: value for reason, value in found.items() if value}

    @staticmethod
    def tcp_rtt(target):
        return target.metrics.sum("tcp_echo_tcp_rtt_seconds", target=target.name)

    def cells(self):
        """A row of an example: what one target saw on average."""

        def each(value):
            return f"{value / self.count:.1f}".removesuffix(".0")

        def reasons(found):
            return ", ".join(f"{reason} {each(value)}" for reason, value in sorted(found.items())) or "0"

        values = [self.sent, self.received, self.timeouts, self.late, self.unsent, self.tcp_retransmits, self.slow]
        return " | ".join([*map(each, values), reasons(self.disconnects), reasons(self.connect_failures),
                           each(self.missed_slots)])

    def __repr__(self):
        return str(vars(self))


def share_is(word, part, whole):
    share = part / whole if whole else 0.0
    return {"none": share < 0.001, "some": share >= 0.001, "most": share >= 0.8, "any": True}[word]


def retransmits_are(word, facts):
    """none, 1 to 6 per break, or more; without a break, their share of the probes."""
    each = facts.tcp_retransmits / facts.breaks if facts.breaks else 0.0
    if facts.breaks:
        found = "none" if each < 1 else "1 to 6 per break" if each <= 6 else "more"
    else:
        found = "none" if share_is("none", facts.tcp_retransmits, facts.sent) else "more"
    assert word in ("none", "1 to 6 per break", "more", "any"), word
    return word in ("any", found)


def slow_ones_are(word, facts):
    """Compared with the retransmissions, where there are enough of them."""
    if share_is("none", facts.slow, facts.received) or facts.slow <= 6 * facts.breaks:
        found = "none"
    elif facts.slow > facts.received / 2:
        found = "nearly all"
    elif facts.slow <= 1.5 * facts.tcp_retransmits:
        found = "as many"
    else:
        found = "twice as many" if facts.slow <= 6 * facts.tcp_retransmits else "far more"
    assert word in ("none", "as many", "twice as many", "far more", "nearly all", "any"), word
    return word in ("any", found)


def reasons_are(word, reasons):
    assert re.fullmatch("[a-z]+", word), word
    return word == "any" or (not reasons if word == "none" else word in reasons)


def also(words, facts):
    return {
        "": True,
        "tcp_rtt high": facts.tcp_rtt_rise >= 0.1,
        "missed_slots some": share_is("some", facts.missed_slots, facts.sent),
    }[words]


def fits(row, facts):
    return all([
        share_is(row["timeouts"], facts.timeouts, facts.sent),
        share_is(row["of which late"], facts.late, facts.timeouts),
        share_is(row["of which unsent"], facts.unsent, facts.timeouts),
        retransmits_are(row["tcp_retransmits"], facts),
        slow_ones_are(row["slow"], facts),
        reasons_are(row["disconnects"], facts.disconnects),
        reasons_are(row["connect_failures"], facts.connect_failures),
        also(row["also"], facts),
    ])


def what_happened(facts):
    """The first row of the table that matches in every column."""
    for row in read_table():
        if fits(row, facts):
            return row["what happened"]
    return f"no row of the table matches: {facts}"
