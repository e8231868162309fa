# SPDX-License-Identifier: MIT
"""The law of accounting, which holds at every moment and through every fault."""

# Upper bounds of the RTT histogram, as printed.
RTT_BOUNDS = [
    "0.0001",
    "0.0002",
    "0.0004",
    "0.0008",
    "0.0016",
    "0.0032",
    "0.0064",
    "0.0128",
    "0.0256",
    "0.0512",
    "0.1024",
    "0.2048",
    "0.4096",
    "0.8192",
    "1.6384",
    "+Inf",
]


class Target:
    """What one scrape says about one target."""

    def __init__(self, metrics, name):
        self.metrics = metrics
        self.name = name

    def _value(self, name, **labels):
        return self.metrics.value("tcp_echo_" + name, target=self.name, **labels)

    def __getattr__(self, name):
        """Counters and gauges by their short names: sent, received, loss_percent, in_flight."""
        counter = f"tcp_echo_{name}_total"
        return self._value(name + "_total" if counter in self.metrics.types else name)

    def has(self, name):
        """Whether it is exposed."""
        return any(self.metrics.has("tcp_echo_" + full, target=self.name) for full in (name, name + "_total"))

    @property
    def disconnects(self):
        """By reason, zeros left out."""
        return self.metrics.reasons("tcp_echo_disconnects_total", target=self.name)

    @property
    def connect_failures(self):
        """By reason, zeros left out."""
        return self.metrics.reasons("tcp_echo_connect_failures_total", target=self.name)

    def bucket(self, bound):
        """How many RTTs were at or below bound, which is given as printed."""
        return self._value("rtt_seconds_bucket", le=bound)

    @property
    def rtt_count(self):
        return self._value("rtt_seconds_count")

    @property
    def rtt_sum(self):
        return self._value("rtt_seconds_sum")

    def __repr__(self):
        names = (
            "sent received timeouts in_flight late unsent missed_slots connects connected "
            "loss_percent"
        ).split()
        shown = [name for name in names if self.has(name)]
        values = " ".join(f"{name}={getattr(self, name):g}" for name in shown)
        return f"{self.name}: {values} {self.disconnects} {self.connect_failures}"


def law(metrics):
    """Checks the law for each target of a scrape; fails with the target's numbers."""
    for name in metrics.targets():
        target = Target(metrics, name)
        assert target.sent >= target.received + target.timeouts, f"less sent than settled: {target}"
        assert target.rtt_count == target.received, f"histogram count is not received: {target}"
        bounds = {
            labels["le"] for labels, _ in metrics.select("tcp_echo_rtt_seconds_bucket", target=name)
        }
        assert bounds == set(RTT_BOUNDS), f"{name}: bounds {sorted(bounds)}"
        counts = [target.bucket(bound) for bound in RTT_BOUNDS]
        assert counts == sorted(counts), f"buckets fall: {name}: {counts}"
        assert counts[-1] == target.received, f"+Inf bucket is not received: {target}"
        assert target.late <= target.timeouts, f"more late than timed out: {target}"
        assert target.unsent <= target.timeouts, f"more unsent than timed out: {target}"
        assert target.connected in (0, 1), f"connected is neither 0 nor 1: {target}"
        if target.has("stamped"):
            law_of_stamps(metrics, target)
        if target.has("in_flight"):
            law_of_the_full_set(target)


def law_of_the_full_set(target):
    """What the lean set of metrics leaves out."""
    settled = target.received + target.timeouts
    assert target.sent == settled + target.in_flight, f"sent is not the sum: {target}"
    assert 0 <= target.loss_percent <= 100, f"loss out of range: {target}"
    error = abs(target.loss_percent - 100 * target.loss_ratio)
    assert error < 1e-9, f"loss_ratio {target.loss_ratio}: {target}"
    has_rtt = target.has("last_rtt_seconds")
    assert has_rtt == (target.received > 0), f"last RTT out of place: {target}"
    if has_rtt:
        assert target.last_rtt_seconds >= 0, f"negative RTT: {target}"


def law_of_stamps(metrics, target):
    """What a peer says cannot exceed what was measured here."""
    slow = sum(value for _, value in metrics.select("tcp_echo_slow_total", target=target.name))
    assert slow + target.stamps_rejected <= target.received, f"more slow ones than received: {target}"
    # Sums of nanoseconds come as the nearest double.
    assert target.peer_seconds <= target.rtt_sum * 1.000001, f"longer at the peer than away: {target}"


def law_never_falls(before, after):
    """No counter may fall. A target whose address a reload changed is another target."""
    places = [_addresses(metrics) for metrics in (before, after)]
    for name, kind in before.types.items():
        if kind != "counter":
            continue
        for key, value in before.samples.get(name, {}).items():
            later = after.samples.get(name, {}).get(key, value)
            target = dict(key).get("target")
            if places[0].get(target) == places[1].get(target):
                assert later >= value, f"{name}{dict(key)} fell from {value} to {later}"


def _addresses(metrics):
    found = metrics.select("tcp_echo_target_info")
    return {labels["target"]: labels["address"] for labels, _ in found}
