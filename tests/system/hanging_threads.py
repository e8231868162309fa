# SPDX-License-Identifier: MIT
"""A thread that hangs is noticed by all who ask, however many they are, and so is its return."""
from lib.program import Program
from lib.scenario import main, scenario
from lib.sockets import assert_echo, connect, frame
from lib.threads import StoppedThread, threads_named
from lib.wait import wait_for


def up(program):
    return program.metrics().value("tcp_echo_up")


def assert_noticed(program, name):
    [tid] = threads_named(program.pid, name)
    with StoppedThread(tid):
        wait_for(lambda: program.http("/-/ready").status == 503, f"{name} hangs: not ready")
        assert up(program) == 0
        assert program.http("/-/healthy").status == 200
    wait_for(lambda: program.http("/-/ready").status == 200, f"{name} runs again: ready")
    wait_for(lambda: up(program) == 1, f"{name} runs again: up")


@scenario
def an_echo_server_that_hangs_is_not_ready():
    with Program("server") as program, connect(program.listen_port) as peer:
        assert up(program) == 1
        assert_noticed(program, "echo-server")
        assert_echo(peer, frame(1))


@scenario
def a_prober_that_hangs_is_not_ready():
    with Program("both") as program:
        assert_noticed(program, "prober")
        assert_noticed(program, "echo-server")


@scenario
def an_idle_program_is_ready_whoever_asks_however_often():
    with Program("both", "-interval=1h") as program:
        for _ in range(200):
            assert program.http("/-/ready").status == 200
        assert up(program) == 1


if __name__ == "__main__":
    main()
