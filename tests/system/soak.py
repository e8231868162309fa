# SPDX-License-Identifier: MIT
"""
A long run, for `make soak` or by hand: 500 targets every 50 ms, and each minute another fault. Whatever
happens, the law of accounting holds at each scrape, all targets that can be reached are measured again
afterwards, and memory, descriptors and threads stay flat.

SOAK_SECONDS: how long, 3600 unless set; SOAK_STEP: seconds for each fault, 60. The figures of each step go to
soak.csv in the current folder.
"""
import contextlib
import csv
import os
import resource
import signal
import socket
import threading
import time

from lib import peer as behave
from lib.far_server import FarServer
from lib.law import Target
from lib.name_server import answers, denies, fails, is_silent
from lib.namespaces import Names, Path, enter_or_skip
from lib.peer import Peer
from lib.program import Program
from lib.scenario import main, scenario
from lib.sockets import connect
from lib.wait import wait_for

SECONDS = float(os.environ.get("SOAK_SECONDS", "3600"))
STEP = float(os.environ.get("SOAK_STEP", "60"))
# What is asked for in turn, beside the metrics.
PAGES = ("/metrics", "/metrics", "/", "/metrics", "/api/v1/targets?limit=1000")
NEAR, FAR, ODD, NAMED = 350, 100, 40, 10
# The steps before these are warming up.
WARM = 4


class World:
    """What the prober has around it, and what can go wrong there. Each fault is a context."""

    def __init__(self, stack):
        self.names = stack.enter_context(Names(asks_server=True))
        self.path = stack.enter_context(Path())
        self.far = stack.enter_context(FarServer(self.path))
        self.odd = stack.enter_context(Peer(behave.echo, backlog=1024))
        self.old_home = stack.enter_context(Peer(behave.echo, host="127.0.0.2"))
        self.new_home = stack.enter_context(Peer(behave.echo, self.old_home.port, "127.0.0.3"))
        self.set_names(answers("127.0.0.2", ttl=5))
        self.targets = {
            **{f"near {number}": "127.0.0.1:{listen}" for number in range(NEAR)},
            **{f"far {number}": self.far.address for number in range(FAR)},
            **{f"odd {number}": {"address": self.odd.address, "interval": "500ms"} for number in range(ODD)},
            **{f"named {number}": {"address": f"name-{number}.test:{self.old_home.port}", "interval": "500ms"}
               for number in range(NAMED)},
        }
        self.program = stack.enter_context(
            Program("both", "-interval=50ms", "-threads=2", targets=self.targets))

    def set_names(self, behaviour):
        for number in range(NAMED):
            self.names.server.names[f"name-{number}.test"] = behaviour

    @contextlib.contextmanager
    def calm(self):
        yield

    @contextlib.contextmanager
    def dropped(self, percent, ways):
        self.path.drop(percent, ways)
        yield
        self.path.heal()

    @contextlib.contextmanager
    def rejected(self):
        self.path.reject()
        yield
        self.path.heal()

    @contextlib.contextmanager
    def unplugged(self):
        self.path.set_link("down")
        yield
        self.path.set_link("up")

    @contextlib.contextmanager
    def peer_stopped(self):
        self.far.send_signal(signal.SIGSTOP)
        yield
        self.far.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def behaviour(self, behaviour):
        self.odd.behaviour = behaviour
        self.odd.drop_connections()
        yield
        self.odd.behaviour = behave.echo
        self.odd.drop_connections()

    @contextlib.contextmanager
    def names_lost(self, behaviour):
        self.set_names(behaviour)
        self.old_home.drop_connections()
        self.new_home.drop_connections()
        yield
        self.set_names(answers("127.0.0.2", ttl=5))

    @contextlib.contextmanager
    def names_moved(self):
        self.set_names(answers("127.0.0.3", ttl=5))
        yield
        self.set_names(answers("127.0.0.2", ttl=5))

    @contextlib.contextmanager
    def fewer_targets(self, count):
        self.program.reload(dict(list(self.targets.items())[:count]))
        yield
        self.program.reload(self.targets)

    @contextlib.contextmanager
    def prober_stopped(self):
        self.program.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        wait_for(lambda: time.monotonic() - began > STEP / 6, "it is stopped", STEP)
        self.program.send_signal(signal.SIGCONT)
        yield

    @contextlib.contextmanager
    def few_descriptors(self):
        """No more than are open: nobody can be accepted, and who is lost cannot be dialled again."""
        usual = resource.prlimit(self.program.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.program.pid, resource.RLIMIT_NOFILE, (self.program.descriptors() + 3, usual[1]))
        self.odd.drop_connections()
        yield
        resource.prlimit(self.program.pid, resource.RLIMIT_NOFILE, usual)

    @contextlib.contextmanager
    def crowd(self):
        """HTTP clients that send nothing, or half a request."""
        with contextlib.ExitStack() as stack:
            for number in range(400):
                client = stack.enter_context(socket.socket())
                client.bind((f"127.0.2.{number % 50 + 1}", 0))
                client.connect(("127.0.0.1", self.program.metrics_port))
                if number % 2:
                    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x")
            yield

    @contextlib.contextmanager
    def greed(self):
        """Peers that send as fast as they can, and some that never read."""
        is_over = threading.Event()
        peers = [connect(self.program.listen_port) for _ in range(20)]

        def send(peer, reads):
            with contextlib.suppress(OSError):
                while not is_over.is_set():
                    peer.sendall(bytes(16) * 1024)
                    if reads:
                        peer.recv(65536)
        threads = [threading.Thread(target=send, args=(peer, number % 4)) for number, peer in enumerate(peers)]
        for peer in peers:
            peer.settimeout(1)
        for thread in threads:
            thread.start()
        yield
        is_over.set()
        for thread in threads:
            thread.join()
        for peer in peers:
            peer.close()

    def faults(self):
        return [
            ("nothing", self.calm),
            ("5 % of the segments dropped", lambda: self.dropped(5, ("back", "there"))),
            ("all segments dropped", lambda: self.dropped(100, ("there",))),
            ("a firewall resets", self.rejected),
            ("the link is down", self.unplugged),
            ("the peer is stopped", self.peer_stopped),
            ("peers close at once", lambda: self.behaviour(behave.closes_at_once)),
            ("peers never answer", lambda: self.behaviour(behave.mute)),
            ("peers never read", lambda: self.behaviour(behave.never_reads)),
            ("peers send garbage", lambda: self.behaviour(behave.garbage)),
            ("peers end after 3 replies", lambda: self.behaviour(behave.closes_after(3))),
            ("peers reset", lambda: self.behaviour(behave.resets)),
            ("peers send each reply twice", lambda: self.behaviour(behave.twice)),
            ("name servers are silent", lambda: self.names_lost(is_silent)),
            ("name servers fail", lambda: self.names_lost(fails)),
            ("the names are gone", lambda: self.names_lost(denies)),
            ("the names move", self.names_moved),
            ("a reload takes 100 targets away", lambda: self.fewer_targets(len(self.targets) - 100)),
            ("a reload takes all targets away", lambda: self.fewer_targets(0)),
            ("the prober is stopped", self.prober_stopped),
            ("no descriptors are left", self.few_descriptors),
            ("400 HTTP clients that ask for nothing", self.crowd),
            ("20 greedy peers", self.greed),
        ]


