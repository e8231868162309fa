/* SPDX-License-Identifier: MIT */
#include "net/address_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

/* The room of a list is a power of two: it is full when its count is one. */
#define ROOM_MIN 4

void address_list_clear(struct address_list *list)
{
	free(list->addresses);
	*list = (struct address_list){0};
}

int address_list_add(struct address_list *list, const union address *address)
{
	size_t count = list->count;
	bool is_full = count == 0 || (count >= ROOM_MIN && (count & (count - 1)) == 0);
	if (is_full) {
		size_t room = count == 0 ? ROOM_MIN : 2 * count;
		union address *addresses = realloc(list->addresses, room * sizeof(*addresses));
		if (!addresses)
			return -ENOMEM;
		list->addresses = addresses;
	}
	list->addresses[list->count++] = *address;
	return 0;
}

int address_list_copy(const struct address_list *list, uint16_t port, struct address_list *copy)
{
	struct address_list made = {0};
	for (size_t i = 0; i < list->count; i++) {
		union address address = list->addresses[i];
		if (address.any.sa_family == AF_INET6)
			address.v6.sin6_port = htons(port);
		else
			address.v4.sin_port = htons(port);
		if (address_list_add(&made, &address) < 0) {
			address_list_clear(&made);
			return -ENOMEM;
		}
	}
	*copy = made;
	return 0;
}

static size_t hash_address(const union address *address)
{
	return (size_t)fnv1a_64(FNV1A_64_START, address, (size_t)address_length(address));
}

/*
 * Where a table of places in the list has the address, or would have it. mask: the table's size
 * minus 1; it has more room than there are addresses. 0 is an empty place, else one more than the
 * address's.
 */
static size_t find_place(const struct address_list *list, const size_t *places, size_t mask,
	const union address *address)
{
	size_t place = hash_address(address) & mask;
	while (places[place] != 0 && !address_is_same(&list->addresses[places[place] - 1], address))
		place = (place + 1) & mask;
	return place;
}

int address_list_drop_duplicates(struct address_list *list)
{
	size_t size = ROOM_MIN;
	while (size < 2 * list->count)
		size *= 2;
	size_t *places = calloc(size, sizeof(*places));
	if (!places)
		return -ENOMEM;
	size_t count = list->count;
	list->count = 0;
	for (size_t i = 0; i < count; i++) {
		const union address address = list->addresses[i];
		size_t place = find_place(list, places, size - 1, &address);
		if (places[place] != 0)
			continue;
		list->addresses[list->count++] = address;
		places[place] = list->count;
	}
	free(places);
	return 0;
}

/* Copies what getaddrinfo() found, each address once. Returns 0, -ENOMEM, or -ENOENT if none of it is IP. */
static int copy_addresses(const struct addrinfo *found, struct address_list *list)
{
	struct address_list made = {0};
	int error = 0;
	for (; found && !error; found = found->ai_next) {
		union address address = {0};
		if (found->ai_addrlen > sizeof(address) ||
			(found->ai_family != AF_INET && found->ai_family != AF_INET6))
			continue;
		memcpy(&address, found->ai_addr, found->ai_addrlen);
		error = address_list_add(&made, &address);
	}
	if (!error)
		error = made.count > 0 ? address_list_drop_duplicates(&made) : -ENOENT;
	if (error)
		address_list_clear(&made);
	else
		*list = made;
	return error;
}

/* RFC 6761 section 6.3: the name always means this machine, whatever a resolver says. */
static bool is_loopback(const char *host)
{
	return host[0] == '\0' || strcasecmp(host, "localhost") == 0;
}

int address_list_look_up(
	const struct endpoint *endpoint, int family, int flags, struct address_list *list)
{
	char port[8];
	snprintf(port, sizeof(port), "%u", endpoint->port);
	struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags,
	};
	struct addrinfo *found = NULL;
	const char *host = is_loopback(endpoint->host) ? NULL : endpoint->host;
	int failure = getaddrinfo(host, port, &hints, &found);
	if (failure)
		return failure;
	int error = copy_addresses(found, list);
	freeaddrinfo(found);
	if (error == -ENOMEM)
		return EAI_MEMORY;
	return error ? EAI_NONAME : 0;
}

int address_list_from_numeric(
	const struct endpoint *endpoint, int family, struct address_list *list)
{
	switch (address_list_look_up(endpoint, family, AI_NUMERICHOST, list)) {
	case 0:
		return 0;
	case EAI_MEMORY:
		return -ENOMEM;
	default:
		return -ENOENT;
	}
}
