# SPDX-License-Identifier: MIT
"""Ports that nobody else uses, not even by chance."""
import errno
import random
import socket
import sys
import threading

# Below the range that the kernel uses for outgoing connections.
FIRST, END, BLOCK = 10000, 32000, 100

_lock = threading.Lock()
_untried = random.sample(range(FIRST, END, BLOCK), (END - FIRST) // BLOCK)
_claims = []
_blocks = []
_ports = []


def free_port():
    """
    A port without a listener in either family, from below the range that the kernel uses for outgoing
    connections: nobody takes it by chance while a test leaves it unused. Never the same twice, as long as
    there are others, and never one that a script running at the same time may get.
    """
    with _lock:
        while True:
            if not _ports:
                first = _next_block()
                _ports.extend(random.sample(range(first, first + BLOCK), BLOCK))
            port = _ports.pop()
            if _is_free(port):
                return port


def _next_block():
    """The first port of a block for this process alone; when there are no more, of one that it has used up."""
    while _untried:
        first = _untried.pop()
        if _claim(first):
            _blocks.append(first)
            return first
    return random.choice(_blocks)


def _claim(first):
    """
    Whether a block is for this process: for as long as it runs, it alone has a socket of that name. Linux has such
    names for each network namespace, as it has ports; elsewhere, everybody gets the block.
    """
    if sys.platform != "linux":
        return True
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0tcp-echo-test-ports-{first}")
    except OSError as error:
        claim.close()
        return error.errno != errno.EADDRINUSE
    _claims.append(claim)
    return True


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
