/* SPDX-License-Identifier: MIT */
/* What the kernel's TCP knows of a connection: TCP_INFO (tcp(7)), on macOS TCP_CONNECTION_INFO. */
#ifndef NET_TCP_INFO_H
#define NET_TCP_INFO_H

#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

struct tcp_facts {
	uint32_t retransmits;  /* Segments retransmitted since the socket was opened, SYNs too. */
	uint32_t out_of_order; /* Segments received ahead of an earlier one (macOS: bytes); 0 if
				  unknown. It may only be compared with earlier readings. */
	int64_t rtt_ns;	       /* Smoothed; -1 if unknown. */
	int64_t min_rtt_ns;    /* Of the last 5 minutes (tcp_min_rtt_wlen); -1 if unknown. */
};

/* Whether this system has them: Linux and macOS do. */
bool tcp_info_is_available(void);

/* Returns whether *facts was filled; it is untouched otherwise. fd: a TCP socket. */
bool tcp_info_read(evutil_socket_t fd, struct tcp_facts *facts);

/*
 * Whether segments came out of order since this was last true: what is read together then had to wait for one
 * that was lost and sent again. All others were timestamped long before anybody could read them.
 * *out_of_order: as of then; 0 at first.
 */
static inline bool tcp_info_was_held_up(evutil_socket_t fd, uint32_t *out_of_order)
{
	struct tcp_facts facts;
	if (!tcp_info_read(fd, &facts) || facts.out_of_order == *out_of_order)
		return false;
	*out_of_order = facts.out_of_order;
	return true;
}

#endif
