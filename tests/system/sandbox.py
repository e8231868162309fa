# SPDX-License-Identifier: MIT
"""The filters of the units that are shipped, and all that the program does under them."""
import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys

from lib import peer as behave
from lib.filtered import LIBRARY
from lib.peer import Peer
from lib.program import Program, is_instrumented
from lib.scenario import Skip, main, scenario
from lib.wait import wait_for

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILTERED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "filtered.py")
# By where they are written: the packaged unit, and the one of -svc install.
UNITS = ("packaging/systemd/tcp-echo-metrics.service.in", "src/service/systemd_unit.c")
FAMILIES = {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}
# What it has by itself, and what is added.
NICENESS = min(os.nice(0) + 5, 19)


def settings(unit, name):
    with open(os.path.join(TOP, unit), encoding="utf-8") as file:
        return re.findall(rf'^[\t "]*{name}=([^\\"\n]*)', file.read(), re.MULTILINE)


def calls_of(group):
    """The system calls of a group, with those of the groups in it."""
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", group],
        capture_output=True,
        text=True,
        check=True,
    )
    calls = set()
    for word in re.findall(r"^    ([@\w-]+)", done.stdout, re.MULTILINE):
        calls |= calls_of(word) if word.startswith("@") else {word}
    return calls


def allowed_by(filters):
    """What several lines SystemCallFilter= leave (systemd.exec(5)); the first one allows."""
    allowed = calls_of("@default")
    for line in filters:
        for word in line.lstrip("~").split():
            calls = calls_of(word) if word.startswith("@") else {word}
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def filtered(action, calls):
    """What to put before the program's command line."""
    return [sys.executable, FILTERED, action, ",".join(sorted(calls))]


def want_filters():
    if shutil.which("systemd-analyze") is None:
        raise Skip("needs systemd-analyze")
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        raise Skip(f"needs {LIBRARY}") from None
    if is_instrumented():
        raise Skip("an instrumented program makes calls of its own")


def niceness_of(program, thread):
    for task in os.listdir(f"/proc/{program.pid}/task"):
        with open(f"/proc/{program.pid}/task/{task}/stat", encoding="utf-8") as file:
            name, _, fields = file.read().partition("(")[2].rpartition(")")
        if name == thread:
            return int(fields.split()[16])
    return None


@scenario
def both_units_have_the_same_filters():
    names = "SystemCallFilter RestrictAddressFamilies MemoryDenyWriteExecute ProcSubset"
    for name in names.split():
        packaged, installed = (settings(unit, name) for unit in UNITS)
        assert packaged and packaged == installed, (name, packaged, installed)
    assert set(settings(UNITS[0], "RestrictAddressFamilies")[0].split()) == FAMILIES


@scenario
def all_that_the_program_does_is_allowed():
    """Anything else would kill it."""
    want_filters()
    prefix = filtered("kill", allowed_by(settings(UNITS[0], "SystemCallFilter")))
    with Peer(behave.echo) as peer:
        targets = {
            "address": peer.address,
            "stamped": "127.0.0.1:{listen}",
            "name": f"localhost:{peer.address.rpartition(':')[2]}",
            "handshakes": {"address": peer.address, "probe": "connect"},
            "marked": {"address": peer.address, "dscp": 46},
            "from": {"address": peer.address, "source": "127.0.0.1"},
            "missing": "no-such-host.invalid:4000",
            "refused": "127.0.0.1:9",
        }
        for resolver in ("dns", "system"):
            do_everything(peer, targets, f"-resolver={resolver}", prefix)


def do_everything(peer, targets, flag, prefix):
    # The manager's socket for notifications.
    name = f"tcp-echo-sandbox-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        notifications.bind(f"\0{name}")
        env = {**os.environ, "NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "400000"}
        flags = (flag, "-interval=100ms")
        with Program("both", *flags, targets=targets, prefix=prefix, env=env) as program:
            for name in ("address", "stamped", "name", "handshakes", "marked", "from"):
                program.wait_target(name, lambda t: t.received > 3, "replies")
            assert program.target("stamped").stamped == 1
            assert program.http("/").status == 200
            assert niceness_of(program, "http") == NICENESS
            peer.drop_connections()
            program.wait_target("address", lambda t: t.connects == 2, "connected again")
            program.reload({"address": peer.address, "refused": "127.0.0.1:9"})
            wait_for(lambda: len(program.metrics().targets()) == 2, "fewer targets")


@scenario
def a_thread_that_cannot_give_way_says_so_once():
    want_filters()
    calls = allowed_by(settings(UNITS[0], "SystemCallFilter")) - {"setpriority"}
    with Program("both", prefix=filtered("refuse", calls)) as program:
        program.wait_target("default", lambda t: t.received > 3, "replies")
        said = [line for line in program.lines if "cannot give way" in line]
        assert len(said) == 1 and "warning" in said[0], program.lines
        assert niceness_of(program, "http") == os.nice(0)


if __name__ == "__main__":
    main(workers=2)
