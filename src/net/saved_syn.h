/* SPDX-License-Identifier: MIT */
/* The SYN of an accepted connection as it arrived: by TCP_SAVE_SYN, on Linux. */
#ifndef NET_SAVED_SYN_H
#define NET_SAVED_SYN_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct saved_syn {
	int family;   /* AF_INET or AF_INET6: of the packet, which for an IPv4 peer of a dual-stack
			  socket is not the socket's. */
	uint8_t dscp; /* Its mark (RFC 2474), 0 to 63. */
	uint8_t ttl;  /* Time to live, or hop limit. */
	uint16_t
		mss; /* The greatest segment that its sender, or whoever changed it on its way, wants
			  to be sent (RFC 9293, section 3.7.1), in bytes; 0 if it does not say. */
};

/* Makes the kernel keep the SYN of each connection from now on until saved_syn_take() or its end. Nothing
 * on other systems. */
void saved_syn_keep(evutil_socket_t listener);

/* Takes it from an accepted connection. Returns false if there is none: another system, or a SYN cookie
 * (RFC 4987) in a flood. */
bool saved_syn_take(evutil_socket_t accepted, struct saved_syn *syn);

/* Reads the headers: IPv4 or IPv6 (RFC 791, RFC 8200), and TCP. Returns false if that is neither of the
 * two; where TCP's is cut short there is no segment size. Pure. */
bool saved_syn_parse(const unsigned char *packet, size_t length, struct saved_syn *syn);

#endif
