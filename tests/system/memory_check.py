# SPDX-License-Identifier: MIT
"""Under valgrind: no errors, and no memory leaked at the end."""
import os
import platform
import shutil

from lib import peer as behave
from lib.peer import Peer
from lib.program import Program, is_instrumented, run
from lib.scenario import Skip, main, scenario
from lib.sockets import assert_echo, connect, frame

VALGRIND = [
    "valgrind",
    "-q",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect,possible",
    "--errors-for-leak-kinds=definite,indirect,possible",
    "--error-exitcode=99",
    "--track-fds=no",
    "--fair-sched=yes",
]


def want_valgrind():
    if shutil.which("valgrind") is None:
        raise Skip("valgrind is missing")
    # Under valgrind, a sanitizer's shadow memory would take all the memory of the machine.
    if is_instrumented():
        raise Skip("the binary is instrumented already")
    status, _, err = run("-version", prefix=VALGRIND, seconds=60)
    if status != 0:
        raise Skip(f"valgrind does not run this binary on {platform.machine()}: {err[:200]}")


@scenario
def a_full_run_ends_without_a_leak_or_an_error():
    want_valgrind()
    with Peer(behave.garbage) as bad, Peer(behave.mute) as mute, Peer(
        behave.closes_after(3)
    ) as closing:
        targets = {
            "good": "127.0.0.1:{listen}",
            "bad": bad.address,
            "mute": mute.address,
            "closing": closing.address,
            "gone": "127.0.0.1:9",
            "named": "localhost:{listen}",
        }
        flags = ("-interval=100ms", "-timeout=2s", "-threads=2")
        with Program("both", *flags, targets=targets, prefix=VALGRIND) as program:
            program.wait_target("good", lambda t: t.received >= 10, "replies", 60)
            program.wait_target("mute", lambda t: t.timeouts >= 1, "timeouts", 60)
            for page in ("/", "/page.js", "/api/v1/targets?q=o", "/api/v1/target?name=good", "/api/v1/peers"):
                assert program.http(page).status == 200, page
            program.http(headers={"Accept-Encoding": "gzip"})
            program.http("/nowhere")
            for _ in range(3):
                with connect(program.listen_port) as peer:
                    assert_echo(peer, frame(1))
                    peer.sendall(b"half")
            del targets["mute"]
            targets["new"] = "127.0.0.1:{listen}"
            program.reload(targets)
            program.wait_target("good", lambda t: "new" in t.metrics.targets(), "reloaded", 60)
            program.wait_target("new", lambda t: t.received >= 3, "replies", 60)
            with open(program.targets_path, "w", encoding="utf-8") as file:
                file.write("[")
            program.send_signal(1)
            program.wait_line(os.path.basename(program.targets_path), 30)
            program.stop()


@scenario
def refusals_end_without_a_leak_or_an_error():
    want_valgrind()
    for flags, wanted in (
        (["-check", "-mode=both"], 0),
        (["-window=x"], 2),
        (["-help"], 0),
        (["-mode=client", "-targets=/nonexistent"], 1),
    ):
        status, _, err = run(*flags, prefix=VALGRIND, seconds=60)
        assert status == wanted, f"{flags}: status {status}: {err}"


if __name__ == "__main__":
    main()
