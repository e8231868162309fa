/* SPDX-License-Identifier: MIT */
#include "probe/peer_stamp.h"

#include <string.h>

#include "base/clock.h"
#include "echo/stamp.h"
#include "probe/link.h"

/* How often the system is asked about its clock. */
#define CLOCK_PERIOD_NS NS_PER_S

/* Times of a peer's clock lie before 2116, so that differences of times fit. */
#define STAMP_TIME_MAX_NS (INT64_C(1) << 62)

/* How far this machine's clock may be off. */
static uint32_t own_clock_error_us(struct probe_context *context, int64_t now_ns)
{
	if (now_ns >= context->clock_error_due_ns) {
		context->clock_error_due_ns = now_ns + CLOCK_PERIOD_NS;
		context->clock_error_us = clock_max_error_us();
	}
	return context->clock_error_us;
}

/* Writes what each direction took, by clocks that are synchronised. */
static void find_one_way(struct probe_context *context, const struct stamped_arrival *arrival,
	const struct stamp *stamp, struct target_stamp *found)
{
	found->one_way_ns[DIRECTION_OUT] = -1;
	found->one_way_ns[DIRECTION_BACK] = -1;
	found->one_way_error_ns = -1;
	uint32_t error_us = own_clock_error_us(context, arrival->arrival_ns);
	if (!(stamp->flags & STAMP_SYNCHRONISED) || stamp->max_error_us == CLOCK_ERROR_UNKNOWN ||
		error_us == CLOCK_ERROR_UNKNOWN)
		return;
	const struct arrival_clock *clock = &context->turn.clock;
	int64_t network_ns = arrival->arrival_ns - arrival->departure_ns - found->residence_ns;
	int64_t out_ns =
		stamp->received_unix_ns - arrival_clock_wall(clock, arrival->departure_ns).unix_ns;
	/* Beyond that the clocks are wrong, within their error or not. */
	if (out_ns < 0)
		out_ns = 0;
	if (out_ns > network_ns)
		out_ns = network_ns;
	found->one_way_ns[DIRECTION_OUT] = out_ns;
	found->one_way_ns[DIRECTION_BACK] = network_ns - out_ns;
	found->one_way_error_ns = ((int64_t)error_us + stamp->max_error_us) * NS_PER_US;
}

static void find_directions(struct connection *connection, const struct stamped_arrival *arrival,
	const struct stamp *stamp, struct target_stamp *found)
{
	const struct one_way_sample sample = {
		.departure_ns = arrival->departure_ns,
		.arrival_ns = arrival->arrival_ns,
		.received_unix_ns = stamp->received_unix_ns,
		.residence_ns = found->residence_ns,
		.is_exact =
			arrival->is_exact && !(stamp->flags & (STAMP_ESTIMATED | STAMP_HELD_UP)),
	};
	struct one_way_result result;
	one_way_take(connection->one_way, &sample, &result);
	found->is_known = result.is_known;
	memcpy(found->excess_ns, result.excess_ns, sizeof(found->excess_ns));
	found->is_slow = result.is_slow;
	found->where = result.where;
}

/* Segments that the peer's kernel sent again since its last stamp; none if it says that there are fewer. */
static uint32_t count_peer_retransmits(struct connection *connection, uint32_t total)
{
	uint32_t count = total - connection->peer_retransmits;
	connection->peer_retransmits = total;
	return count <= INT32_MAX ? count : 0;
}

void peer_stamp_take(struct connection *connection, const struct stamped_arrival *arrival)
{
	struct target *target = &connection->link->target;
	struct stamp stamp;
	stamp_decode(arrival->frame, &stamp);
	int64_t rtt_ns = arrival->arrival_ns - arrival->departure_ns;
	if (stamp.version == 0 || stamp.residence_ns > rtt_ns || stamp.received_unix_ns <= 0 ||
		stamp.received_unix_ns > STAMP_TIME_MAX_NS) {
		target_stats_stamp_rejected(target->stats);
		return;
	}
	if (!connection->is_seen && stamp.ttl > 0) {
		connection->is_seen = true;
		target_stats_seen(target->stats, stamp.ttl, stamp.dscp, stamp.mss);
	}
	struct target_stamp found = {
		.residence_ns = stamp.residence_ns,
		.retransmits = count_peer_retransmits(connection, stamp.retransmits),
	};
	if (connection->one_way)
		find_directions(connection, arrival, &stamp, &found);
	find_one_way(target->context, arrival, &stamp, &found);
	target_stats_stamped(target->stats, &found);
}
