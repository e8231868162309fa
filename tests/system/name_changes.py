# SPDX-License-Identifier: MIT
"""Names that resolve late, to several addresses, to different ones than before, or not at all."""
from lib import peer as behave
from lib.namespaces import Names, enter_or_skip
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import main, scenario


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
