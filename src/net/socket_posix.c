/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Thousands of probers may start at once; the kernel cuts it to net.core.somaxconn. */
#define BACKLOG 4096

int socket_errno(void)
{
	return errno;
}

static atomic_int lowest_socket;

void socket_stay_above(int lowest)
{
	atomic_store(&lowest_socket, lowest);
}

evutil_socket_t socket_move_up(evutil_socket_t fd)
{
	int lowest = atomic_load_explicit(&lowest_socket, memory_order_relaxed);
	if (fd < 0 || fd >= lowest)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
	if (moved < 0)
		return fd;
	close(fd);
	return moved;
}

#ifdef SOCK_NONBLOCK

evutil_socket_t socket_open(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd >= 0 ? socket_move_up(fd) : -errno;
}

evutil_socket_t socket_open_datagram(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd >= 0 ? fd : -errno;
}

evutil_socket_t socket_accept(evutil_socket_t fd, union address *peer)
{
	socklen_t length = sizeof(*peer);
	int accepted = accept4(fd, &peer->any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return accepted >= 0 ? socket_move_up(accepted) : -errno;
}

#else

/* A child that is forked in between still inherits it. Returns it, or a negative errno. */
static evutil_socket_t prepare(int fd)
{
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		int error = errno;
		close(fd);
		return -error;
	}
#ifdef SO_NOSIGPIPE
	socket_set_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
	return socket_move_up(fd);
}

evutil_socket_t socket_open(int family)
{
	return prepare(socket(family, SOCK_STREAM, 0));
}

evutil_socket_t socket_open_datagram(int family)
{
	return prepare(socket(family, SOCK_DGRAM, 0));
}

evutil_socket_t socket_accept(evutil_socket_t fd, union address *peer)
{
	socklen_t length = sizeof(*peer);
	return prepare(accept(fd, &peer->any, &length));
}

#endif

void socket_close(evutil_socket_t fd)
{
	close(fd);
}

int socket_connect(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	return connect(fd, address, length) == 0 ? 0 : -errno;
}

bool socket_is_dialled(evutil_socket_t fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	return poll(&poll_fd, 1, 0) > 0;
}

int socket_pending_error(evutil_socket_t fd)
{
	int error = 0;
	socklen_t length = sizeof(error);
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int socket_own_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length)
{
	return getsockname(fd, address, length) == 0 ? 0 : -errno;
}

int socket_peer_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length)
{
	return getpeername(fd, address, length) == 0 ? 0 : -errno;
}

void socket_set_option(evutil_socket_t fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

int socket_bind(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
#ifdef IP_BIND_ADDRESS_NO_PORT
	/* Otherwise each local port could be used for one connection only, to whatever address. */
	socket_set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif
	return bind(fd, address, length) == 0 ? 0 : -errno;
}

int socket_mark(evutil_socket_t fd, int family, unsigned dscp)
{
	int value = (int)dscp << 2;
	int set = family == AF_INET6
			  ? setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value))
			  : setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof(value));
	return set == 0 ? 0 : -errno;
}

#ifdef SO_BINDTODEVICE

int socket_bind_interface(evutil_socket_t fd, int family, const char *name)
{
	(void)family;
	socklen_t length = (socklen_t)strlen(name);
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, length) == 0 ? 0 : -errno;
}

#elif defined(IP_BOUND_IF)

int socket_bind_interface(evutil_socket_t fd, int family, const char *name)
{
	unsigned index = if_nametoindex(name);
	if (index == 0)
		return -ENODEV;
	int set = family == AF_INET6
			  ? setsockopt(fd, IPPROTO_IPV6, IPV6_BOUND_IF, &index, sizeof(index))
			  : setsockopt(fd, IPPROTO_IP, IP_BOUND_IF, &index, sizeof(index));
	return set == 0 ? 0 : -errno;
}

#else

int socket_bind_interface(evutil_socket_t fd, int family, const char *name)
{
	(void)fd;
	(void)family;
	(void)name;
	return -EOPNOTSUPP;
}

#endif

void socket_claim_address(evutil_socket_t fd)
{
	socket_set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

int socket_listen(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	return bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0 ? 0 : -errno;
}

void socket_end_sending(evutil_socket_t fd)
{
	shutdown(fd, SHUT_WR);
}

void socket_reset_on_close(evutil_socket_t fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

void socket_keep_alive(evutil_socket_t fd, int idle_s, int interval_s, int probes)
{
	socket_set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	socket_set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
#elif defined(TCP_KEEPALIVE)
	socket_set_option(fd, IPPROTO_TCP, TCP_KEEPALIVE, idle_s);
#endif
#ifdef TCP_KEEPINTVL
	socket_set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval_s);
#endif
#ifdef TCP_KEEPCNT
	socket_set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
#endif
}
