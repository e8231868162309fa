/* SPDX-License-Identifier: MIT */
#include "echo/server_counters.h"

static uint64_t value_of(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void server_counters_read(const struct server_counters *counters, struct server_values *values)
{
	for (unsigned i = 0; i < SERVER_CLOSES; i++)
		values->closed[i] = value_of(&counters->closed[i]);
	for (unsigned i = 0; i < SERVER_REJECTS; i++)
		values->rejected[i] = value_of(&counters->rejected[i]);
	values->connections = value_of(&counters->connections);
	values->accepted = value_of(&counters->accepted);
	values->frames = value_of(&counters->frames);
}
