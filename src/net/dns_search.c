/* SPDX-License-Identifier: MIT */
#include "net/dns_search.h"

#include <stdio.h>
#include <string.h>

static int count_dots(const char *host)
{
	int dots = 0;
	for (; *host; host++)
		dots += *host == '.';
	return dots;
}

static bool ends_with_dot(const char *name)
{
	size_t length = strlen(name);
	return length > 0 && name[length - 1] == '.';
}

/* domain: "" for the host itself. Returns false if that is too long for a name. */
static bool write_name(const char *host, const char *domain, char *name)
{
	/* "search ." is the root. */
	bool is_root = domain[0] == '\0' || strcmp(domain, ".") == 0;
	bool has_dot = ends_with_dot(is_root ? host : domain);
	int length = snprintf(name, DNS_NAME_MAX, "%s%s%s%s", host, is_root ? "" : ".",
		is_root ? "" : domain, has_dot ? "" : ".");
	return length > 0 && length < DNS_NAME_MAX;
}

/* The domain of that number of the host; NULL past the end. */
static const char *choose_domain(const struct dns_search *search, const char *host, size_t index)
{
	if (ends_with_dot(host))
		return index == 0 ? "" : NULL;
	if (index > search->count)
		return NULL;
	if (count_dots(host) >= search->ndots)
		return index == 0 ? "" : search->domains[index - 1];
	return index == search->count ? "" : search->domains[index];
}

bool dns_search_next(const struct dns_search *search, const char *host, size_t *index, char *name)
{
	const char *domain;
	while ((domain = choose_domain(search, host, *index))) {
		++*index;
		if (write_name(host, domain, name))
			return true;
	}
	return false;
}
