/* SPDX-License-Identifier: MIT */
/* Lists of IP networks, "10.0.0.0/8,2001:db8::/32", and which addresses they contain. */
#ifndef BASE_NETWORKS_H
#define BASE_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

#define NETWORK_BYTES 16

/* IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2). */
struct network {
	unsigned char bytes[NETWORK_BYTES]; /* 0 beyond the prefix. */
	unsigned prefix;		    /* In bits, 0 to 128; of IPv4 96 to 128. */
};

/* Stored by the caller; all zero is an empty list. */
struct networks {
	struct network *networks; /* Owned. */
	size_t count;
};

/*
 * Reads a single network: length bytes at text. Returns 0; -EINVAL, or -EDOM where it has bits set beyond
 * its prefix; *network is useless then.
 */
int network_parse(const char *text, size_t length, struct network *network);

/* Whether it contains the address; the port does not matter. IPv4-mapped is IPv4. */
bool network_contains(const struct network *network, const union address *address);

/* What -EDOM of network_parse() means, to follow the quoted text. */
#define NETWORK_HAS_BITS_BEYOND "has bits set beyond its prefix"

/*
 * Adds those of a list to the others; a plain address is a network of its own. IPv4-mapped ones are
 * IPv4. Returns 0; -EINVAL with *reason (static, to follow the quoted text: "is not a valid list of
 * networks", "has bits set beyond its prefix") or -ENOMEM; then nothing was added. networks may be
 * NULL: the text is only checked.
 */
int networks_add(struct networks *networks, const char *text, const char **reason);

/* Whether one of them contains the address; the port does not matter. IPv4-mapped is IPv4. */
bool networks_contain(const struct networks *networks, const union address *address);

/* Returns 0 with *copy overwritten, or -ENOMEM with it untouched. */
int networks_copy(const struct networks *networks, struct networks *copy);

/* Frees them; empty afterwards. */
void networks_clear(struct networks *networks);

/* The 16 bytes of an address, IPv4 as IPv4-mapped. */
void network_bytes(const union address *address, unsigned char bytes[NETWORK_BYTES]);

/* Whether these are of IPv4. */
bool network_is_v4(const unsigned char bytes[NETWORK_BYTES]);

#endif
