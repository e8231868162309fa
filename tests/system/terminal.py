# SPDX-License-Identifier: MIT
"""What somebody at a terminal sees: where to look, how many are up, and at Ctrl-C what was measured."""
import contextlib
import os
import pty
import re
import signal
import subprocess
import threading

from lib import peer as behave
from lib.peer import Peer
from lib.program import BINARY, WRAPPER, Program, end_with_script, free_port
from lib.scenario import main, scenario
from lib.wait import PATIENCE, wait_for

HEADING = ["target", "sent", "received", "late", "loss", "min", "median", "p99", "max"]


class Terminal(Program):
    """The program with a terminal for its stderr; lines are what is on it."""

    def _start(self):
        self.metrics_port, self.listen_port = free_port(), free_port()
        self.lines = []
        reader, writer = pty.openpty()
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stderr=writer, env=self.env)
        end_with_script(self.process)
        os.close(writer)
        self._reader = threading.Thread(target=self._read_terminal, args=(reader,))
        self._reader.start()

    def _read_terminal(self, reader):
        """Until nobody has the other side any more."""
        with open(reader, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
            text = b""
            while piece := terminal.read(65536):
                text += piece
                self.lines = text.decode().replace("\r\n", "\n").split("\n")[:-1]

    def end(self, number):
        """Ends it by a signal. Returns the lines behind the last one of the log."""
        # Before that it ends without a word.
        self.wait_line("started")
        self.send_signal(number)
        assert self.process.wait(5 * PATIENCE) == 0
        self._reader.join()
        assert any("shutting down" in line for line in self.lines), self.lines
        # What a prober still has to say may come after that.
        last = max(at for at, line in enumerate(self.lines) if re.match(r"\d{4}-\d\d-\d\dT|time=|\{", line))
        return self.lines[last + 1 :]

    def stop(self, number=signal.SIGTERM):
        self.end(number)


def table(lines):
    """{target: {column: text}}"""
    rows = [re.split(r" {2,}", line) for line in lines]
    assert rows[0] == HEADING, rows
    return {row[0]: dict(zip(HEADING, row)) for row in rows[1:]}


@scenario
def ctrl_c_tells_what_was_measured():
    with Peer(behave.delayed(0.1)) as slow, Peer(behave.echo) as near:
        targets = {"slow": slow.address, "Z\u00fcrich 1": near.address, "gone": "127.0.0.1:1"}
        with Terminal("client", "-interval=50ms", targets=targets) as program:
            program.wait_target("slow", lambda t: t.received >= 20, "replies", 30)
            program.wait_target("gone", lambda t: t.unsent >= 5, "losses", 30)
            seen = {name: program.target(name) for name in targets}
            rows = table(program.end(signal.SIGINT))
            assert rows.keys() == targets.keys(), rows
            for name, row in rows.items():
                assert int(row["sent"]) >= seen[name].sent and int(row["received"]) >= seen[name].received, row
            assert rows["gone"]["loss"] == "100 %" and rows["gone"]["median"] == "-", rows["gone"]
            least, median, p99, most = (float(rows["slow"][column].removesuffix(" ms")) for column in HEADING[5:])
            assert 95 <= least <= median <= p99 <= most, rows["slow"]


@scenario
def nothing_is_told_where_nobody_asked():
    with Peer(behave.echo) as peer:
        many = {f"t{i}": peer.address for i in range(11)}
        for number, flags, targets in (
            (signal.SIGTERM, [], {"a": peer.address}),
            (signal.SIGINT, ["-log-format=json"], {"a": peer.address}),
            (signal.SIGINT, ["-log-format=logfmt"], {"a": peer.address}),
            (signal.SIGINT, [], many),
            (signal.SIGINT, [], {}),
        ):
            with Terminal("client", *flags, targets=targets) as program:
                assert program.end(number) == [], (number, flags)
        with Terminal("server") as program:
            assert program.end(signal.SIGINT) == []
        # Not a terminal.
        with Program("client", "-target", peer.address) as program:
            program.wait_target("default", lambda t: t.received > 0, "replies")
            program.stop(signal.SIGINT)
            assert "shutting down" in program.lines[-1], program.lines


@scenario
def the_start_names_a_page_that_can_be_opened():
    port = free_port()
    for metrics, page in ((f":{port}", f"http://localhost:{port}/"), (f"0.0.0.0:{port}", f"http://localhost:{port}/"),
                          (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/")):
        process = subprocess.Popen([*WRAPPER, BINARY, f"-metrics={metrics}", "-listen=127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        end_with_script(process)
        line = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stderr.close()
        assert line.rstrip().endswith(f", page on {page}"), line


@scenario
def of_many_targets_one_line_tells_how_many_are_up():
    with Peer(behave.echo) as peer:
        targets = {f"up {i}": peer.address for i in range(57)}
        targets.update({f"down {i}": "127.0.0.1:1" for i in range(3)})
        with Program("client", "-interval=1s", "-timeout=20s", targets=targets) as program:
            program.wait_line("57 of 60 targets are up", 30)
            assert not [line for line in program.lines if ": up: " in line], program.lines
            assert len([line for line in program.lines if ": down: " in line]) == 3, program.lines
            # Each change afterwards is told, as always.
            peer.drop_connections()
            wait_for(lambda: [line for line in program.lines if "answers again" in line], "they are up again", 30)
            # A few more are told one by one.
            targets["one more"] = peer.address
            program.reload(targets)
            program.wait_line("one more: up: ", 30)
            assert len([line for line in program.lines if "targets are up" in line]) <= 2
        with Program("client", targets={f"up {i}": peer.address for i in range(50)}) as program:
            wait_for(lambda: len([line for line in program.lines if ": up: " in line]) == 50, "a line for each", 30)


main()
