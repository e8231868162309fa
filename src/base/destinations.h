/* SPDX-License-Identifier: MIT */
/* Lists of networks with ports, "10.0.0.0/8:4000-4010,[2001:db8::/32]:7", and what they contain. */
#ifndef BASE_DESTINATIONS_H
#define BASE_DESTINATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/networks.h"

struct destination {
	struct network network;
	uint16_t least_port;
	uint16_t most_port;
};

/* Stored by the caller; all zero is an empty list. */
struct destinations {
	struct destination *destinations; /* Owned. */
	size_t count;
};

/*
 * Adds those of a list to the others. Each is a network, or an address, with a port or a range of ports behind
 * it, or with all ports where none is given; IPv6 is in brackets if there is a port. Returns 0; -EINVAL
 * with *reason (static, to follow the quoted text) or -ENOMEM; then nothing was added. destinations may be
 * NULL: the text is only checked.
 */
int destinations_add(struct destinations *destinations, const char *text, const char **reason);

/* Whether one of them contains address and port. IPv4-mapped is IPv4. */
bool destinations_contain(const struct destinations *destinations, const union address *address);

/* Whether one of them has that port, in host byte order. */
bool destinations_have_port(const struct destinations *destinations, uint16_t port);

/* Returns 0 with *copy overwritten, or -ENOMEM with it untouched. */
int destinations_copy(const struct destinations *destinations, struct destinations *copy);

/* Frees them; empty afterwards. */
void destinations_clear(struct destinations *destinations);

#endif
