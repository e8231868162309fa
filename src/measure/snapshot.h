/* SPDX-License-Identifier: MIT */
/* Everything the program knows at one moment, as plain data: what expositions are made of. */
#ifndef MEASURE_SNAPSHOT_H
#define MEASURE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/labels.h"
#include "measure/histogram.h"
#include "measure/reasons.h"
#include "measure/target_stats.h"

struct target_snapshot {
	uint64_t id;	  /* Of no other target, also of one that has the name later or before. */
	const char *name; /* Valid UTF-8 without control characters. Owned by the snapshot. */
	const char *address; /* As configured, e.g. "host:4000". Owned by the snapshot. */
	const char *peer; /* The address in use, e.g. "192.0.2.1:4000"; "" before the first. Points
			     into values. */
	struct labels labels; /* Those the user gave it. Their text is the snapshot's. */
	struct target_values values;
	/* Owned by the snapshot; NULL where it was not asked for, or none is kept. */
	const struct distribution *distribution;       /* Of the round trips. */
	const struct distribution *excess[DIRECTIONS]; /* Above the least of each direction. */
};

struct server_values {
	uint64_t connections; /* Open now. */
	uint64_t accepted;
	uint64_t frames; /* Whole frames returned. */
	uint64_t closed[SERVER_CLOSES];
	uint64_t rejected[SERVER_REJECTS];
};

/* Made by engine_snapshot(), freed by snapshot_clear(). All zero is an empty one. */
struct snapshot {
	struct target_snapshot *targets; /* Owned; in the order of the configuration. */
	size_t target_count;
	char *text;			    /* Owned: the strings above. */
	struct distribution *distributions; /* Owned: those above; or NULL. */
	bool has_prober;
	bool lacks_tcp_info;	   /* This system does not tell what its TCP counts. */
	struct histogram send_lag; /* First bound HISTOGRAM_LAG_FIRST_NS. All probers together. */
	struct histogram tx_delay; /* Likewise. From departure to the network device. */
	/* The same in fine buckets, without sums. */
	struct distribution send_lag_distribution;
	struct distribution tx_delay_distribution;
	bool has_server;
	struct server_values server;
};

void snapshot_clear(struct snapshot *snapshot);

#endif
