# SPDX-License-Identifier: MIT
"""Requests to the program's HTTP front."""
import http.client


class Response:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body


def request(port, path="/metrics", method="GET", headers=None, host="127.0.0.1", seconds=30.0, tls=None):
    """One request on a new connection. tls: an ssl.SSLContext, or None."""
    if tls:
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=tls)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        return request_on(connection, path, method, headers)
    finally:
        connection.close()


def request_on(connection, path="/metrics", method="GET", headers=None):
    """One request on an open connection, which stays open."""
    connection.request(method, path, headers=headers or {})
    response = connection.getresponse()
    return Response(response, response.read())
