# SPDX-License-Identifier: MIT
"""The API beside the page: what docs/api.md promises, compared with the metrics."""
import gzip
import json
import os
import re
import signal
import time
import urllib.parse

from lib import peer as behave
from lib.peer import Peer
from lib.program import Program
from lib.reading import TOP
from lib.scenario import main, scenario
from lib.sockets import connect, reads_end
from lib.wait import wait_for

STEP_FIELDS = 8
FINE, COARSE = 5, 60


def ask(program, path, status=200, **parameters):
    response = program.http(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
    assert response.status == status, (path, parameters, response.status, response.body)
    if status != 200:
        assert response.headers["Content-Type"].startswith("text/plain"), path
        return response.body.decode()
    assert response.headers["Content-Type"] == "application/json", path
    assert response.headers["Cache-Control"] == "no-store", path
    return json.loads(response.body)


def listed(program, **parameters):
    return ask(program, "targets", **parameters)["targets"]


def named(program, name, **parameters):
    (target,) = [target for target in listed(program, **parameters) if target["name"] == name]
    return target


def check_steps(steps):
    for step in steps:
        if step is None:
            continue
        assert len(step) == STEP_FIELDS, step
        times, shares = step[:5], step[5:]
        assert all(time is None for time in times) or times == sorted(times), step
        assert all(0 <= share <= 100 for share in shares), step
        assert shares[1] <= shares[0] + 0.5, step


@scenario
def every_field_of_the_document_is_there():
    """And none that it does not have."""
    with open(os.path.join(TOP, "docs", "api.md"), encoding="utf-8") as file:
        document = file.read()
    told = set(re.findall(r"[`\"]([a-z_0-9]+)[`\"]", document))
    with Program("both", "-interval=20ms", "-history=2m",
                 targets={"one": {"address": "127.0.0.1:{listen}", "labels": {"site": "x"}}}) as program:
        program.wait_target("one", lambda t: t.received > 20, "replies")
        answers = [ask(program, "targets"), ask(program, "target", name="one"), ask(program, "peers")]
    for answer in answers:
        labels = {"site", "x"}
        reasons = set()
        for reason in ("connect_failures", "disconnects"):
            reasons |= set(answer.get(reason, {}))
        fields = fields_of(answer) - labels - reasons
        assert not fields - told, fields - told
    example = json.loads(re.search(r"```json\n(.*?)```", document, re.S)[1])
    assert set(example) == set(answers[0]) and set(example["counts"]) == set(answers[0]["counts"])
    assert set(example["history"]) == set(answers[0]["history"])
    assert set(example["targets"][0]) == set(answers[0]["targets"][0])


def fields_of(value):
    if isinstance(value, dict):
        found = set(value)
        for inner in value.values():
            found |= fields_of(inner)
        return found
    if isinstance(value, list):
        return set().union(*(fields_of(inner) for inner in value)) if value else set()
    return set()


@scenario
def values_are_those_of_the_metrics():
    with Peer(behave.delayed(0.03)) as slow:
        targets = {"quick": "127.0.0.1:{listen}", "slow": slow.address, "gone": "127.0.0.1:9"}
        with Program("both", "-interval=50ms", targets=targets) as program:
            program.wait_target("slow", lambda t: t.received > 20, "replies")
            wait_for(lambda: ask(program, "targets", step=FINE)["history"]["newest"] >= 2, "two steps", 30, 0.2)
            for name in targets:
                before = program.target(name)
                told = ask(program, "target", name=name)
                after = program.target(name)
                for field in ("sent", "received", "timeouts", "late", "unsent", "connects"):
                    assert getattr(before, field) <= told["counters"][field] <= getattr(after, field), (name, field)
                counters = told["counters"]
                assert counters["sent"] == counters["received"] + counters["timeouts"] + counters["in_flight"], counters
                assert sum(count for _, count in told["distribution"]) == counters["received"], name
                check_steps(told["fine"]["steps"])
                check_steps(told["coarse"]["steps"])
            slow_one = named(program, "slow", step=FINE)
            assert 28000 < slow_one["median"] < 300000, slow_one
            assert (slow_one["state"], slow_one["loss"], slow_one["reason"]) == ("up", 0, None), slow_one
            gone = named(program, "gone", step=FINE)
            assert (gone["state"], gone["reason"], gone["median"], gone["peer"]) == ("down", "refused", None, ""), gone
            assert abs(gone["loss"] - program.target("gone").loss_percent) < 0.01
            known = [step for step in gone["steps"] if step]
            assert known and all(step[:5] == [None] * 5 and step[5] == 100 for step in known), gone
            # Of the same name in the list: the worst first.
            assert [target["name"] for target in listed(program)][0] == "gone"
            assert [target["name"] for target in listed(program, sort="name")] == ["gone", "quick", "slow"]
            assert [target["name"] for target in listed(program, sort="median")][0] == "slow"


@scenario
def steps_are_told_once():
    with Program("both", "-interval=20ms") as program:
        wait_for(lambda: ask(program, "targets", step=FINE)["history"]["newest"] >= 1, "a step", 30, 0.2)
        first = ask(program, "targets", step=FINE)
        newest = first["history"]["newest"]
        assert first["history"]["step"] == FINE and first["history"]["kept"] == 60
        assert first["targets"][0]["first"] == 1 and len(first["targets"][0]["steps"]) == newest
        assert 0 <= first["now"] - first["history"]["newest_end"] < FINE + 30
        nothing = ask(program, "targets", step=FINE, since=newest)["targets"][0]
        assert nothing["first"] == newest + 1 and len(nothing["steps"]) <= 1, nothing

        def has_more():
            answer = ask(program, "targets", step=FINE, since=newest)
            return answer["targets"][0]["steps"] and answer

        more = wait_for(has_more, "another step", 30, 0.2)
        whole = ask(program, "targets", step=FINE)["targets"][0]["steps"]
        assert whole[:newest] == first["targets"][0]["steps"]
        assert whole[newest:newest + len(more["targets"][0]["steps"])] == more["targets"][0]["steps"]
        # What is after the end is nothing, and no mistake.
        assert ask(program, "targets", step=FINE, since=10**15)["targets"][0]["steps"] == []
        assert ask(program, "targets")["history"]["step"] == COARSE


@scenario
def bad_questions_are_refused():
    with Program("both") as program:
        for path, query, word in (
                ("targets", "sort=best", "sort"), ("targets", "limit=0", "limit"), ("targets", "limit=1001", "limit"),
                ("targets", "limit=many", "limit"), ("targets", "step=30", "step"), ("targets", "since=-1", "since"),
                ("targets", "q=%ff", "q"), ("targets", "q=a&q=b", "q"), ("targets", "q=" + "a" * 300, "q"),
                ("target", "", "name"), ("target", "name=", "target"), ("target", "name=a&name=b", "name"),
                ("target", "name=%00", None), ("target", "name=nobody", "target"), ("target", "name=" + "a" * 4000, "target")):
            response = program.http(f"/api/v1/{path}?{query}")
            assert response.status in (400, 404), (query, response.status)
            text = response.body.decode()
            assert text.endswith(".\n") and text.count("\n") == 1, text
            assert word is None or word in text, (query, text)
        for method in ("POST", "PUT", "DELETE"):
            assert program.http("/api/v1/targets", method=method).status == 405, method
        for path in ("/api/v1/", "/api/v1", "/api", "/api/v1/targets/", "/api/v2/targets"):
            assert program.http(path).status == 404, path
        assert program.http("/api/v1/targets", method="HEAD").body == b""
        assert ask(program, "targets", colour="red")["counts"]["all"] == 1
    with Program("server") as program:
        answer = ask(program, "targets")
        assert answer["targets"] == [] and answer["history"] is None and not answer["has_prober"]
        ask(program, "target", status=404, name="default")
    with Program("client", "-target=127.0.0.1:9") as program:
        assert "echo server" in ask(program, "peers", status=404)


@scenario
def names_come_out_as_they_are():
    names = ['"quoted" \\', "<script>alert(1)", "\u05e9\u05dc\u05d5\u05dd", "a&b=c#d+e%20", "x" * 127, "\U0001f600"]
    targets = {name: {"address": "127.0.0.1:{listen}", "labels": {"note": name}} for name in names}
    with Program("both", "-interval=100ms", targets=targets) as program:
        assert {target["name"] for target in listed(program)} == set(names)
        for name in names:
            target = ask(program, "target", name=name)
            assert (target["name"], target["labels"]) == (name, {"note": name})
            assert [found["name"] for found in listed(program, q=name)] == [name]
        # Behind a "+" and escaped alike.
        assert program.http("/api/v1/target?name=a%26b%3Dc%23d%2Be%2520").status == 200


@scenario
def of_many_targets_those_that_are_down_are_listed():
    targets = {f"t{number:04d}": "127.0.0.1:{listen}" for number in range(1600)}
    down = [f"t{number:04d}" for number in (3, 700, 1111, 1500, 1599)]
    for name in down:
        targets[name] = "127.0.0.1:9"
    with Program("both", "-interval=2s", targets=targets) as program:
        def all_are_known():
            counts = ask(program, "targets", limit=1)["counts"]
            return (counts["down"], counts["up"]) == (5, 1595)

        wait_for(all_are_known, "all others are up", 60, 0.5)
        answer = ask(program, "targets")
        # By how long they have been down.
        assert sorted(target["name"] for target in answer["targets"][:5]) == down
        assert len(answer["targets"]) == 200 and answer["counts"]["listed"] == 200
        assert answer["counts"] == {"all": 1600, "down": 5, "lossy": 0, "slow": 0, "starting": 0, "up": 1595,
                                    "matching": 1600, "listed": 200}, answer["counts"]
        by_name = listed(program, sort="name", limit=10)
        assert [target["name"] for target in by_name] == [f"t{number:04d}" for number in range(10)] + down[1:], by_name
        assert len(listed(program, limit=1000)) == 1000
        found = ask(program, "targets", q="t11")
        assert found["counts"]["matching"] == 100 and found["counts"]["all"] == 1600
        page = program.http("/").body.decode()
        assert max(page.index(name) for name in down) < page.index("t0000")
        # A minute and a target take 60 bytes at most.
        wait_for(lambda: ask(program, "targets", step=FINE, limit=1)["history"]["newest"] >= 3, "steps", 60, 0.5)
        whole = program.http("/api/v1/targets?step=5&limit=1000").body
        newest = ask(program, "targets", step=FINE, limit=1)["history"]["newest"]
        bare = program.http(f"/api/v1/targets?step=5&limit=1000&since={newest + 1000}").body
        assert (len(whole) - len(bare)) / 1000 / newest < 60, (len(whole), len(bare), newest)
        packed = program.http("/api/v1/targets?limit=1000", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(json.loads(gzip.decompress(packed.body))["targets"]) == 1000


@scenario
def a_target_that_goes_and_comes_leaves_events():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=20ms", "-target", peer.address) as program:
            program.wait_target("default", lambda t: t.received > 5, "replies")
            begin = time.time()
            peer.close()
            wait_for(lambda: named(program, "default")["state"] == "down", "it is down", 30, 0.1)
            down = named(program, "default")
            assert down["reason"] in ("closed", "reset", "refused"), down
            assert begin - 1 < down["since"] < time.time() + 1, (begin, down)
            wait_for(lambda: named(program, "default")["reason"] == "refused", "attempts are refused", 30, 0.1)
            with Peer(behave.echo, port=peer.port):
                # It is up again with the first reply.
                wait_for(lambda: len(ask(program, "target", name="default")["events"]) == 3, "it is up again", 30, 0.1)
                told = ask(program, "target", name="default")
                assert told["state"] != "down", told
                assert [event["event"] for event in told["events"]] == ["up", "down", "up"], told["events"]
                times = [event["time"] for event in told["events"]]
                assert times == sorted(times, reverse=True) and told["since"] == times[0]
                assert told["events"][1]["reason"] in ("closed", "reset") and told["events"][0]["reason"] is None
                codes = [finding["code"] for finding in told["findings"]]
                assert "refused" in codes and "unsent" in codes, codes
                for finding in told["findings"]:
                    assert finding["text"].startswith(f"{finding['count']} ") and finding["text"].endswith("."), finding
                program.wait_target("default", lambda t: t.received > 10, "replies")


@scenario
def a_prober_that_slept_is_told_from_a_path_that_lost():
    with Program("server") as server:
        with Program("client", "-interval=20ms", "-target", f"127.0.0.1:{server.listen_port}") as program:
            program.wait_target("default", lambda t: t.received > 20, "replies")
            program.send_signal(signal.SIGSTOP)
            begin = time.monotonic()
            wait_for(lambda: time.monotonic() - begin > 12, "it slept", 60, 0.2)
            program.send_signal(signal.SIGCONT)

            def slept():
                steps = [step for step in named(program, "default", step=FINE)["steps"] if step]
                return [step for step in steps if step[7] > 50]

            steps = wait_for(slept, "missed slots", 30, 0.2)
            # No step of the sleep is blank, and none says that anything was lost.
            assert len(steps) >= 2, steps
            assert all(step[5] == 0 for step in steps), steps
            program.wait_target("default", lambda t: t.missed_slots > 300 and t.timeouts == 0, "missed slots alone")


@scenario
def histories_follow_a_reload():
    with Program("both", "-interval=50ms", targets={"stays": "127.0.0.1:{listen}", "goes": "127.0.0.1:{listen}"}) as program:
        wait_for(lambda: named(program, "stays", step=FINE)["steps"], "a step", 30, 0.2)
        old = {target["name"]: target["id"] for target in listed(program)}
        program.reload({"stays": "127.0.0.1:{listen}", "comes": "127.0.0.1:{listen}"})
        wait_for(lambda: {target["name"] for target in listed(program)} == {"stays", "comes"}, "the new list", 30, 0.1)
        newest = ask(program, "targets", step=FINE)["history"]["newest"]
        wait_for(lambda: ask(program, "targets", step=FINE)["history"]["newest"] > newest + 1, "more steps", 30, 0.2)
        stays, comes = named(program, "stays", step=FINE), named(program, "comes", step=FINE)
        assert stays["id"] == old["stays"] and comes["id"] not in old.values()
        assert all(stays["steps"]), stays
        assert comes["steps"][0] is None and comes["steps"][-1] is not None, comes
        # Steps from before it was there are unknown, so that all lists are of the same length.
        assert (comes["first"], len(comes["steps"])) == (stays["first"], len(stays["steps"]))


@scenario
def without_a_history_all_else_is_told():
    for flags, minutes in ((("-history=0",), None), (("-history=90s",), 2), ((), 60), (("-history=24h",), 1440)):
        with Program("both", "-interval=20ms", *flags) as program:
            program.wait_target("default", lambda t: t.received > 20, "replies")
            answer = ask(program, "targets")
            told = ask(program, "target", name="default")
            if minutes:
                assert answer["history"]["kept"] == told["coarse"]["kept"] == minutes, (flags, answer)
                continue
            assert answer["history"] is told["fine"] is told["coarse"] is None
            (target,) = answer["targets"]
            assert "steps" not in target and target["state"] == "up" and target["median"] > 0, target


@scenario
def who_uses_the_echo_server_is_told():
    with Program("server", "-allow=127.0.0.1,::1", "-max-peers-per-address=2") as server:
        begin = time.time()
        with connect(server.listen_port) as first, connect(server.listen_port) as second:
            second.sendall(bytes(16 * 3))
            wait_for(lambda: sum(peer["frames"] for peer in ask(server, "peers")["peers"]) == 3, "three frames", 30, 0.1)
            answer = ask(server, "peers")
            addresses = ["127.0.0.1:%d" % client.getsockname()[1] for client in (second, first)]
            assert [peer["address"] for peer in answer["peers"]] == addresses, answer
            assert [peer["frames"] for peer in answer["peers"]] == [3, 0], answer
            assert all(begin - 1 < peer["since"] < time.time() + 1 for peer in answer["peers"]), answer
            assert (answer["connections"], answer["accepted"], answer["refused"]) == (2, 2, []), answer
            assert answer["listening"].endswith(f":{server.listen_port}"), answer
            for times in (1, 2):
                with connect(server.listen_port) as third:
                    assert reads_end(third)
                wait_for(lambda count=times: [one["count"] for one in ask(server, "peers")["refused"]] == [count], "a refusal", 30, 0.1)
            (refusal,) = ask(server, "peers")["refused"]
            assert (refusal["address"], refusal["reason"]) == ("127.0.0.1", "address_limit"), refusal
        wait_for(lambda: ask(server, "peers")["peers"] == [], "all have gone", 30, 0.1)


if __name__ == "__main__":
    main(workers=4)
