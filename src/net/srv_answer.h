/* SPDX-License-Identifier: MIT */
/* What a name server says of a service: SRV records, RFC 2782, in a message by RFC 1035 section 4. Pure. */
#ifndef NET_SRV_ANSWER_H
#define NET_SRV_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "net/dns_search.h"

struct srv_record {
	char host[DNS_NAME_MAX]; /* Without a final dot. */
	uint16_t port;
};

/* All zero is none. Stored by the caller. */
struct srv_list {
	struct srv_record *records; /* Owned. */
	size_t count;
	int64_t valid_s; /* The least time to live of all records of the answer, 0 to a day. */
};

/*
 * Reads a message of so many bytes, of any values. Records whose host is the root, "there is no such service", and
 * those without a port are left out. Returns 0 with *list overwritten, to be cleared by the caller; or -EBADMSG or
 * -ENOMEM with *list untouched.
 */
int srv_answer_read(const unsigned char *message, int length, struct srv_list *list);

void srv_list_clear(struct srv_list *list);

#endif
