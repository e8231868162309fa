# SPDX-License-Identifier: MIT
"""The command line: what it accepts, and that it refuses everything else with one line and a status."""
import re
import socket

from lib.program import Program, free_port, run
from lib.scenario import main, scenario, scenarios_of

BIG = "9" * 400

# Each: says, flags, what the one line must name.
USAGE_ERRORS = [
    ("an unknown flag", ["-frequency=1s"], ["-frequency"]),
    ("an unknown flag with two dashes", ["--frequency=1s"], ["-frequency"]),
    ("an abbreviation", ["-int=1s"], ["-int"]),
    ("a flag in capitals", ["-Interval=1s"], ["-Interval"]),
    ("three dashes", ["---interval=1s"], ["--interval"]),
    ("a flag without a name", ["-=1s"], ["-"]),
    ("a unexpected argument", ["server"], ["server"]),
    ("a unexpected argument after flags", ["-mode=client", "extra"], ["extra"]),
    ("a lone dash", ["-"], ["-"]),
    ("an empty argument", [""], []),
    ("a missing value of -interval", ["-interval"], ["-interval"]),
    ("a missing value of -mode", ["-mode"], ["-mode"]),
    ("a missing value of -targets", ["-mode=client", "-targets"], ["-targets"]),
    ("an interval of 0", ["-interval=0"], ["-interval", "1ms"]),
    ("an interval of 0s", ["-interval=0s"], ["-interval", "1ms"]),
    ("a negative interval", ["-interval=-1s"], ["-interval", "-1s"]),
    ("a negative interval as a separate argument", ["-interval", "-1s"], ["-interval", "-1s"]),
    ("an interval without a unit", ["-interval=200"], ["-interval", "200"]),
    ("an interval that is a word", ["-interval=often"], ["-interval", "often"]),
    ("an empty interval", ["-interval="], ["-interval"]),
    ("an interval with a space", ["-interval=200 ms"], ["-interval"]),
    ("an interval below 1 ms", ["-interval=999us"], ["-interval", "1ms"]),
    ("an interval above 24 h", ["-interval=24h1ns"], ["-interval", "24h"]),
    ("an interval beyond 64 bits", ["-interval=9999999h"], ["-interval"]),
    ("an interval of 400 digits", [f"-interval={BIG}h"], ["-interval"]),
    ("an interval that is not a number", ["-interval=nan"], ["-interval"]),
    ("an infinite interval", ["-interval=inf"], ["-interval"]),
    ("a timeout of 0", ["-timeout=0"], ["-timeout", "1ms"]),
    ("a negative timeout", ["-timeout=-800ms"], ["-timeout"]),
    ("a timeout without a unit", ["-timeout=800"], ["-timeout", "800"]),
    ("a timeout above 24 h", ["-timeout=25h"], ["-timeout", "24h"]),
    (
        "more probes in flight than fit",
        ["-interval=1ms", "-timeout=24h"],
        ["-interval", "1ms", "timeout", "24h"],
    ),
    ("a window of 0", ["-window=0"], ["-window"]),
    ("a negative window", ["-window=-5"], ["-window", "-5"]),
    ("a window that is too large", ["-window=1000001"], ["-window", "1000000"]),
    ("a window beyond 64 bits", [f"-window={BIG}"], ["-window"]),
    ("a window that would wrap to 1", ["-window=4294967297"], ["-window"]),
    ("a window with a fraction", ["-window=1.5"], ["-window", "1.5"]),
    ("a window that is a word", ["-window=wide"], ["-window", "wide"]),
    ("an empty window", ["-window="], ["-window"]),
    ("no threads", ["-threads=0"], ["-threads"]),
    ("too many threads", ["-threads=65"], ["-threads", "64"]),
    ("threads that are a word", ["-threads=all"], ["-threads", "all"]),
    ("an unknown mode", ["-mode=proxy"], ["-mode", "proxy", "server", "client", "both"]),
    ("a mode in capitals", ["-mode=Both"], ["-mode", "Both"]),
    ("an empty mode", ["-mode="], ["-mode"]),
    ("an unknown log level", ["-log-level=loud"], ["-log-level", "loud", "debug"]),
    ("a value for a switch that is not a boolean", ["-json-logs=maybe"], ["-json-logs", "maybe"]),
    ("a target without a port", ["-mode=client", "-target=host"], ["-target", "host", "port"]),
    (
        "a target with an empty port",
        ["-mode=client", "-target=host:"],
        ["-target", "host:", "port"],
    ),
    ("a target with port 99999", ["-mode=client", "-target=:99999"], ["-target", ":99999", "port"]),
    ("a target with port 65536", ["-mode=client", "-target=:65536"], ["-target", ":65536"]),
    ("a target with port 0", ["-mode=client", "-target=:0"], ["-target", ":0"]),
    ("a target with a negative port", ["-mode=client", "-target=:-1"], ["-target", ":-1"]),
    ("a target with a named port", ["-mode=client", "-target=host:http"], ["-target", "host:http"]),
    ("a target with an open bracket", ["-mode=client", "-target=[::1"], ["-target", "[::1"]),
    (
        "a target with an open bracket and a port",
        ["-mode=client", "-target=[::1:4000"],
        ["-target"],
    ),
    ("a bare IPv6 target", ["-mode=client", "-target=::1:4000"], ["-target", "::1:4000"]),
    ("a target with a space", ["-mode=client", "-target=my host:4000"], ["-target"]),
    ("a target with a host of 300 bytes", ["-mode=client", f"-target={'h' * 300}:1"], ["-target"]),
    ("an empty target", ["-mode=client", "-target="], ["-target"]),
    ("a listen address without a port", ["-listen=host"], ["-listen", "host", "port"]),
    ("a listen address with port 99999", ["-listen=:99999"], ["-listen", ":99999"]),
    ("a listen address with an open bracket", ["-listen=[::1"], ["-listen", "[::1"]),
    ("an empty listen address", ["-listen="], ["-listen"]),
    ("a metrics address without a port", ["-metrics=host"], ["-metrics", "host", "port"]),
    ("a metrics address with an empty port", ["-metrics=host:"], ["-metrics", "host:"]),
    ("a metrics address with port 99999", ["-metrics=:99999"], ["-metrics", ":99999"]),
    ("an unknown service verb", ["-svc=frobnicate"], ["-svc", "frobnicate", "uninstall"]),
    ("-check together with a service verb", ["-svc=start", "-check"], ["-check", "-svc"]),
    ("a service name with a slash", ["-svc=start", "-name=a/b"], ["-name", "a/b"]),
    ("a bad flag after good ones", ["-mode=both", "-interval=1s", "-window=x"], ["-window", "x"]),
    ("a bad value with -check", ["-check", "-interval=0"], ["-interval"]),
    ("a control character in a value", ["-mode=a\x1b[31mb"], ["-mode"]),
    ("an empty targets path", ["-mode=client", "-targets="], ["-targets"]),
]


