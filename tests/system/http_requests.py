# SPDX-License-Identifier: MIT
"""Raw requests to the HTTP front: what each is answered, whatever it looks like."""
import http.server
import json
import re
import threading
import urllib.request

from lib.endings import shut_down
from lib.exposition import parse
from lib.program import Program
from lib.scenario import main, scenario
from lib.sockets import connect

HOST = b"Host: x\r\n"
GET = b"GET /metrics HTTP/1.1\r\n"
END = b"\r\n"
SCRAPE = GET + HOST + END
# More than a client of any kind sends, and less than is refused.
LONG = 48 * 1024


def line(text):
    """A scrape by that first line."""
    return text + b"\r\n" + HOST + END


def headers(*lines):
    """A scrape with those header lines more."""
    return GET + HOST + b"".join(one + b"\r\n" for one in lines) + END


REQUESTS = [
    # What is asked for.
    ("a scrape", SCRAPE, 200),
    ("the same with bare line feeds", SCRAPE.replace(b"\r", b""), 200),
    ("empty lines before it", b"\r\n\r\n" + SCRAPE, 200),
    ("absolute form", line(b"GET http://localhost:2112/metrics HTTP/1.1"), 200),
    ("absolute form, another host than Host", line(b"GET http://other/metrics HTTP/1.1"), 200),
    ("absolute form without a path", line(b"GET http://other HTTP/1.1"), 200),
    ("absolute form, upper case", line(b"GET HTTP://OTHER:80/metrics?x HTTP/1.1"), 200),
    ("absolute form of another path", line(b"GET http://other/metric HTTP/1.1"), 404),
    ("absolute form, HTTP/1.0", b"GET http://other/metrics HTTP/1.0\r\n\r\n", 200),
    ("absolute form without a host", line(b"GET http:///metrics HTTP/1.1"), 400),
    ("absolute form of another scheme", line(b"GET gopher://x/metrics HTTP/1.1"), 400),
    ("escaped letters", line(b"GET /%6Detric%73 HTTP/1.1"), 200),
    ("an escaped dash", line(b"GET /%2d/ready HTTP/1.1"), 200),
    ("an escaped slash", line(b"GET /-%2Fready HTTP/1.1"), 404),
    ("an escaped slash at the start", line(b"GET %2Fmetrics HTTP/1.1"), 400),
    ("two slashes", line(b"GET //metrics HTTP/1.1"), 404),
    ("a slash at the end", line(b"GET /metrics/ HTTP/1.1"), 404),
    ("dots", line(b"GET /./metrics HTTP/1.1"), 404),
    ("another case", line(b"GET /METRICS HTTP/1.1"), 404),
    ("a query", line(b"GET /metrics?name[]=up&x=%zz HTTP/1.1"), 200),
    ("half an escape", line(b"GET /metrics%7 HTTP/1.1"), 400),
    ("a fragment", line(b"GET /metrics#x HTTP/1.1"), 400),
    ("a relative path", line(b"GET metrics HTTP/1.1"), 400),
    ("a raw NUL", line(b"GET /metrics\0 HTTP/1.1"), 400),
    ("a raw NUL and more", line(b"GET /metrics\0.html HTTP/1.1"), 400),
    ("a NUL behind the root", line(b"GET /\0 HTTP/1.1"), 400),
    ("a NUL in the query", line(b"GET /metrics?\0 HTTP/1.1"), 400),
    ("an escaped NUL", line(b"GET /metrics%00 HTTP/1.1"), 400),
    ("an escaped NUL and more", line(b"GET /metrics%00x HTTP/1.1"), 400),
    ("a NUL in a header", headers(b"X: \0"), 400),
    ("a NUL in a header's name", headers(b"X\0: y"), 400),
    ("a NUL alone", b"\0", 400),
    ("300 arguments", line(b"GET /metrics?" + b"a=1&" * 300 + b" HTTP/1.1"), 200),
    ("7,000 arguments", line(b"GET /metrics?" + b"a=1&" * 7000 + b" HTTP/1.1"), 414),
    ("7,000 short arguments", line(b"GET /metrics?" + b"a&" * 7000 + b" HTTP/1.1"), 414),
    ("a long path", line(b"GET /" + b"a" * 7000 + b" HTTP/1.1"), 404),
    ("a longer path", line(b"GET /" + b"a" * 9000 + b" HTTP/1.1"), 414),
    ("a path without an end", b"GET /" + b"a" * 200_000, 414),
    ("a method without an end", b"A" * 200_000, 414),
    # Methods.
    ("POST", line(b"POST /metrics HTTP/1.1"), 405),
    ("PUT", line(b"PUT /metrics HTTP/1.1"), 405),
    ("OPTIONS", line(b"OPTIONS /metrics HTTP/1.1"), 405),
    ("OPTIONS *", line(b"OPTIONS * HTTP/1.1"), 405),
    ("TRACE", line(b"TRACE /metrics HTTP/1.1"), 405),
    ("CONNECT", line(b"CONNECT host:443 HTTP/1.1"), 405),
    ("POST elsewhere", line(b"POST /x HTTP/1.1"), 404),
    ("GET *", line(b"GET * HTTP/1.1"), 400),
    ("an unknown method", line(b"BREW /metrics HTTP/1.1"), 501),
    ("lower case", line(b"get /metrics HTTP/1.1"), 501),
    ("no method", line(b" /metrics HTTP/1.1"), 400),
    ("brackets", line(b"(GET) /metrics HTTP/1.1"), 400),
    # Versions.
    ("HTTP/1.0", b"GET /metrics HTTP/1.0\r\n\r\n", 200),
    ("HTTP/1.0 with a host", b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n", 200),
    ("HTTP/1.2", line(b"GET /metrics HTTP/1.2"), 200),
    ("HTTP/0.9", b"GET /metrics\r\n\r\n", 400),
    ("HTTP/0.9 by name", line(b"GET /metrics HTTP/0.9"), 505),
    ("HTTP/2.0", line(b"GET /metrics HTTP/2.0"), 505),
    ("HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("HTTP/9.9", line(b"GET /metrics HTTP/9.9"), 505),
    ("HTTP/1", line(b"GET /metrics HTTP/1"), 400),
    ("HTTP/1.11", line(b"GET /metrics HTTP/1.11"), 400),
    ("http/1.1", line(b"GET /metrics http/1.1"), 400),
    ("another protocol", line(b"GET /metrics ICY/1.1"), 400),
    ("two spaces", line(b"GET  /metrics HTTP/1.1"), 400),
    ("a space in the path", line(b"GET /met rics HTTP/1.1"), 400),
    ("a tab for a space", line(b"GET\t/metrics\tHTTP/1.1"), 400),
    ("a space at the end", line(b"GET /metrics HTTP/1.1 "), 400),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
    ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400),
    # Hosts.
    ("no host", GET + END, 400),
    ("no host, absolute form", b"GET http://x/metrics HTTP/1.1\r\n\r\n", 400),
    ("two hosts", headers(b"Host: x"), 400),
    ("two different hosts", headers(b"host: y"), 400),
    ("two hosts, HTTP/1.0", b"GET /metrics HTTP/1.0\r\n" + HOST + HOST + END, 400),
    ("an empty host", GET + b"Host:\r\n\r\n", 200),
    ("a port alone", GET + b"Host: :2112\r\n\r\n", 200),
    ("IPv6", GET + b"Host: [::1]:2112\r\n\r\n", 200),
    ("a host with a path", GET + b"Host: x/y\r\n\r\n", 400),
    ("a host with a user", GET + b"Host: me@x\r\n\r\n", 400),
    ("a host with spaces", GET + b"Host: x y\r\n\r\n", 400),
    ("two hosts in a list", GET + b"Host: x, y\r\n\r\n", 400),
    ("a host with a bad port", GET + b"Host: x:y\r\n\r\n", 400),
    # Headers.
    ("a space before the colon", GET + b"Host : x\r\n\r\n", 400),
    ("a space before the first header", GET + b" Host: x\r\n\r\n", 400),
    ("a continued line", headers(b"X: y", b" z"), 400),
    ("no colon", headers(b"X"), 400),
    ("no name", headers(b": x"), 400),
    ("a bare carriage return", headers(b"X: y\rZ: 1"), 400),
    ("a cookie of 8,000 bytes", headers(b"Cookie: a=" + b"b" * 8000), 200),
    ("a long cookie", headers(b"Cookie: a=" + b"b" * LONG), 200),
    ("many small cookies", headers(b"Cookie: " + b"a=b; " * (LONG // 5) + b"c=d"), 200),
    ("many lines", headers(*[b"A: b"] * (LONG // 6)), 200),
    ("too long a line", headers(b"Cookie: " + b"b" * 100_000), 431),
    ("too many lines", headers(*[b"Cookie: a=b"] * 20_000), 431),
    ("a line without an end", GET + HOST + b"X: " + b"y" * 300_000, 431),
    # Bodies.
    ("no body at length", headers(b"Content-Length: 0"), 200),
    ("a body", headers(b"Content-Length: 5") + b"hello", 200),
    ("a body that never comes", headers(b"Content-Length: 5"), 200),
    ("an endless body", headers(b"Content-Length: 99999999999999999999999"), 200),
    ("a chunked body", headers(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", 200),
    ("a bad chunk", headers(b"Transfer-Encoding: chunked") + b"FFFFFFFFFFFFFFFFF\r\n", 200),
    ("a posted body", line(b"POST /metrics HTTP/1.1\r\nContent-Length: 5") + b"hello", 405),
    ("two lengths", headers(b"Content-Length: 0", b"Content-Length: 5"), 400),
    ("two lengths in a list", headers(b"Content-Length: 0, 5"), 400),
    ("the same length twice", headers(b"Content-Length: 0", b"Content-Length: 0"), 200),
    ("a negative length", headers(b"Content-Length: -1"), 400),
    ("a length in words", headers(b"Content-Length: five"), 400),
    ("a length and chunks", headers(b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400),
    ("an unknown coding", headers(b"Transfer-Encoding: cow"), 501),
    ("chunked HTTP/1.0", b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("an expected 100", headers(b"Expect: 100-continue", b"Content-Length: 5"), 200),
    ("another expectation", headers(b"Expect: the-unexpected"), 417),
]


def read_all(client):
    """All that comes until the other side ends; a reset would lose the answer, and fails."""
    data = bytearray()
    while piece := client.recv(65536):
        data += piece
    return bytes(data)


def split(answer):
    """(status, headers, body) of one answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    status = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Z][A-Za-z -]+", first)
    assert status, first
    fields = dict(one.split(": ", 1) for one in lines)
    return int(status[1]), fields, body


def ask(program, request):
    """Sends bytes, then no more, and reads the answers to the end."""
    with connect(program.metrics_port) as client:
        client.sendall(request)
        shut_down(client)
        return read_all(client)


@scenario
def each_request_has_its_answer():
    with Program("both") as program:
        wrong = []
        for says, request, wanted in REQUESTS:
            status, fields, body = split(ask(program, request))
            if status != wanted:
                wrong.append((says, status, wanted))
            if status in (200, 404, 405):
                assert int(fields["Content-Length"]) == len(body), says
            if status != 200:
                assert fields["Content-Type"].startswith("text/plain"), says
                assert re.fullmatch(rb"[A-Z][ -~]*\.\n", body), (says, body)
            if status == 405:
                assert fields["Allow"] == "GET, HEAD", says
            assert program.http("/-/healthy").status == 200, says
        assert not wrong, wrong


@scenario
def a_refusal_can_be_read_by_who_still_sends():
    """Closing at once would reset the connection, and the answer with it."""
    with Program("server") as program:
        for start, wanted in (
            (b"GET /?" + b"a=1&" * 7000, 414),
            (GET + HOST + b"X: ", 431),
            (b"nonsense\r\n\r\n", 400),
        ):
            for _ in range(20):
                with connect(program.metrics_port) as client:
                    client.sendall(start + b"x" * 100_000)
                    client.sendall(b"x" * 100_000)
                    assert split(read_all(client))[0] == wanted


@scenario
def many_requests_at_once_are_answered_in_order():
    paths = [b"/-/healthy", b"/missing", b"/metrics", b"/"] * 25
    requests = b"".join(b"GET %s HTTP/1.1\r\n%s\r\n" % (path, HOST) for path in paths)
    with Program("server") as program:
        answers = ask(program, requests + b"GET / HTTP/1.0\r\n\r\n" + SCRAPE)
        statuses = [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
        # Nothing is answered behind what ends the connection.
        assert statuses == [200, 404, 200, 200] * 25 + [200], statuses


@scenario
def the_connection_stays_or_ends_as_asked():
    table = [
        (SCRAPE, True),
        (headers(b"Connection: close"), False),
        (headers(b"Connection: x", b"Connection: y, Close"), False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
        (headers(b"Content-Length: 5"), False),
        (line(b"POST / HTTP/1.1"), True),
        (line(b"GET /missing HTTP/1.1"), True),
        (line(b"BREW / HTTP/1.1"), False),
    ]
    with Program("server") as program:
        for request, stays in table:
            answers = ask(program, request + SCRAPE)
            assert answers.count(b"HTTP/1.1 ") == (2 if stays else 1), (request, answers[:200])
            connection = split(answers)[1]["Connection"]
            assert connection == ("keep-alive" if stays else "close"), (request, connection)


@scenario
def several_header_lines_are_one_list():
    with Program("server") as program:
        answer = ask(
            program,
            headers(
                b"Accept: text/html",
                b"Accept-Encoding: br",
                b"accept: application/openmetrics-text;version=1.0.0",
                b"accept-encoding: gzip",
            ),
        )
        status, fields, _ = split(answer)
        assert status == 200
        assert fields["Content-Type"].startswith("application/openmetrics-text"), fields
        assert fields["Content-Encoding"] == "gzip", fields
        # What was refused in one line stays refused.
        refused = headers(b"Accept-Encoding: *", b"Accept-Encoding: gzip;q=0")
        fields = split(ask(program, refused))[1]
        assert "Content-Encoding" not in fields, fields


def behind_a_path(prefix, port):
    """A handler that forwards what is below the prefix, as reverse proxies do."""

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if not self.path.startswith(prefix + "/"):
                self.send_error(404)
                return
            url = f"http://127.0.0.1:{port}{self.path[len(prefix):]}"
            with urllib.request.urlopen(url, timeout=10) as response:
                body = response.read()
                self.send_response(response.status)
                for name, value in response.headers.items():
                    if name.lower() not in ("connection", "date"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Proxy


@scenario
def the_pages_links_work_behind_a_path():
    targets = {f"t{number}": "127.0.0.1:9" for number in range(1200)}
    with Program("client", "-interval=10s", targets=targets) as program:
        handler = behind_a_path("/some/where", program.metrics_port)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
            thread = threading.Thread(target=proxy.serve_forever)
            thread.start()
            try:
                base = f"http://127.0.0.1:{proxy.server_port}/some/where/"
                with urllib.request.urlopen(base, timeout=10) as response:
                    page = response.read().decode()
                links = re.findall(r'(?:href|src|action)="([^"]*)"', page)
                assert {"metrics", "page.js", "page.css", "favicon.ico"} <= set(links), links
                script = b""
                for link in links:
                    with urllib.request.urlopen(base + link, timeout=10) as response:
                        body = response.read()
                        assert body, link
                        if link == "metrics":
                            parse(body)
                        if link == "page.js":
                            script = body
                # What the script asks for, too.
                assert b"fetch(`api/v1/${path}" in script
                with urllib.request.urlopen(base + "api/v1/targets?limit=1", timeout=10) as response:
                    assert json.load(response)["counts"]["all"] == 1200
            finally:
                proxy.shutdown()
                thread.join()


if __name__ == "__main__":
    main(workers=3)
