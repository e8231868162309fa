# SPDX-License-Identifier: MIT
"""The three modes, one target and a thousand, and reloads of the targets while probing continues."""
import resource

from lib import peer as behave
from lib.law import Target
from lib.peer import Peer
from lib.program import Program, write_targets
from lib.scenario import Skip, main, scenario
from lib.sockets import assert_echo, connect, frame
from lib.wait import holds_for, wait_for


@scenario
def both_without_a_target_probes_its_own_server():
    with Program("both") as program:
        target = program.wait_target("default", lambda t: t.received >= 3, "live data")
        assert target.timeouts == 0 and target.connected == 1, target
        metrics = program.metrics()
        assert metrics.value("tcp_echo_server_connections") == 1
        assert metrics.value("tcp_echo_server_frames_total") >= 3


@scenario
def both_without_a_target_finds_its_server_on_any_address():
    for host in ("", "[::1]", "localhost"):
        with Program("both", "-interval=20ms", listen_host=host) as program:
            target = program.wait_target(
                "default", lambda t: t.received >= 3, f"live data on {host}"
            )
            assert target.connect_failures == {}, target


@scenario
def both_with_a_target_probes_that_target():
    with Peer(behave.echo) as peer:
        with Program("both", "-interval=20ms", f"-target={peer.address}") as program:
            program.wait_target("default", lambda t: t.received >= 3, "replies")
            assert peer.accepted == 1
            assert program.metrics().value("tcp_echo_server_accepted_total") == 0
            with connect(program.listen_port) as other:
                assert_echo(other, frame(1))


@scenario
def a_targets_file_overrides_a_target():
    with Peer(behave.echo) as file_peer, Peer(behave.echo) as flag_peer:
        targets = {"from file": file_peer.address}
        with Program("client", f"-target={flag_peer.address}", targets=targets) as program:
            program.wait_target("from file", lambda t: t.received > 0, "replies")
            assert program.metrics().targets() == ["from file"]
            assert flag_peer.accepted == 0


@scenario
def three_targets_are_kept_apart():
    peers = [Peer(behave.echo), Peer(behave.delayed(0.2)), Peer(behave.mute)]
    try:
        names = ["fast", 'sl"ow\\', "müte 🦆"]
        # Long enough for a busy machine, but for the one that never answers.
        targets = {name: {"address": peer.address, "timeout": timeout}
                   for name, peer, timeout in zip(names, peers, ("5s", "5s", "500ms"))}
        with Program("client", "-interval=50ms", targets=targets) as program:
            for name in names[:2]:
                program.wait_target(name, lambda t: t.received >= 10, "replies")
            program.wait_target(names[2], lambda t: t.timeouts > 0, "timed out")
            metrics = program.metrics()
            assert sorted(metrics.targets()) == sorted(names)
            fast, slow, mute = (Target(metrics, name) for name in names)
            assert fast.rtt_sum / fast.received < slow.rtt_sum / slow.received
            assert fast.timeouts == 0 and slow.timeouts == 0 and mute.received == 0
    finally:
        for peer in peers:
            peer.close()