class Record:
    """What was seen."""

    def __init__(self, world, writer):
        self.program = world.program
        self.writer = writer
        self.began = time.monotonic()
        self.rows = []
        self.laws = 0
        self.scrapes = 0
        writer.writerow("minute fault rss_kib descriptors threads sent received timeouts late".split())

    def scrape(self):
        """Checks the law for each target."""
        headers = {"Accept-Encoding": "gzip"} if self.scrapes % 3 == 1 else {}
        self.program.http(PAGES[self.scrapes % len(PAGES)], headers=headers)
        metrics = self.program.metrics()
        self.scrapes += 1
        self.laws += len(metrics.targets())
        return metrics

    def note(self, fault, metrics):
        with open(f"/proc/{self.program.pid}/status", encoding="ascii") as file:
            threads = next(int(line.split()[1]) for line in file if line.startswith("Threads:"))
        row = [round((time.monotonic() - self.began) / 60, 1), fault, self.program.rss() // 1024,
               self.program.descriptors(), threads,
               *(round(metrics.sum(f"tcp_echo_{name}_total")) for name in "sent received timeouts late".split())]
        self.rows.append(row)
        self.writer.writerow(row)
        print(f"note: minute {row[0]}, {fault}: {row[2]} KiB, {row[3]} descriptors, {row[4]} threads", flush=True)

    def check(self):
        """The second half against what was seen before it, once warm."""
        half = max(len(self.rows) // 2, WARM + 1)
        before, after = self.rows[WARM:half], self.rows[half:]
        if not after:
            return
        for column, most, what in ((2, 1024, "memory, in KiB"), (3, 8, "descriptors"), (4, 0, "threads")):
            early = max(row[column] for row in before)
            late = max(row[column] for row in after)
            print(f"note: {what}: {early} before, {late} after")
            assert late <= early + most, f"{what}: {early} before, {late} after"


def is_well(metrics, targets):
    return set(metrics.targets()) == set(targets) and all(Target(metrics, name).connected == 1 for name in targets)


@scenario
def nothing_grows_and_the_law_holds():
    with contextlib.ExitStack() as stack:
        world = World(stack)
        wait_for(lambda: is_well(world.program.metrics(), world.targets), "all are well at first", 60, 1)
        record = Record(world, csv.writer(stack.enter_context(
            open("soak.csv", "w", encoding="utf-8", buffering=1))))
        faults = world.faults()
        injected = 0
        while time.monotonic() - record.began < SECONDS:
            says, fault = faults[injected % len(faults)]
            began = time.monotonic()
            with fault():
                while time.monotonic() - began < STEP / 2:
                    record.scrape()
                    wait_for(lambda t=time.monotonic(): time.monotonic() - t > STEP / 20, "the next scrape", STEP)
            wait_for(lambda: is_well(record.scrape(), world.targets), f"all are well after: {says}", 30, 1)
            wait_for(lambda: time.monotonic() - began > STEP, "the minute is over", 2 * STEP, 0.5)
            record.note(says, record.scrape())
            injected += 1
        errors = [line for line in world.program.lines if " error " in line]
        print(f"note: {injected} faults, {record.scrapes} scrapes, {record.laws} laws checked, "
              f"{len(world.program.lines)} lines logged, {len(errors)} of them errors: {errors[:5]}", flush=True)
        record.check()


if __name__ == "__main__":
    enter_or_skip()
    main(seconds=SECONDS * 2 + 600)
