/* SPDX-License-Identifier: MIT */
#include "net/remote_address.h"

#include <string.h>

static bool is_possible_v4(const uint8_t *bytes)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};
	bool is_this_network = bytes[0] == 0;
	bool is_multicast = (bytes[0] & 0xf0) == 0xe0;
	return !is_this_network && !is_multicast &&
	       memcmp(bytes, broadcast, sizeof(broadcast)) != 0;
}

static bool is_possible_v6(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t compatible[12] = {0};
	static const uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t loopback[16] = {[15] = 1};
	if (memcmp(bytes, loopback, sizeof(loopback)) == 0)
		return true;
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0 ||
		memcmp(bytes, compatible, sizeof(compatible)) == 0 ||
		memcmp(bytes, translated, sizeof(translated)) == 0)
		return is_possible_v4(bytes + 12);
	return bytes[0] != 0xff;
}

bool remote_address_is_possible(const union address *address)
{
	if (address->any.sa_family == AF_INET6)
		return is_possible_v6(address->v6.sin6_addr.s6_addr);
	uint8_t bytes[4];
	memcpy(bytes, &address->v4.sin_addr, sizeof(bytes));
	return is_possible_v4(bytes);
}

void remote_address_keep_possible(struct address_list *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		if (remote_address_is_possible(&list->addresses[i]))
			list->addresses[kept++] = list->addresses[i];
	list->count = kept;
	if (kept == 0)
		address_list_clear(list);
}
