# SPDX-License-Identifier: MIT
"""Requests for /probe, and what they say."""
import urllib.parse

from lib.exposition import parse
from lib.law import Target, law
from lib.wait import wait_for


def path_of(target, **parameters):
    return "/probe?" + urllib.parse.urlencode({"target": target, **parameters})


def probe(program, target, **parameters):
    """What one request for it says of the target; the law must hold."""
    response = program.http(path_of(target, **parameters))
    assert response.status == 200, f"{response.status}: {response.body.decode()}"
    metrics = parse(response.body)
    law(metrics)
    assert metrics.targets() == [target], metrics.targets()
    others = [name for name in metrics.types if name.startswith(("process_", "tcp_echo_server", "tcp_echo_up"))]
    assert not others, others
    return Target(metrics, target)


def wait_probe(program, condition, what, target, seconds=30.0, **parameters):
    seen = [None]

    def holds():
        seen[0] = probe(program, target, **parameters)
        return condition(seen[0])

    try:
        wait_for(holds, what, seconds, 0.05)
    except AssertionError as error:
        raise AssertionError(f"{error}; last seen: {seen[0]}") from None
    return seen[0]


def refused(program, path, status, *texts):
    response = program.http(path)
    body = response.body.decode()
    assert response.status == status, f"{path}: {response.status}: {body}"
    assert body.count("\n") == 1 and body.endswith("\n"), body
    for text in texts:
        assert text in body, f"{path}: {body}"
