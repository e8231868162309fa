# SPDX-License-Identifier: MIT
"""Names and connections: targets that do not resolve, refuse, go down and come back."""
import socket

from lib import peer as behave
from lib.peer import Peer
from lib.program import Program, free_port
from lib.scenario import Skip, main, scenario

NEIGHBOUR = {"neighbour": "127.0.0.1:{listen}"}


def assert_neighbour(program):
    before = program.target("neighbour")
    after = program.wait_target("neighbour", lambda t: t.received > before.received + 3, "probed")
    assert after.timeouts == 0 and after.connects == 1, after
    assert after.disconnects == {} and after.connect_failures == {}, after


@scenario
def a_name_that_does_not_resolve_is_retried_and_does_no_harm():
    targets = {"nowhere": "no-such-host.invalid:4000", **NEIGHBOUR}
    with Program("both", "-interval=50ms", targets=targets) as program:
        target = program.wait_target(
            "nowhere", lambda t: t.connect_failures.get("resolve", 0) >= 2, "two failures", 60
        )
        assert set(target.connect_failures) == {"resolve"}, target
        assert target.connects == 0 and target.connected == 0, target
        program.wait_target("nowhere", lambda t: t.unsent > 0 and t.loss_percent == 100, "unsent")
        assert_neighbour(program)


@scenario
def many_names_that_do_not_resolve_do_no_harm():
    names = {f"n{number}": f"no-such-host-{number}.invalid:4000" for number in range(100)}
    with Program("both", "-interval=50ms", targets={**names, **NEIGHBOUR}) as program:
        program.wait_target("neighbour", lambda t: t.received >= 20, "the neighbour is probed", 30)
        program.wait_target("n0", lambda t: t.connect_failures, "the first one has failed", 60)
        assert_neighbour(program)


@scenario
def a_name_is_resolved_and_its_peer_is_shown():
    with Peer(behave.echo) as peer:
        address = f"localhost:{peer.port}"
        with Program("client", "-interval=20ms", targets={"a": address}) as program:
            program.wait_target("a", lambda t: t.received >= 10, "replies")
            metrics = program.metrics()
            [(labels, value)] = metrics.select("tcp_echo_target_info", target="a")
            assert value == 1 and labels["address"] == address, labels
            assert labels["peer"] == f"127.0.0.1:{peer.port}", labels


@scenario
def localhost_is_tried_in_both_families():
    if not socket.has_ipv6:
        raise Skip("no IPv6 here")
    for host in ("127.0.0.1", "::1"):
        with Peer(behave.echo, host=host) as peer:
            address = f"localhost:{peer.port}"
            with Program("client", "-interval=20ms", targets={"a": address}) as program:
                target = program.wait_target("a", lambda t: t.received >= 10, "replies")
                assert target.timeouts == 0 and target.connects == 1, target


@scenario
def an_address_without_a_host_is_localhost():
    with Peer(behave.echo) as peer:
        with Program("client", f"-target=:{peer.port}", "-interval=20ms") as program:
            target = program.wait_target("default", lambda t: t.received >= 10, "replies")
            assert target.timeouts == 0, target


@scenario
def reaches_an_ipv6_address():
    if not socket.has_ipv6:
        raise Skip("no IPv6 here")
    with Peer(behave.echo, host="::1") as peer:
        with Program("client", "-target", peer.address, "-interval=20ms") as program:
            program.wait_target("default", lambda t: t.received >= 10, "replies")
            [(labels, _)] = program.metrics().select("tcp_echo_target_info")
            assert labels["peer"] == peer.address, labels


