/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <errno.h>

/* Seconds of silence before keep-alive probes start, and between them; how many of them. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 3

/*
 * The longest pause before the kernel retransmits. The pause doubles each time, so that a path that
 * came back after half a minute might not be tried for another half. Since Linux 6.15; the C
 * library's headers may be older than the kernel.
 */
#define RETRANSMISSION_PAUSE_MAX_MS 4000
#if defined(__linux__) && !defined(TCP_RTO_MAX_MS)
#define TCP_RTO_MAX_MS 44
#endif

bool socket_is_busy(int error)
{
	switch (error) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
		return true;
	default:
		return false;
	}
}

void socket_tune(evutil_socket_t fd)
{
	socket_set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	socket_keep_alive(fd, KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES);
#ifdef TCP_RTO_MAX_MS
	socket_set_option(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, RETRANSMISSION_PAUSE_MAX_MS);
#endif
}
