/* SPDX-License-Identifier: MIT */
#include "base/networks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bits of an address, and those in front of an IPv4 one. */
#define BITS 128
#define V4_BITS 32
#define MAPPED_BITS (BITS - V4_BITS)

/* "255.255.255.255/32" is shorter; "%" and a zone are not allowed. */
#define NETWORK_TEXT_MAX (INET6_ADDRSTRLEN + 4)

static const unsigned char mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

void network_bytes(const union address *address, unsigned char bytes[NETWORK_BYTES])
{
	if (address->any.sa_family == AF_INET6) {
		memcpy(bytes, &address->v6.sin6_addr, NETWORK_BYTES);
		return;
	}
	memcpy(bytes, mapped, sizeof(mapped));
	memcpy(bytes + sizeof(mapped), &address->v4.sin_addr, V4_BITS / 8);
}

bool network_is_v4(const unsigned char bytes[NETWORK_BYTES])
{
	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

/* Whether two addresses are the same in their first bits. */
static bool is_same_prefix(const unsigned char *a, const unsigned char *b, unsigned prefix)
{
	unsigned whole = prefix / 8;
	unsigned char rest = (unsigned char)(0xff00 >> prefix % 8);
	return memcmp(a, b, whole) == 0 && (prefix % 8 == 0 || ((a[whole] ^ b[whole]) & rest) == 0);
}

static bool has_bits_beyond(const struct network *network)
{
	for (unsigned bit = network->prefix; bit < BITS; bit++)
		if (network->bytes[bit / 8] >> (7 - bit % 8) & 1)
			return true;
	return false;
}

/* One to three digits. Returns -EINVAL for anything else. */
static int parse_prefix(const char *text, unsigned most, unsigned *prefix)
{
	size_t digits = strspn(text, "0123456789");
	if (digits < 1 || digits > 3 || text[digits] != '\0')
		return -EINVAL;
	unsigned long number = strtoul(text, NULL, 10);
	if (number > most)
		return -EINVAL;
	*prefix = (unsigned)number;
	return 0;
}

static int parse_address(const char *text, struct network *network, unsigned *bits)
{
	*bits = BITS;
	if (inet_pton(AF_INET6, text, network->bytes) == 1)
		return 0;
	*bits = V4_BITS;
	memcpy(network->bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, network->bytes + sizeof(mapped)) == 1 ? 0 : -EINVAL;
}

int network_parse(const char *text, size_t length, struct network *network)
{
	char one[NETWORK_TEXT_MAX];
	unsigned bits;
	unsigned prefix;
	if (length >= sizeof(one))
		return -EINVAL;
	memcpy(one, text, length);
	one[length] = '\0';
	char *slash = strchr(one, '/');
	if (slash)
		*slash = '\0';
	if (parse_address(one, network, &bits) != 0)
		return -EINVAL;
	prefix = bits;
	if (slash && parse_prefix(slash + 1, bits, &prefix) != 0)
		return -EINVAL;
	network->prefix = BITS - bits + prefix;
	return has_bits_beyond(network) ? -EDOM : 0;
}

static int append(struct networks *networks, const struct network *network)
{
	struct network *grown =
		realloc(networks->networks, (networks->count + 1) * sizeof(*networks->networks));
	if (!grown)
		return -ENOMEM;
	grown[networks->count++] = *network;
	networks->networks = grown;
	return 0;
}

static int append_all(struct networks *networks, const struct networks *more)
{
	size_t before = networks->count;
	for (size_t i = 0; i < more->count; i++) {
		int error = append(networks, &more->networks[i]);
		if (error) {
			networks->count = before;
			return error;
		}
	}
	return 0;
}

static int parse_list(const char *text, struct networks *read, const char **reason)
{
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		struct network network;
		int error = network_parse(at, length, &network);
		*reason = error == -EDOM ? NETWORK_HAS_BITS_BEYOND
					 : "is not a valid list of networks";
		if (error)
			return -EINVAL;
		error = append(read, &network);
		if (error)
			return error;
		at += length;
		if (*at == '\0')
			return 0;
	}
}

int networks_add(struct networks *networks, const char *text, const char **reason)
{
	struct networks read = {0};
	int error = parse_list(text, &read, reason);
	if (!error && networks)
		error = append_all(networks, &read);
	networks_clear(&read);
	return error;
}

bool network_contains(const struct network *network, const union address *address)
{
	unsigned char bytes[NETWORK_BYTES];
	network_bytes(address, bytes);
	/* ::/0 is all of IPv6, and none of IPv4. */
	bool is_for_v4 = network->prefix >= MAPPED_BITS && network_is_v4(network->bytes);
	return network_is_v4(bytes) == is_for_v4 &&
	       is_same_prefix(network->bytes, bytes, network->prefix);
}

bool networks_contain(const struct networks *networks, const union address *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (network_contains(&networks->networks[i], address))
			return true;
	return false;
}

int networks_copy(const struct networks *networks, struct networks *copy)
{
	struct networks made = {0};
	int error = append_all(&made, networks);
	if (error)
		networks_clear(&made);
	else
		*copy = made;
	return error;
}

void networks_clear(struct networks *networks)
{
	free(networks->networks);
	*networks = (struct networks){0};
}
