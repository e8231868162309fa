/* SPDX-License-Identifier: MIT */
#include "base/destinations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MOST 65535
#define PORT_DIGITS 5

/* A part of a text. */
struct piece {
	const char *text;
	size_t length;
};

/* Takes a port off the front of a piece. */
static int take_port(struct piece *piece, uint16_t *port)
{
	unsigned number = 0;
	size_t digits = 0;
	for (; digits < piece->length && digits <= PORT_DIGITS; digits++) {
		char digit = piece->text[digits];
		if (digit < '0' || digit > '9')
			break;
		number = number * 10 + (unsigned)(digit - '0');
	}
	if (digits == 0 || digits > PORT_DIGITS || number < 1 || number > PORT_MOST)
		return -EINVAL;
	*port = (uint16_t)number;
	piece->text += digits;
	piece->length -= digits;
	return 0;
}

/* "4000" or "4000-4010" */
static int parse_ports(struct piece ports, struct destination *destination)
{
	if (take_port(&ports, &destination->least_port) != 0)
		return -EINVAL;
	destination->most_port = destination->least_port;
	if (ports.length == 0)
		return 0;
	if (*ports.text != '-')
		return -EINVAL;
	ports.text++;
	ports.length--;
	if (take_port(&ports, &destination->most_port) != 0 || ports.length > 0)
		return -EINVAL;
	return destination->least_port <= destination->most_port ? 0 : -EINVAL;
}

/* Tells network and ports apart. *ports: what is behind the colon; no text where there is none. */
static int split(struct piece whole, struct piece *network, struct piece *ports)
{
	const char *end = whole.text + whole.length;
	bool is_bracketed = whole.length > 0 && whole.text[0] == '[';
	const char *from = whole.text + is_bracketed;
	const char *colon = memchr(from, is_bracketed ? ']' : ':', (size_t)(end - from));
	*ports = (struct piece){0};
	*network = whole;
	if (is_bracketed) {
		if (!colon)
			return -EINVAL;
		*network = (struct piece){from, (size_t)(colon - from)};
		colon++;
		if (colon == end)
			return 0;
		if (*colon != ':')
			return -EINVAL;
	} else if (!colon || memchr(colon + 1, ':', (size_t)(end - colon - 1))) {
		/* No port, or IPv6. */
		return 0;
	} else {
		network->length = (size_t)(colon - whole.text);
	}
	*ports = (struct piece){colon + 1, (size_t)(end - colon - 1)};
	return 0;
}

static int parse(struct piece whole, struct destination *destination, const char **reason)
{
	struct piece network;
	struct piece ports;
	*reason = "is not a valid list of networks with ports";
	*destination = (struct destination){.least_port = 1, .most_port = PORT_MOST};
	if (split(whole, &network, &ports) != 0)
		return -EINVAL;
	bool is_bracketed = network.text != whole.text;
	if (is_bracketed && !memchr(network.text, ':', network.length))
		return -EINVAL;
	int error = network_parse(network.text, network.length, &destination->network);
	if (error == -EDOM)
		*reason = NETWORK_HAS_BITS_BEYOND;
	if (error)
		return -EINVAL;
	return ports.text ? parse_ports(ports, destination) : 0;
}

static int append(struct destinations *destinations, const struct destination *destination)
{
	struct destination *grown = realloc(destinations->destinations,
		(destinations->count + 1) * sizeof(*destinations->destinations));
	if (!grown)
		return -ENOMEM;
	grown[destinations->count++] = *destination;
	destinations->destinations = grown;
	return 0;
}

static int append_all(struct destinations *destinations, const struct destinations *more)
{
	size_t before = destinations->count;
	for (size_t i = 0; i < more->count; i++) {
		int error = append(destinations, &more->destinations[i]);
		if (error) {
			destinations->count = before;
			return error;
		}
	}
	return 0;
}

static int parse_list(const char *text, struct destinations *read, const char **reason)
{
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		struct destination destination;
		int error = parse((struct piece){at, length}, &destination, reason);
		if (!error)
			error = append(read, &destination);
		if (error)
			return error;
		at += length;
		if (*at == '\0')
			return 0;
	}
}

int destinations_add(struct destinations *destinations, const char *text, const char **reason)
{
	struct destinations read = {0};
	int error = parse_list(text, &read, reason);
	if (!error && destinations)
		error = append_all(destinations, &read);
	destinations_clear(&read);
	return error;
}

bool destinations_contain(const struct destinations *destinations, const union address *address)
{
	bool is_v6 = address->any.sa_family == AF_INET6;
	uint16_t port = ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port);
	for (size_t i = 0; i < destinations->count; i++) {
		const struct destination *each = &destinations->destinations[i];
		if (port >= each->least_port && port <= each->most_port &&
			network_contains(&each->network, address))
			return true;
	}
	return false;
}

bool destinations_have_port(const struct destinations *destinations, uint16_t port)
{
	for (size_t i = 0; i < destinations->count; i++) {
		const struct destination *each = &destinations->destinations[i];
		if (port >= each->least_port && port <= each->most_port)
			return true;
	}
	return false;
}

int destinations_copy(const struct destinations *destinations, struct destinations *copy)
{
	struct destinations made = {0};
	int error = append_all(&made, destinations);
	if (error)
		destinations_clear(&made);
	else
		*copy = made;
	return error;
}

void destinations_clear(struct destinations *destinations)
{
	free(destinations->destinations);
	*destinations = (struct destinations){0};
}
