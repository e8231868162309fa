/* SPDX-License-Identifier: MIT */
/* Where targets come from, as a user writes it: "targets.json", "dns:example.com:4000". Pure. */
#ifndef CONFIG_TARGET_SOURCE_H
#define CONFIG_TARGET_SOURCE_H

#include <stdbool.h>

#include "base/endpoint.h"

/* How many sources there may be. */
#define TARGET_SOURCES_MAX 64

/* Of an address of HTTP, in bytes. */
#define TARGET_SOURCE_URL_MAX 2000

enum target_source_kind {
	TARGET_SOURCE_FILE,  /* A path. */
	TARGET_SOURCE_FILES, /* A pattern: files_match(). */
	TARGET_SOURCE_HTTP,  /* http:// or https:// */
	TARGET_SOURCE_DNS,   /* dns:NAME:PORT, each address of the name. */
	TARGET_SOURCE_SRV,   /* srv:NAME, each host and port of its SRV records (RFC 2782). */
};

struct target_source {
	enum target_source_kind kind;
	const char *text; /* As it was written. Borrowed. */
	/* What TARGET_SOURCE_DNS asks for, and TARGET_SOURCE_SRV, without a port. */
	struct endpoint address;
};

/*
 * Returns 0 with *source filled, or -EINVAL with *reason (static) that is to follow the quoted text, "is not a valid
 * ...", and *source untouched.
 */
int target_source_parse(const char *text, struct target_source *source, const char **reason);

/* Whether it is one of files, and not of the network. */
static inline bool target_source_is_of_files(const struct target_source *source)
{
	return source->kind == TARGET_SOURCE_FILE || source->kind == TARGET_SOURCE_FILES;
}

#endif
