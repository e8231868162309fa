/* SPDX-License-Identifier: MIT */
/*
 * Calls on sockets, the same on POSIX systems and on Windows (Winsock): they never block, and fail
 * by errno. A socket is an evutil_socket_t, which holds a Windows SOCKET, too; none is below 0.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/address.h"
#include "base/network.h"

/* Windows' C library has no EHOSTDOWN. */
#if defined(_WIN32) && !defined(EHOSTDOWN)
#define EHOSTDOWN WSAEHOSTDOWN
#endif

/* The positive errno of this thread's last call on a socket. */
int socket_errno(void);

/*
 * Opens a non-blocking, close-on-exec TCP socket. family: AF_INET or AF_INET6. Returns it, owned by
 * the caller, or a negative errno.
 */
evutil_socket_t socket_open(int family);

/* The same for UDP. */
evutil_socket_t socket_open_datagram(int family);

/*
 * From now on sockets get descriptors from this number on, where the limit allows it: in another
 * program's process, whose own may have to stay below FD_SETSIZE, for select(). Process-wide. Nothing
 * on Windows.
 */
void socket_stay_above(int lowest);

/* Moves a new socket there. Returns it, or fd itself. */
evutil_socket_t socket_move_up(evutil_socket_t fd);

/* fd: 0 or more. */
void socket_close(evutil_socket_t fd);

/* Accepts a connection, and tells whose. Returns its socket, as socket_open() does, or a negative
 * errno with *peer untouched. */
evutil_socket_t socket_accept(evutil_socket_t fd, union address *peer);

/*
 * Connects. Returns 0, -EINPROGRESS (it becomes writable when this has ended; then ask
 * socket_pending_error()), or another negative errno.
 */
int socket_connect(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Whether a connect in progress has ended, in success or failure. */
bool socket_is_dialled(evutil_socket_t fd);

/* The positive errno that a connect in progress ended with; 0 for success. */
int socket_pending_error(evutil_socket_t fd);

/*
 * The addresses of the two ends. *length: the room at address, then the address's length. Each
 * returns 0 or a negative errno.
 */
int socket_own_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length);
int socket_peer_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length);

/* setsockopt() of an int. Failures are ignored: an option that does not exist changes nothing. */
void socket_set_option(evutil_socket_t fd, int level, int name, int value);

/* Chooses the local address before connecting; port 0 is any. Returns 0 or a negative errno. */
int socket_bind(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/*
 * Marks what it sends with a differentiated services codepoint (RFC 2474). family: the socket's.
 * dscp: 0 to 63. Returns 0 or a negative errno: -EOPNOTSUPP on Windows, where only policies mark.
 */
int socket_mark(evutil_socket_t fd, int family, unsigned dscp);

/*
 * Makes it send and receive by that network interface alone, or within that VRF, before connecting.
 * family: the socket's. Returns 0 or a negative errno: -ENODEV if there is none of that name, -EPERM
 * where it takes a privilege (Linux before 5.7), -EOPNOTSUPP where the system has no such thing.
 */
int socket_bind_interface(evutil_socket_t fd, int family, const char *name);

/* Before listening: shares the address with no other socket, but may reuse one just closed. */
void socket_claim_address(evutil_socket_t fd);

/* Binds and listens. Returns 0 or a negative errno. */
int socket_listen(evutil_socket_t fd, const struct sockaddr *address, socklen_t length);

/* Tells the peer that nothing more will be sent. */
void socket_end_sending(evutil_socket_t fd);

/* Makes closing reset the connection, and drop what has not been sent. */
void socket_reset_on_close(evutil_socket_t fd);

/*
 * Sends keep-alive probes (RFC 9293 section 3.8.4) to a silent peer: the first after idle_s
 * seconds, then one every interval_s; after `probes` of them without an answer (10 on Windows) the
 * connection ends with ETIMEDOUT.
 */
void socket_keep_alive(evutil_socket_t fd, int idle_s, int interval_s, int probes);

/* Whether an errno (positive) of a send or receive only means: try again later. */
bool socket_is_busy(int error);

/*
 * Sets TCP_NODELAY, keep-alive probes after 30 s of silence and, where the kernel can do that
 * (Linux 6.15), at most 4 s between retransmissions. Failures are ignored: the socket works.
 */
void socket_tune(evutil_socket_t fd);

/*
 * send() and recv(), never blocking. They are called many thousand times a second, so they are
 * inline where there is nothing to translate. All return a number of bytes or a negative errno;
 * socket_receive() returns 0 at the end of the stream; socket_peek() leaves there what it tells.
 */
#ifdef _WIN32

ssize_t socket_send(evutil_socket_t fd, const void *bytes, size_t length);
ssize_t socket_receive(evutil_socket_t fd, void *buffer, size_t size);
ssize_t socket_peek(evutil_socket_t fd, void *buffer, size_t size);

#else

#include <errno.h>

/* Where a call cannot suppress SIGPIPE, each socket does, from when it is opened. */
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

static inline ssize_t socket_peek(evutil_socket_t fd, void *buffer, size_t size)
{
	ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT | MSG_PEEK);
	return length >= 0 ? length : -errno;
}

#endif

#endif
