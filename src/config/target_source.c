/* SPDX-License-Identifier: MIT */
#include "config/target_source.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/files.h"

/* Whether the text begins with the prefix, in any case, as schemes are compared (RFC 3986 section 3.1). */
static bool has_scheme(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

static int refuse(const char **reason, const char *why)
{
	*reason = why;
	return -EINVAL;
}

/* rest: what follows "://". */
static int parse_url(
	const char *text, const char *rest, struct target_source *source, const char **reason)
{
	size_t authority = strcspn(rest, "/?#");
	if (strlen(text) > TARGET_SOURCE_URL_MAX)
		return refuse(reason, "is too long");
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
			return refuse(reason, "has a character that has to be escaped");
	if (memchr(rest, '@', authority))
		return refuse(reason, "has a name before its host, which everybody would see");
	if (authority == 0 || rest[0] == ':')
		return refuse(reason, "has no host");
	*source = (struct target_source){.kind = TARGET_SOURCE_HTTP, .text = text};
	return 0;
}

static int parse_dns(const char *text, struct target_source *source, const char **reason)
{
	struct endpoint address;
	int result = endpoint_parse(text + strlen("dns:"), ENDPOINT_TO_DIAL, &address, reason);
	if (result != 0)
		return result;
	if (address.host[0] == '\0' || address_family(address.host) != AF_UNSPEC)
		return refuse(reason, "has no name to ask for");
	*source =
		(struct target_source){.kind = TARGET_SOURCE_DNS, .text = text, .address = address};
	return 0;
}

static int parse_srv(const char *text, struct target_source *source, const char **reason)
{
	struct target_source made = {.kind = TARGET_SOURCE_SRV, .text = text};
	const char *name = text + strlen("srv:");
	size_t length = strlen(name);
	if (length == 0 || name[0] == '.')
		return refuse(reason, "has no name to ask for");
	if (length >= sizeof(made.address.host))
		return refuse(reason, "is too long");
	for (const char *at = name; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || *at == ':' ||
			*at == '/')
			return refuse(reason, *at == ':' ? "has a port, which SRV records tell"
							 : "is not a valid name");
	memcpy(made.address.host, name, length + 1);
	*source = made;
	return 0;
}

int target_source_parse(const char *text, struct target_source *source, const char **reason)
{
	const char *rest = strstr(text, "://");
	if (has_scheme(text, "http://") || has_scheme(text, "https://"))
		return parse_url(text, rest + strlen("://"), source, reason);
	if (has_scheme(text, "dns:"))
		return parse_dns(text, source, reason);
	if (has_scheme(text, "srv:"))
		return parse_srv(text, source, reason);
	if (text[0] == '\0')
		return refuse(reason, "is empty");
	if (rest)
		return refuse(reason, "is of no kind that is known");
	*source = (struct target_source){
		.kind = files_is_pattern(text) ? TARGET_SOURCE_FILES : TARGET_SOURCE_FILE,
		.text = text,
	};
	return 0;
}
