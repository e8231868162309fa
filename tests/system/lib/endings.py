# SPDX-License-Identifier: MIT
"""Ending connections that the other side may have ended first."""
import errno
import socket

# What systems say of a connection that has been reset.
_GONE = (errno.ENOTCONN, errno.ECONNRESET)


def shut_down(connection, how=socket.SHUT_WR):
    """As connection.shutdown(), where the other side may already have reset the connection: then nothing is left to end."""
    try:
        connection.shutdown(how)
    except OSError as error:
        if error.errno not in _GONE:
            raise
