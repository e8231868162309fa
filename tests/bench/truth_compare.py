# SPDX-License-Identifier: MIT
"""What the prober exposed, compared with what happened."""

import bisect
import re

from exposition import law_violations
from truth_capture import UNKNOWN

NS_PER_S = 10**9
COUNTERS = ("sent", "received", "timeouts", "late", "connects", "retransmits")
# These do not depend on timing: whatever is lost, they must be exact.
TIMELESS = ("sent", "connects", "retransmits")


class Family:
    """One value per target, from the text of a scrape."""

    def __init__(self, name):
        self._begin = f"\ntcp_echo_{name}{{".encode()
        self._line = re.compile(rb'^tcp_echo_%b\{target="(\d+)"\} (\S+)' % name.encode(),
                                re.MULTILINE)

    def cut(self, text):
        """The part of the text that contains the family."""
        begin = text.find(self._begin)
        last = text.rfind(self._begin)
        return text[begin + 1:text.find(b"\n", last + 1)] if begin >= 0 else b""

    def values(self, part):
        return {int(target): value for target, value in self._line.findall(part)}


LAST_RTT = Family("last_rtt_seconds")
RECEIVED = Family("received_total")
LATE = Family("late_total")
RTT_SUM = Family("rtt_seconds_sum")


class Glance:
    """The part of a scrape that single RTTs need; parsed only on demand."""

    def __init__(self, text, with_sums):
        self._last = LAST_RTT.cut(text)
        self._received = RECEIVED.cut(text)
        self._late = LATE.cut(text)
        self._sums = RTT_SUM.cut(text) if with_sums else b""

    def rows(self):
        """(target, last RTT, sum of all or None, received, late) of each target; in ns."""
        received = RECEIVED.values(self._received)
        late = LATE.values(self._late)
        sums = RTT_SUM.values(self._sums)
        for target, last in LAST_RTT.values(self._last).items():
            total = _ns(sums[target]) if target in sums else None
            yield target, _ns(last), total, int(received[target]), int(late[target])


def _ns(seconds):
    return round(float(seconds) * NS_PER_S)


class Fates:
    """
    Of one target: the probes received in time, and what its counters must be.

    In time means that a program that reads without delay has the reply within the timeout after it
    handed the probe to the kernel, so the time that TCP holds a probe back counts.
    """

    def __init__(self, flows, timeout_ns):
        self.delivered = []  # Frames, in the order in which their echoes could be read.
        self.received = []  # Those in time.
        self.waits = []  # From handing a probe over to its departure.
        self._timeout_ns = timeout_ns
        self.last_number = late = 0
        for flow in flows:
            for frame in flow.frames:
                stamped, departed, _, delivered = frame
                self.waits.append(departed - stamped)
                if delivered == UNKNOWN:
                    continue
                self.delivered.append(frame)
                if self.is_late(frame):
                    late += 1
                else:
                    self.received.append(frame)
            if flow.frames:
                self.last_number = flow.first_number + len(flow.frames) - 1
        self.counters = {
            "sent": self.last_number,
            "received": len(self.received),
            "timeouts": self.last_number - len(self.received),
            "late": late,
            "connects": sum(flow.is_established for flow in flows),
            # Of connections; a SYN retransmitted in vain belongs to none.
            "retransmits": sum(flow.segments_again + flow.syns_again for flow in flows
                               if flow.is_established),
        }

    def is_late(self, frame):
        return frame[3] - frame[0] >= self._timeout_ns


# On a machine that holds the prober up, it may last have looked for replies that long ago.
TOO_SHORT_NS = 20_000_000


