# SPDX-License-Identifier: MIT
"""Bad targets files, each bad in one way: one line that says where, status 1, nothing started."""
import json
import os
import re
import shutil
import tempfile

from lib.program import BINARY, run
from lib.scenario import Skip, main, scenario, scenarios_of

GOOD = '{"name": "a", "address": "127.0.0.1:4000"}'


def entry(name="a", address="127.0.0.1:4000"):
    return json.dumps([{"name": name, "address": address}], ensure_ascii=False)


# Each: says, the file's bytes or text, what the one line must name besides the file.
BAD = [
    ("an empty file", "", []),
    ("only white space", " \n\t\n", []),
    ("no JSON", "server1 192.168.1.10:4000\n", []),
    ("an open array", f"[{GOOD}", []),
    ("one comma too many", f"[{GOOD},]", []),
    ("something after the array", f"[{GOOD}] x", []),
    ("two arrays", f"[{GOOD}][{GOOD}]", []),
    ("a NUL after the array", f"[{GOOD}]\0", []),
    ("a NUL in the array", f"[{GOOD}\0]", []),
    ("an object", GOOD, ["array"]),
    ("a string", '"a"', ["array"]),
    ("null", "null", ["array"]),
    ("a number for a target", "[1]", []),
    ("null for a target", "[null]", []),
    ("an array for a target", f"[[{GOOD}]]", []),
    ("a number for a name", '[{"name": 1, "address": ":4000"}]', ["name"]),
    ("null for a name", '[{"name": null, "address": ":4000"}]', ["name"]),
    ("an object for an address", '[{"name": "a", "address": {}}]', ["address"]),
    ("a number for an address", '[{"name": "a", "address": 4000}]', ["address"]),
    ("no name", '[{"address": ":4000"}]', ["name"]),
    ("no address", '[{"name": "a"}]', ["address"]),
    ("an empty object", "[{}]", ["name"]),
    ("an unknown key", '[{"name": "a", "address": ":4000", "intervall": "1s"}]', ["intervall"]),
    ("a key in capitals", '[{"Name": "a", "address": ":4000"}]', ["Name"]),
    ("a key twice", '[{"name": "a", "name": "b", "address": ":4000"}]', ["name"]),
    ("a name twice", f"[{GOOD},\n{GOOD}]", ["a"]),
    ("an empty name", entry(""), ["name"]),
    ("a name of 128 bytes", entry("n" * 128), ["name", "127"]),
    ("a name of 64 characters in 128 bytes", entry("ö" * 64), ["name", "127"]),
    ("a newline in a name", '[{"name": "a\\nb", "address": ":4000"}]', ["control"]),
    (
        "an escape character in a name",
        '[{"name": "a\\u001b[31m", "address": ":4000"}]',
        ["control"],
    ),
    ("DEL in a name", '[{"name": "a\\u007f", "address": ":4000"}]', ["control"]),
    ("a C1 control character in a name", '[{"name": "a\\u0085", "address": ":4000"}]', ["control"]),
    ("a NUL in a name", '[{"name": "a\\u0000b", "address": ":4000"}]', []),
    ("invalid UTF-8 in a name", b'[{"name": "a\xff", "address": ":4000"}]', ["UTF-8"]),
    ("overlong UTF-8 in a name", b'[{"name": "a\xc0\xaf", "address": ":4000"}]', ["UTF-8"]),
    (
        "a UTF-8 surrogate in a name",
        b'[{"name": "a\xed\xa0\x80", "address": ":4000"}]',
        ["UTF-8"],
    ),
    ("a lone surrogate in a name", '[{"name": "a\\ud800", "address": ":4000"}]', []),
    ("a slash in a name", entry("a/b"), ["a/b", "/"]),
    ("an address without a port", entry("here", "host"), ["here", "address", "port"]),
    ("an address with an empty port", entry("here", "host:"), ["here", "port"]),
    ("an address with port 99999", entry("here", ":99999"), ["here", "port"]),
    ("an address with port 0", entry("here", ":0"), ["here", "port"]),
    ("an address with an open bracket", entry("here", "[::1"), ["here"]),
    ("an empty address", entry("here", ""), ["here"]),
    ("an address with a newline", entry("here", "host\n:1"), ["here"]),
    ("a bad target after good ones", f'[{GOOD},\n\n{{"name": "b", "address": "b"}}]', ["b", "port"]),
    ("10 MB of open brackets", "[" * 10_000_000, []),
    ("10 MB of open objects", '[{"name":' * 1_111_111, []),
    (
        "10 MB of nested arrays for a name",
        '[{"name": ' + "[" * 5_000_000 + "]" * 5_000_000 + "}]",
        [],
    ),
]


