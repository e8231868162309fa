/* SPDX-License-Identifier: MIT */
/* One target: what is asked of it, what is known of it, and its connection. */
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/target_list.h"
#include "echo/frame.h"
#include "measure/target_stats.h"
#include "net/resolver.h"
#include "probe/alarms.h"
#include "probe/context.h"
#include "probe/flight.h"
#include "probe/link.h"
#include "probe/report.h"

/* A connection whose oldest unanswered probe is older than the timeout and this is stalled. */
#define TARGET_STALL_GRACE_NS INT64_C(500000000)

/* name, address and stats never change and may be used from any thread; the rest is its prober's.
 */
struct target {
	char *name;		    /* Owned. */
	char *address;		    /* Owned; "host:port" as configured. */
	struct target_stats *stats; /* Owned. */
	int64_t phase_ns;	    /* Its slots' place in the interval. */
	struct target *next_to_add; /* In the prober's letter box. */
	struct target *next_to_remove;

	struct probe_context *context; /* Borrowed; NULL until a prober has it. */
	enum link_state state;
	struct alarm alarm; /* The next thing that is due without any outside event. */
	bool counts_unsent; /* It was connected before, or an attempt failed: start-up is over. */
	bool has_replied;   /* This connection has carried a reply. */
	unsigned failures;  /* Attempts and connections without a reply, in a row. */
	struct report report;

	/* Dialling. */
	struct resolver_query *query; /* The resolver's; NULL but while resolving. */
	enum resolver_lane lane;      /* How its name fared the last time. */
	struct address_list addresses;
	size_t next_address;
	int64_t attempt_ns; /* When this attempt began. */
	int64_t dialled_ns; /* When this address was dialled. */
	union address peer; /* The one in use or last in use. */

	/* The connection. */
	int fd; /* -1 without one. */
	struct event event;
	struct flight flight;
	int64_t tcp_info_due_ns;
	uint32_t retransmits; /* Of this connection, as last read. */
	uint8_t reply_length; /* Bytes of an unfinished reply. */
	uint8_t frame_length; /* Bytes of a frame that the send buffer had no room for. */
	unsigned char reply[FRAME_SIZE];
	unsigned char frame[FRAME_SIZE];
};

/* What a new target needs to know. */
struct target_terms {
	int64_t interval_ns;
	int64_t timeout_ns;
	uint32_t window;
	int64_t phase_ns;
};

/* Returns 0 or -ENOMEM. */
int target_new(const struct target_config *config, const struct target_terms *terms,
	struct target **target);

/* Its connection is to be gone by then. NULL is accepted. */
void target_free(struct target *target);

/* The connection carries replies: says so to log and watcher, if that is a change. */
void target_report_up(struct target *target);

/* The target cannot be reached, or not any more; likewise. why: see report_down(). */
void target_report_down(struct target *target, const char *why, int64_t now_ns);

/* The target an alarm belongs to. */
struct target *target_of_alarm(struct alarm *alarm);

#endif
