# SPDX-License-Identifier: MIT
"""Listening on names: every address of theirs that this machine has."""
import contextlib
import socket

from lib.http_client import request
from lib.name_server import is_slow
from lib.namespaces import Names, enter_or_skip
from lib.program import Program, free_port, run
from lib.scenario import main, scenario
from lib.sockets import assert_echo, connect, frame


def assert_served(program, *hosts):
    for host in hosts:
        with connect(program.listen_port, host) as peer:
            assert_echo(peer, frame(1))


@scenario
def localhost_is_served_in_both_families():
    with Names(), Program("server", listen_host="localhost") as program:
        assert_served(program, "127.0.0.1", "::1")
        port = program.listen_port
        line = program.wait_line("started")
        assert f"127.0.0.1:{port}" in line and f"[::1]:{port}" in line, line


@scenario
def every_address_of_a_name_is_served():
    hosts = ["127.0.0.2", "127.0.0.3", "::1", "127.0.0.4"]
    with Names() as names:
        names.set(*(f"{host} many.test" for host in hosts))
        with Program("server", listen_host="many.test") as program:
            assert_served(program, *hosts)
            assert not [line for line in program.lines if "not listening" in line], program.lines
            assert program.metrics().value("tcp_echo_server_accepted_total") == len(hosts)


@scenario
def metrics_are_served_at_every_address_of_a_name():
    hosts = ["127.0.0.2", "127.0.0.3", "::1"]
    with Names() as names:
        names.set(*(f"{host} many.test" for host in hosts))
        with Program("server", metrics_host="many.test") as program:
            for host in hosts:
                assert request(program.metrics_port, "/metrics", host=host).status == 200, host


@scenario
def addresses_that_this_machine_lacks_are_skipped_with_a_word():
    with Names() as names:
        names.set("192.0.2.1 some.test", "127.0.0.2 some.test", "2001:db8::1 some.test")
        with Program("server", listen_host="some.test") as program:
            assert_served(program, "127.0.0.2")
            for missing in (f"192.0.2.1:{program.listen_port}", f"[2001:db8::1]:{program.listen_port}"):
                line = program.wait_line(f"not listening on {missing}")
                assert "not an address of this machine" in line, line


@scenario
def without_any_address_of_this_machine_nothing_starts():
    with Names() as names:
        names.set("192.0.2.1 none.test", "192.0.2.2 none.test")
        status, _, err = run("-listen=none.test:4000", f"-metrics=127.0.0.1:{free_port()}")
        assert status == 1, err
        assert "cannot listen on none.test:4000: not an address of this machine" in err, err
        assert len(err.splitlines()) == 1, err


@scenario
def a_port_taken_on_one_of_the_addresses_is_refused():
    with Names() as names, Program("server", listen_host="127.0.0.3") as other:
        names.set("127.0.0.2 two.test", "127.0.0.3 two.test")
        listen = f"two.test:{other.listen_port}"
        status, _, err = run(f"-listen={listen}", f"-metrics=127.0.0.1:{free_port()}")
        assert status == 1, err
        assert f"cannot listen on {listen}: address already in use" in err, err


@scenario
def nothing_is_probed_before_all_ports_are_bound():
    flags = ("-mode=both", f"-listen=127.0.0.1:{free_port()}", "-interval=1ms")
    with Names(asks_server=True) as names, socket.create_server(("127.0.0.1", 0)) as target, \
            socket.create_server(("127.0.0.2", 0)) as taken:
        names.server.names["slow.test"] = is_slow(1, "127.0.0.2")
        metrics = f"slow.test:{taken.getsockname()[1]}"
        status, _, err = run(*flags, "-target=127.0.0.1:%d" % target.getsockname()[1], f"-metrics={metrics}")
        assert status == 1 and f"cannot listen on {metrics}: address already in use" in err, (status, err)
        assert len(err.splitlines()) == 1, err
        target.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise AssertionError(f"probed: {target.accept()}")


if __name__ == "__main__":
    enter_or_skip()
    main()
