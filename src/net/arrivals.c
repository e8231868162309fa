/* SPDX-License-Identifier: MIT */
#include "net/arrivals.h"

/* Whoever waits for events and nothing else reads what comes within this time, as a rule. */
#define PROMPT_NS (2 * NS_PER_MS)

/* A reply that took more than twice the least, and twice this, was not only on its way. */
#define STUCK_MIN_NS (100 * NS_PER_US)

/* For how long a lag is remembered, at least: clocks drift by 50 us meanwhile, or far less. */
#define LAG_PERIOD_NS NS_PER_S

/* Frames of one reading that were sent further apart than this were not: the clock stepped. */
#define DISTANCE_MAX_NS (60 * NS_PER_S)

static int64_t last_departure_ns(const struct arrivals_reading *reading)
{
	return reading->departures_ns[reading->count - 1];
}

static int64_t last_arrival_ns(const struct arrivals_reading *reading,
	const struct arrival_clock *clock, int64_t earliest_ns)
{
	if (reading->was_held_up)
		return reading->now_ns;
	int64_t arrival_ns =
		arrival_clock_convert(clock, reading->timestamp, earliest_ns, reading->now_ns);
	/* What could be read by the last reading was read then. */
	return arrival_ns > reading->polled_ns ? arrival_ns : reading->polled_ns;
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

/* Of a frame that left so long before the last one. */
static int64_t earlier_arrival_ns(
	const struct arrivals_reading *reading, int64_t last_ns, int64_t distance_ns)
{
	int64_t arrival_ns = last_ns - distance_ns;
	if (arrival_ns < reading->polled_ns)
		arrival_ns = reading->polled_ns;
	return arrival_ns < last_ns ? arrival_ns : last_ns;
}

void arrivals_find(const struct arrivals_reading *reading, const struct arrival_clock *clock,
	int64_t *least_rtt_ns, int64_t *arrivals_ns)
{
	int64_t last_departed_ns = last_departure_ns(reading);
	int64_t last_ns = last_arrival_ns(reading, clock, last_departed_ns);
	if (!reading->was_held_up && last_ns - last_departed_ns < *least_rtt_ns)
		*least_rtt_ns = last_ns - last_departed_ns;
	size_t last = reading->count - 1;
	arrivals_ns[last] = last_ns;
	if (last == 0)
		return;
	bool is_together = came_together(reading, last_ns, *least_rtt_ns);
	for (size_t i = 0; i < last; i++) {
		int64_t departure_ns = reading->departures_ns[i];
		int64_t distance_ns = is_together ? 0 : last_departed_ns - departure_ns;
		int64_t arrival_ns = earlier_arrival_ns(reading, last_ns, distance_ns);
		/* Replies may come in another order than their probes went. */
		arrivals_ns[i] = arrival_ns > departure_ns ? arrival_ns : departure_ns;
	}
}

void arrivals_find_foreign(const struct arrivals_reading *reading,
	const struct arrival_clock *clock, struct recent_minimum *lag, int64_t *arrivals_ns)
{
	int64_t last_departed_ns = last_departure_ns(reading);
	/* What comes while a reading ends is stamped before its end. */
	int64_t last_ns = last_arrival_ns(reading, clock, reading->polled_ns - STUCK_MIN_NS);
	int64_t lag_ns = clock_difference_ns(last_ns, last_departed_ns);
	bool is_together = reading->was_held_up;
	if (!is_together) {
		recent_minimum_note(lag, lag_ns, LAG_PERIOD_NS, reading->now_ns);
		is_together =
			clock_difference_ns(lag_ns, recent_minimum_get(lag)) > 2 * STUCK_MIN_NS;
	}
	size_t last = reading->count - 1;
	arrivals_ns[last] = last_ns;
	for (size_t i = 0; i < last; i++) {
		int64_t distance_ns =
			clock_difference_ns(last_departed_ns, reading->departures_ns[i]);
		bool is_plausible = distance_ns > 0 && distance_ns < DISTANCE_MAX_NS;
		arrivals_ns[i] = earlier_arrival_ns(
			reading, last_ns, is_together || !is_plausible ? 0 : distance_ns);
	}
}