@scenario
def a_refused_target_is_retried_until_it_is_up():
    port = free_port()
    targets = {"a": f"127.0.0.1:{port}", **NEIGHBOUR}
    with Program("both", "-interval=50ms", "-window=20", targets=targets) as program:
        target = program.wait_target(
            "a", lambda t: t.connect_failures.get("refused", 0) >= 2, "refused"
        )
        assert set(target.connect_failures) == {"refused"}, target
        assert target.connects == 0 and target.connected == 0 and target.received == 0, target
        target = program.wait_target("a", lambda t: t.unsent > 0, "slots go unsent")
        assert target.unsent == target.timeouts == target.sent, target
        assert target.loss_percent == 100, target
        with Peer(behave.echo, port=port):
            target = program.wait_target("a", lambda t: t.received > 0, "the target is up", 15)
            assert target.connects == 1 and target.connected == 1, target
            target = program.wait_target("a", lambda t: t.loss_percent == 0, "loss goes back to 0")
            assert target.disconnects == {}, target
        assert_neighbour(program)


@scenario
def starting_up_is_not_an_outage():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=1ms", "-target", peer.address) as program:
            target = program.wait_target("default", lambda t: t.received >= 10, "replies")
            assert target.unsent == 0 and target.timeouts == 0, target


@scenario
def loss_is_100_while_a_target_is_down_and_0_when_it_is_back():
    port = free_port()
    targets = {"a": f"127.0.0.1:{port}", **NEIGHBOUR}
    flags = ("-interval=25ms", "-timeout=2s", "-window=40")
    with Peer(behave.echo, port=port) as peer, Program("both", *flags, targets=targets) as program:
        up = program.wait_target("a", lambda t: t.received >= 40, "up")
        assert up.timeouts == 0 and up.loss_percent == 0, up
        peer.close()
        down = program.wait_target("a", lambda t: t.loss_percent == 100, "loss rises to 100")
        assert down.connected == 0 and down.unsent > 0, down
        assert (
            set(down.disconnects) <= {"closed", "reset"} and sum(down.disconnects.values()) == 1
        ), down
        assert set(down.connect_failures) <= {"refused"}, down
        # The slots continued while it was down: nothing is omitted.
        later = program.wait_target("a", lambda t: t.unsent >= down.unsent + 40, "unsent keeps rising")
        assert later.loss_percent == 100 and later.received == down.received, later
        with Peer(behave.echo, port=port):
            back = program.wait_target("a", lambda t: t.received > down.received, "back", 15)
            assert back.connects == 2 and back.connected == 1, back
            healed = program.wait_target("a", lambda t: t.loss_percent == 0, "loss falls to 0")
            # 40 replies fill the window; some more may pass between scrapes.
            assert healed.received >= down.received + 40, healed
            assert healed.timeouts == healed.unsent + (down.timeouts - down.unsent), healed
        assert_neighbour(program)


@scenario
def a_dropped_connection_is_dialled_again():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=20ms", "-target", peer.address) as program:
            for count in range(1, 4):
                seen = program.wait_target(
                    "default", lambda t, c=count: t.connects == c, f"connect {count}"
                )
                program.wait_target(
                    "default", lambda t, s=seen: t.received > s.received + 5, "replies"
                )
                if count < 3:
                    peer.drop_connections()
            target = program.target()
            assert sum(target.disconnects.values()) == 2, target
            assert set(target.disconnects) <= {"closed", "reset"}, target
            assert target.connect_failures == {}, target


@scenario
def an_unreachable_address_is_counted_as_such():
    # 240.0.0.0/4 is reserved: the kernel has no route there, or the route ends at the first router.
    targets = {"a": "255.255.255.255:4000", **NEIGHBOUR}
    with Program("both", "-interval=50ms", targets=targets) as program:
        target = program.wait_target("a", lambda t: t.connect_failures, "a failure")
        assert set(target.connect_failures) == {"unreachable"}, target
        assert_neighbour(program)


@scenario
def a_target_that_speaks_http_does_no_harm():
    # The program's own HTTP port is as good a peer as any other.
    targets = {"web": "127.0.0.1:{metrics}", **NEIGHBOUR}
    with Program("both", "-interval=50ms", targets=targets) as program:
        target = program.wait_target("web", lambda t: t.disconnects, "dropped", 20)
        assert target.received == 0, target
        assert_neighbour(program)


if __name__ == "__main__":
    main(workers=5)
