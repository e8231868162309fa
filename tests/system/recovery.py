# SPDX-License-Identifier: MIT
"""Once the path is back, a target is measured again within 6 s, whatever state it was in."""
import contextlib
import itertools
import socket
import time

from lib.far_server import FarServer
from lib.law import Target
from lib.name_server import answers, is_silent
from lib.namespaces import Names, Path, enter_or_skip
from lib.program import Program
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.wait import PATIENCE

# The promise, counted from the path's return.
RECOVERY_SECONDS = 6.0
WINDOW = 40
# Long enough for a window of probes, and then some.
FLAGS = ("-interval=50ms", f"-window={WINDOW}")
# Targets that were connected before, and targets added one by one while nothing passes: each is at
# a different point of its attempts and pauses when the path returns.
OLD, NEW, NEW_SPACING = 10, 10, 0.6
BOTH = ("there", "back")

_numbers = itertools.count()


class Watch:
    """The targets of a prober, scraped again and again: when each came back, and what it lost afterwards."""

    def __init__(self, program, names):
        self.program = program
        self.names = names

    def scrape(self):
        metrics = self.program.metrics()
        return {name: Target(metrics, name) for name in self.names}

    def wait(self, condition, what, seconds):
        """Scrapes until the condition holds for each; returns when it first did: {name: (seconds, target)}."""
        begin = time.monotonic()
        found = {}
        while len(found) < len(self.names):
            seen = self.scrape()
            took = time.monotonic() - begin
            for name, target in seen.items():
                if name not in found and condition(target):
                    found[name] = (took, target)
            left = [seen[name] for name in self.names if name not in found]
            assert not left or took < seconds, f"not {what} after {took:.1f} s: {left}"
            time.sleep(0.05)
        return found

    def check_recovery(self, label):
        """To be called at the moment the path is back."""
        black = self.scrape()
        back = self.wait(
            lambda t: t.received > black[t.name].received, "measured again", RECOVERY_SECONDS * PATIENCE + 20
        )
        times = sorted(took for took, _ in back.values())
        print(f"     {label}: {len(times)} targets measured again after "
              f"{' '.join(f'{took:.1f}' for took in times)} s", flush=True)
        slow = [target for took, target in back.values() if took > RECOVERY_SECONDS * PATIENCE]
        assert not slow, f"later than {RECOVERY_SECONDS:g} s: {slow}"
        after = self.wait(
            lambda t: t.received >= back[t.name][1].received + WINDOW, "a window later", 20 * PATIENCE
        )
        for name, (_, target) in after.items():
            # What the machine itself holds up by a second is not a loss of the path.
            if target.timeouts == back[name][1].timeouts:
                assert target.loss_percent == 0, f"one window after the path's return: {target}"
        assert sum(t.timeouts == back[name][1].timeouts for name, (_, t) in after.items()) >= len(after) / 2


def dial_as_older_kernels_do():
    """
    Since Linux 6.5 a SYN is at first sent again every second; older kernels send it again 1 s and 3 s
    after the first, so an attempt, which takes 3 s, has hardly more than two.
    """
    with contextlib.suppress(FileNotFoundError):
        with open("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", "w", encoding="ascii") as file:
            file.write("0")


def can_cap_pauses():
    """Whether the kernel lets a program limit the pauses between retransmissions (Linux 6.15)."""
    tcp_rto_max_ms = 44
    with socket.socket() as one, contextlib.suppress(OSError):
        one.setsockopt(socket.IPPROTO_TCP, tcp_rto_max_ms, 4000)
        return True
    return False


def let_pass(seconds):
    """Sleeps: how long nothing passes is what is tested."""
    time.sleep(seconds)


def come_late(program, targets, more):
    """Adds targets one by one while nothing passes."""
    for name, address in more.items():
        targets[name] = address
        program.reload(targets)
        let_pass(NEW_SPACING)


def outage(label, seconds, begin, end, targets, more, *flags):
    """begin() makes the targets unmeasurable; that many seconds later end() makes them measurable again."""
    targets = dict(targets)
    with Program("client", *FLAGS, *flags, targets=targets) as program:
        Watch(program, list(targets)).wait(lambda t: t.received >= 5, "measured", 20 * PATIENCE)
        begin()
        let_pass(seconds - len(more) * NEW_SPACING)
        come_late(program, targets, more)
        down = Watch(program, list(targets)).scrape()
        end()
        Watch(program, list(targets)).check_recovery(label)
    return down


def numbered(word, count, address):
    return {f"{word} {number}": address for number in range(count)}


BLACK_OUTS = [
    ("1 s", 1, (), 0),
    ("8 s", 8, (), NEW),
    ("30 s", 30, (), NEW),
    # The timeout moves the moment of the stall.
    ("8 s with a timeout of 5 s", 8, ("-timeout=5s",), NEW),
    # Until the stall TCP alone must recover, and its pauses double: 6.4 s, 12.8 s.
    ("14 s with a timeout of 60 s", 14, ("-timeout=60s",), NEW),
]


@scenarios_of(BLACK_OUTS, "is_back_in_time_after_")
def is_back_in_time_after_a_blackout(row):
    label, seconds, flags, new = row
    if "60 s" in label and not can_cap_pauses():
        raise Skip("this kernel's retransmissions cannot be hurried")
    with Path(next(_numbers)) as path, FarServer(path) as server:
        outage(f"blackout of {label}", seconds, lambda: path.drop(100, BOTH), path.heal,
               numbered("old", OLD, server.address), numbered("new", new, server.address), *flags)


@scenario
def is_back_in_time_after_20_s_of_refusals():
    # Refusals take no time, so the pauses between attempts grow to their longest.
    with Path(next(_numbers)) as path, FarServer(path) as server:
        down = outage("refused for 20 s", 20, path.reject, path.heal,
                      numbered("old", OLD, server.address), numbered("new", NEW, server.address))
        assert all(set(target.connect_failures) == {"refused"} for target in down.values()), down


@scenario
def is_back_in_time_after_10_s_with_the_link_down():
    with Path(next(_numbers)) as path, FarServer(path) as server:
        down = outage("link down for 10 s", 10, lambda: path.set_link("down"), lambda: path.set_link("up"),
                      numbered("old", OLD, server.address), numbered("new", NEW, server.address))
        # It is a close race which of the two ends an attempt: both take 3 s.
        assert all(set(target.connect_failures) <= {"unreachable", "timeout"} for target in down.values()), down


@scenario
def is_back_in_time_by_name_after_the_name_server_was_down_too():
    with Names(asks_server=True) as names, Path(next(_numbers)) as path, FarServer(path) as server:

        def begin():
            path.drop(100, BOTH)
            names.server.others = is_silent

        def end():
            names.server.others = answers(path.far)
            path.heal()

        names.server.others = answers(path.far)
        old, new = (
            {name: address.format(number) for number, (name, address) in enumerate(targets.items())}
            for targets in (numbered("old", OLD, f"old-{{}}.test:{server.port}"),
                            numbered("new", NEW, f"new-{{}}.test:{server.port}"))
        )
        down = outage("blackout of 9 s, of the name server too", 9, begin, end, old, new)
        assert any(target.connect_failures == {"resolve": 1} for target in down.values()), down


if __name__ == "__main__":
    enter_or_skip()
    dial_as_older_kernels_do()
    main(workers=16)
