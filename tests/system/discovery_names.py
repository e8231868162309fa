# SPDX-License-Identifier: MIT
"""Targets from DNS: the addresses of a name, and its SRV records; and whatever a name server may do."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from lib import inventory
from lib import name_server as serve
from lib import peer as behave
from lib import program as programs
from lib.law import Target
from lib.name_server import answers, is_silent, serves
from lib.namespaces import Names, enter_or_skip
from lib.peer import Peer
from lib.program import Program
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.wait import holds_for, wait_for

NAME = "echo.test"
FAST = ("-interval=20ms", "-targets-refresh=1s", "-targets-timeout=8s")
MANY = 1000


def names_of(program):
    program._last = None  # Those that go take their counters along.
    return sorted(program.metrics().targets())


def wait_targets(program, *names, seconds=20.0):
    wait_for(lambda: names_of(program) == sorted(names), f"targets {names}", seconds)


@scenario
def each_address_of_a_name_is_a_target_and_they_are_followed():
    with Names(asks_server=True) as names, Peer(behave.echo, host="0.0.0.0") as peer:
        names.server.names[NAME] = answers("127.0.1.1", "127.0.1.2")
        source = f"dns:{NAME}:{peer.port}"
        with Program("client", *FAST, f"-targets={source}") as program:
            one, two, three = (f"127.0.1.{i}:{peer.port}" for i in (1, 2, 3))
            wait_targets(program, one, two)
            assert program.metrics().select("tcp_echo_sent_total", target=one, dns_name=NAME)
            program.wait_target(two, lambda t: t.received > 5, "replies")
            # Turned round, it is the same answer.
            names.server.names[NAME] = answers("127.0.1.2", "127.0.1.1")
            asked = names.server.asked(NAME)
            wait_for(lambda: names.server.asked(NAME) >= asked + 4, "more questions", 20)
            assert sum("reloaded" in line for line in program.lines) == 1, program.lines
            names.server.names[NAME] = answers("127.0.1.3", "127.0.1.2")
            program.wait_line(f"{source} reloaded: 2 targets, 1 new ({three}), 1 gone ({one})", 20)
            wait_targets(program, two, three)
            assert program.target(two).connects == 1


@scenario
def addresses_of_both_families_are_targets():
    with Names(asks_server=True) as names:
        names.server.names[NAME] = answers("127.0.1.1", "::1")
        for flags, expected in (((), ["127.0.1.1:9", "[::1]:9"]), (("-ip-version=4",), ["127.0.1.1:9"]),
                                (("-ip-version=6",), ["[::1]:9"])):
            with Program("client", *FAST, *flags, f"-targets=dns:{NAME}:9") as program:
                wait_targets(program, *expected)


@scenario
def addresses_of_one_family_stay_while_nothing_is_learnt_of_them():
    with Names(asks_server=True) as names:
        names.server.names[NAME] = answers("127.0.1.1", "::1")

        def fails_for_ipv6(query):
            return serve.fails(query) if query.kind == serve.AAAA else answers("127.0.1.2")(query)

        with Program("client", *FAST, f"-targets=dns:{NAME}:9") as program:
            wait_targets(program, "127.0.1.1:9", "[::1]:9")
            names.server.names[NAME] = fails_for_ipv6
            program.wait_line("no answer about its IPv6 addresses; keeping the previous 2 targets", 30)
            assert names_of(program) == ["127.0.1.1:9", "[::1]:9"]
            names.server.names[NAME] = answers("127.0.1.2")
            wait_targets(program, "127.0.1.2:9")
            # Where there are none of that kind, nothing is lost by it.
            names.server.names[NAME] = fails_for_ipv6
            asked = names.server.asked(NAME)
            wait_for(lambda: names.server.asked(NAME) > asked + 4, "more questions", 30)
            assert sum("keeping" in line for line in program.lines) == 1, program.lines


@scenario
def the_time_to_live_says_when_to_ask_again():
    with Names(asks_server=True) as names:
        names.server.names["short.test"] = answers("127.0.1.1", ttl=1)
        names.server.names["long.test"] = answers("127.0.1.2", ttl=3600)
        with Program("client", *FAST, "-targets=dns:short.test:9", "-targets=dns:long.test:9") as program:
            wait_targets(program, "127.0.1.1:9", "127.0.1.2:9")
            wait_for(lambda: names.server.asked("short.test") >= 8, "more questions", 30)
            assert names.server.asked("long.test") == 2, names.server.queries


# What a name server may do: says, the behaviour, and a part of the line.
FAILURES = [
    ["no such name", serve.denies, "there is no such name"],
    ["no addresses", answers(), "the name has no address"],
    ["a failure", serve.fails, "name server"],
    ["a refusal", serve.refuses, "name server"],
    ["silence", is_silent, "no answer from a name server"],
    ["nonsense", serve.babbles, ""],
    ["half a record", serve.is_cut_off, ""],
    ["what no host has", answers("0.0.0.0", "224.0.0.1"), "only addresses that no host can have"],
    ["a loop", serve.points_at_itself, ""],
]


@scenarios_of(FAILURES, "targets_stay_when_a_name_server_answers_with_")
def fail_name(row):
    """The addresses of a name, and its services, at the same time."""
    with Names(asks_server=True) as names, Peer(behave.echo, host="0.0.0.0") as peer:
        names.server.names["a.test"] = answers("127.0.1.1")
        names.server.names["s.test"] = serves(("h.test", peer.port))
        names.server.names["h.test"] = answers("127.0.1.2", ttl=3600)
        one, two = f"127.0.1.1:{peer.port}", f"h.test:{peer.port}"
        with Program("client", *FAST, f"-targets=dns:a.test:{peer.port}", "-targets=srv:s.test") as program:
            wait_targets(program, one, two)
            for name in (one, two):
                program.wait_target(name, lambda t: t.received > 5, "replies")
            names.server.names["a.test"] = names.server.names["s.test"] = row[1]
            line = wait_for(lambda: next((line for line in program.lines if "a.test" in line and "keeping the previous 1 target"
                                          in line), None), "the failure of addresses", 60)
            assert row[2] in line, line
            wait_for(lambda: any("srv:s.test" in line and "keeping the previous 1 target" in line for line in program.lines),
                     "the failure of services", 60)
            before = {name: program.target(name).received for name in (one, two)}
            for name in (one, two):
                program.wait_target(name, lambda t, name=name: t.received > before[name] + 5, "more replies")
                assert program.target(name).connects == 1
            names.server.names["a.test"] = answers("127.0.1.1")
            names.server.names["s.test"] = serves(("h.test", peer.port))
            for source in (f"dns:a.test:{peer.port}", "srv:s.test"):
                program.wait_line(f"{source}: answers again", 60)
            assert sum("keeping" in line for line in program.lines) == 2, program.lines


@scenario
def services_are_targets_with_their_own_ports():
    with Names(asks_server=True) as names, Peer(behave.echo, host="0.0.0.0") as one, Peer(behave.echo, host="0.0.0.0") as two:
        names.server.names["_echo._tcp.test"] = serves(("a.test", one.port), ("b.test", two.port), ("a.test", one.port))
        for host in ("a.test", "b.test"):
            names.server.names[host] = answers("127.0.1.1", ttl=3600)
        with Program("client", *FAST, "-targets=srv:_echo._tcp.test") as program:
            wait_targets(program, f"a.test:{one.port}", f"b.test:{two.port}")
            program.wait_target(f"b.test:{two.port}", lambda t: t.received > 5, "replies")
            assert program.metrics().select("tcp_echo_sent_total", target=f"b.test:{two.port}", dns_name="_echo._tcp.test")
            # A service that is decidedly not there (RFC 2782), and one without a port, are none.
            names.server.names["_echo._tcp.test"] = serves(("a.test", one.port), ("", 9), ("c.test", 0))
            wait_targets(program, f"a.test:{one.port}")


@scenario
def names_are_searched_for():
    with Names(asks_server=True, more=["search first.test second.test"]) as names:
        names.server.others = serve.denies
        names.server.names["echo.second.test"] = answers("127.0.1.1")
        names.server.names["_echo._tcp.second.test"] = serves(("127.0.1.2", 9))
        with Program("client", *FAST, "-targets=dns:echo:9", "-targets=srv:_echo._tcp") as program:
            wait_targets(program, "127.0.1.1:9", "127.0.1.2:9")


@scenario
def the_hosts_file_is_asked_first():
    with Names(asks_server=True) as names:
        names.set("127.0.1.7 echo.test")
        with Program("client", *FAST, "-targets=dns:echo.test:9") as program:
            wait_targets(program, "127.0.1.7:9")


@scenario
def ends_at_once_while_a_name_server_is_silent():
    with Names(asks_server=True):
        with Program("client", "-targets=dns:mute.test:9", "-targets=srv:mute.test", "-targets-timeout=5m") as program:
            holds_for(program.is_running, "it runs", 0.5)
            program.stop()


@scenario
def a_check_waits_no_longer_than_it_may():
    with Names(asks_server=True):
        begin = time.monotonic()
        status, _, err = programs.run("-mode=client", "-check", "-targets=dns:mute.test:9", "-targets-timeout=500ms", seconds=20)
        assert status == 1 and "dns:mute.test:9: no answer from a name server" in err, (status, err)
        assert time.monotonic() - begin < 10 * programs.PATIENCE


def write_text(path, text):
    """Writes a file at once, or removes it."""
    if text is None:
        os.unlink(path)
        return
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


@scenario
def five_sources_fail_in_turn_and_nothing_is_lost():
    """A file, a pattern, HTTP, addresses and services: each in its ways, each of which is one line in the log."""
    with contextlib.ExitStack() as stack:
        names, peer, folder = [stack.enter_context(each) for each in (
            Names(asks_server=True), Peer(behave.echo, host="0.0.0.0"), tempfile.TemporaryDirectory(prefix="tcp-echo-"))]
        one, many = os.path.join(folder, "one.json"), os.path.join(folder, "d", "a.json")
        os.mkdir(os.path.dirname(many))
        texts = {path: json.dumps([{"name": name, "address": f"127.0.1.1:{peer.port}"}])
                 for name, path in (("of a file", one), ("of a pattern", many))}
        for path, text in texts.items():
            write_text(path, text)
        good = inventory.answers([{"name": "of HTTP", "address": f"127.0.1.1:{peer.port}"}])
        server = stack.enter_context(inventory.Inventory(good))
        names.server.names["a.test"] = addresses = answers("127.0.1.2")
        names.server.names["s.test"] = services = serves(("127.0.1.3", peer.port))
        sources = [one, os.path.join(folder, "d", "*.json"), server.url, f"dns:a.test:{peer.port}", "srv:s.test"]
        targets = ["of a file", "of a pattern", "of HTTP", f"127.0.1.2:{peer.port}", f"127.0.1.3:{peer.port}"]
        program = stack.enter_context(Program("client", *FAST, *[f"-targets={source}" for source in sources]))

        def set_http(behaviour):
            server.behaviour = behaviour

        def set_name(name):
            return lambda behaviour: names.server.names.update({name: behaviour})

        bad_texts = ["[", "", "{}", '[{"name": "a"}]']
        # By source: what sets it, what is right, and the ways in which it fails.
        ways = [
            (lambda text: write_text(one, text), texts[one], [*bad_texts, None]),
            (lambda text: write_text(many, text), texts[many], bad_texts),
            (set_http, good, [inventory.answers(b"", "503 Service Unavailable"), inventory.hangs_up, inventory.babbles,
                              inventory.answers(b"<html>")]),
            (set_name("a.test"), addresses, [serve.denies, serve.fails, serve.refuses, answers()]),
            (set_name("s.test"), services, [serve.denies, serve.fails, serve.is_cut_off, answers()]),
        ]
        wait_targets(program, *targets)
        for name in targets:
            program.wait_target(name, lambda t: t.received > 0, "replies")
        count = 0
        for source, (break_it, right, faults) in zip(sources, ways):
            for fault in faults:
                before = program.metrics()
                break_it(fault)
                wait_for(lambda: program.metrics().value("tcp_echo_source_failures_total", source=source)
                         > before.value("tcp_echo_source_failures_total", source=source), f"{source} fails", 60)
                count += 1
                for name in targets:
                    received = Target(before, name).received
                    program.wait_target(name, lambda t: t.received > received + 5, "more replies")
                break_it(right)
                wait_for(lambda: program.metrics().value("tcp_echo_source_last_success_timestamp_seconds", source=source)
                         > before.value("tcp_echo_source_last_success_timestamp_seconds", source=source), f"{source} is back", 60)
        for name in targets:
            target = program.target(name)
            assert target.connects == 1 and target.timeouts == 0, target
        told = [line for line in program.lines if "keeping the previous" in line]
        assert len(told) == count, told


class Dnsmasq:
    """A real name server, with hosts and services from files that it reads again on SIGHUP."""

    def __init__(self, address="127.0.0.54"):
        self.address = address
        self.program = shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin:/sbin")
        if not self.program:
            raise Skip("dnsmasq is missing")

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="dnsmasq-")
        os.chmod(self._folder.name, 0o755)
        self.hosts = os.path.join(self._folder.name, "hosts")
        self._process = None
        return self

    def __exit__(self, *_):
        self._end()
        self._folder.cleanup()

    def _end(self):
        if self._process:
            self._process.terminate()
            self._process.wait()

    def serve(self, addresses, services=()):
        """services: (host, port)."""
        self._end()
        with open(self.hosts, "w", encoding="ascii") as file:
            file.writelines(f"{address} {NAME}\n" for address in addresses)
            file.writelines(f"127.0.1.1 {host}\n" for host, _ in services)
        self._process = subprocess.Popen(
            [self.program, "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
             f"--listen-address={self.address}", "--bind-interfaces", "--port=53", f"--addn-hosts={self.hosts}",
             "--local-ttl=1", "--pid-file=", *[f"--srv-host=_echo._tcp.test,{host},{port}" for host, port in services]],
            stderr=subprocess.DEVNULL)
        programs.end_with_script(self._process)


@scenario
def a_real_name_server_with_a_thousand_addresses_is_followed():
    addresses = [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(MANY)]
    with Names(asks_server=True, more=["nameserver 127.0.0.54"]) as names, Dnsmasq() as server, \
            Peer(behave.echo, host="0.0.0.0") as peer:
        names.server.others = serve.refuses
        services = [(f"h{i}.test", peer.port) for i in range(100)]
        server.serve(addresses, services)
        with Program("client", "-interval=5s", "-targets-refresh=1s", f"-targets=dns:{NAME}:{peer.port}",
                     "-targets=srv:_echo._tcp.test", "-metrics-set=lean") as program:

            def wait_connected(count):
                """Until so many are probed, and connected. They are many, so their lines are only counted."""
                wait_for(lambda: re.findall(rb"^tcp_echo_connected{.*} ([01])$", program.http().body, re.MULTILINE)
                         == [b"1"] * count, f"{count} targets", 90, 0.5)

            wait_connected(MANY + 100)
            server.serve(addresses[:500], services[:50])
            wait_connected(550)
            server.serve(addresses, services)
            wait_connected(MANY + 100)
            # Those that stayed were not touched.
            target = json.loads(program.http(f"/api/v1/target?name={addresses[0]}:{peer.port}").body)
            assert target["counters"]["connects"] == 1, target


if __name__ == "__main__":
    enter_or_skip()
    main(seconds=600)
