# SPDX-License-Identifier: MIT
"""/probe: names that stand for what may be probed, and for what may not."""
from lib import peer as behave
from lib.name_server import answers
from lib.namespaces import Names, enter_or_skip
from lib.on_request import probe, wait_probe
from lib.peer import Peer
from lib.program import Program
from lib.scenario import main, scenario
from lib.wait import holds_for

NAME = "probe.test"


@scenario
def a_name_that_moves_is_not_followed_to_what_is_not_allowed():
    with Names(asks_server=True) as names, Peer(behave.echo, host="127.0.0.2") as good, \
            Peer(behave.echo, host="127.0.0.3", port=good.port) as bad:
        names.server.names[NAME] = answers("127.0.0.2", ttl=1)
        names.server.names["bad." + NAME] = answers("127.0.0.3", ttl=1)
        asked = f"{NAME}:{good.port}"
        with Program("client", "-probe-allow=127.0.0.2") as program:
            ways = ({"interval": "100ms"}, {"interval": "100ms", "probe": "connect"})
            for way in ways:
                wait_probe(program, lambda t: t.received >= 3, "replies", asked, **way)
            names.server.names[NAME] = answers("127.0.0.3", ttl=1)
            # While its old address answers, its old connection is kept; handshakes go nowhere.
            target = wait_probe(program, lambda t: t.connect_failures.get("other"), "a refusal", asked, 20, **ways[1])
            assert target.moves == 0, target
            seen = probe(program, asked, **ways[0])
            assert seen.connected == 1 and seen.moves == 0, seen
            good.drop_connections()
            wait_probe(program, lambda t: t.connect_failures.get("other"), "a refusal", asked, 20, **ways[0])
            said = program.wait_line(f"127.0.0.3:{good.port} is not among what may be probed")
            assert "down: " in said, said
            # From the start, too.
            wait_probe(program, lambda t: t.connect_failures.get("other"), "a refusal", "bad." + asked)
            holds_for(lambda: bad.accepted == 0, "nobody dials it", 1)
            lines = [line for line in program.lines if f"bad.{NAME}" in line]
            assert len(lines) == 1, lines
            # It comes back.
            names.server.names[NAME] = answers("127.0.0.2", ttl=1)
            for way in ways:
                wait_probe(program, lambda t: t.connected == 1, "up again", asked, 20, **way)
            assert bad.accepted == 0


if __name__ == "__main__":
    enter_or_skip()
    main()
