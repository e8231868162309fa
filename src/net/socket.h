/* SPDX-License-Identifier: MIT */
/*
 * Calls on sockets as this program uses them, the same on POSIX systems and on Windows (Winsock):
 * never blocking, failing by errno. A socket is an evutil_socket_t, which a Windows one fits into;
 * below 0 it is none.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/network.h"

/* Windows' WSAEHOSTDOWN, for which its C library has no name. */
#if defined(_WIN32) && !defined(EHOSTDOWN)
#define EHOSTDOWN WSAEHOSTDOWN
#endif

/* The positive errno of the last call on a socket in this thread. */
int socket_errno(void);

/* Opens a TCP socket that children do not inherit. Returns it, or a negative errno. */
evutil_socket_t socket_open(int family);
void socket_close(evutil_socket_t fd);

/* Takes a connection. Returns its socket, as socket_open() makes them, or a negative errno. */
evutil_socket_t socket_accept(evutil_socket_t fd);

/* Returns 0, -EINPROGRESS (writable once it is over: see socket_pending_error()), or -errno. */
int socket_connect(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Whether a connect() in the background is over, one way or the other. */
bool socket_is_dialled(evutil_socket_t fd);

/* The positive errno that a connect() in the background ended with; 0 for success. */
int socket_pending_error(evutil_socket_t fd);

/* The addresses of both ends. *length: of the room, then of the address. Return 0 or -errno. */
int socket_own_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length);
int socket_peer_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length);

/* setsockopt() for what is an int. A failure changes nothing. */
void socket_set_option(evutil_socket_t fd, int level, int name, int value);

/* Gives it an own address before it connects; port 0 is any. Returns 0 or a negative errno. */
int socket_bind(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Marks what it sends with a differentiated services codepoint (RFC 2474). Returns 0 or -errno:
 * -EOPNOTSUPP on Windows, which marks by policies alone. */
int socket_mark(evutil_socket_t fd, int family, unsigned dscp);

/* Nobody else may listen on the address, but one that was just used may be used again. */
void socket_claim_address(evutil_socket_t fd);

/* Binds and listens. Returns 0 or a negative errno. */
int socket_listen(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Closing it resets the connection, and drops what is still to be sent. */
void socket_reset_on_close(evutil_socket_t fd);

/* Has a silent peer asked whether it is there: after idle_s, then each interval_s, so many times
 * (on Windows ten times). */
void socket_keep_alive(evutil_socket_t fd, int idle_s, int interval_s, int probes);

/* Whether an errno (positive) of a send or receive only says: not now. */
bool socket_is_busy(int error);

/*
 * TCP_NODELAY, keep-alive probes after 30 s of silence, and never more than 4 s between
 * retransmissions where the kernel can do that. Failures are ignored: the socket works.
 */
void socket_tune(evutil_socket_t fd);

/*
 * send() and recv(), which may be called ten thousand times a second: where there is nothing to
 * translate they are nothing but that. Both return the number of bytes or a negative errno.
 */
#ifdef _WIN32

ssize_t socket_send(evutil_socket_t fd, const void *bytes, size_t length);
ssize_t socket_receive(evutil_socket_t fd, void *buffer, size_t size);

#else

#include <errno.h>

/* Where a call cannot be told to raise no SIGPIPE, each socket is, as it is made. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static inline ssize_t socket_send(evutil_socket_t fd, const void *bytes, size_t length)
{
	ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent >= 0 ? sent : -errno;
}

static inline ssize_t socket_receive(evutil_socket_t fd, void *buffer, size_t size)
{
	ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT);
	return length >= 0 ? length : -errno;
}

#endif

#endif
