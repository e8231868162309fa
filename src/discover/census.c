/* SPDX-License-Identifier: MIT */
#include "discover/census.h"

static bool has_failed(const struct target_values *values)
{
	for (int i = 0; i < CONNECT_FAILURES; i++)
		if (values->connect_failures[i] > 0)
			return true;
	return values->timeouts > 0;
}

void census_take(const struct snapshot *snapshot, struct census *census)
{
	*census = (struct census){.targets = snapshot->target_count};
	for (size_t i = 0; i < snapshot->target_count; i++) {
		const struct target_values *values = &snapshot->targets[i].values;
		census->up += values->connected && values->received > 0;
		census->tried += values->received > 0 || has_failed(values);
	}
}
