/* SPDX-License-Identifier: MIT */
#include "echo/refusals.h"

#include <string.h>

/* "192.0.2.1" or "2001:db8::1". text: ADDRESS_TEXT_MAX bytes. */
static void format_host(const union address *peer, char *text)
{
	address_format(&peer->any, text);
	char *port = strrchr(text, ':');
	if (!port)
		return;
	if (text[0] != '[') {
		*port = '\0';
		return;
	}
	size_t length = (size_t)(port - text) - 2;
	memmove(text, text + 1, length);
	text[length] = '\0';
}

void refusals_note(struct refusals *refusals, enum server_reject reason, const union address *peer,
	struct wall_time now)
{
	struct server_refusal noted = {.reason = reason};
	size_t place = 0;
	format_host(peer, noted.address);
	while (place < refusals->count &&
		(refusals->list[place].reason != reason ||
			strcmp(refusals->list[place].address, noted.address) != 0))
		place++;
	if (place < refusals->count)
		noted = refusals->list[place];
	else if (refusals->count < SERVER_REFUSALS_MAX)
		refusals->count++;
	else
		place--;
	memmove(&refusals->list[1], &refusals->list[0], place * sizeof(refusals->list[0]));
	noted.count++;
	noted.unix_ns = now.unix_ns;
	refusals->list[0] = noted;
}
