/* SPDX-License-Identifier: MIT */
/* Writes the echo server's stamps: when frames came, and what else their prober is told. */
#ifndef ECHO_STAMPER_H
#define ECHO_STAMPER_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echo/echo_stream.h"
#include "net/arrival_clock.h"
#include "net/arrivals.h"
#include "net/saved_syn.h"

/* What all connections share. Of one thread. All zero before the first use. */
struct stamper {
	struct arrival_clock clock;
	uint32_t max_error_us; /* Of the wall clock. */
	int64_t error_due_ns;  /* When that is read again. */
};

/* What is known of one connection. Stored by the caller. */
struct stamped_connection {
	evutil_socket_t fd;
	struct saved_syn syn;	   /* Its ttl is 0 if there is none. */
	struct recent_minimum lag; /* Of the prober's clock: see arrivals_find_foreign(). */
	int64_t polled_ns;	   /* All that could be read by then had been read. */
	uint32_t out_of_order;	   /* As of the last frames that were held up. */
	uint32_t retransmits;
	uint32_t min_rtt_us;
	int64_t tcp_info_due_ns; /* When the kernel is asked about the last two again. */
};

/* A connection whose hello was accepted. fd is borrowed. */
void stamped_connection_init(struct stamped_connection *connection, evutil_socket_t fd,
	const struct saved_syn *syn, int64_t now_ns);

/* Reads the clock right after a reading; returns the monotonic time. */
int64_t stamper_read_clock(struct stamper *stamper);

/* One reading of a connection. */
struct stamper_reading {
	struct wall_time timestamp; /* The kernel's, of the last byte. */
	int64_t now_ns; /* Of stamper_read_clock(); taken for when the replies leave, a microsecond later. */
	bool is_drained; /* Nothing was left to be read. */
};

/* Stamps the frames of a batch in buffer, right before they are sent. */
void stamper_stamp(struct stamper *stamper, struct stamped_connection *connection,
	const struct stamper_reading *reading, const struct echo_batch *batch,
	unsigned char *buffer);

#endif
