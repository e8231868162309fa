/* SPDX-License-Identifier: MIT */
#include "net/waker.h"

#include "net/socket.h"

int waker_open(struct waker *waker)
{
	evutil_socket_t pair[2];
	if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -socket_errno();
	for (int i = 0; i < 2; i++) {
		evutil_make_socket_nonblocking(pair[i]);
		evutil_make_socket_closeonexec(pair[i]);
		pair[i] = socket_move_up(pair[i]);
	}
	*waker = (struct waker){.read_fd = pair[0], .write_fd = pair[1]};
	return 0;
}

void waker_close(struct waker *waker)
{
	evutil_closesocket(waker->read_fd);
	evutil_closesocket(waker->write_fd);
}

void waker_wake(struct waker *waker)
{
	/* A full buffer means that a wake-up is already pending. */
	ssize_t sent = socket_send(waker->write_fd, "w", 1);
	(void)sent;
}

void waker_drain(struct waker *waker)
{
	char bytes[64];
	while (socket_receive(waker->read_fd, bytes, sizeof(bytes)) > 0)
		;
}
