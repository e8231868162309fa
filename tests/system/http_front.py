# SPDX-License-Identifier: MIT
"""The HTTP front: what it answers, in which format, and that no client can block another."""
import gzip
import html
import http.client
import shutil
import socket
import subprocess

from lib import peer as behave
from lib.endings import shut_down
from lib.exposition import parse
from lib.http_client import request_on
from lib.peer import Peer
from lib.program import Program, is_instrumented
from lib.scenario import Skip, in_rounds, main, scenario
from lib.sockets import connect
from lib.wait import PATIENCE, wait_for

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
    "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@scenario
def answers_in_the_accepted_format():
    table = [
        (None, TEXT),
        ("*/*", TEXT),
        ("text/plain", TEXT),
        ("text/html", TEXT),
        (PROMETHEUS, OPENMETRICS),
        ("application/openmetrics-text; version=1.0.0", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0;q=0.1,text/plain;q=0.9", TEXT),
        ("application/openmetrics-text;version=1.0.0;q=0", TEXT),
        ("nonsense;;;=,,", TEXT),
        ("a" * 4000, TEXT),
    ]
    with Program("both") as program:
        program.wait_target("default", lambda t: t.received > 0, "replies")
        for accept, wanted in table:
            response = program.http(headers={"Accept": accept} if accept else {})
            assert response.status == 200
            assert response.headers["Content-Type"] == wanted, (
                accept,
                response.headers["Content-Type"],
            )
            if wanted == TEXT:
                parse(response.body)
            else:
                assert response.body.endswith(b"\n# EOF\n"), response.body[-100:]
                assert response.body.count(b"# EOF") == 1
                assert b"# TYPE tcp_echo_sent counter\n" in response.body
                assert b"tcp_echo_sent_total{" in response.body


@scenario
def compresses_where_accepted():
    table = [
        ("gzip", True),
        ("gzip, deflate", True),
        ("deflate, gzip;q=0.5", True),
        ("GZIP", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("deflate", False),
        ("", False),
        (None, False),
    ]
    with Program("both") as program:
        for accept, packed in table:
            headers = (
                {"Accept-Encoding": accept}
                if accept is not None
                else {"Accept-Encoding": "identity"}
            )
            response = program.http(headers=headers)
            assert (response.headers["Content-Encoding"] == "gzip") == packed, accept
            parse(gzip.decompress(response.body) if packed else response.body)


@scenario
def head_gets_headers_only():
    with Program("server") as program:
        for path in ("/", "/metrics", "/-/healthy", "/-/ready"):
            got, head = program.http(path), program.http(path, method="HEAD")
            assert (got.status, head.status) == (200, 200), path
            assert head.body == b"" and got.body != b"", path
            assert head.headers["Content-Type"] == got.headers["Content-Type"], path


@scenario
def other_paths_are_404_and_other_methods_405():
    with Program("server") as program:
        for path in (
            "/metric",
            "/metrics/",
            "/metricsx",
            "//",
            "/-/",
            "/../metrics",
            "/%2e%2e",
            "/favicon.png",
            "/" + "a" * 2000,
        ):
            assert program.http(path).status == 404, path
        assert program.http("/metrics?a=b").status == 200
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            response = program.http(method=method)
            assert response.status == 405, (method, response.status)
            allow = {word.strip() for word in response.headers["Allow"].split(",")}
            assert allow == {"GET", "HEAD"}, allow
        program.metrics()


@scenario
def healthy_and_ready_answer_200():
    with Program("both") as program:
        for path in ("/-/healthy", "/-/ready"):
            response = program.http(path)
            assert response.status == 200 and response.headers["Content-Type"].startswith(
                "text/plain"
            )


@scenario
def the_landing_page_shows_name_version_and_targets():
    with Peer(behave.echo) as peer:
        targets = {'a<b>&"c': peer.address, "down": "127.0.0.1:9"}
        with Program("client", "-interval=20ms", targets=targets) as program:
            program.wait_target('a<b>&"c', lambda t: t.received > 0, "replies")
            response = program.http("/")
            assert response.status == 200 and response.headers["Content-Type"].startswith(
                "text/html"
            )
            page = response.body.decode()
            for word in ("tcp-echo-metrics", 'metrics">', "down", peer.address):
                assert word in page, word
            assert "a<b>" not in page
            assert 'a<b>&"c' in html.unescape(page)


@scenario
def promtool_finds_nothing():
    if shutil.which("promtool") is None:
        raise Skip("promtool is missing")
    with Program(
        "both", targets={'ä "b\\': "127.0.0.1:{listen}", "down": "127.0.0.1:9"}
    ) as program:
        program.wait_target('ä "b\\', lambda t: t.received > 5, "replies")
        result = subprocess.run(
            ["promtool", "check", "metrics"],
            input=program.http().body,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), result


@scenario
def endless_headers_end_in_a_refusal():
    with Program("both") as program:
        for start in (
            b"GET /metrics HTTP/1.1\r\nHost: x\r\n",
            b"GET /metrics HTTP/1.1\r\nX-Long: ",
        ):
            with connect(program.metrics_port) as client:
                client.sendall(start)
                piece = (
                    b"X-Header: " + b"y" * 1000 + b"\r\n"
                    if start.endswith(b"\r\n")
                    else b"z" * 1000
                )
                ended, sent = False, 0
                while not ended and sent < 64 * 1024 * 1024:
                    try:
                        client.sendall(piece * 16)
                        sent += len(piece) * 16
                    except OSError:
                        ended = True
                assert ended, f"{sent} bytes of headers are accepted"
            program.metrics()


@scenario
def silent_clients_do_not_stop_a_scrape():
    with Program("both") as program:
        silent = [connect(program.metrics_port) for _ in range(60)]
        try:
            for client in silent[:20]:
                client.sendall(b"GET /metrics HT")
            program.wait_target("default", lambda t: t.received > 0, "scrapes are still answered")
        finally:
            for client in silent:
                client.close()
        program.metrics()


@scenario
def a_client_that_does_not_read_does_not_stop_a_scrape():
    targets = {f"t{number}": "127.0.0.1:9" for number in range(500)}
    with Program("client", targets=targets) as program:
        idle = []
        try:
            for _ in range(20):
                client = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", program.metrics_port))
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
                idle.append(client)
            for _ in range(5):
                program.metrics()
            assert is_instrumented() or program.rss() < 200 * 1024 * 1024, \
                "memory grows with clients that do not read"
        finally:
            for client in idle:
                client.close()


@scenario
def nonsense_is_refused_and_does_no_harm():
    pieces = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET\r\n\r\n",
        b"\r\n\r\n",
        b"\0" * 1000,
        b"GET /metrics\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\nx",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
    ]
    with Program("both") as program:
        for piece in pieces:
            with connect(program.metrics_port) as client:
                client.sendall(piece)
                shut_down(client)
                client.settimeout(0.5)
                try:
                    while client.recv(65536):
                        pass
                except OSError:
                    pass  # Either a refusal or silence will do.
            program.metrics()


@scenario
def a_connection_serves_many_scrapes():
    with Program("both") as program:
        connection = http.client.HTTPConnection(
            "127.0.0.1", program.metrics_port, timeout=10 * PATIENCE
        )
        for _ in range(50):
            response = request_on(connection, headers={"Accept-Encoding": "gzip"})
            parse(gzip.decompress(response.body))
        connection.close()


@scenario
def scrapes_delay_no_probe():
    targets = {f"t{number}": "127.0.0.1:{listen}" for number in range(200)}
    with Program("both", "-interval=400ms", targets=targets) as program:
        program.wait_target("t199", lambda t: t.received >= 3, "replies")

        def scrape_often():
            """A busy machine may hold probes up itself, but not in each of some rounds."""
            before = program.metrics().sum("tcp_echo_timeouts_total")
            for _ in range(100):
                program.http()
            timeouts = program.metrics().sum("tcp_echo_timeouts_total") - before
            assert timeouts == 0, timeouts

        in_rounds(scrape_often, "a hundred scrapes without a timeout")


@scenario
def listens_on_both_families_at_one_port():
    with Program("server", metrics_host="") as program:
        program.metrics()
        if socket.has_ipv6:
            program.metrics_host = "[::1]"
            program.metrics()


@scenario
def ends_in_time_while_clients_stay_connected():
    with Program("both") as program:
        clients = [connect(program.metrics_port) for _ in range(10)]
        clients[0].sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        program.metrics()
        program.stop()
        for client in clients:
            client.close()


@scenario
def a_crowd_of_clients_leaks_no_descriptor():
    with Program("both") as program:
        program.metrics()
        before = program.descriptors()
        for _ in range(100):
            with connect(program.metrics_port) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: program.descriptors() <= before + 2, "descriptors are released")


if __name__ == "__main__":
    main(workers=3)
