/* SPDX-License-Identifier: MIT */
/*
 * Looks names up in the hosts file, then in the DNS, on one thread that waits for none of them:
 * thousands may be under way. The configuration is read again when it changes.
 */
#ifndef NET_RESOLVER_DNS_H
#define NET_RESOLVER_DNS_H

#include "net/resolver_back_end.h"

/* config: a struct dns_config (dns_channel.h), or NULL. */
resolver_back_end_start resolver_dns_start;

#endif
