/* SPDX-License-Identifier: MIT */
/* What networks_add() accepts contains the networks' own addresses, and no neighbour of a network. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/networks.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static union address address_of(const struct network *network)
{
	union address address = {0};
	if (network->prefix >= 96 && network_is_v4(network->bytes)) {
		address.v4.sin_family = AF_INET;
		memcpy(&address.v4.sin_addr, network->bytes + 12, 4);
	} else {
		address.v6.sin6_family = AF_INET6;
		memcpy(&address.v6.sin6_addr, network->bytes, NETWORK_BYTES);
	}
	return address;
}

static void check_network(const struct networks *networks, const struct network *network)
{
	struct networks alone = {.networks = (struct network *)network, .count = 1};
	union address address = address_of(network);
	if (!networks_contain(networks, &address) || !networks_contain(&alone, &address))
		abort();
	if (network->prefix == 0)
		return;
	struct network neighbour = *network;
	unsigned last = network->prefix - 1;
	neighbour.bytes[last / 8] ^= (unsigned char)(0x80 >> last % 8);
	address = address_of(&neighbour);
	if (networks_contain(&alone, &address))
		abort();
}

static void check(const char *text)
{
	struct networks networks = {0};
	struct networks copy = {0};
	const char *reason = NULL;
	int error = networks_add(&networks, text, &reason);
	if (networks_add(NULL, text, &reason) != error)
		abort();
	if (error != 0) {
		if (reason == NULL || networks.count != 0)
			abort();
		return;
	}
	if (networks_copy(&networks, &copy) != 0 || copy.count != networks.count)
		abort();
	for (size_t i = 0; i < copy.count; i++)
		check_network(&copy, &networks.networks[i]);
	networks_clear(&networks);
	networks_clear(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	if (text != NULL)
		check(text);
	free(text);
	return 0;
}
