# SPDX-License-Identifier: MIT
"""Who may use the echo server: by network, by number, and by address."""
import socket

from lib.program import Program
from lib.scenario import Skip, main, scenario
from lib.sockets import assert_echo, connect, frame, reads_end
from lib.wait import PATIENCE, wait_for


def connect_from(source, port, host="127.0.0.1"):
    peer = socket.create_connection((host, port), 10 * PATIENCE, (source, 0))
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def rejected(program):
    return program.metrics().reasons("tcp_echo_server_rejected_total")


def assert_served(peer):
    assert_echo(peer, frame(1))


def assert_turned_away(peer):
    with peer:
        assert reads_end(peer)


def need_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        raise Skip("no IPv6 here") from None


@scenario
def only_those_that_are_allowed_are_served():
    with Program("server", "-allow=127.0.0.0/30,192.0.2.0/24", "-allow=127.1.0.0/16") as program:
        for source in ("127.0.0.1", "127.0.0.3", "127.1.2.3"):
            with connect_from(source, program.listen_port) as peer:
                assert_served(peer)
        for source in ("127.0.0.4", "127.2.0.1"):
            assert_turned_away(connect_from(source, program.listen_port))
        wait_for(lambda: rejected(program) == {"not_allowed": 2}, "they are counted")


@scenario
def ipv4_is_ipv4_on_a_socket_for_both_families():
    need_ipv6()
    for allow, is_v4_served in (("127.0.0.1", True), ("::1", False), ("::/0", False), ("0.0.0.0/0", True)):
        with Program("server", f"-allow={allow}", listen_host="") as program:
            served = connect(program.listen_port, "127.0.0.1" if is_v4_served else "::1")
            other = connect(program.listen_port, "::1" if is_v4_served else "127.0.0.1")
            with served:
                assert_served(served)
                assert_turned_away(other)
            wait_for(lambda: rejected(program) == {"not_allowed": 1}, f"{allow}: counted")


@scenario
def strangers_are_logged_at_debug_level_only():
    with Program("server", "-allow=192.0.2.1", "-log-level=debug") as program:
        for _ in range(20):
            assert_turned_away(connect(program.listen_port))
        line = program.wait_line("not allowed")
        assert " debug " in line and "127.0.0.1" in line, line
        wait_for(lambda: rejected(program) == {"not_allowed": 20}, "all are counted")
        assert len([line for line in program.lines if "not allowed" in line]) == 1, program.lines


@scenario
def no_more_peers_than_wanted():
    with Program("server", "-max-peers=5") as program:
        peers = [connect(program.listen_port) for _ in range(5)]
        for peer in peers:
            assert_served(peer)
        for _ in range(3):
            assert_turned_away(connect(program.listen_port))
        wait_for(lambda: rejected(program) == {"limit": 3}, "all are counted")
        program.wait_line("turning 127.0.0.1:")
        peers.pop().close()
        wait_for(
            lambda: program.metrics().value("tcp_echo_server_connections") == 4, "one has left"
        )
        peers.append(connect(program.listen_port))
        for peer in peers:
            assert_served(peer)
        assert_turned_away(connect(program.listen_port))
        for peer in peers:
            peer.close()


@scenario
def one_address_does_not_take_all():
    with Program("server", "-max-peers=40") as program:
        crowd = [connect(program.listen_port) for _ in range(60)]
        wait_for(lambda: rejected(program) == {"address_limit": 40}, "half of them are enough")
        for source in ("127.0.0.2", "127.0.0.3"):
            with connect_from(source, program.listen_port) as peer:
                assert_served(peer)
        for peer in crowd:
            peer.close()


@scenario
def the_bound_of_an_address_can_be_chosen():
    with Program("server", "-max-peers=40", "-max-peers-per-address=2") as program:
        peers = [connect(program.listen_port) for _ in range(2)]
        for peer in peers:
            assert_served(peer)
        assert_turned_away(connect(program.listen_port))
        with connect_from("127.0.0.2", program.listen_port) as other:
            assert_served(other)
        assert rejected(program) == {"address_limit": 1}, rejected(program)
        for peer in peers:
            peer.close()


if __name__ == "__main__":
    main(workers=4)
