# SPDX-License-Identifier: MIT
"""Many names at once: those that no server answers delay no other, and none is asked for without need."""
import contextlib
import os
import subprocess

from lib import peer as behave
from lib.collectd import Daemon
from lib.law import Target
from lib.name_server import answers, denies, fails, is_alias, is_silent, truncates
from lib.namespaces import Names, enter_or_skip
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import Skip, main, scenario, scenarios_of
from lib.wait import wait_for

HOST = "127.0.0.2"
MANY = 200
INTERVAL_S = 0.05
CONTROL = "control"


def views(program):
    """All targets of one scrape, by name."""
    metrics = program.metrics()
    return {name: Target(metrics, name) for name in metrics.targets()}


def wait_all(program, names, condition, what, seconds=30.0):
    """Until it holds for all of them in one scrape; returns their views."""
    seen = {}

    def holds():
        seen.update(views(program))
        return all(condition(seen[name]) for name in names)

    try:
        wait_for(holds, what, seconds, 0.2)
    except AssertionError as error:
        failed = [seen[name] for name in names if not condition(seen[name])]
        raise AssertionError(f"{error}: {len(failed)} targets, such as {failed[:3]}") from None
    return seen


@scenarios_of([["dns"], ["system"]], "names_that_no_server_answers_delay_no_other_by_")
def hang_first(row):
    """At the start, and when all have to connect again."""
    good = [f"good {number}" for number in range(10)]
    with Names(asks_server=True) as names, Peer(behave.echo, host=HOST) as peer:
        targets = {f"hangs {number}": f"hangs-{number}.test:{peer.port}" for number in range(MANY)}
        for number, name in enumerate(good):
            targets[name] = {"address": f"good-{number}.test:{peer.port}", "timeout": "5s"}
            names.server.names[f"good-{number}.test"] = answers(HOST)
        targets[CONTROL] = {"address": peer.address, "timeout": "5s"}
        with Program("client", f"-interval={INTERVAL_S * 1000:g}ms", f"-resolver={row[0]}", targets=targets) as program:
            for target in wait_all(program, good, lambda t: t.received >= 10, "up").values():
                if target.name in good:
                    assert target.timeouts == 0 and target.connects == 1, target
            peer.drop_connections()
            seen = wait_all(program, [*good, CONTROL], lambda t: t.connects == 2 and t.connected, "up again")
            # To wait for one of those that hang would take seconds.
            for name in good:
                assert seen[name].unsent <= 3 * seen[CONTROL].unsent + 1 / INTERVAL_S, (seen[name], seen[CONTROL])
                assert seen[name].connect_failures == {}, seen[name]
            hanging = [name for name in targets if name.startswith("hangs")]
            seen = wait_all(program, hanging, lambda t: t.connect_failures.get("resolve"), "failed", 60)
            assert all(seen[name].sent == seen[name].unsent for name in hanging)


@scenario
def a_refused_target_is_looked_up_once_for_as_long_as_the_answer_holds():
    """However many names a search makes of one, and however often the target is dialled."""
    domains = ["a.example", "b.example", "c.example"]
    search = [f"search {' '.join(domains)}", "options ndots:5"]
    with Names(asks_server=True, more=search) as names:
        hosts = [f"host-{number}.test" for number in range(MANY)]
        names.server.others = denies
        names.server.names.update({host: answers(HOST, ttl=600) for host in hosts})
        port = free_port()
        targets = {host: f"{host}:{port}" for host in hosts}
        with Program("client", "-interval=1s", targets=targets) as program:
            wait_all(program, hosts, lambda t: t.connect_failures.get("refused", 0) >= 4, "refused", 60)
            asked = sum(names.server.queries.values())
            # Each name in each domain and as it is, for two families of addresses.
            once = MANY * (len(domains) + 1) * 2
            print(f"note: {asked} queries, at least {once}")
            # A busy name server is asked again after a second.
            assert once <= asked <= 2 * once, asked


