/* SPDX-License-Identifier: MIT */
/* "host:port" as people write it: names, IPv4, IPv6 in brackets, or no host at all. */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

#include <stdint.h>

/* The longest host name of RFC 1035 is 253 bytes; an IPv6 address with its zone is shorter. */
#define ENDPOINT_HOST_MAX 256
/* Brackets, colon, five digits and the NUL come on top. */
#define ENDPOINT_TEXT_MAX (ENDPOINT_HOST_MAX + 8)

/* Stored by the caller. */
struct endpoint {
	char host[ENDPOINT_HOST_MAX]; /* Without brackets; empty where none was given (":4000"). */
	uint16_t port;
};

enum endpoint_use {
	ENDPOINT_TO_DIAL,   /* Port 1 to 65535. */
	ENDPOINT_TO_LISTEN, /* Port 0 too: any free one. */
};

/*
 * Reads text. Returns 0, or -EINVAL with *reason (static, e.g. "has no port") and *endpoint
 * untouched. Refused: no colon, an empty port, a port that is no number or out of range, an open or
 * stray bracket, a bare IPv6 address ("::1:4000": ambiguous), a bracketed host that is no IPv6
 * address, white space, control characters, '/' or bytes beyond ASCII in the host, a host of over
 * 253 bytes.
 */
int endpoint_parse(
	const char *text, enum endpoint_use use, struct endpoint *endpoint, const char **reason);

/* Writes "host:port", or "[host]:port" for a host with colons. text: ENDPOINT_TEXT_MAX bytes. */
void endpoint_format(const struct endpoint *endpoint, char *text);

#endif
