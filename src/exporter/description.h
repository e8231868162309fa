/* SPDX-License-Identifier: MIT */
/* What a command line would run, for people: the answer to -check. */
#ifndef EXPORTER_DESCRIPTION_H
#define EXPORTER_DESCRIPTION_H

#include "base/buffer.h"
#include "exporter/options.h"

/* All of it is borrowed. */
struct description {
	const struct options *options;
	const struct web_guard *guard; /* Of the web configuration, or NULL. */
	const struct target_list *targets;
	const struct source_values *sources; /* Where they come from. */
	size_t source_count;
};

/* Appends some lines. */
void description_append(const struct description *description, struct buffer *buffer);

#endif
