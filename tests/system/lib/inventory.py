# SPDX-License-Identifier: MIT
"""An HTTP server of targets that behaves, or misbehaves in one way, on purpose."""
import json
import socket
import socketserver
import ssl
import threading
import time

# Each behaviour takes the request's headers (bytes) and the connection, and answers.


def answers(targets, status="200 OK", headers=()):
    """targets: what becomes JSON, or the body itself."""
    body = targets if isinstance(targets, bytes) else json.dumps(targets).encode("utf-8")

    def behave(_request, connection):
        head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
        connection.sendall("\r\n".join([*head, "", ""]).encode("ascii") + body)

    return behave


def is_silent(_request, connection):
    connection.settimeout(60)
    try:
        while connection.recv(4096):
            pass
    except OSError:
        pass


def hangs_up(_request, _connection):
    pass


def resets(_request, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def babbles(_request, connection):
    connection.sendall(b"220 smtp.example.com ESMTP\r\n")


def stops_halfway(_request, connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{"targets": ["')


def trickles(_request, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)
    except OSError:
        pass


def never_ends(_request, connection):
    """More than there may be."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while True:
            connection.sendall(b" " * 65536)
    except OSError:
        pass


def redirects(location):
    return answers(b"", "302 Found", [f"Location: {location}"])


class Inventory:
    """As a context it serves on a free port. behaviour may be changed at any time; requests: what was asked."""

    def __init__(self, behaviour, tls=None, port=0):
        self.behaviour = behaviour
        self.requests = []
        self._tls = tls
        inventory = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    inventory._serve(self.request)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self):
        return f"http{'s' if self._tls else ''}://localhost:{self.port}/targets"

    def _serve(self, connection):
        if self._tls:
            connection.settimeout(20)
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except (ssl.SSLError, OSError):
                return
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(4096)
            if not more:
                return
            request += more
        self.requests.append(request)
        self.behaviour(request, connection)
        if self._tls:
            connection.close()
