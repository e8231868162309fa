/* SPDX-License-Identifier: MIT */
#include "net/arrivals.h"

/* Whoever waits for events and nothing else reads what comes within this time, as a rule. */
#define PROMPT_NS (2 * NS_PER_MS)

/* A reply that took more than twice the least, and twice this, was not only on its way. */
#define STUCK_MIN_NS (100 * NS_PER_US)

static int64_t last_departure_ns(const struct arrivals_reading *reading)
{
	return reading->departures_ns[reading->count - 1];
}

static int64_t last_arrival_ns(const struct arrivals_reading *reading,
	const struct arrival_clock *clock, int64_t *least_rtt_ns)
{
	if (reading->was_held_up)
		return reading->now_ns;
	int64_t departure_ns = last_departure_ns(reading);
	int64_t arrival_ns =
		arrival_clock_convert(clock, reading->timestamp, departure_ns, reading->now_ns);
	/* What could be read by the last reading was read then. */
	if (arrival_ns < reading->polled_ns)
		arrival_ns = reading->polled_ns;
	if (arrival_ns - departure_ns < *least_rtt_ns)
		*least_rtt_ns = arrival_ns - departure_ns;
	return arrival_ns;
}

/* Whether all came when the last one came. */
static bool came_together(
	const struct arrivals_reading *reading, int64_t last_ns, int64_t least_rtt_ns)
{
	/* Anything that came before would have ended the wait. */
	if (reading->was_waiting && reading->now_ns - last_ns < PROMPT_NS)
		return true;
	/* Held up, the first replies of a connection took long, with nothing to compare them with. */
	if (least_rtt_ns == INT64_MAX)
		return reading->was_held_up;
	return (last_ns - last_departure_ns(reading)) / 2 > least_rtt_ns + STUCK_MIN_NS;
}

static int64_t earlier_arrival_ns(
	const struct arrivals_reading *reading, int64_t last_ns, int64_t departure_ns)
{
	int64_t arrival_ns = last_ns - (last_departure_ns(reading) - departure_ns);
	if (arrival_ns < reading->polled_ns)
		arrival_ns = reading->polled_ns;
	return arrival_ns < last_ns ? arrival_ns : last_ns;
}

void arrivals_find(const struct arrivals_reading *reading, const struct arrival_clock *clock,
	int64_t *least_rtt_ns, int64_t *arrivals_ns)
{
	int64_t last_ns = last_arrival_ns(reading, clock, least_rtt_ns);
	size_t last = reading->count - 1;
	arrivals_ns[last] = last_ns;
	if (last == 0)
		return;
	bool is_together = came_together(reading, last_ns, *least_rtt_ns);
	for (size_t i = 0; i < last; i++) {
		int64_t departure_ns = reading->departures_ns[i];
		int64_t arrival_ns =
			is_together ? last_ns : earlier_arrival_ns(reading, last_ns, departure_ns);
		/* Replies may come in another order than their probes went. */
		arrivals_ns[i] = arrival_ns > departure_ns ? arrival_ns : departure_ns;
	}
}