def assert_one_line(err):
    assert err.endswith("\n"), f"not a whole line: {err!r}"
    assert err.count("\n") == 1, f"not one line: {err!r}"
    assert len(err) < 1000, f"{len(err)} bytes in one line"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", err), f"control characters: {err!r}"


@scenarios_of(USAGE_ERRORS, "refuses_")
def refuses(row):
    _, flags, named = row
    status, out, err = run(*flags)
    assert status == 2, f"status {status}: {err}"
    assert out == "", out
    assert_one_line(err)
    for word in named:
        assert word in err, f"{word!r} is not named: {err}"


# Each: says, flags.
GOOD = [
    ("nothing at all", []),
    ("one dash and a separate value", ["-interval", "1s", "-timeout", "2s"]),
    ("one dash and an equals sign", ["-interval=1s", "-timeout=2s"]),
    ("two dashes and a separate value", ["--interval", "1s", "--timeout", "2s"]),
    ("two dashes and an equals sign", ["--interval=1s", "--timeout=2s"]),
    ("durations as Go writes them", ["-interval=1m30s", "-timeout=1.5h"]),
    ("the shortest interval", ["-interval=1ms"]),
    ("the longest interval and timeout", ["-interval=24h", "-timeout=24h"]),
    ("microseconds", ["-interval=2500us", "-timeout=1500µs"]),
    ("every mode", ["-mode=both"]),
    ("client mode without a target", ["-mode=client"]),
    ("the widest window", ["-window=1000000"]),
    ("many threads", ["-threads=64"]),
    ("IPv6 in brackets", ["-mode=client", "-target=[::1]:4000", "-metrics=[::1]:2112"]),
    ("a name", ["-mode=client", "-target", "server-1.example.com:4000"]),
    ("any free port", ["-listen=:0", "-metrics=127.0.0.1:0"]),
    ("switches with and without a value", ["-json-logs", "-json-logs=true", "-json-logs=false"]),
    (
        "every log level",
        ["-log-level=error", "-log-level=warning", "-log-level=info", "-log-level=debug"],
    ),
    ("a service name", ["-name=second.One_1-x"]),
    ("the last of two values", ["-interval=1s", "-interval=2s"]),
]


