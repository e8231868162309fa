/* SPDX-License-Identifier: MIT */
#include "base/endpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"

#define HOST_LENGTH_MAX 253

/* Each of these returns NULL, or what is wrong, as endpoint_parse() reports it. */
static const char *check_characters(const char *host, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)host[i];
		if (c <= ' ' || c == 0x7f)
			return "has white space or a control character in its host";
		if (c == '/')
			return "has a '/' in its host; write host:port, not a URL";
		if (c > 0x7f)
			return "has non-ASCII characters in its host; write its xn-- form";
		if (c == '[' || c == ']')
			return "has a stray bracket";
	}
	return NULL;
}

static const char *parse_port(const char *text, enum endpoint_use use, uint16_t *port)
{
	if (*text == '\0')
		return "has no port";
	unsigned value = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (value <= UINT16_MAX)
			value = value * 10 + (unsigned)(*text - '0');
	}
	if (*text != '\0')
		return "has a port that is not a number";
	if (value > UINT16_MAX)
		return "has a port above 65535";
	if (value == 0 && use == ENDPOINT_TO_DIAL)
		return "has port 0, which cannot be dialled";
	*port = (uint16_t)value;
	return NULL;
}

static const char *copy_host(const char *text, size_t length, char *host)
{
	const char *wrong = check_characters(text, length);
	if (wrong)
		return wrong;
	if (length > HOST_LENGTH_MAX)
		return "has a host longer than 253 bytes";
	memcpy(host, text, length);
	host[length] = '\0';
	return NULL;
}

/* Splits text: fills host, and sets *port to the text of the port. */
static const char *parse_host(const char *text, char *host, const char **port)
{
	if (*text == '\0')
		return "is empty";
	if (*text == '[') {
		const char *end = strchr(text, ']');
		if (!end)
			return "has an unclosed bracket";
		const char *wrong = copy_host(text + 1, (size_t)(end - text - 1), host);
		if (wrong)
			return wrong;
		if (address_family(host) != AF_INET6)
			return "has brackets, but no IPv6 address in them";
		if (end[1] == '\0')
			return "has no port";
		if (end[1] != ':')
			return "has a stray bracket";
		*port = end + 2;
		return NULL;
	}
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const char *wrong = copy_host(text, length, host);
	if (wrong)
		return wrong;
	if (!colon)
		return "has no port";
	if (strchr(colon + 1, ':'))
		return "has more than one colon; an IPv6 address needs brackets";
	*port = colon + 1;
	return NULL;
}

int endpoint_parse(
	const char *text, enum endpoint_use use, struct endpoint *endpoint, const char **reason)
{
	struct endpoint parsed = {0};
	const char *port = NULL;
	const char *wrong = parse_host(text, parsed.host, &port);
	if (!wrong)
		wrong = parse_port(port, use, &parsed.port);
	if (wrong) {
		*reason = wrong;
		return -EINVAL;
	}
	*endpoint = parsed;
	return 0;
}

void endpoint_format(const struct endpoint *endpoint, char *text)
{
	unsigned port = endpoint->port;
	if (strchr(endpoint->host, ':'))
		snprintf(text, ENDPOINT_TEXT_MAX, "[%s]:%u", endpoint->host, port);
	else
		snprintf(text, ENDPOINT_TEXT_MAX, "%s:%u", endpoint->host, port);
}
