/* SPDX-License-Identifier: MIT */
/* What this process uses of the machine, as Prometheus's client libraries report it. */
#ifndef METRICS_PROCESS_VALUES_H
#define METRICS_PROCESS_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/probe_values.h"
#include "measure/reasons.h"

/* Each is -1 where the system does not tell. */
struct process_values {
	int64_t cpu_ns;	       /* User and system time of all threads so far. */
	int64_t open_fds;      /* On Windows, handles. */
	int64_t max_fds;       /* The soft limit; -1 where there is none. */
	int64_t virtual_bytes; /* On Windows, private memory alone. */
	int64_t resident_bytes;
	int64_t start_time_ns; /* Since 1970-01-01 00:00 UTC. */
	/* For the caller to set, who asks the engine, the HTTP front and the reloads. */
	bool is_alive;
	uint64_t http_rejected[HTTP_REJECTS];
	bool is_reloaded;    /* The last reload of configuration succeeded. */
	int64_t reloaded_ns; /* When one did, since 1970-01-01 00:00 UTC. */
	struct probe_values probes;
};

/*
 * When this process started, as it is to be told. known_ns: as it was told the last time, or -1;
 * found_ns: as it is derived now from the real-time clock, or -1. A start time that moves looks like
 * a restart, so it stays, unless the clock was set since. Pure.
 */
int64_t process_start_time_ns(int64_t known_ns, int64_t found_ns);

/*
 * Reads all of them. *start_time_ns: -1 at first, kept by the caller from one reading to the next.
 * Costs some 10 us; where the kernel does not count descriptors (Linux before 6.2), also about
 * 0.2 us for each open one.
 */
void process_values_read(int64_t *start_time_ns, struct process_values *values);

#endif
