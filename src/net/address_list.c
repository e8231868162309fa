/* SPDX-License-Identifier: MIT */
#include "net/address_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* As many addresses as any name needs; the rest are ignored. */
#define ADDRESSES_MAX 16

void address_list_clear(struct address_list *list)
{
	free(list->addresses);
	*list = (struct address_list){0};
}

static bool is_in(const union address *addresses, size_t count, const union address *address)
{
	for (size_t i = 0; i < count; i++)
		if (address_is_same(&addresses[i], address))
			return true;
	return false;
}

/* Copies what getaddrinfo() found, each address once. Returns 0, -ENOMEM, or -ENOENT if none of it is IP. */
static int copy_addresses(const struct addrinfo *found, struct address_list *list)
{
	union address *addresses = calloc(ADDRESSES_MAX, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	size_t count = 0;
	for (; found && count < ADDRESSES_MAX; found = found->ai_next) {
		if (found->ai_addrlen > sizeof(*addresses) ||
			(found->ai_family != AF_INET && found->ai_family != AF_INET6))
			continue;
		union address *address = &addresses[count];
		*address = (union address){0};
		memcpy(address, found->ai_addr, found->ai_addrlen);
		if (!is_in(addresses, count, address))
			count++;
	}
	if (count == 0) {
		free(addresses);
		return -ENOENT;
	}
	*list = (struct address_list){.addresses = addresses, .count = count};
	return 0;
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