@scenarios_of(GOOD, "check_accepts_")
def accepts(row):
    status, out, err = run("-check", *row[1])
    assert status == 0, f"status {status}: {err}"
    assert out.strip() or err.strip(), "does not say what would run"


@scenario
def check_says_what_would_run_and_starts_nothing():
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        # A port in use is not an error in the flags, and nothing is started that would hit it.
        status, out, err = run(
            "-check",
            "-mode=both",
            f"-listen=127.0.0.1:{port}",
            "-interval=350ms",
            "-target=probe-me.example.com:4321",
        )
    assert status == 0, err
    for word in (str(port), "350ms", "probe-me.example.com:4321"):
        assert word in out + err, f"{word} is not printed: {out}{err}"


@scenario
def help_names_every_flag_and_ends_with_0():
    for flag in ("-help", "--help"):
        status, out, err = run(flag)
        assert status == 0, err
        assert err == "", err
        for name in (
            "mode listen target targets metrics interval timeout window svc name help version "
            "log-level json-logs threads check"
        ).split():
            assert re.search(rf"^\s*-{name}\b", out, re.M), f"-{name} is not in the help"
        for default in (":4000", ":2112", "200ms", "800ms", "100"):
            assert default in out, f"default {default} is not in the help"
        assert max(map(len, out.splitlines())) <= 100, "lines too long to read"


@scenario
def version_starts_with_name_and_number_and_ends_with_0():
    for flag in ("-version", "--version"):
        status, out, err = run(flag)
        assert (status, err) == (0, ""), (status, err)
        lines = out.splitlines()
        assert re.fullmatch(r"tcp-echo-metrics \d+\.\d+\.\d+\S*", lines[0]), out
        commit = r"commit ([0-9a-f]{12}(-modified)?|unknown), built on \d{4}-\d\d-\d\d with \w+ .+"
        assert re.fullmatch(commit, lines[1]), out


@scenario
def help_fails_when_standard_output_is_full():
    status, _, err = run(prefix=["sh", "-c", 'exec "$0" -help >/dev/full'])
    assert status == 1, (status, err)


def taken_port(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, free_port()), family=family)


@scenario
def a_port_in_use_is_one_line_and_status_1():
    with taken_port("127.0.0.1") as listener:
        port = listener.getsockname()[1]
        free = free_port()
        for flags in (
            [f"-listen=127.0.0.1:{port}", f"-metrics=127.0.0.1:{free}"],
            [f"-listen=127.0.0.1:{free}", f"-metrics=127.0.0.1:{port}"],
            ["-mode=client", f"-metrics=127.0.0.1:{port}"],
            ["-mode=both", f"-listen=127.0.0.1:{port}", f"-metrics=127.0.0.1:{free}"],
        ):
            status, out, err = run(*flags, "-log-level=error")
            assert status == 1, f"status {status}: {err}"
            assert_one_line(err)
            assert str(port) in err and "in use" in err.lower(), err
            assert out == "", out


@scenario
def a_foreign_listen_address_is_status_1():
    for flag in ("-listen", "-metrics"):
        other = {"-listen": "-metrics", "-metrics": "-listen"}[flag]
        status, _, err = run(
            f"{flag}=192.0.2.1:4000", f"{other}=127.0.0.1:{free_port()}", "-log-level=error"
        )
        assert status == 1, f"status {status}: {err}"
        assert_one_line(err)
        assert "192.0.2.1:4000" in err, err


@scenario
def a_listen_address_that_does_not_resolve_is_status_1():
    status, _, err = run(
        "-listen=no-such-host.invalid:4000",
        f"-metrics=127.0.0.1:{free_port()}",
        "-log-level=error",
        seconds=60,
    )
    assert status == 1, f"status {status}: {err}"
    assert_one_line(err)
    assert "no-such-host.invalid" in err, err


@scenario
def the_port_that_was_picked_is_logged():
    with Program("server") as program:
        # The ports that were given are logged as well, so that an operator sees where to look.
        program.wait_line(str(program.listen_port))
        program.wait_line(str(program.metrics_port))


@scenario
def too_few_descriptors_are_refused_at_the_start_or_survived():
    targets = {f"t{number}": "127.0.0.1:9" for number in range(200)}
    try:
        with Program("client", targets=targets, descriptors=64) as program:
            program.target("t199")
    except AssertionError as error:
        assert "ended with 1" in str(error) and "descriptor" in str(error).lower(), error


if __name__ == "__main__":
    main(workers=2)
