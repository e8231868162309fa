/* SPDX-License-Identifier: MIT */
#include "echo/stamper.h"

#include <stdbool.h>

#include "base/clock.h"
#include "net/tcp_info.h"
#include "net/timestamps.h"

/* How often the system is asked about its clock, and about a connection. */
#define PERIOD_NS NS_PER_S

/* How often the two clocks are compared: a step of the wall clock is noticed that late. */
#define COMPARE_NS NS_PER_MS

#define STAMPS_MAX (ECHO_TAKE_MAX / FRAME_STAMPED_SIZE)

void stamped_connection_init(struct stamped_connection *connection, evutil_socket_t fd,
	const struct saved_syn *syn, int64_t now_ns)
{
	timestamps_enable(fd);
	*connection = (struct stamped_connection){
		.fd = fd,
		.syn = *syn,
		.polled_ns = now_ns,
		.tcp_info_due_ns = now_ns,
	};
}

int64_t stamper_read_clock(struct stamper *stamper)
{
	int64_t now_ns = clock_monotonic_ns();
	return now_ns - stamper->clock.read_ns < COMPARE_NS ? now_ns
							    : arrival_clock_read(&stamper->clock);
}

static void ask_system(
	struct stamper *stamper, struct stamped_connection *connection, int64_t now_ns)
{
	if (now_ns >= stamper->error_due_ns) {
		stamper->error_due_ns = now_ns + PERIOD_NS;
		stamper->max_error_us = clock_max_error_us();
	}
	if (now_ns < connection->tcp_info_due_ns)
		return;
	connection->tcp_info_due_ns = now_ns + PERIOD_NS;
	struct tcp_facts facts;
	if (!tcp_info_read(connection->fd, &facts))
		return;
	connection->retransmits = facts.retransmits;
	connection->min_rtt_us =
		facts.min_rtt_ns > 0 ? (uint32_t)(facts.min_rtt_ns / NS_PER_US) : 0;
}

/* What the stamps of one reading have in common. */
static struct stamp make_stamp(
	const struct stamper *stamper, const struct stamped_connection *connection)
{
	bool is_synchronised = stamper->max_error_us != CLOCK_ERROR_UNKNOWN;
	return (struct stamp){
		.flags = is_synchronised ? STAMP_SYNCHRONISED : 0,
		.version = STAMP_VERSION,
		.retransmits = connection->retransmits,
		.min_rtt_us = connection->min_rtt_us,
		.max_error_us = stamper->max_error_us,
		.ttl = connection->syn.ttl,
		.dscp = connection->syn.dscp,
		.mss = connection->syn.mss,
	};
}

static uint32_t saturated(int64_t time_ns)
{
	return time_ns < UINT32_MAX ? (uint32_t)time_ns : UINT32_MAX;
}

void stamper_stamp(struct stamper *stamper, struct stamped_connection *connection,
	const struct stamper_reading *reading, const struct echo_batch *batch,
	unsigned char *buffer)
{
	int64_t departures_ns[STAMPS_MAX];
	int64_t arrivals_ns[STAMPS_MAX];
	for (size_t i = 0; i < batch->stamps; i++)
		departures_ns[i] = frame_time_ns(buffer + batch->stamped[i]);
	const struct arrivals_reading arrivals = {
		.timestamp = reading->timestamp,
		.now_ns = reading->now_ns,
		.polled_ns = connection->polled_ns,
		.was_held_up = batch->frames > 1 &&
			       tcp_info_was_held_up(connection->fd, &connection->out_of_order),
		.departures_ns = departures_ns,
		.count = batch->stamps,
	};
	arrivals_find_foreign(&arrivals, &stamper->clock, &connection->lag, arrivals_ns);
	if (reading->is_drained)
		connection->polled_ns = reading->now_ns;
	ask_system(stamper, connection, reading->now_ns);
	struct stamp stamp = make_stamp(stamper, connection);
	if (arrivals.was_held_up)
		stamp.flags |= STAMP_HELD_UP;
	for (size_t i = 0; i < batch->stamps; i++) {
		bool is_exact = i + 1 == batch->stamps && wall_time_is_known(reading->timestamp);
		struct stamp own = stamp;
		if (!is_exact)
			own.flags |= STAMP_ESTIMATED;
		own.received_unix_ns = arrival_clock_wall(&stamper->clock, arrivals_ns[i]).unix_ns;
		own.residence_ns = saturated(reading->now_ns - arrivals_ns[i]);
		stamp_encode(&own, buffer + batch->stamped[i]);
	}
}
