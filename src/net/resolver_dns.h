/* SPDX-License-Identifier: MIT */
/*
 * Looks names up in the hosts file, then in the DNS, on one thread that waits for none of them:
 * thousands may be under way. The configuration is read again when it changes.
 */
#ifndef NET_RESOLVER_DNS_H
#define NET_RESOLVER_DNS_H

#include "net/resolver_back_end.h"

/* For tests. Borrowed until it is stopped. */
struct resolver_dns_config {
	const char *servers;	 /* "127.0.0.1:53053,..."; NULL: the system's. */
	const char *resolv_conf; /* Path; NULL: the system's. */
};

/* config: a struct resolver_dns_config, or NULL for the system's. */
resolver_back_end_start resolver_dns_start;

#endif
