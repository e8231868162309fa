/* SPDX-License-Identifier: MIT */
/* "host:port" as people write it: names, IPv4, IPv6 in brackets, or no host at all. */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

#include <stdint.h>

/* A host name has at most 253 bytes (RFC 1035 section 2.3.4); an IPv6 address with zone fewer. */
#define ENDPOINT_HOST_MAX 256
/* Brackets, colon and five digits on top. */
#define ENDPOINT_TEXT_MAX (ENDPOINT_HOST_MAX + 8)

/* Stored by the caller. */
struct endpoint {
	char host[ENDPOINT_HOST_MAX]; /* Without brackets; empty if none was given (":4000"). */
	uint16_t port;		      /* 0 only with ENDPOINT_TO_LISTEN. */
};

enum endpoint_use {
	ENDPOINT_TO_DIAL,   /* Port 1 to 65535. */
	ENDPOINT_TO_LISTEN, /* Or port 0: any free one. */
};

/*
 * Reads text. Returns 0, or -EINVAL with *reason (static, e.g. "has no port") and *endpoint
 * untouched. Refused: no colon; an empty port, one that is not a number or out of range; an
 * unclosed or stray bracket; an IPv6 address without brackets ("::1:4000" is ambiguous); brackets
 * around anything else; white space, control characters, '/' or non-ASCII bytes in the host; a host
 * longer than 253 bytes.
 */
int endpoint_parse(
	const char *text, enum endpoint_use use, struct endpoint *endpoint, const char **reason);

/* Writes "host:port", or "[host]:port" for a host with colons. text: ENDPOINT_TEXT_MAX bytes. */
void endpoint_format(const struct endpoint *endpoint, char *text);

#endif
