/* SPDX-License-Identifier: MIT */
/* What a new list of targets changed, in words. Pure. */
#ifndef ENGINE_RELOAD_REPORT_H
#define ENGINE_RELOAD_REPORT_H

#include <stddef.h>

#include "base/buffer.h"

enum reload_change {
	RELOAD_NEW,
	RELOAD_GONE,
	RELOAD_CHANGED, /* Its address, how it is probed, or its labels. */
	RELOAD_CHANGES,
};

/* When more targets than this begin at once, the log does not tell of each that it is up. */
#define ENGINE_MANY_TARGETS 50

/* How many targets of each change are named. */
#define RELOAD_NAMED_MAX 3

/* Stored by the caller; all zero is no change. Names are copied. */
struct reload_report {
	struct {
		size_t count;
		struct buffer names;
	} of[RELOAD_CHANGES];
};

void reload_report_add(struct reload_report *report, enum reload_change change, const char *name);

/* Appends "2 new (a, b), 1 gone (c), 5 changed (d, e, f, ...)", or "nothing changed". */
void reload_report_append(const struct reload_report *report, struct buffer *text);

/* Frees what it holds. */
void reload_report_clear(struct reload_report *report);

#endif
