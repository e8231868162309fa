/* SPDX-License-Identifier: MIT */
/* What a command line would run, for people: the answer to -check. */
#ifndef EXPORTER_DESCRIPTION_H
#define EXPORTER_DESCRIPTION_H

#include "base/buffer.h"
#include "exporter/options.h"

/* Appends some lines. The options' targets are to be loaded. guard: of the web configuration, or NULL. */
void description_append(
	const struct options *options, const struct web_guard *guard, struct buffer *buffer);

#endif
