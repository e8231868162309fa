/* SPDX-License-Identifier: MIT */
/* The addresses of a host, as the system's resolver gives them: getaddrinfo(3). */
#ifndef NET_ADDRESS_LIST_H
#define NET_ADDRESS_LIST_H

#include <stddef.h>

#include "base/address.h"
#include "base/endpoint.h"

struct address_list {
	union address *addresses; /* Owned. NULL while empty. */
	size_t count;
};

void address_list_clear(struct address_list *list);

/*
 * Reads numeric hosts, and an empty one or "localhost" as the loopback addresses, at once and
 * without any resolver. family: AF_INET, AF_INET6, or AF_UNSPEC for either. Returns 0 with *list
 * overwritten, -ENOENT where the host is a name (or not of that family), or -ENOMEM.
 */
int address_list_from_numeric(
	const struct endpoint *endpoint, int family, struct address_list *list);

/*
 * Asks the system's resolver, which may block for as long as it likes. family: as above; flags:
 * more of getaddrinfo()'s AI_ flags. Returns 0 with *list overwritten, or an error of
 * getaddrinfo().
 */
int address_list_look_up(
	const struct endpoint *endpoint, int family, int flags, struct address_list *list);

/* What getaddrinfo() means by a failure. Static. */
const char *address_list_error(int failure);

#endif
