/* SPDX-License-Identifier: MIT */
/* The addresses of a host, as the system's resolver finds them: getaddrinfo(3). */
#ifndef NET_ADDRESS_LIST_H
#define NET_ADDRESS_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/endpoint.h"

/* Stored by the caller; all zero is an empty list. */
struct address_list {
	union address *addresses; /* Owned. NULL while empty. */
	size_t count;
};

/* Frees the addresses; empty afterwards. */
void address_list_clear(struct address_list *list);

/*
 * Adds an address at the end. list: empty at first, and filled by this function alone. Returns 0,
 * or -ENOMEM with *list untouched.
 */
int address_list_add(struct address_list *list, const union address *address);

/* Keeps the first of those that are the same. Returns 0, or -ENOMEM with *list untouched. */
int address_list_drop_duplicates(struct address_list *list);

/*
 * Copies a list, each address with that port (in host byte order). Returns 0
 * with *copy overwritten, owned by the caller, or -ENOMEM with *copy untouched.
 */
int address_list_copy(const struct address_list *list, uint16_t port, struct address_list *copy);

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
 * flags of getaddrinfo(). Returns 0 with *list overwritten, no address in it twice, or an EAI_ error
 * of getaddrinfo() with *list untouched.
 */
int address_list_look_up(
	const struct endpoint *endpoint, int family, int flags, struct address_list *list);

/* What an EAI_ error means, in English. Static. */
const char *address_list_error(int failure);

#endif
