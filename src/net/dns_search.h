/* SPDX-License-Identifier: MIT */
/* Under which names a host is looked for in the DNS: resolv.conf(5), "search" and "ndots". Pure. */
#ifndef NET_DNS_SEARCH_H
#define NET_DNS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/* A name has at most 253 bytes (RFC 1035 section 2.3.4), and here a final dot and a NUL. */
#define DNS_NAME_MAX 256

struct dns_search {
	const char *const *domains; /* Borrowed. */
	size_t count;
	int ndots; /* A host with that many dots is first tried as it is. */
};

/*
 * Writes the next name to ask for, with a final dot: the host itself, or the host in one of the
 * domains; names that would be too long are left out. A host that ends with a dot is itself only.
 * *index: 0 at first. Returns false when there are no more. name: DNS_NAME_MAX bytes.
 */
bool dns_search_next(const struct dns_search *search, const char *host, size_t *index, char *name);

#endif