class Comparison:
    """
    has_loss: a true RTT then begins where the probe is handed to the kernel, since TCP itself holds
    probes back after a loss; otherwise where it leaves the device.
    """

    def __init__(self, truth, timeout_ns, has_loss):
        self._fates = {target: Fates(flows, timeout_ns) for target, flows in truth.flows.items()}
        self._begins = 0 if has_loss else 1
        self._exact = TIMELESS if has_loss else COUNTERS
        self.figures = {}
        self.faults = []

    def _rtt(self, frame):
        return frame[3] - frame[self._begins]

    def single_round_trips(self, glances):
        """
        Each glance at a target shows its last RTT and, by the number of replies, late ones
        included, which probe that belongs to.
        """
        errors, held, batches = [], [], []
        seen = {}
        for glance in glances:
            for target, rtt, total, received, late in glance.rows():
                old_total, old_received, old_late = seen.get(target, (None, 0, 0))
                seen[target] = total, received, late
                fates = self._fates[target]
                if received == old_received or received + late > len(fates.delivered):
                    continue
                frame = fates.delivered[received + late - 1]
                if late > old_late and fates.is_late(frame):
                    continue  # The last reply may have been late, and not the one of the last RTT.
                errors.append(rtt - self._rtt(frame))
                if frame[3] > frame[2]:
                    held.append(errors[-1])
                if total and old_total and late == old_late and received > old_received + 1:
                    true = fates.delivered[old_received + late:received + late]
                    batches.append((total - old_total - sum(map(self._rtt, true))) / len(true))
        if errors and min(errors) < -TOO_SHORT_NS:
            self.faults.append(f"an RTT is too short by {-min(errors) / 1e6:.0f} ms")
        self._errors("rtt", errors)
        self._errors("held", held)
        self._errors("batch", batches)

    def _errors(self, name, errors):
        self.figures[f"{name}_count"] = len(errors)
        if not errors:
            return
        errors.sort()
        sizes = sorted(map(abs, errors))
        for figure, value in (("median", quantile(sizes, 0.5)), ("p99", quantile(sizes, 0.99)),
                              ("signed", quantile(errors, 0.5)), ("min", errors[0]),
                              ("max", errors[-1])):
            self.figures[f"{name}_{figure}_us"] = value / 1000

    def waits(self):
        waits = sorted(wait for fates in self._fates.values() for wait in fates.waits)
        for name, value in (("median", quantile(waits, 0.5)), ("p99", quantile(waits, 0.99)),
                            ("max", waits[-1])):
            self.figures[f"wait_{name}_us"] = value / 1000

    def all_round_trips(self, final):
        """Compares the whole histogram, its sum and its count with the true RTTs."""
        buckets = final.buckets("tcp_echo_rtt_seconds")
        bounds = [round(bound * NS_PER_S) for bound in sorted(buckets) if bound != float("inf")]
        rtts = sorted(self._rtt(frame) for fates in self._fates.values()
                      for frame in fates.received)
        # A bucket includes its upper bound.
        true = [bisect.bisect_right(rtts, bound) for bound in bounds] + [len(rtts)]
        exposed = [buckets[bound] for bound in sorted(buckets)]
        moved = sum(abs(a - b) for a, b in zip(_single(true), _single(exposed))) / 2
        mean = (final.total("tcp_echo_rtt_seconds_sum") * NS_PER_S
                / final.total("tcp_echo_rtt_seconds_count"))
        self.figures.update({
            "moved_percent": 100 * moved / len(rtts),
            "mean_us": (mean - sum(rtts) / len(rtts)) / 1000,
            "true_mean_us": sum(rtts) / len(rtts) / 1000,
            "true_median_us": quantile(rtts, 0.5) / 1000,
            "true_p99_us": quantile(rtts, 0.99) / 1000,
        })

    def counters(self, final):
        """Nothing may have been sent, received or settled since the final scrape."""
        columns = {name: final.by_target(f"tcp_echo_{name}_total") for name in (
            "sent", "received", "timeouts", "late", "connects", "unsent", "tcp_retransmits")}
        self.figures["counters"] = self.figures["differing"] = 0
        for name in COUNTERS:
            self.figures[f"{name}_true"] = self.figures[f"{name}_off"] = 0
        for target, fates in sorted(self._fates.items()):
            exposed = {name: column[b"%d" % target] for name, column in columns.items()}
            # What was never sent left no trace.
            exposed["sent"] -= exposed["unsent"]
            exposed["timeouts"] -= exposed["unsent"]
            exposed["retransmits"] = exposed["tcp_retransmits"]
            for name in COUNTERS:
                self._counter(target, name, exposed[name], fates.counters[name])

    def _counter(self, target, name, exposed, true):
        off = abs(exposed - true)
        self.figures["counters"] += 1
        self.figures[f"{name}_true"] += true
        if off:
            self.figures["differing"] += 1
            self.figures[f"{name}_off"] += off
        if off and name in self._exact:
            self.faults.append(f"target {target}: {name}: {exposed:.0f} exposed, {true} true")


def compare(truth, timeout_ns, has_loss, glances, final):
    """Returns the figures, and the faults: broken laws, and counters that are not exact."""
    comparison = Comparison(truth, timeout_ns, has_loss)
    comparison.single_round_trips(glances)
    comparison.waits()
    comparison.all_round_trips(final)
    comparison.counters(final)
    faults = law_violations(final)[:3] + comparison.faults[:3]
    return {**comparison.figures, "faults": faults}


def _single(cumulative):
    return [value - before for value, before in zip(cumulative, [0, *cumulative])]


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
