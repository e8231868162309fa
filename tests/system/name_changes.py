# SPDX-License-Identifier: MIT
"""Names that resolve late, to several addresses, to different ones than before, or not at all."""
import time

from lib import peer as behave
from lib.name_server import answers
from lib.namespaces import BlackHole, Names, enter_or_skip
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import main, scenario
from lib.wait import wait_for


def peer_of(target):
    [(labels, _)] = target.metrics.select("tcp_echo_target_info", target=target.name)
    return labels["peer"]


@scenario
def a_name_that_resolves_late_is_found():
    with Names() as names, Peer(behave.echo) as peer:
        targets = {"later": f"later.test:{peer.port}"}
        with Program("client", "-interval=20ms", targets=targets) as program:
            program.wait_target("later", lambda t: t.connect_failures.get("resolve"), "not yet")
            names.set("127.0.0.1 later.test")
            target = program.wait_target("later", lambda t: t.received >= 10, "found", 15)
            assert target.connects == 1, target


@scenario
def every_address_of_a_name_is_tried():
    for order in (["127.0.0.2", "127.0.0.3"], ["127.0.0.3", "127.0.0.2"], ["::1", "127.0.0.3"]):
        with Names() as names, Peer(behave.echo, host="127.0.0.3") as peer:
            names.set(*(f"{address} many.test" for address in order))
            targets = {"many": f"many.test:{peer.port}"}
            with Program("client", "-interval=20ms", targets=targets) as program:
                target = program.wait_target("many", lambda t: t.received >= 10, f"{order}")
                assert target.connects == 1 and target.timeouts == 0, target
                assert peer_of(target) == peer.address, peer_of(target)


@scenario
def a_name_that_changes_its_address_is_followed():
    port = free_port()
    with Names() as names, Peer(behave.echo, host="127.0.0.2", port=port) as old:
        names.set("127.0.0.2 moves.test")
        with Program("client", "-interval=20ms", targets={"a": f"moves.test:{port}"}) as program:
            before = program.wait_target("a", lambda t: t.received >= 10, "at its old address")
            assert peer_of(before) == old.address, peer_of(before)
            with Peer(behave.echo, host="127.0.0.3", port=port) as new:
                names.set("127.0.0.3 moves.test")
                old.close()
                after = program.wait_target("a", lambda t: t.connects == 2, "at its new address", 15)
                after = program.wait_target("a", lambda t: t.received > after.received, "replies")
                assert peer_of(after) == new.address, peer_of(after)


@scenario
def names_that_move_are_followed_without_a_lost_probe():
    """Their old hosts still answer."""
    names_count = 10
    with Names(asks_server=True) as names, Peer(behave.echo, host="127.0.0.2") as old, \
            Peer(behave.echo, host="127.0.0.3", port=old.port) as new:
        targets = {}
        for number in range(names_count):
            address = f"moves-{number}.test:{old.port}"
            names.server.names[f"moves-{number}.test"] = answers("127.0.0.2", ttl=1)
            targets[f"echo {number}"] = {"address": address, "timeout": "5s"}
            targets[f"connect {number}"] = {"address": address, "interval": "100ms", "timeout": "5s",
                                            "probe": "connect"}
        with Program("client", "-interval=10ms", targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received >= 10, "at its old address", 20)
            for number in range(names_count):
                names.server.names[f"moves-{number}.test"] = answers("127.0.0.3", ttl=1)
            for name in targets:
                target = program.wait_target(name, lambda t: t.moves == 1, "moved", 30)
                target = program.wait_target(name, lambda t, r=target.received: t.received > r + 10, "replies")
                assert peer_of(target) == new.address, peer_of(target)
                assert target.timeouts == 0 and target.connected == 1, target
                assert target.disconnects == {} and target.connect_failures == {}, target
                if name.startswith("echo"):
                    assert target.connects == 2, target
            program.wait_line(f"moved from {old.address} to {new.address}")
            wait_for(lambda: old.connections() == 0, "the old connections are closed")
            old.close()
            before = {name: program.target(name).received for name in targets}
            for name, received in before.items():
                program.wait_target(name, lambda t, r=received: t.received > r + 10, "the old host is gone")
                assert program.target(name).moves == 1


@scenario
def dead_addresses_of_a_name_add_nothing_to_an_outage():
    """Whatever their number and order; three of four drop every segment."""
    dead = ["127.0.1.1", "127.0.1.2", "127.0.1.3"]
    orders = {"alone": ["127.0.0.2"], "first": ["127.0.0.2", *dead], "last": [*dead, "127.0.0.2"],
              "between": [dead[0], "127.0.0.2", *dead[1:]]}
    port = free_port()
    with Names() as names, BlackHole("127.0.1.0/24"):
        names.set(*(f"{address} {order}.test" for order, many in orders.items() for address in many))
        peer = Peer(behave.echo, host="127.0.0.2", port=port)
        try:
            targets = {order: f"{order}.test:{port}" for order in orders}
            with Program("client", "-interval=20ms", targets=targets) as program:
                for order in orders:
                    target = program.wait_target(order, lambda t: t.received >= 10, "replies", 20)
                    # The resolver orders addresses as it likes: three dead ones take less than a timeout.
                    assert target.unsent == 0 and target.connect_failures == {}, target
                peer.close()
                for order in orders:
                    program.wait_target(order, lambda t: t.connect_failures.get("refused"), "down")
                began = time.monotonic()
                wait_for(lambda: time.monotonic() - began > 2, "a restart takes its time")
                peer = Peer(behave.echo, host="127.0.0.2", port=port)
                outages = {}
                for order in orders:
                    target = program.wait_target(order, lambda t: t.connected == 1, "back", 20)
                    outages[order] = target.unsent * 0.02
                    assert set(target.connect_failures) == {"refused"}, target
                print("note: outages", {order: f"{outage:.1f} s" for order, outage in outages.items()})
                # One pause between attempts more or less.
                assert max(outages.values()) <= 2.5 * min(outages.values()), outages
        finally:
            peer.close()


@scenario
def a_mute_name_server_delays_no_other_target():
    with Names(asks_server=True) as names, Peer(behave.echo) as peer:
        names.set("127.0.0.1 known.test")
        hanging = {f"hangs {number}": f"hangs-{number}.test:4000" for number in range(14)}
        targets = {**hanging, "numeric": peer.address, "known": f"known.test:{peer.port}"}
        with Program("client", "-interval=20ms", targets=targets) as program:
            for name in ("numeric", "known"):
                program.wait_target(name, lambda t: t.received >= 10, "replies", 15)
            # Both must also be found again while the others still hang.
            before = {name: program.target(name).received for name in ("numeric", "known")}
            peer.drop_connections()
            for name, received in before.items():
                program.wait_target(
                    name, lambda t, r=received: t.connects == 2 and t.received > r, "again", 15
                )


@scenario
def ends_in_time_while_the_name_server_is_mute():
    with Names(asks_server=True):
        with Program("client", "-target=hangs.test:4000") as program:
            program.wait_target("default", lambda t: t.connected == 0, "it hangs")
            program.stop()


if __name__ == "__main__":
    enter_or_skip()
    main()
