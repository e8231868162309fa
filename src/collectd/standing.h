/* SPDX-License-Identifier: MIT */
/* The targets that a notification stands against until it is called off. Pure. */
#ifndef COLLECTD_STANDING_H
#define COLLECTD_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct complaint;

/* All zero is none. Stored by the caller. */
struct standing {
	struct complaint **complaints; /* Owned; sorted by name. */
	size_t count;
	size_t capacity;
};

/* Whether one stands against that target; then *since_ns is what it was added with. */
bool standing_has(const struct standing *standing, const char *name, int64_t *since_ns);

/* For a target that has none. When out of memory it is not added: nobody will hear of its end. */
void standing_add(struct standing *standing, const char *name, int64_t since_ns);

/* For a target that has one. */
void standing_remove(struct standing *standing, const char *name);

/*
 * Forgets those of targets that are gone: begin, then keep each name that is still there (whether it
 * has one or not), then sweep, which hands out all others. The name is borrowed until on_gone() returns.
 */
void standing_begin(struct standing *standing);
void standing_keep(struct standing *standing, const char *name);
void standing_sweep(struct standing *standing,
	void (*on_gone)(void *context, const char *name, int64_t since_ns), void *context);

/* Frees what it holds; empty afterwards. */
void standing_clear(struct standing *standing);

#endif
