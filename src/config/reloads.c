/* SPDX-License-Identifier: MIT */
#include "config/reloads.h"

void reloads_init(struct reloads *reloads, struct wall_time now)
{
	for (int i = 0; i < RELOAD_SOURCES; i++)
		atomic_init(&reloads->has_failed[i], false);
	atomic_init(&reloads->success_ns, now.unix_ns);
}

void reloads_note(struct reloads *reloads, enum reload_source source, bool is_successful,
	struct wall_time now)
{
	atomic_store(&reloads->has_failed[source], !is_successful);
	if (reloads_are_successful(reloads))
		atomic_store(&reloads->success_ns, now.unix_ns);
}

bool reloads_are_successful(const struct reloads *reloads)
{
	for (int i = 0; i < RELOAD_SOURCES; i++)
		if (atomic_load(&reloads->has_failed[i]))
			return false;
	return true;
}
