/* SPDX-License-Identifier: MIT */
/* The addresses of a host, as the system's resolver finds them: getaddrinfo(3). */
#ifndef NET_ADDRESS_LIST_H
#define NET_ADDRESS_LIST_H

#include <stddef.h>

#include "base/address.h"
#include "base/endpoint.h"

/* Stored by the caller; all zero is an empty list. */
/* No address is in it twice. */
struct address_list {
	union address *addresses; /* Owned. NULL while empty. */
	size_t count;
};

/* Frees the addresses; empty afterwards. */
void address_list_clear(struct address_list *list);

/*
 * Takes numeric hosts, and an empty one or "localhost" as the loopback addresses, without asking a
 * resolver; never blocks. family: AF_INET, AF_INET6, or AF_UNSPEC for either. Returns 0 with *list
 * overwritten, -ENOENT if the host is a name or of another family, or -ENOMEM; on failure *list is
 * untouched.
 */
int address_list_from_numeric(
	const struct endpoint *endpoint, int family, struct address_list *list);

/*
 * Asks the system's resolver, which may block for a long time. family: as above. flags: more AI_
 * flags of getaddrinfo(). Returns 0 with *list overwritten, or an EAI_ error of getaddrinfo() with
 * *list untouched. At most 16 addresses are kept.
 */
int address_list_look_up(
	const struct endpoint *endpoint, int family, int flags, struct address_list *list);

/* What an EAI_ error means, in English. Static. */
const char *address_list_error(int failure);

#endif