@scenario
def targets_of_one_name_share_its_answers_and_its_failures():
    """Which hold no longer than they have to."""
    kinds = {"denied.test": denies, "failing.test": fails, "silent.test": is_silent}
    with Names(asks_server=True) as names, Peer(behave.echo, host=HOST) as peer:
        names.server.names.update(kinds)
        names.server.names["found.test"] = answers(HOST, ttl=600)
        targets = {
            f"{name} {number}": {"address": f"{name}:{peer.port}", "labels": {"number": str(number)}}
            for name in [*kinds, "found.test"] for number in range(50)
        }
        with Program("client", "-interval=1s", targets=targets) as program:
            bad = [target for target in targets if not target.startswith("found")]
            seen = wait_all(program, bad, lambda t: t.connect_failures.get("resolve", 0) >= 2, "failed twice", 60)
            for name in kinds:
                failures = sum(seen[target].connect_failures["resolve"] for target in bad if target.startswith(name))
                asked = names.server.asked(name)
                print(f"note: {name}: {asked} queries, {failures:g} failures of 50 targets")
                # Without sharing, each failure takes two queries, or more.
                assert asked <= failures, (name, asked, failures)
            assert names.server.asked("found.test") <= 4, names.server.queries
            names.server.names.update({name: answers(HOST) for name in kinds})
            wait_all(program, targets, lambda t: t.connected == 1 and t.received > 0, "found at last")


@scenarios_of([["dns"], ["system"]], "collectd_resolves_names_by_")
def collectd(row):
    if os.geteuid() == 0 and not maps_nobody():
        raise Skip("collectd runs as nobody, who does not exist in this user namespace")
    # write_prometheus takes no literal of a family that only loopback has (AI_ADDRCONFIG).
    subprocess.run(["ip", "address", "replace", "10.77.255.1/32", "dev", "lo"], check=True)
    found = {"answers": answers(HOST), "alias": is_alias("next.test", address=HOST), "truncated": truncates(HOST),
             "mixed": answers("0.0.0.0", HOST)}
    lost = {"denied": denies, "failing": fails, "unspecified": answers("0.0.0.0", "::")}
    with Names(asks_server=True) as names, contextlib.ExitStack() as stack:
        peer = stack.enter_context(Peer(behave.echo, host=HOST))
        names.server.names.update({f"{name}.test": one for name, one in {**found, **lost}.items()})
        targets = {name: f"{name}.test:{peer.port}" for name in [*found, *lost, "silent"]}
        options = f'Resolver "{row[0]}"\nInterval 0.05\nTimeout "5s"\n'
        with Daemon(options, targets={**targets, CONTROL: peer.address}, listen=False) as daemon:
            seen = wait_all(daemon, [*found, CONTROL], lambda t: t.received >= 10, "up")
            for name in [*found, CONTROL]:
                assert seen[name].timeouts == 0 and seen[name].connects == 1, seen[name]
            seen = wait_all(daemon, [*lost, "silent"], lambda t: t.connect_failures, "failed", 60)
            for name in [*lost, "silent"]:
                assert set(seen[name].connect_failures) == {"resolve"} and seen[name].received == 0, seen[name]
            if row[0] == "system":
                return  # It tells no times to live: what follows would take half a minute.
            # A failure that may pass lets the last address be dialled, "no such name" does not.
            names.server.names["answers.test"] = fails
            names.server.names["alias.test"] = denies
            peer.close()
            wait_all(daemon, [*found, CONTROL], lambda t: t.connected == 0, "down")
            wait_all(daemon, ["alias"], lambda t: t.connect_failures.get("resolve"), "the name is gone")
            stack.enter_context(Peer(behave.echo, peer.port, HOST))
            seen = wait_all(daemon, ["answers", "truncated", "mixed", CONTROL], lambda t: t.connected == 1, "back")
            assert seen["alias"].connected == 0 and seen["answers"].moves == 0, seen


def maps_nobody():
    """Whether this user namespace has more users than root."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return sum(int(line.split()[2]) for line in file) > 1


if __name__ == "__main__":
    enter_or_skip()
    main()
