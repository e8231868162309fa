/* SPDX-License-Identifier: MIT */
/* Every metric there is: its name, its kind, what its HELP line tells an operator, where its value
 * is. */
#ifndef SCRAPE_FAMILIES_H
#define SCRAPE_FAMILIES_H

#include <stddef.h>

#include "measure/target_stats.h"

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM, FAMILY_INFO };

struct family {
	const char *name; /* As OpenMetrics has it: without "_total" and "_info". */
	enum family_type type;
	const char *help; /* Without backslash, quote and line break: nothing needs escaping. */
};

/* Families whose samples are not one plain value a target. */
enum family_id {
	FAMILY_UP,
	FAMILY_BUILD,
	FAMILY_TARGET,
	FAMILY_RTT,
	FAMILY_CONNECT_FAILURES,
	FAMILY_DISCONNECTS,
	FAMILY_SEND_LAG,
	FAMILY_SERVER_CONNECTIONS,
	FAMILY_SERVER_ACCEPTED,
	FAMILY_SERVER_FRAMES,
	FAMILY_SERVER_CLOSED,
	FAMILY_SERVER_REJECTED,
	FAMILY_PROCESS_CPU,
	FAMILY_PROCESS_OPEN_FDS,
	FAMILY_PROCESS_MAX_FDS,
	FAMILY_PROCESS_VIRTUAL_MEMORY,
	FAMILY_PROCESS_RESIDENT_MEMORY,
	FAMILY_PROCESS_START_TIME,
	FAMILIES, /* How many there are. */
};

extern const struct family families[FAMILIES];

/* How a target's value becomes a sample. */
enum value_kind {
	VALUE_COUNT,	 /* The uint64_t at offset. */
	VALUE_TCP_COUNT, /* The same, where the system tells what its TCP counts. */
	VALUE_SECONDS, /* The int64_t at offset, in nanoseconds; negative: not known, no sample. */
	VALUE_CONNECTED,
	VALUE_IN_FLIGHT,
	VALUE_LOSS,
};

/* A family with one value a target. */
struct target_family {
	struct family family;
	enum value_kind kind;
	size_t offset; /* In struct target_values. */
};

#define TARGET_FAMILIES 17

extern const struct target_family target_families[TARGET_FAMILIES];

/* What a family's samples have behind its name: "_total", "_info" or "". Static. */
const char *family_suffix(enum family_type type);

/* What a TYPE line of OpenMetrics calls it: "counter" and so on. Static. */
const char *family_type_name(enum family_type type);

#endif
