/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <errno.h>
#include <limits.h>
#include <mstcpip.h>

/* As on POSIX systems; a plain number is cut to 200. */
#define BACKLOG SOMAXCONN_HINT(4096)
#ifndef SOMAXCONN_HINT
#define SOMAXCONN_HINT(backlog) (-(backlog))
#endif

static const struct {
	int winsock;
	int error;
} errors[] = {
	{WSAEINTR, EINTR},
	{WSAEBADF, EBADF},
	{WSAEACCES, EACCES},
	{WSAEFAULT, EFAULT},
	{WSAEINVAL, EINVAL},
	{WSAEMFILE, EMFILE},
	{WSAEWOULDBLOCK, EAGAIN},
	{WSAEINPROGRESS, EINPROGRESS},
	{WSAEALREADY, EALREADY},
	{WSAENOTSOCK, ENOTSOCK},
	{WSAEMSGSIZE, EMSGSIZE},
	{WSAENOPROTOOPT, ENOPROTOOPT},
	{WSAEPROTONOSUPPORT, EPROTONOSUPPORT},
	{WSAEOPNOTSUPP, EOPNOTSUPP},
	{WSAEAFNOSUPPORT, EAFNOSUPPORT},
	{WSAEADDRINUSE, EADDRINUSE},
	{WSAEADDRNOTAVAIL, EADDRNOTAVAIL},
	{WSAENETDOWN, ENETDOWN},
	{WSAENETUNREACH, ENETUNREACH},
	{WSAENETRESET, ENETRESET},
	{WSAECONNABORTED, ECONNABORTED},
	{WSAECONNRESET, ECONNRESET},
	{WSAENOBUFS, ENOBUFS},
	{WSAEISCONN, EISCONN},
	{WSAENOTCONN, ENOTCONN},
	{WSAESHUTDOWN, EPIPE},
	{WSAETIMEDOUT, ETIMEDOUT},
	{WSAECONNREFUSED, ECONNREFUSED},
	{WSAEHOSTUNREACH, EHOSTUNREACH},
};

/* Returns the errno of a Winsock error; one that has none keeps its number, 10000 or more. */
static int errno_of(int winsock)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].winsock == winsock)
			return errors[i].error;
	return winsock;
}

int socket_errno(void)
{
	return errno_of(WSAGetLastError());
}

static SOCKET handle_of(evutil_socket_t fd)
{
	return (SOCKET)fd;
}

static evutil_socket_t make_nonblocking(SOCKET made)
{
	u_long on = 1;
	if (ioctlsocket(made, (long)FIONBIO, &on) == 0)
		return (evutil_socket_t)made;
	int error = socket_errno();
	closesocket(made);
	return -error;
}

evutil_socket_t socket_open(int family)
{
	SOCKET made = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
		WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	return made != INVALID_SOCKET ? make_nonblocking(made) : -socket_errno();
}

