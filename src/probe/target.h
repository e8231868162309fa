/* SPDX-License-Identifier: MIT */
/* What is asked of one target, and what is known and said of it. */
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "config/target_options.h"
#include "measure/target_stats.h"
#include "probe/context.h"
#include "probe/report.h"

struct target {
	/* These never change and may be read from any thread. */
	char *name;	     /* Owned, and what follows with it. */
	const char *address; /* "host:port" as configured. */
	const char *host;    /* The same in parts, as in struct endpoint. */
	uint16_t port;
	struct target_options options; /* Complete. */
	struct target_stats *stats;    /* Owned. */

	/* Its prober's thread alone. */
	struct probe_context *context; /* Borrowed; NULL until a prober has it. */
	struct report report;
	bool counts_unsent; /* It was connected before, or an attempt failed: start-up is over. */
};

/* options: complete, and checked against the endpoint. Returns 0 or -ENOMEM, with *target empty. */
int target_init(struct target *target, const char *name, const struct endpoint *endpoint,
	const struct target_options *options);

/* Frees what it holds. One that is all zero is accepted. */
void target_clear(struct target *target);

/* The endpoint as configured. */
void target_endpoint(const struct target *target, struct endpoint *endpoint);

/* A slot that cannot be used: counts it, unless this is still the start-up. */
void target_count_unsent(struct target *target);

/* Replies come from this peer: reported to log and watcher, if that is a change. */
void target_report_up(struct target *target, const union address *peer, int64_t now_ns);

/* The target cannot be reached, or no longer; likewise. why: see report_down(). */
void target_report_down(struct target *target, const char *why, int64_t now_ns);

#endif
