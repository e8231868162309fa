/* SPDX-License-Identifier: MIT */
/* What is asked of one target, and what is known and said of it. */
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/destinations.h"
#include "base/endpoint.h"
#include "config/target_options.h"
#include "measure/target_stats.h"
#include "measure/timeout_estimate.h"
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
	const struct destinations
		*allowed;  /* Which addresses may be dialled. Borrowed; NULL: all. */
	bool is_unwatched; /* The watcher is not told of it. */

	/* Its prober's thread alone. */
	struct probe_context *context; /* Borrowed; NULL until a prober has it. */
	struct report report;
	struct timeout_estimate estimate; /* With TARGET_TIMEOUT_AUTO. */
	bool counts_unsent; /* It was connected before, or an attempt failed: start-up is over. */
};

/* options: complete, and checked against the endpoint. Returns 0 or -ENOMEM, with *target empty. */
int target_init(struct target *target, const char *name, const struct endpoint *endpoint,
	const struct target_options *options);

/* Frees what it holds. One that is all zero is accepted. */
void target_clear(struct target *target);

/* The endpoint as configured. */
void target_endpoint(const struct target *target, struct endpoint *endpoint);

/* How long a reply may take, at present. */
static inline int64_t target_timeout_ns(const struct target *target)
{
	bool is_estimated = target->options.timeout_ns == TARGET_TIMEOUT_AUTO;
	return is_estimated ? target->estimate.timeout_ns : target->options.timeout_ns;
}

/* A reply came in time. */
void target_received(struct target *target, int64_t rtt_ns);

/* So many probes were not answered in time. Those of a connection that was lost are none of them. */
void target_timed_out(struct target *target, uint64_t count, int64_t now_ns);

/* A slot that cannot be used: counts it, unless this is still the start-up. */
void target_count_unsent(struct target *target);

/* Replies come from this peer: reported to log and watcher, if that is a change. */
void target_report_up(struct target *target, const union address *peer, int64_t now_ns);

/* The target cannot be reached, or no longer; likewise. why: see report_down(). */
void target_report_down(struct target *target, const char *why, int64_t now_ns);

#endif
