/* SPDX-License-Identifier: MIT */
#include "net/destination_order.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "net/socket.h"

#define SORTED_MAX 64
/* "discard"; some systems do not connect to port 0. */
#define SOME_PORT 9

enum scope { SCOPE_LINK_LOCAL = 2, SCOPE_SITE_LOCAL = 5, SCOPE_GLOBAL = 14 };

/* RFC 6724 section 2.1; the longest prefix first. */
static const struct policy {
	uint8_t prefix[16];
	unsigned bits;
	unsigned precedence;
	unsigned label;
} policies[] = {
	{{[15] = 1}, 128, 50, 0},
	{{[10] = 0xff, [11] = 0xff}, 96, 35, 4},
	{{0}, 96, 1, 3},
	{{0x20, 0x01}, 32, 5, 5},
	{{0x20, 0x02}, 16, 30, 2},
	{{0x3f, 0xfe}, 16, 1, 12},
	{{0xfe, 0xc0}, 10, 1, 11},
	{{0xfc}, 7, 3, 13},
	{{0}, 0, 40, 1},
};

/* IPv4 addresses are mapped ones here: ::ffff:0:0/96. */
static void to_v6(const union address *address, uint8_t *bytes)
{
	if (address->any.sa_family == AF_INET6) {
		memcpy(bytes, &address->v6.sin6_addr, 16);
		return;
	}
	memset(bytes, 0, 10);
	memset(bytes + 10, 0xff, 2);
	memcpy(bytes + 12, &address->v4.sin_addr, 4);
}

static bool has_prefix(const uint8_t *bytes, const struct policy *policy)
{
	unsigned whole = policy->bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> policy->bits % 8);
	return memcmp(bytes, policy->prefix, whole) == 0 &&
	       (mask == 0 || (bytes[whole] & mask) == policy->prefix[whole]);
}

static const struct policy *find_policy(const uint8_t *bytes)
{
	const struct policy *policy = policies;
	while (!has_prefix(bytes, policy))
		policy++;
	return policy;
}

/* RFC 6724 sections 3.1 and 3.2. */
static enum scope find_scope(const uint8_t *bytes)
{
	static const struct policy v4 = {{[10] = 0xff, [11] = 0xff}, 96, 0, 0};
	static const struct policy loopback = {{[15] = 1}, 128, 0, 0};
	static const struct policy link_local = {{0xfe, 0x80}, 10, 0, 0};
	static const struct policy site_local = {{0xfe, 0xc0}, 10, 0, 0};
	if (has_prefix(bytes, &v4)) {
		bool is_local = bytes[12] == 127 || (bytes[12] == 169 && bytes[13] == 254);
		return is_local ? SCOPE_LINK_LOCAL : SCOPE_GLOBAL;
	}
	if (has_prefix(bytes, &loopback) || has_prefix(bytes, &link_local))
		return SCOPE_LINK_LOCAL;
	return has_prefix(bytes, &site_local) ? SCOPE_SITE_LOCAL : SCOPE_GLOBAL;
}

unsigned destination_order_rank(const union address *destination, const union address *source)
{
	uint8_t to[16];
	uint8_t from[16];
	to_v6(destination, to);
	const struct policy *policy = find_policy(to);
	enum scope scope = find_scope(to);
	unsigned rank = (64 - policy->precedence) << 4 | (unsigned)scope;
	if (!source)
		return rank | 1U << 14;
	to_v6(source, from);
	if (find_scope(from) != scope)
		rank |= 1U << 13;
	if (find_policy(from)->label != policy->label)
		rank |= 1U << 12;
	return rank;
}

/* Connecting a datagram socket chooses its source; the port matters as little as it may. */
static int find_source(const union address *destination, union address *source)
{
	union address dialled = *destination;
	if (dialled.any.sa_family == AF_INET6)
		dialled.v6.sin6_port = htons(SOME_PORT);
	else
		dialled.v4.sin_port = htons(SOME_PORT);
	evutil_socket_t fd = socket_open_datagram(dialled.any.sa_family);
	if (fd < 0)
		return (int)fd;
	socklen_t length = sizeof(*source);
	int error = socket_connect(fd, &dialled.any, address_length(&dialled));
	if (!error)
		error = socket_own_address(fd, &source->any, &length);
	socket_close(fd);
	return error;
}

void destination_order_sort(struct address_list *list)
{
	unsigned ranks[SORTED_MAX] = {0};
	if (list->count < 2 || list->count > SORTED_MAX)
		return;
	for (size_t i = 0; i < list->count; i++) {
		const union address address = list->addresses[i];
		union address source = {0};
		bool is_reachable = find_source(&address, &source) == 0;
		unsigned rank = destination_order_rank(&address, is_reachable ? &source : NULL);
		size_t place = i;
		for (; place > 0 && ranks[place - 1] > rank; place--) {
			ranks[place] = ranks[place - 1];
			list->addresses[place] = list->addresses[place - 1];
		}
		ranks[place] = rank;
		list->addresses[place] = address;
	}
}
