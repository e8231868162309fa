/* SPDX-License-Identifier: MIT */
/* One target: what is asked of it, what is known of it, and its connection. */
#ifndef PROBE_TARGET_H
#define PROBE_TARGET_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/target_options.h"
#include "echo/frame.h"
#include "measure/target_stats.h"
#include "net/resolver.h"
#include "probe/alarms.h"
#include "probe/context.h"
#include "probe/flight.h"
#include "probe/link.h"
#include "probe/report.h"
#include "probe/schedule.h"

/* A handshake that is under way. */
struct handshake {
	struct target *target;
	struct event event;
	union address address; /* The one dialled. */
	int64_t departure_ns;
	evutil_socket_t fd; /* -1 once it is over. */
	bool is_settled;    /* Timed out: an answer is late. */
};

/* name, address, options and stats never change and may be used from any thread; the rest is its
 * prober's. */
struct target {
	char *name;		       /* Owned. */
	char *address;		       /* Owned; "host:port" as configured. */
	struct target_options options; /* All given. */
	struct target_stats *stats;    /* Owned. */
	struct target *next_to_add;    /* In the prober's letter box. */
	struct target *next_to_remove;
	struct target *next; /* Among all of a prober's. */
	struct target *previous;
	struct schedule_place place; /* Of its slots. */

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
	int64_t attempt_ns;    /* When this attempt began. */
	int64_t dialled_ns;    /* When this address was dialled. */
	union address dialled; /* The one being dialled, or dialled last. */
	union address peer;    /* The one in use or last in use. */

	/* Probing by handshakes. */
	struct handshake *handshakes; /* Owned; a ring. NULL for the other kind. */
	uint32_t handshake_mask;      /* Ring size, a power of two, less one. */
	uint64_t first_handshake;     /* All before this one are over. */
	uint64_t next_handshake;
	int64_t resolve_due_ns;	  /* When the name is to be asked for again. */
	int64_t last_answered_ns; /* Departure of the last one that made a connection. */

	/* Probing by echo: the connection. */
	evutil_socket_t fd; /* -1 without one. */
	struct event event;
	struct flight flight;
	int64_t tcp_info_due_ns;
	uint32_t retransmits;  /* Of this connection, as last read. */
	uint32_t out_of_order; /* Likewise, as of the last replies that were held up. */
	int64_t least_rtt_ns;  /* Of this connection; INT64_MAX before the first reply. */
	uint8_t reply_length;  /* Bytes of an unfinished reply. */
	uint8_t frame_length;  /* Bytes of a frame that the send buffer had no room for. */
	unsigned char reply[FRAME_SIZE];
	unsigned char frame[FRAME_SIZE];
};

/* options: all given, and right with the address. Returns 0 or -ENOMEM. */
int target_new(const char *name, const struct endpoint *address,
	const struct target_options *options, struct target **target);

/* Its connection is to be gone by then. NULL is accepted. */
void target_free(struct target *target);

/* The connection carries replies: says so to log and watcher, if that is a change. */
void target_report_up(struct target *target);

/* The target cannot be reached, or not any more; likewise. why: see report_down(). */
void target_report_down(struct target *target, const char *why, int64_t now_ns);

/* The target an alarm belongs to. */
struct target *target_of_alarm(struct alarm *alarm);

#endif
