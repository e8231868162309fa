/* SPDX-License-Identifier: MIT */
/* IPv4 and IPv6 socket addresses, and their text. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>

#include "base/network.h"

/* "[" + IPv6 + "%" + zone + "]:65535" + NUL, rounded up to whole 64-bit words. */
#define ADDRESS_TEXT_MAX 80

/* A zone as text ("eth0", "12"), with its NUL. */
#define ADDRESS_ZONE_MAX 32

/* All that is used of a struct sockaddr_storage here, in a quarter of the space. */
union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The bytes that its family uses, for bind() and connect(). address: AF_INET or AF_INET6. */
socklen_t address_length(const union address *address);

/* Whether family, address, port and zone are the same; all padding must be zero. */
bool address_is_same(const union address *a, const union address *b);

/*
 * Writes "192.0.2.1:4000", "[2001:db8::1]:4000" or "[fe80::1%eth0]:4000"; "" for any other family.
 * text: ADDRESS_TEXT_MAX bytes.
 */
void address_format(const struct sockaddr *address, char *text);

/*
 * The family of an IP address as text, without brackets or port: AF_INET, AF_INET6 (with or without
 * a zone, as in "fe80::1%eth0": RFC 4007 section 11), or AF_UNSPEC for anything else.
 */
int address_family(const char *host);

/*
 * Writes the zone of a link-local address: the interface's name, or its number on Windows; "" for
 * 0 and for an interface that is gone. scope: sin6_scope_id. zone: ADDRESS_ZONE_MAX bytes.
 */
void address_zone(unsigned long scope, char *zone);

#endif
