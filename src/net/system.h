/* SPDX-License-Identifier: MIT */
/*
 * Calls on sockets as this program uses them, the same on POSIX systems and on Windows (Winsock):
 * never blocking, failing by errno. A socket is an evutil_socket_t, which a Windows one fits into;
 * below 0 it is none.
 */
#ifndef NET_SYSTEM_H
#define NET_SYSTEM_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/network.h"

/* Windows' WSAEHOSTDOWN, for which its C library has no name. */
#if defined(_WIN32) && !defined(EHOSTDOWN)
#define EHOSTDOWN WSAEHOSTDOWN
#endif

/* Of an address's zone as text ("eth0", "12"), with its NUL. */
#define SYSTEM_ZONE_MAX 32

/* The positive errno of the last call on a socket in this thread. */
int system_errno(void);

/* Opens a TCP socket that children do not inherit. Returns it, or a negative errno. */
evutil_socket_t system_open(int family);
void system_close(evutil_socket_t fd);

/* Takes a connection. Returns its socket, as system_open() makes them, or a negative errno. */
evutil_socket_t system_accept(evutil_socket_t fd);

/* Returns 0, -EINPROGRESS (writable once it is over: see system_pending_error()), or -errno. */
int system_connect(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Whether a connect() in the background is over, one way or the other. */
bool system_is_dialled(evutil_socket_t fd);

/* The positive errno that a connect() in the background ended with; 0 for success. */
int system_pending_error(evutil_socket_t fd);

/* The addresses of both ends. *length: of the room, then of the address. Return 0 or -errno. */
int system_own_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length);
int system_peer_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length);

/* setsockopt() for what is an int. A failure changes nothing. */
void system_set_option(evutil_socket_t fd, int level, int name, int value);

/* Gives it an own address before it connects; port 0 is any. Returns 0 or a negative errno. */
int system_bind(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Marks what it sends with a differentiated services codepoint (RFC 2474). Returns 0 or -errno:
 * -EOPNOTSUPP on Windows, which marks by policies alone. */
int system_mark(evutil_socket_t fd, int family, unsigned dscp);

/* Nobody else may listen on the address, but one that was just used may be used again. */
void system_claim_address(evutil_socket_t fd);

/* Binds and listens. Returns 0 or a negative errno. */
int system_listen(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Closing it resets the connection, and drops what is still to be sent. */
void system_reset_on_close(evutil_socket_t fd);

/* Has a silent peer asked whether it is there: after idle_s, then each interval_s, so many times
 * (on Windows ten times). */
void system_keep_alive(evutil_socket_t fd, int idle_s, int interval_s, int probes);

/* What getaddrinfo() means by a failure. Static. */
const char *system_resolve_error(int failure);

/* Writes the zone of a link-local address; "" where there is none. zone: SYSTEM_ZONE_MAX bytes. */
void system_zone(unsigned long scope, char *zone);

/*
 * send() and recv(), which may be called ten thousand times a second: where there is nothing to
 * translate they are nothing but that. Both return the number of bytes or a negative errno.
 */
#ifdef _WIN32

ssize_t system_send(evutil_socket_t fd, const void *bytes, size_t length);
ssize_t system_receive(evutil_socket_t fd, void *buffer, size_t size);

#else

#include <errno.h>

/* Where a call cannot be told to raise no SIGPIPE, each socket is, as it is made. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static inline ssize_t system_send(evutil_socket_t fd, const void *bytes, size_t length)
{
	ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent >= 0 ? sent : -errno;
}

static inline ssize_t system_receive(evutil_socket_t fd, void *buffer, size_t size)
{
	ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT);
	return length >= 0 ? length : -errno;
}

#endif

#endif
