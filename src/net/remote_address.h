/* SPDX-License-Identifier: MIT */
/* Whether an address that a name server gave can be that of a remote host at all. */
#ifndef NET_REMOTE_ADDRESS_H
#define NET_REMOTE_ADDRESS_H

#include <stdbool.h>

#include "base/address.h"
#include "net/address_list.h"

/*
 * Not so are 0.0.0.0/8 ("this network", RFC 6890 section 2.2.2) and ::, which dial this machine;
 * multicast (224.0.0.0/4, ff00::/8); the limited broadcast address; and such IPv4 addresses within
 * IPv6 ones (::ffff:0:0/96; ::/96, except ::1; 64:ff9b::/96, RFC 6052). Name servers that block a
 * name answer with the first two.
 */
bool remote_address_is_possible(const union address *address);

/* Drops those that are not; the others keep their order. */
void remote_address_keep_possible(struct address_list *list);

#endif