def probe_many(threads):
    count = 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 3 * count:
        if hard != resource.RLIM_INFINITY and hard < 3 * count:
            raise Skip(f"only {hard} descriptors are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (3 * count, hard))
    targets = {f"t{number:04}": "127.0.0.1:{listen}" for number in range(count)}
    flags = ("-interval=500ms", "-timeout=2s", f"-threads={threads}")
    with Program("both", *flags, targets=targets) as program:

        def all_received():
            metrics = program.metrics()
            received = [value for _, value in metrics.select("tcp_echo_received_total")]
            return metrics if len(received) == count and min(received) >= 3 else None

        metrics = wait_for(all_received, "three replies from each", 30, pause=0.3)
        assert metrics.sum("tcp_echo_timeouts_total") == 0
        assert metrics.sum("tcp_echo_connects_total") == count
        assert metrics.value("tcp_echo_server_connections") == count
        # Phases spread them: the first and the last are at most about one slot apart.
        sent = [value for _, value in metrics.select("tcp_echo_sent_total")]
        missed = metrics.sum("tcp_echo_missed_slots_total")
        assert max(sent) - min(sent) <= 3 + missed, (min(sent), max(sent), missed)


@scenario
def a_thousand_targets_on_one_thread():
    probe_many(1)


@scenario
def a_thousand_targets_on_four_threads():
    probe_many(4)


@scenario
def server_mode_shows_no_targets_and_client_mode_no_server():
    with Program("server") as program:
        metrics = program.metrics()
        assert metrics.targets() == []
        assert metrics.value("tcp_echo_server_accepted_total") == 0
    with Program("client", "-target=127.0.0.1:9") as program:
        metrics = program.metrics()
        assert metrics.targets() == ["default"]
        assert not metrics.has("tcp_echo_server_accepted_total")


@scenario
def a_reload_adds_and_removes_targets_and_leaves_the_others_alone():
    with Peer(behave.echo) as one, Peer(behave.echo) as two, Peer(behave.echo) as three:
        first = {"stays": one.address, "goes": two.address, "moves": two.address}
        second = {"comes": three.address, "stays": one.address, "moves": three.address}
        with Program("client", "-interval=20ms", targets=first) as program:
            for name in first:
                program.wait_target(name, lambda t: t.received >= 10, "replies")
            before = Target(program.metrics(), "stays")
            moved = program.target("moves").received
            program.reload(second)
            program.wait_target("stays", lambda t: "comes" in t.metrics.targets(), "reloaded")
            program.wait_target("comes", lambda t: t.received >= 10, "the new target is probed")
            after = program.wait_target("stays", lambda t: t.received > before.received, "carries on")
            assert after.connects == 1 and after.timeouts == 0, after
            assert one.accepted == 1
            metrics = program.metrics()
            assert sorted(metrics.targets()) == sorted(second)
            for name in metrics.samples:
                assert not metrics.has(name, target="goes"), f"{name} still has the removed target"
            # Another address under the same name is another target, which starts from 0.
            at_new_place = program.wait_target(
                "moves", lambda t: t.received > 0, "at its new address"
            )
            [(labels, _)] = at_new_place.metrics.select("tcp_echo_target_info", target="moves")
            assert labels["peer"] == three.address, labels
            assert moved > 0


@scenario
def an_empty_list_is_a_list():
    """At the start, at a reload, and back."""
    with Peer(behave.echo) as peer:
        for mode in ("client", "both"):
            with Program(mode, "-interval=20ms", targets={}) as program:
                program.wait_line(f"{program.targets_path} lists no targets")
                assert program.metrics().targets() == []
                for _ in range(2):
                    program.reload({"a": peer.address})
                    wait_for(lambda p=program: p.metrics().targets() == ["a"], "one is there")
                    program.wait_target("a", lambda t: t.received >= 5, "replies")
                    program.reload({})
                    line = program.wait_line("targets.json reloaded: 0 targets")
                    assert "warning" in line, line
                    wait_for(lambda p=program: p.metrics().targets() == [], "none is left")


@scenario
def an_empty_label_is_none():
    target = {"address": "127.0.0.1:{listen}", "labels": {"site": "", "role": "web"}}
    with Program("both", "-interval=20ms", targets={"a": target}) as program:
        program.wait_target("a", lambda t: t.received >= 5, "replies")
        [(labels, _)] = program.metrics().select("tcp_echo_connected", target="a")
        assert labels == {"target": "a", "role": "web"}, labels


@scenario
def a_reload_of_a_bad_file_keeps_the_previous_targets():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=20ms", targets={"a": peer.address}) as program:
            program.wait_target("a", lambda t: t.received >= 5, "replies")
            program.wait_line(" a: up: ")  # On a busy machine later than the replies.
            for text in ('[{"name": "b"}]', "", "{}"):
                lines = len(program.lines)
                with open(program.targets_path, "w", encoding="utf-8") as file:
                    file.write(text)
                program.send_signal(1)
                wait_for(lambda n=lines: len(program.lines) > n, "a line about the bad file")
                holds_for(lambda n=lines: len(program.lines) == n + 1, "one line", 0.3)
                assert "targets.json" in program.lines[-1], program.lines[-1]
                before = program.target("a")
                after = program.wait_target(
                    "a", lambda t, b=before: t.received > b.received, "carries on"
                )
                # On a busy machine replies may be late.
                assert after.connects == 1 and after.timeouts == after.late, after
            program.reload({"a": peer.address, "b": peer.address})
            program.wait_target(
                "a", lambda t: "b" in t.metrics.targets(), "a good file is accepted again"
            )


@scenario
def many_reloads_leak_nothing():
    with Peer(behave.echo) as peer:
        small = {"stays": peer.address}
        large = {**small, **{f"t{number}": peer.address for number in range(50)}}
        with Program("client", "-interval=20ms", targets=small) as program:
            for round_number in range(6):
                program.reload(large)
                program.wait_target("stays", lambda t: len(t.metrics.targets()) == 51, "large")
                program.reload(small)
                program.wait_target("stays", lambda t: len(t.metrics.targets()) == 1, "small")
                wait_for(lambda: peer.connections() == 1, "connections of removed targets end")
                if round_number == 0:
                    descriptors = program.descriptors()
            assert program.descriptors() <= descriptors + 2, "descriptors leak"
            target = program.target("stays")
            assert target.connects == 1 and target.timeouts == 0, target


@scenario
def a_reload_without_a_targets_file_does_no_harm():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=20ms", "-target", peer.address) as program:
            before = program.wait_target("default", lambda t: t.received > 5, "replies")
            program.send_signal(1)
            after = program.wait_target(
                "default", lambda t: t.received > before.received + 20, "carries on"
            )
            assert after.connects == 1, after


@scenario
def targets_may_share_an_address():
    with Peer(behave.echo) as peer:
        targets = {"a": peer.address, "b": peer.address}
        with Program("client", "-interval=20ms", targets=targets) as program:
            for name in targets:
                program.wait_target(name, lambda t: t.received > 5, "replies")
            assert peer.accepted == 2


@scenario
def a_replaced_file_is_not_read_before_a_reload():
    with Peer(behave.echo) as peer:
        with Program("client", "-interval=20ms", targets={"a": peer.address}) as program:
            program.wait_target("a", lambda t: t.received > 0, "replies")
            write_targets(program.targets_path, {"b": peer.address})
            holds_for(lambda: program.metrics().targets() == ["a"], "still the previous targets", 0.5)


if __name__ == "__main__":
    main(workers=3)
