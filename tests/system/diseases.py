# SPDX-License-Identifier: MIT
"""
Whatever ails a peer, the critical alert fires, stays as long as that lasts, and clears afterwards: in a
real Prometheus, with the shipped rules. So that this takes a minute, its times are a tenth of theirs.
"""
import contextlib
import json
import re
import signal
import time

from lib import peer as behave
from lib.name_server import answers, denies
from lib.namespaces import BlackHole, Names, enter_or_skip
from lib.peer import FullBacklog, Peer
from lib.program import Program
from lib.prometheus import ALERTS, JOB, Prometheus, need
from lib.scenario import in_rounds, main, scenario
from lib.wait import wait_for

SPEED = 10
HOLE = "127.0.9.1"
# Several pauses between attempts, the longest of which is 5 s.
ILL_S = 20


def closes_at_the_first_byte(connection):
    """A balancer without a backend."""
    connection.recv(1)


def answers_http(connection):
    """Another service."""
    if connection.recv(65536):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


BEHAVIOURS = {
    "mute": behave.mute,
    "never reads": behave.never_reads,
    "balancer": closes_at_the_first_byte,
    "closes": behave.closes_at_once,
    "resets": behave.resets,
    "half a frame": behave.half_a_frame,
    "wrong service": answers_http,
    "garbage": behave.garbage,
}


def faster_rules(path):
    """The shipped rules, at so many times their speed."""
    with open(ALERTS, encoding="utf-8") as file:
        text = file.read()
    text, count = re.subn(r"(for: |\[)(\d+)m\b", lambda found: f"{found[1]}{int(found[2]) * 60 // SPEED}s", text)
    assert count > 0
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Ward:
    """The peers, each with its disease, as a context."""

    def __init__(self, stack, names):
        self.stack = stack
        self.names = names
        self.peers = {name: stack.enter_context(Peer(behave.echo)) for name in (*BEHAVIOURS, "refuses", "nameless")}
        self.hole = stack.enter_context(Peer(behave.echo, host=HOLE))
        self.stopped = stack.enter_context(Program("server"))
        self.black_hole = None
        names.server.names["nameless.test"] = answers("127.0.0.1")

    def targets(self):
        found = {name: peer.address for name, peer in self.peers.items()}
        found["nameless"] = f"nameless.test:{self.peers['nameless'].port}"
        found["black hole"] = self.hole.address
        found["stopped"] = f"127.0.0.1:{self.stopped.listen_port}"
        return found

    def fall_ill(self):
        for name, behaviour in BEHAVIOURS.items():
            self.peers[name].behaviour = behaviour
            self.peers[name].drop_connections()
        self.peers["refuses"].close()
        self.names.server.names["nameless.test"] = denies
        self.peers["nameless"].drop_connections()
        self.black_hole = BlackHole("127.0.9.0/24").__enter__()
        self.stopped.send_signal(signal.SIGSTOP)

    def recover(self):
        for name in BEHAVIOURS:
            self.peers[name].behaviour = behave.echo
            self.peers[name].drop_connections()
        self.peers["refuses"] = self.stack.enter_context(Peer(behave.echo, self.peers["refuses"].port))
        self.names.server.names["nameless.test"] = answers("127.0.0.1")
        self.black_hole.__exit__()
        self.stopped.send_signal(signal.SIGCONT)


def firing(prometheus):
    return {labels["target"] for labels, _ in prometheus.query(
        'ALERTS{alertstate="firing",alertname="TcpEchoTargetDown"}')}


def fired(prometheus, ill):
    """When the alert fired for each target within so many seconds, once it does for those who are ill."""

    def watch():
        # Within two minutes of the shipped rules.
        wait_for(lambda: firing(prometheus) == ill, "the alert fires for each of them", 120 / SPEED + 8, 0.5)
        began = time.time()
        wait_for(lambda: time.time() - began > ILL_S, "it lasts", 10 * ILL_S, 0.5)
        ranges = prometheus.query_range(
            'count by (target) (ALERTS{alertstate="firing",alertname="TcpEchoTargetDown"})', began, began + ILL_S)
        # After a scrape that failed "for:" begins again.
        [(_, least)] = prometheus.query(f'min_over_time(up{{job="{JOB}"}}[{round(time.time() - began) + 3}s])')
        assert least == 1, "a scrape failed"
        return ranges

    return in_rounds(watch, "each scrape succeeds", 3)


@scenario
def the_critical_alert_fires_stays_and_clears():
    need("prometheus")
    with contextlib.ExitStack() as stack:
        names = stack.enter_context(Names(asks_server=True))
        ward = Ward(stack, names)
        full = stack.enter_context(FullBacklog())
        targets = {**ward.targets(), "well": {"address": "127.0.0.1:{listen}", "timeout": "10s"}}
        program = stack.enter_context(Program("both", "-interval=100ms", targets={**targets, "full": full.address}))
        ill = {*targets, "full"} - {"well"}
        for name in targets:
            program.wait_target(name, lambda t: t.received > 3, "well at first", 20)
        rules = f"{program.targets_path}.rules.yml"
        faster_rules(rules)
        configuration = json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [rules],
            "scrape_configs": [{"job_name": JOB,
                                "static_configs": [{"targets": [f"127.0.0.1:{program.metrics_port}"]}]}],
        })
        prometheus = stack.enter_context(Prometheus(configuration))
        ward.fall_ill()
        ranges = fired(prometheus, ill)
        assert {labels["target"] for labels, _ in ranges} == ill, ranges
        for labels, values in ranges:
            assert len(values) == ILL_S + 1, f"{labels} fired {len(values)} of {ILL_S + 1} s only"
        metrics = program.metrics()
        for name in ("jitter_seconds", "tcp_rtt_seconds", "tcp_min_rtt_seconds"):
            shown = {labels["target"] for labels, _ in metrics.select(f"tcp_echo_{name}")}
            assert not shown & ill and "well" in shown, f"{name} of {shown & ill}"
        ward.recover()
        wait_for(lambda: firing(prometheus) == {"full"}, "it clears", 40, 0.5)
        for name in targets:
            target = program.wait_target(name, lambda t: t.connected == 1, "well again")
            assert target.timeouts == 0 or name != "well", target


if __name__ == "__main__":
    enter_or_skip()
    main()
