/* SPDX-License-Identifier: MIT */
/* What the kernel's TCP knows of a connection: TCP_INFO (Linux; tcp(7)), and on macOS
 * TCP_CONNECTION_INFO. */
#ifndef NET_TCP_INFO_H
#define NET_TCP_INFO_H

#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

struct tcp_facts {
	uint32_t retransmits;  /* Segments sent again, SYNs included, since the socket was made. */
	uint32_t out_of_order; /* Segments that came before one that was to come first; 0 where
				  that is not known. */
	int64_t rtt_ns;	       /* Smoothed; -1 where not known. */
	int64_t min_rtt_ns;    /* Over the kernel's window; -1 where not known. */
};

/* Whether this system tells at all: Linux and macOS do. */
bool tcp_info_is_told(void);

/* Returns whether the system told; *facts is untouched otherwise. */
bool tcp_info_read(evutil_socket_t fd, struct tcp_facts *facts);

#endif
