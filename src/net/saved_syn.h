/* SPDX-License-Identifier: MIT */
/* How the SYN of an accepted connection was marked when it arrived: by TCP_SAVE_SYN, on Linux. */
#ifndef NET_SAVED_SYN_H
#define NET_SAVED_SYN_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>

/* A mark (RFC 2474), and the family of the packets that bear it, which for an IPv4 peer of a dual-stack
 * socket is not the socket's. */
struct packet_mark {
	int family;    /* AF_INET or AF_INET6. */
	unsigned dscp; /* 0 to 63. */
};

/* Makes the kernel keep the SYN of each connection from now on until saved_syn_take() or its end. Nothing
 * on other systems. */
void saved_syn_keep(evutil_socket_t listener);

/* Takes it from an accepted connection. Returns false if there is none: another system, or a SYN cookie
 * (RFC 4987) in a flood. */
bool saved_syn_take(evutil_socket_t accepted, struct packet_mark *mark);

/* Reads the mark from an IPv4 or IPv6 header (RFC 791, RFC 8200). Returns false if there is none. Pure. */
bool saved_syn_parse(const unsigned char *packet, size_t length, struct packet_mark *mark);

#endif
