# SPDX-License-Identifier: MIT
"""Where targets come from: files that are watched, patterns, HTTP; each failing in its way, and nothing is lost."""
import collections
import json
import os
import shutil
import ssl
import tempfile

from lib import inventory as serve
from lib import peer as behave
from lib import program as programs
from lib.certificates import PASSWORD, Certificates
from lib.collectd import Daemon, want_collectd
from lib.inventory import Inventory
from lib.peer import Peer
from lib.program import Program, free_port, write_targets
from lib.scenario import main, scenario, scenarios_of
from lib.slow_file import write_slowly
from lib.wait import holds_for, wait_for

FAST = ("-interval=20ms", "-targets-refresh=1s", "-targets-timeout=2s")


Done = collections.namedtuple("Done", "status out err")


def run(*flags, seconds=30.0):
    return Done(*programs.run(*flags, seconds=seconds))


class Folder:
    """A folder of files of targets."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="tcp-echo-")
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def path(self, *names):
        return os.path.join(self._folder.name, *names)

    def write(self, name, targets):
        write_targets(self.path(name), targets)
        return self.path(name)

    def write_text(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)


def wait_targets(program, *names, seconds=20.0):
    """Until just these are probed."""
    program._last = None  # Those that go take their counters along.
    wait_for(lambda: sorted(metrics_of(program).targets()) == sorted(names), f"targets {names}", seconds)


def metrics_of(program):
    program._last = None
    return program.metrics()


def groups(*addresses, **labels):
    return [{"targets": list(addresses), "labels": labels}]


def rewrite(folder, targets):
    folder.write("t.json", targets)


def rename(folder, targets):
    os.replace(folder.write("new", targets), folder.path("t.json"))


def touch_and_rewrite(folder, targets):
    os.utime(folder.path("t.json"))
    rewrite(folder, targets)


def vanish_and_come_back(folder, targets):
    os.unlink(folder.path("t.json"))
    rewrite(folder, targets)


# How a file may come to have something else.
WAYS = [["rewritten", rewrite], ["renamed", rename], ["touched first", touch_and_rewrite],
        ["gone and back", vanish_and_come_back]]


@scenarios_of(WAYS, "a_file_is_followed_that_is_")
def follow_file(row):
    with Folder() as folder, Peer(behave.echo) as peer:
        path = folder.write("t.json", {"kept": peer.address, "old": peer.address})
        with Program("client", *FAST, f"-targets={path}") as program:
            program.wait_target("kept", lambda t: t.received > 5, "replies")
            row[1](folder, {"kept": peer.address, "new": peer.address})
            program.wait_line("t.json reloaded: 2 targets, 1 new (new), 1 gone (old)", 20)
            wait_targets(program, "kept", "new")
            assert program.target("kept").connects == 1
            assert program.metrics().value("tcp_echo_config_last_reload_successful") == 1
            assert program.metrics().value("tcp_echo_source_targets", source=path) == 2


@scenario
def a_link_that_is_swapped_is_followed():
    """As Kubernetes mounts a ConfigMap: t.json -> ..data/t.json, ..data -> ..first."""
    with Folder() as folder, Peer(behave.echo) as peer:
        for version, names in (("..first", ["a"]), ("..second", ["a", "b"])):
            os.mkdir(folder.path(version))
            folder.write(f"{version}/t.json", {name: peer.address for name in names})
        os.symlink("..first", folder.path("..data"))
        os.symlink("..data/t.json", folder.path("t.json"))
        with Program("client", *FAST, f"-targets={folder.path('t.json')}") as program:
            wait_targets(program, "a")
            os.symlink("..second", folder.path("..data_tmp"))
            os.replace(folder.path("..data_tmp"), folder.path("..data"))
            shutil.rmtree(folder.path("..first"))
            wait_targets(program, "a", "b")


# What a file may have that is wrong: says, the text, and a part of the line.
BAD = [
    ["no JSON", "[", "t.json:1: is not valid JSON"],
    ["nothing", "", "t.json: is empty"],
    ["a bad target", '[\n{"name": "a"}]', "t.json:2: target 1"],
    ["a bad group", '[{"targets": ["a"]}]', 't.json:1: group 1: target "a": address has no port'],
    ["a misspelt setting", '[{"targets": [], "labels": {"__tcp_echo_windw__": "1"}}]', "did you mean __tcp_echo_window__?"],
    ["a name twice", '[{"targets": ["a:1", "a:1"]}]', "name is used twice"],
    ["not UTF-8", "\udcff", "t.json:1: is not valid UTF-8"],
]


@scenario
def a_file_that_is_bad_keeps_what_was_there():
    with Folder() as folder, Peer(behave.echo) as peer:
        path = folder.write("t.json", {"old": peer.address})
        with Program("client", *FAST, f"-targets={path}") as program:
            failures = 0
            for says, text, message in [*BAD, ["gone", None, "t.json has vanished"]]:
                before = program.target("old")
                program.lines.clear()
                if text is None:
                    os.unlink(path)
                else:
                    with open(path, "wb") as file:
                        file.write(text.encode("utf-8", "surrogateescape"))
                line = program.wait_line("reload failed, keeping the previous targets: ")
                failures += 1
                assert message in line, (says, line)
                program.wait_target("old", lambda t: t.received > before.received, "replies")
                metrics = program.metrics()
                assert metrics.value("tcp_echo_config_last_reload_successful") == 0, says
                assert metrics.value("tcp_echo_source_failures_total", source=path) == failures, says
                assert metrics.value("tcp_echo_source_targets", source=path) == 1, says
            holds_for(lambda: sum("reload" in line for line in program.lines) == 1, "it is told once", 2.5)
            folder.write("t.json", {"old": peer.address, "new": peer.address})
            wait_targets(program, "old", "new")
            assert program.target("old").connects == 1
            assert program.metrics().value("tcp_echo_config_last_reload_successful") == 1


@scenario
def a_file_that_is_half_written_is_left_alone():
    with Folder() as folder, Peer(behave.echo) as peer:
        path = folder.write("t.json", {"a": peer.address})
        with Program("client", *FAST, f"-targets={path}") as program:
            text = json.dumps([{"name": f"t{i}", "address": peer.address} for i in range(12)])
            write_slowly(path, text)
            wait_targets(program, *[f"t{i}" for i in range(12)])
            assert not any("failed" in line for line in program.lines), program.lines


@scenario
def files_come_to_a_pattern_and_go():
    with Folder() as folder, Peer(behave.echo) as peer:
        folder.write("a.json", {"a": peer.address})
        pattern = folder.path("*.json")
        with Program("client", *FAST, f"-targets={pattern}") as program:
            wait_targets(program, "a")
            folder.write("b.json", {"b": peer.address})
            folder.write(".hidden.json", {"hidden": peer.address})
            folder.write("b.json.new", {"no": peer.address})
            wait_targets(program, "a", "b")
            # A bad one keeps its own targets, and hinders nobody.
            folder.write_text("b.json", "[")
            program.wait_line("b.json:1: is not valid JSON")
            folder.write("c.json", {"c": peer.address})
            wait_targets(program, "a", "b", "c")
            os.unlink(folder.path("b.json"))
            program.wait_line("b.json is gone: 2 targets, 1 gone (b)")
            wait_targets(program, "a", "c")
            assert program.target("a").connects == 1
            assert program.metrics().value("tcp_echo_source_targets", source=pattern) == 2
            for name in ("a.json", "c.json"):
                os.unlink(folder.path(name))
            wait_targets(program)
            folder.write("a.json", {"a": peer.address})
            wait_targets(program, "a")


@scenario
def a_pattern_without_files_is_no_reason_not_to_start():
    with Folder() as folder, Peer(behave.echo) as peer:
        with Program("client", *FAST, f"-targets={folder.path('*.json')}") as program:
            program.wait_line("*.json lists no targets")
            folder.write("a.json", {"a": peer.address})
            wait_targets(program, "a")


@scenario
def a_pattern_whose_folder_is_missing_is_told():
    with Folder() as folder:
        pattern = folder.path("missing", "*.json")
        done = run("-mode=client", f"-targets={pattern}", "-metrics=127.0.0.1:0")
        assert done.status == 1 and done.err.count("\n") == 1, done
        assert f"{pattern}: cannot be read: No such file or directory" in done.err, done


@scenario
def a_name_that_stands_twice_is_refused_with_both_files():
    with Folder() as folder, Peer(behave.echo) as peer:
        a = folder.write("a.json", {"x": peer.address, "y": peer.address})
        b = folder.write("b.json", {"x": peer.address})
        both = ("-mode=client", f"-targets={a}", f"-targets={b}")
        for more in ((), ("-check",)):
            done = run(*both, *more, "-metrics=127.0.0.1:0")
            assert done.status == 1, done
            assert done.err.count("\n") == 1 and f'{b}: target "x": name is used twice, here and in {a}' in done.err, done
        folder.write("b.json", {"z": peer.address})
        with Program("client", *FAST, *both[1:]) as program:
            wait_targets(program, "x", "y", "z")
            folder.write("b.json", {"y": peer.address, "new": peer.address})
            program.wait_line(f'{b}: target "y": name is used twice, here and in {a}')
            assert sorted(program.metrics().targets()) == ["x", "y", "z"]
            # A name that moves from one file to the other is no mistake, whichever is written first.
            folder.write("a.json", {"x": peer.address})
            wait_targets(program, "x", "y", "new")
            folder.write("a.json", {"new": peer.address})
            program.wait_line(f'{a}: target "new": name is used twice, here and in {b}')
            folder.write("b.json", {"x": peer.address})
            wait_targets(program, "new", "x")
            assert sum("used twice" in line for line in program.lines) == 2, program.lines


@scenario
def the_same_source_twice_is_refused():
    done = run("-mode=client", "-targets=dns:a.test:1", "-targets=dns:a.test:1", "-metrics=127.0.0.1:0")
    assert done.status == 1 and "dns:a.test:1: is given twice" in done.err, done


@scenario
def targets_over_http_are_followed():
    with Peer(behave.echo) as peer, Inventory(serve.answers(groups(peer.address, rack="r1"))) as inventory:
        with Program("client", *FAST, f"-targets={inventory.url}") as program:
            wait_targets(program, peer.address)
            assert program.metrics().select("tcp_echo_sent_total", target=peer.address, rack="r1")
            request = inventory.requests[0].decode("ascii").lower()
            assert "accept: application/json" in request and "x-prometheus-refresh-interval-seconds: 1.000" in request
            program.wait_target(peer.address, lambda t: t.received > 5, "replies")
            # An answer that is the same is no reload.
            asked = len(inventory.requests)
            wait_for(lambda: len(inventory.requests) >= asked + 2, "more requests", 20)
            assert sum("reloaded" in line for line in program.lines) == 1, program.lines
            inventory.behaviour = serve.answers(
                [{"name": "n", "address": peer.address}, {"name": peer.address, "address": peer.address}])
            wait_targets(program, peer.address, "n")
            inventory.behaviour = serve.answers([])
            wait_targets(program)
            assert program.metrics().value("tcp_echo_source_failures_total", source=inventory.url) == 0


# How a server may fail: says, what it does, and what the line has.
HTTP_FAILURES = [
    ["no such page", serve.answers(b"no", "404 Not Found"), "answered with HTTP status 404"],
    ["an error of its own", serve.answers(b"[]", "500 Internal Server Error"), "answered with HTTP status 500"],
    ["no content", serve.answers(b"", "204 No Content"), "answered with HTTP status 204"],
    ["nothing", serve.answers(b""), "the answer is empty"],
    ["a page for people", serve.answers(b"<html>\n"), "line 1: is not valid JSON"],
    ["a bad target", serve.answers([{"name": "a"}]), "line 1: target 1"],
    ["a name twice", serve.answers(groups("a:1", "a:1")), "name is used twice"],
    ["silence", serve.is_silent, "Timeout was reached"],
    ["a hang-up", serve.hangs_up, "mpty reply"],
    ["a reset", serve.resets, ""],
    ["another protocol", serve.babbles, ""],
    ["half an answer", serve.stops_halfway, ""],
    ["a trickle", serve.trickles, "Timeout was reached"],
    ["no end", serve.never_ends, "larger than 64 MiB"],
    ["another scheme", serve.redirects("file:///etc/passwd"), ""],
]


@scenarios_of(HTTP_FAILURES, "targets_stay_when_the_server_answers_with_")
def fail_http(row):
    _, behaviour, message = row
    with Peer(behave.echo) as peer, Inventory(serve.answers(groups(peer.address))) as inventory:
        good = inventory.behaviour
        # The last of them takes its time: a megabyte is quickly sent, 64 are not.
        timeout = "-targets-timeout=30s" if behaviour is serve.never_ends else "-targets-timeout=1s"
        with Program("client", *FAST, timeout, f"-targets={inventory.url}") as program:
            wait_targets(program, peer.address)
            program.wait_target(peer.address, lambda t: t.received > 5, "replies", 20)
            inventory.behaviour = behaviour
            line = program.wait_line("keeping the previous 1 target", 60)
            assert "warning" in line and message in line and inventory.url in line, line
            before = program.target(peer.address)
            program.wait_target(peer.address, lambda t: t.received > before.received + 5, "more replies")
            metrics = program.metrics()
            assert metrics.value("tcp_echo_source_failures_total", source=inventory.url) >= 1
            assert metrics.value("tcp_echo_source_targets", source=inventory.url) == 1
            # What is asked for is none of the configuration's.
            assert metrics.value("tcp_echo_config_last_reload_successful") == 1
            inventory.behaviour = good
            program.wait_line(f"{inventory.url}: answers again", 60)
            assert program.target(peer.address).connects == 1
            assert sum("keeping" in line for line in program.lines) == 1, program.lines


@scenario
def a_loop_of_redirects_ends():
    with Inventory(serve.answers([])) as inventory:
        inventory.behaviour = serve.redirects("/targets")
        with Program("client", *FAST, f"-targets={inventory.url}") as program:
            assert "redirects" in program.wait_line(f"{inventory.url}: "), program.lines


@scenario
def a_server_that_comes_later_is_found():
    with Peer(behave.echo) as peer:
        port = free_port()
        url = f"http://localhost:{port}/targets"
        with Program("client", *FAST, f"-targets={url}") as program:
            program.wait_line(f"{url}: ")
            assert program.metrics().value("tcp_echo_source_targets", source=url) == 0
            assert not program.metrics().has("tcp_echo_source_last_success_timestamp_seconds")
            with Inventory(serve.answers(groups(peer.address)), port=port):
                wait_targets(program, peer.address)
                assert program.metrics().value("tcp_echo_source_last_success_timestamp_seconds", source=url) > 0


@scenario
def servers_are_told_who_asks_and_believed_if_they_are_known():
    with Peer(behave.echo) as peer, Certificates() as folder:
        folder.authority("ca")
        folder.authority("other")
        folder.issue("server", "ca")
        folder.issue("client", "ca")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder.path("server"), folder.path("server", key=True))
        tls.load_verify_locations(folder.path("ca"))
        tls.verify_mode = ssl.CERT_OPTIONAL
        token = folder.write("secret\n", "token")
        password = folder.write(PASSWORD + "\n", "password")
        known = f"-targets-ca-file={folder.path('ca')}"
        own = (f"-targets-cert-file={folder.path('client')}", f"-targets-key-file={folder.path('client', key=True)}")
        with Inventory(serve.answers(groups(peer.address)), tls) as inventory:
            check = ("-mode=client", "-check", "-targets-timeout=5s", f"-targets={inventory.url}")
            for flags, message in (((), "certificate"), ((f"-targets-ca-file={folder.path('other')}",), "certificate"),
                                   (("-targets-ca-file=/nowhere",), "/nowhere: certificates cannot be read")):
                done = run(*check, *flags, seconds=30)
                assert done.status == 1 and message in done.err and inventory.url in done.err, done
                assert done.err.count("\n") == 1, done
            for flags, header in (((known,), None), ((known, *own), None),
                                  ((known, f"-targets-token-file={token}"), b"Authorization: Bearer secret\r\n"),
                                  ((known, "-targets-user=me", f"-targets-password-file={password}"),
                                   b"Authorization: Basic bWU6Z2VoZWlt\r\n")):
                inventory.requests.clear()
                done = run(*check, *flags, seconds=30)
                assert done.status == 0 and f"targets   1 from {inventory.url}" in done.out, done
                assert header is None or header in inventory.requests[0], inventory.requests
            # A client without a certificate is turned away where one is asked for.
            tls.verify_mode = ssl.CERT_REQUIRED
            assert run(*check, known, seconds=30).status == 1
            assert run(*check, known, *own, seconds=30).status == 0
            done = run(*check, known, "-targets-token-file=/nowhere/token", seconds=30)
            assert done.status == 1 and "/nowhere/token: cannot be read" in done.err, done


@scenario
def a_secret_goes_to_no_other_host():
    with Folder() as folder, Inventory(serve.answers([])) as other, Inventory(serve.answers([])) as inventory:
        token = folder.write_text("token", "secret")
        inventory.behaviour = serve.redirects(f"http://127.0.0.1:{other.port}/targets")
        done = run("-mode=client", "-check", f"-targets={inventory.url}", f"-targets-token-file={token}", seconds=30)
        assert done.status == 0, done
        assert b"secret" in inventory.requests[0] and b"secret" not in other.requests[0], other.requests


@scenario
def a_reload_reads_and_asks_at_once():
    with Folder() as folder, Peer(behave.echo) as peer, Inventory(serve.answers(groups(peer.address))) as inventory:
        path = folder.write("t.json", {"a": peer.address})
        with Program("client", "-targets-refresh=1h", "-web.enable-lifecycle", f"-targets={path}",
                     f"-targets={inventory.url}") as program:
            wait_targets(program, "a", peer.address)
            asked = len(inventory.requests)
            response = program.http("/-/reload", method="POST")
            assert response.body.decode().strip() == f"{path} reloaded: 2 targets, nothing changed", response.body
            wait_for(lambda: len(inventory.requests) > asked, "another request")
            folder.write("t.json", {"b": peer.address})
            program._last = None
            response = program.http("/-/reload", method="POST")
            assert response.body.decode().strip() == f"{path} reloaded: 2 targets, 1 new (b), 1 gone (a)", response.body


@scenario
def a_check_shows_what_each_source_gives():
    with Folder() as folder, Inventory(serve.answers(groups("b:1", "c:1"))) as inventory:
        path = folder.write("t.json", {"a": "127.0.0.1:1"})
        flags = ("-mode=client", "-check", f"-targets={path}", f"-targets={inventory.url}", "-targets-timeout=1s")
        done = run(*flags)
        assert done.status == 0, done
        expected = f"targets   3\n          1 from {path}\n          2 from {inventory.url}\n          a at 127.0.0.1:1\n"
        assert expected in done.out, done.out
        inventory.behaviour = serve.answers([{"name": "a", "address": "b:1"}])
        done = run(*flags)
        assert done.status == 1 and f'{inventory.url}: target "a": name is used twice, here and in {path}' in done.err, done
        assert done.err.count("\n") == 1, done
        inventory.behaviour = serve.is_silent
        done = run(*flags, seconds=30)
        assert done.status == 1 and f"{inventory.url}: " in done.err and "Timeout was reached" in done.err, done


@scenario
def the_plugin_in_collectd_has_it_too():
    want_collectd()
    with Folder() as folder, Peer(behave.echo) as peer, Inventory(serve.answers(groups(peer.address))) as inventory:
        os.chmod(folder.path(), 0o755)
        folder.write("a.json", {"a": peer.address})
        options = f'Interval 0.02\nTargetsFrom "{inventory.url}"\nTargetsFile "{folder.path("*.json")}"\nTargetsRefresh 1\n'
        with Daemon(options, targets={"block": peer.address}) as daemon:
            wait_targets(daemon, "a", "block", peer.address)
            for name in ("a", "block", peer.address):
                daemon.wait_target(name, lambda t: t.received > 5, "replies")
            folder.write("b.json", {"b": peer.address, "block": peer.address})
            daemon.wait_line('b.json: target "block": name is used twice, here and in a <Target> block')
            folder.write("b.json", {"b": peer.address})
            inventory.behaviour = serve.hangs_up
            wait_targets(daemon, "a", "b", "block", peer.address)
            daemon.wait_line("keeping the previous 1 target", 20)
            wait_sample = 'tcp_echo_source_targets{source="' + folder.path("*.json") + '"} 2'
            wait_for(lambda: wait_sample in daemon.http().body.decode(), "the metrics of a source")


@scenario
def it_ends_at_once_whatever_a_source_does():
    with Inventory(serve.is_silent) as inventory:
        with Program("client", "-targets-timeout=5m", f"-targets={inventory.url}") as program:
            wait_for(lambda: inventory.requests, "a request")
            # Program's own end has its limit.
            program.stop()


@scenario
def many_sources_fail_each_in_its_way_and_nothing_is_lost():
    with Folder() as folder, Peer(behave.echo) as peer:
        with Inventory(serve.answers([{"name": "h1", "address": peer.address}])) as one, \
                Inventory(serve.answers([{"name": "h2", "address": peer.address}])) as two:
            a = folder.write("a.json", {"a": peer.address})
            os.mkdir(folder.path("d"))
            folder.write("d/b.json", {"b": peer.address})
            sources = [a, folder.path("d", "*.json"), one.url, two.url]
            with Program("client", *FAST, *[f"-targets={source}" for source in sources]) as program:
                wait_targets(program, "a", "b", "h1", "h2")
                for name in ("a", "b", "h1", "h2"):
                    program.wait_target(name, lambda t: t.received > 0, "replies")
                for text, behaviour in (("[", serve.hangs_up), ("", serve.is_silent), ("{}", serve.babbles)):
                    folder.write_text("a.json", text)
                    folder.write_text("d/b.json", text)
                    one.behaviour = two.behaviour = behaviour
                    wait_for(lambda: all(program.metrics().value("tcp_echo_source_failures_total", source=source) >= 1
                                         for source in sources), "failures", 30)
                    before = program.target("a").received
                    program.wait_target("a", lambda t: t.received > before + 20, "replies")
                    assert sorted(program.metrics().targets()) == ["a", "b", "h1", "h2"]
                for name in ("a", "b", "h1", "h2"):
                    target = program.target(name)
                    assert target.connects == 1 and target.timeouts == 0, target


if __name__ == "__main__":
    main(workers=4)
