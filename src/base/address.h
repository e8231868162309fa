/* SPDX-License-Identifier: MIT */
/* Socket addresses of IPv4 and IPv6, and what they look like as text. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>

#include "base/network.h"

/* "[" + IPv6 + "%" + interface + "]:65535" + NUL, in whole words of 64 bits. */
#define ADDRESS_TEXT_MAX 80

/* Of a zone as text ("eth0", "12"), with its NUL. */
#define ADDRESS_ZONE_MAX 32

/* As much as a struct sockaddr_storage is ever used for here, in a quarter of the space. */
union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

socklen_t address_length(const union address *address);

bool address_is_same(const union address *a, const union address *b);

/* Writes an address as "192.0.2.1:4000" or "[2001:db8::1]:4000"; "" for another family. text:
 * ADDRESS_TEXT_MAX bytes. */
void address_format(const struct sockaddr *address, char *text);

/* The family of an IP address as text, without brackets and port: AF_INET, AF_INET6 (also with a
 * zone, "fe80::1%eth0", RFC 4007 section 11), or AF_UNSPEC for anything else. */
int address_family(const char *host);

/* Writes the zone of a link-local address; "" where there is none. zone: ADDRESS_ZONE_MAX bytes. */
void address_zone(unsigned long scope, char *zone);

#endif
