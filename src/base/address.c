/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <stdio.h>
#include <string.h>

socklen_t address_length(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

bool address_is_same(const union address *a, const union address *b)
{
	return a->any.sa_family == b->any.sa_family && memcmp(a, b, (size_t)address_length(a)) == 0;
}

void address_format(const struct sockaddr *address, char *text)
{
	char host[INET6_ADDRSTRLEN] = "";
	text[0] = '\0';
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(v4.sin_port));
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
		char zone[ADDRESS_ZONE_MAX];
		address_zone(v6.sin6_scope_id, zone);
		snprintf(text, ADDRESS_TEXT_MAX, "[%s%s%s]:%u", host, zone[0] ? "%" : "", zone,
			ntohs(v6.sin6_port));
	}
}

int address_family(const char *host)
{
	char address[INET6_ADDRSTRLEN];
	size_t length = strcspn(host, "%");
	if (length >= sizeof(address))
		return AF_UNSPEC;
	memcpy(address, host, length);
	address[length] = '\0';
	bool has_zone = host[length] == '%';
	struct in6_addr v6;
	if (inet_pton(AF_INET6, address, &v6) == 1)
		return has_zone && host[length + 1] == '\0' ? AF_UNSPEC : AF_INET6;
	/* Only IPv6 addresses have zones. */
	struct in_addr v4;
	return !has_zone && inet_pton(AF_INET, address, &v4) == 1 ? AF_INET : AF_UNSPEC;
}