def refuse(path, named, prefix=()):
    """The binary must refuse that file with one line, both with -check and when run."""
    for flags in (["-check"], []):
        status, out, err = run(
            "-mode=client",
            "-targets",
            path,
            "-metrics=127.0.0.1:0",
            *flags,
            seconds=30,
            prefix=prefix,
        )
        assert status == 1, f"{flags}: status {status}: {err}"
        assert out == "", out
        assert err.count("\n") == 1 and err.endswith("\n"), f"not one line: {err!r}"
        assert len(err) < 1200, f"{len(err)} bytes in one line"
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", err), f"control characters: {err!r}"
        for word in [path, *named]:
            assert word in err, f"{word!r} is not named: {err}"


@scenarios_of(BAD, "refuses_")
def refuses(row):
    _, content, named = row
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        refuse(path, named)


@scenario
def names_the_line_of_an_error():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        for text, line in ((f"[{GOOD},\n\n  oops\n]\n", 3), (f"[\n{GOOD}\n{GOOD}\n]\n", 3)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            refuse(path, [f"{path}:{line}:"])


@scenario
def refuses_a_missing_file():
    with tempfile.TemporaryDirectory() as folder:
        refuse(os.path.join(folder, "missing.json"), ["o such file"])


@scenario
def refuses_a_folder():
    with tempfile.TemporaryDirectory() as folder:
        refuse(folder, [])


@scenario
def refuses_an_endless_device():
    if not os.path.exists("/dev/zero"):
        raise Skip("no /dev/zero here")
    refuse("/dev/zero", [])


@scenario
def refuses_a_pipe_without_a_writer():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pipe")
        os.mkfifo(path)
        refuse(path, [])


@scenario
def refuses_a_file_of_over_64_mib():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        with open(path, "wb") as file:
            file.truncate(64 * 1024 * 1024 + 1)
        refuse(path, [])


@scenario
def refuses_a_file_that_it_may_not_read():
    prefix = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            raise Skip("root may read everything, and setpriv is missing")
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        try:
            status, _, _ = run("-version", prefix=prefix)
        except OSError as error:
            raise Skip(f"setpriv does not run: {error}") from None
        if status != 0:
            raise Skip(f"nobody may not run {BINARY}")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "t.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(entry())
        os.chmod(path, 0)
        refuse(path, ["ermission"], prefix)


@scenario
def accepts_good_files():
    texts = [
        entry("n" * 127),
        entry("ö" * 63),
        entry("🦆 duck"),
        entry('q"uote\\'),
        entry("a", ":4000"),
        entry("a", "[2001:db8::1]:4000"),
        entry("a b"),
        '[{"name": "\\u00e9\\ud83e\\udd86", "address": "h:1"}]',
        '\n\t [ {"address" : "h:1" , "name" : "a"} ] \n\n',
        json.dumps([{"name": f"t{number}", "address": ":4000"} for number in range(20000)]),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        for text in texts:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            status, _, err = run("-check", "-mode=client", "-targets", path)
            assert status == 0, f"{text[:100]}: status {status}: {err}"


if __name__ == "__main__":
    main(workers=2)
