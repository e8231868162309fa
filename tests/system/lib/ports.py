# SPDX-License-Identifier: MIT
"""Ports that nobody else uses, not even by chance."""
import errno
import random
import socket

_ports = random.Random()
_given = set()


def free_port():
    """
    A port without a listener in either family, from below the range that the kernel uses for outgoing
    connections: nobody takes it by chance while a test leaves it unused. Never the same twice, as long as
    there are others.
    """
    while True:
        port = _ports.randint(10000, 32000)
        if len(_given) > 10000:
            _given.clear()
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port):
    try:
        with socket.create_server(("0.0.0.0", port)):
            pass
        if socket.has_ipv6:
            with socket.create_server(("::1", port), family=socket.AF_INET6):
                pass
    except OSError as error:
        return error.errno == errno.EADDRNOTAVAIL
    return True


def listen(host, port=0, backlog=128):
    """A listener. Without a port it is one that no prober of another test can be dialling."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        try:
            return socket.create_server((host, port or free_port()), family=family, backlog=backlog)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE:
                raise
