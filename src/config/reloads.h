/* SPDX-License-Identifier: MIT */
/* How the last reloads of configuration went: any thread notes, any thread reads. */
#ifndef CONFIG_RELOADS_H
#define CONFIG_RELOADS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum reload_source {
	RELOAD_OF_TARGETS,
	RELOAD_OF_WEB_CONFIG,
	RELOAD_SOURCES,
};

/* Stored by the caller; reloads_init() fills it. */
struct reloads {
	atomic_bool has_failed[RELOAD_SOURCES]; /* The last of each. */
	_Atomic int64_t success_ns; /* When all was well the last time, since 1970-01-01 UTC. */
};

/* A program that has started has loaded everything. */
void reloads_init(struct reloads *reloads, struct wall_time now);

void reloads_note(struct reloads *reloads, enum reload_source source, bool is_successful,
	struct wall_time now);

/* Whether the last reload of each source succeeded. */
bool reloads_are_successful(const struct reloads *reloads);

#endif
