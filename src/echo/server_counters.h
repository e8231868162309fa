/* SPDX-License-Identifier: MIT */
/* What the echo server's thread counts, for any thread to read. */
#ifndef ECHO_SERVER_COUNTERS_H
#define ECHO_SERVER_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "measure/reasons.h"
#include "measure/snapshot.h"

struct server_counters {
	_Atomic uint64_t connections;
	_Atomic uint64_t accepted;
	_Atomic uint64_t frames;
	_Atomic uint64_t closed[SERVER_CLOSES];
	_Atomic uint64_t rejected[SERVER_REJECTS];
};

/* One thread writes, so no read-modify-write is needed. by: UINT64_MAX takes one away. */
static inline void server_counters_add(_Atomic uint64_t *counter, uint64_t by)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

/* *values is overwritten. */
void server_counters_read(const struct server_counters *counters, struct server_values *values);

#endif