evutil_socket_t socket_open_datagram(int family)
{
	SOCKET made = WSASocketW(family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
		WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	return made != INVALID_SOCKET ? make_nonblocking(made) : -socket_errno();
}

void socket_close(evutil_socket_t fd)
{
	closesocket(handle_of(fd));
}

void socket_stay_above(int lowest)
{
	(void)lowest;
}

evutil_socket_t socket_move_up(evutil_socket_t fd)
{
	return fd;
}

evutil_socket_t socket_accept(evutil_socket_t fd, union address *peer)
{
	socklen_t length = sizeof(*peer);
	SOCKET accepted = accept(handle_of(fd), &peer->any, &length);
	if (accepted != INVALID_SOCKET) {
		SetHandleInformation((HANDLE)accepted, HANDLE_FLAG_INHERIT, 0);
		return make_nonblocking(accepted);
	}
	int error = socket_errno();
	/* The peer left before it was accepted. */
	return error == ECONNRESET ? -ECONNABORTED : -error;
}

int socket_connect(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	if (connect(handle_of(fd), address, length) == 0)
		return 0;
	int error = socket_errno();
	return error == EAGAIN ? -EINPROGRESS : -error;
}

bool socket_is_dialled(evutil_socket_t fd)
{
	/* Before Windows 10 2004 WSAPoll() does not report a refused connection. */
	fd_set done;
	fd_set failed;
	struct timeval at_once = {0};
	FD_ZERO(&done);
	FD_ZERO(&failed);
	FD_SET(handle_of(fd), &done);
	FD_SET(handle_of(fd), &failed);
	return select(0, NULL, &done, &failed, &at_once) > 0;
}

int socket_pending_error(evutil_socket_t fd)
{
	int error = 0;
	int length = sizeof(error);
	if (getsockopt(handle_of(fd), SOL_SOCKET, SO_ERROR, (char *)&error, &length) != 0)
		return socket_errno();
	return error == 0 ? 0 : errno_of(error);
}

int socket_own_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length)
{
	return getsockname(handle_of(fd), address, length) == 0 ? 0 : -socket_errno();
}

int socket_peer_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length)
{
	return getpeername(handle_of(fd), address, length) == 0 ? 0 : -socket_errno();
}

void socket_set_option(evutil_socket_t fd, int level, int name, int value)
{
	setsockopt(handle_of(fd), level, name, (const char *)&value, sizeof(value));
}

int socket_bind(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	return bind(handle_of(fd), address, length) == 0 ? 0 : -socket_errno();
}

int socket_mark(evutil_socket_t fd, int family, unsigned dscp)
{
	(void)fd;
	(void)family;
	(void)dscp;
	return -EOPNOTSUPP;
}

int socket_bind_interface(evutil_socket_t fd, int family, const char *name)
{
	(void)fd;
	(void)family;
	(void)name;
	return -EOPNOTSUPP;
}

void socket_claim_address(evutil_socket_t fd)
{
	/* SO_REUSEADDR would let others take the port over. A port just closed is free anyway. */
	socket_set_option(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
}

int socket_listen(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	SOCKET handle = handle_of(fd);
	if (bind(handle, address, length) == 0 && listen(handle, BACKLOG) == 0)
		return 0;
	return -socket_errno();
}

void socket_end_sending(evutil_socket_t fd)
{
	shutdown(handle_of(fd), SD_SEND);
}

void socket_reset_on_close(evutil_socket_t fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	setsockopt(handle_of(fd), SOL_SOCKET, SO_LINGER, (const char *)&linger, sizeof(linger));
}

void socket_keep_alive(evutil_socket_t fd, int idle_s, int interval_s, int probes)
{
	(void)probes;
	struct tcp_keepalive terms = {
		.onoff = 1,
		.keepalivetime = (ULONG)idle_s * 1000,
		.keepaliveinterval = (ULONG)interval_s * 1000,
	};
	DWORD unused;
	WSAIoctl(handle_of(fd), SIO_KEEPALIVE_VALS, &terms, sizeof(terms), NULL, 0, &unused, NULL,
		NULL);
}

ssize_t socket_send(evutil_socket_t fd, const void *bytes, size_t length)
{
	int sent = send(handle_of(fd), bytes, length < INT_MAX ? (int)length : INT_MAX, 0);
	return sent != SOCKET_ERROR ? sent : -socket_errno();
}

ssize_t socket_receive(evutil_socket_t fd, void *buffer, size_t size)
{
	int length = recv(handle_of(fd), buffer, size < INT_MAX ? (int)size : INT_MAX, 0);
	return length != SOCKET_ERROR ? length : -socket_errno();
}

ssize_t socket_peek(evutil_socket_t fd, void *buffer, size_t size)
{
	int length = recv(handle_of(fd), buffer, size < INT_MAX ? (int)size : INT_MAX, MSG_PEEK);
	return length != SOCKET_ERROR ? length : -socket_errno();
}
