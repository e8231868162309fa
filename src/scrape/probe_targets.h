/* SPDX-License-Identifier: MIT */
/* The targets that are probed on request: for as long as somebody asks for them. */
#ifndef SCRAPE_PROBE_TARGETS_H
#define SCRAPE_PROBE_TARGETS_H

#include <stddef.h>
#include <stdint.h>

#include "base/destinations.h"
#include "base/log.h"
#include "base/text_error.h"
#include "config/target_options.h"
#include "engine/engine.h"
#include "measure/probe_values.h"

/* What may be asked for. All of it is borrowed. */
struct probe_rules {
	const struct destinations
		*allow; /* What the engine was given, too. NULL, or empty: nothing. */
	size_t most;
	const struct target_options *defaults; /* Complete. */
};

struct probe_targets;

/* rules: copied; what it borrows, engine and log are borrowed until probe_targets_free(). Returns 0 or -ENOMEM. */
int probe_targets_new(const struct probe_rules *rules, struct engine *engine, const struct log *log,
	int64_t now_ns, struct probe_targets **made);

/* The targets stay the engine's. NULL is accepted. */
void probe_targets_free(struct probe_targets *targets);

/*
 * Begins to probe what a query asks for, as in struct http_request, or keeps on probing it. Returns 0 with
 * *id for engine_snapshot_added(); or the status of an answer, 400, 403 or 503, with the reason, one line. This and the next
 * one: one thread at a time.
 */
unsigned probe_targets_ask(struct probe_targets *targets, const char *query, int64_t now_ns,
	uint64_t *id, struct text_error *error);

/* Ends those that nobody has asked for. */
void probe_targets_end_due(struct probe_targets *targets, int64_t now_ns);

/* Any thread. targets: NULL where nothing may be probed on request. */
void probe_targets_read(const struct probe_targets *targets, struct probe_values *values);

#endif
