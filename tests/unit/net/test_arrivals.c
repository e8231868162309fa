/* SPDX-License-Identifier: MIT */
#include "net/arrivals.h"

#include "../random.h"
#include "../unit.h"

#define US NS_PER_US
#define MS NS_PER_MS
/* How far the wall clock is ahead in these tests. */
#define AHEAD_NS INT64_C(1700000000000000000)
#define REPLIES_MAX 4
#define UNKNOWN INT64_MIN

/* The clock has long been known. Timestamps are given as the monotonic time that they mean. */
static const struct {
	const char *says;
	int64_t stamped_ns; /* UNKNOWN: no timestamp. */
	int64_t now_ns;
	int64_t polled_ns;
	int64_t least_rtt_ns; /* Before; 0: no reply yet. */
	bool was_waiting;
	bool was_held_up;
	int64_t departures_ns[REPLIES_MAX]; /* Ended by 0. */
	int64_t arrivals_ns[REPLIES_MAX];
	int64_t least_afterwards_ns; /* 0: still no reply. */
} rows[] = {
	{"one reply arrives when the kernel says", 150 * US, 900 * US, 20 * US, 0, false, false,
		{100 * US}, {150 * US}, 50 * US},
	{"without a timestamp it arrives when it is read", UNKNOWN, 900 * US, 20 * US, 0, false,
		false, {100 * US}, {900 * US}, 800 * US},
	{"a timestamp before the departure is not believed", 99 * US, 900 * US, 20 * US, 0, false,
		false, {100 * US}, {900 * US}, 800 * US},
	{"nor one after the reading", 901 * US, 900 * US, 20 * US, 0, false, false, {100 * US},
		{900 * US}, 800 * US},
	{"what the last reading could read was read then", 150 * US, 900 * US, 400 * US, 0, false,
		false, {100 * US}, {400 * US}, 300 * US},
	{"a faster reply becomes the minimum", 130 * US, 900 * US, 20 * US, 50 * US, false, false,
		{100 * US}, {130 * US}, 30 * US},
	{"a slower one does not", 190 * US, 900 * US, 20 * US, 50 * US, false, false, {100 * US},
		{190 * US}, 50 * US},
	{"a reply that was held up arrives when it is read", 150 * US, 900 * US, 20 * US, 50 * US,
		false, true, {100 * US}, {900 * US}, 50 * US},
	{"two replies that a sleeping prober reads together keep their distance", 1150 * US,
		1900 * US, 20 * US, 50 * US, false, false, {100 * US, 1100 * US},
		{150 * US, 1150 * US}, 50 * US},
	{"so do many", 3150 * US, 9900 * US, 20 * US, 50 * US, false, false,
		{100 * US, 1100 * US, 2100 * US, 3100 * US},
		{150 * US, 1150 * US, 2150 * US, 3150 * US}, 50 * US},
	{"two probes sent at once arrive at once", 150 * US, 900 * US, 20 * US, 50 * US, false,
		false, {100 * US, 100 * US}, {150 * US, 150 * US}, 50 * US},
	{"an earlier one did not come before the last reading", 1150 * US, 1900 * US, 400 * US,
		50 * US, false, false, {100 * US, 1100 * US}, {400 * US, 1150 * US}, 50 * US},
	{"for a prober that was waiting, all came together", 1150 * US, 1900 * US, 20 * US, 50 * US,
		true, false, {100 * US, 1100 * US}, {1150 * US, 1150 * US}, 50 * US},
	{"unless it was read long after that", 1150 * US, 3151 * US, 20 * US, 50 * US, true, false,
		{100 * US, 1100 * US}, {150 * US, 1150 * US}, 50 * US},
	{"which begins at 2 ms", 1150 * US, 3150 * US, 20 * US, 50 * US, true, false,
		{100 * US, 1100 * US}, {150 * US, 1150 * US}, 50 * US},
	{"and not just before", 1150 * US, 3150 * US - 1, 20 * US, 50 * US, true, false,
		{100 * US, 1100 * US}, {1150 * US, 1150 * US}, 50 * US},
	{"a stuck path releases everything at once", 1402 * US, 1900 * US, 20 * US, 50 * US, false,
		false, {100 * US, 1100 * US}, {1402 * US, 1402 * US}, 50 * US},
	{"stuck means more than twice the minimum, and twice 100 us", 1400 * US, 1900 * US, 20 * US,
		50 * US, false, false, {100 * US, 1100 * US}, {400 * US, 1400 * US}, 50 * US},
	{"nobody can say that a connection's first replies were stuck", 9100 * US, 9900 * US,
		20 * US, 0, false, false, {100 * US, 1100 * US}, {8100 * US, 9100 * US}, 8000 * US},
	{"held-up replies of a waiting prober arrive when they are read", 150 * US, 9900 * US,
		20 * US, 50 * US, true, true, {100 * US, 1100 * US}, {9900 * US, 9900 * US},
		50 * US},
	{"and so do those of a sleeping one, since they took long", 150 * US, 9900 * US, 20 * US,
		50 * US, false, true, {100 * US, 1100 * US}, {9900 * US, 9900 * US}, 50 * US},
	{"so do the first of a connection, with nothing to compare them with", 150 * US, 9900 * US,
		20 * US, 0, false, true, {100 * US, 1100 * US}, {9900 * US, 9900 * US}, 0},
	{"a probe cannot be answered before it departed", 1110 * US, 1900 * US, 20 * US, 50 * US,
		false, false, {1105 * US, 1000 * US}, {1110 * US, 1110 * US}, 50 * US},
	{"a probe that departed after the last one arrives with it", 1110 * US, 1900 * US, 20 * US,
		500 * US, false, false, {1050 * US, 1000 * US}, {1110 * US, 1110 * US}, 110 * US},
	{"a departure after the arrival of all", 1110 * US, 1900 * US, 20 * US, 50 * US, false,
		false, {1200 * US, 1090 * US}, {1200 * US, 1110 * US}, 20 * US},
};

static struct wall_time stamp(int64_t monotonic_ns)
{
	if (monotonic_ns == UNKNOWN)
		return WALL_TIME_UNKNOWN;
	return (struct wall_time){.unix_ns = AHEAD_NS + monotonic_ns};
}

static struct arrival_clock known_clock(void)
{
	struct arrival_clock clock = {0};
	arrival_clock_update(&clock, 10, stamp(10), 10);
	return clock;
}

START_TEST(each_reply_arrives_when_it_could_first_be_read)
{
	struct arrival_clock clock = known_clock();
	size_t count = 0;
	while (count < REPLIES_MAX && rows[_i].departures_ns[count])
		count++;
	const struct arrivals_reading reading = {
		.timestamp = stamp(rows[_i].stamped_ns),
		.now_ns = rows[_i].now_ns,
		.polled_ns = rows[_i].polled_ns,
		.was_waiting = rows[_i].was_waiting,
		.was_held_up = rows[_i].was_held_up,
		.departures_ns = rows[_i].departures_ns,
		.count = count,
	};
	int64_t least_rtt_ns = rows[_i].least_rtt_ns ? rows[_i].least_rtt_ns : INT64_MAX;
	int64_t arrivals_ns[REPLIES_MAX] = {0};
	arrivals_find(&reading, &clock, &least_rtt_ns, arrivals_ns);
	for (size_t i = 0; i < REPLIES_MAX; i++)
		ck_assert_msg(arrivals_ns[i] == rows[_i].arrivals_ns[i], "%s: reply %zu at %lld",
			rows[_i].says, i, (long long)arrivals_ns[i]);
	int64_t least_afterwards_ns = least_rtt_ns == INT64_MAX ? 0 : least_rtt_ns;
	ck_assert_msg(least_afterwards_ns == rows[_i].least_afterwards_ns, "%s: minimum %lld",
		rows[_i].says, (long long)least_afterwards_ns);
}
END_TEST

/* For any input in any order. */
START_TEST(no_reply_arrives_before_its_departure_or_after_the_reading)
{
	uint64_t random = (uint64_t)_i + 1;
	struct arrival_clock clock = known_clock();
	int64_t least_rtt_ns = INT64_MAX;
	for (int turn = 0; turn < 20000; turn++) {
		int64_t now_ns = 20 * MS + random_below(&random, 20000000);
		int64_t departures_ns[REPLIES_MAX];
		size_t count = 1 + random_below(&random, REPLIES_MAX);
		for (size_t i = 0; i < count; i++)
			departures_ns[i] = now_ns - random_below(&random, 15000000);
		const struct arrivals_reading reading = {
			.timestamp =
				random_below(&random, 8)
					? stamp(now_ns + 1000000 - random_below(&random, 17000000))
					: WALL_TIME_UNKNOWN,
			.now_ns = now_ns,
			.polled_ns = now_ns - random_below(&random, 15000000),
			.was_waiting = random_below(&random, 2) == 0,
			.was_held_up = random_below(&random, 4) == 0,
			.departures_ns = departures_ns,
			.count = count,
		};
		int64_t arrivals_ns[REPLIES_MAX];
		arrivals_find(&reading, &clock, &least_rtt_ns, arrivals_ns);
		for (size_t i = 0; i < count; i++) {
			ck_assert_int_ge(arrivals_ns[i], departures_ns[i]);
			ck_assert_int_le(arrivals_ns[i], now_ns);
		}
	}
}
END_TEST

/*
 * Frames of another machine, after one at 10 ms that said what "lag_ns" makes of it: its clock is as far behind
 * as that, and its path takes nothing. Times of sending are given by this machine's clock.
 */
static const struct {
	const char *says;
	int64_t stamped_ns;
	int64_t now_ns;
	int64_t polled_ns;
	bool was_held_up;
	int64_t departures_ns[REPLIES_MAX]; /* Ended by 0. */
	int64_t arrivals_ns[REPLIES_MAX];
} foreign_rows[] = {
	{"one frame", 20 * MS, 21 * MS, 15 * MS, false, {20 * MS}, {20 * MS}},
	{"without a timestamp it came when it is read", UNKNOWN, 21 * MS, 15 * MS, false, {20 * MS},
		{21 * MS}},
	{"it did not come before the last reading", 15 * MS - 10 * US, 21 * MS, 15 * MS, false,
		{20 * MS}, {15 * MS}},
	{"a timestamp long before that is none", 14 * MS, 21 * MS, 15 * MS, false, {20 * MS},
		{21 * MS}},
	{"of those that waited for a sleeper each came as it was sent", 40 * MS, 45 * MS, 15 * MS,
		false, {20 * MS, 30 * MS, 40 * MS}, {20 * MS, 30 * MS, 40 * MS}},
	{"also if it woke right after the last", 40 * MS, 40 * MS + 20 * US, 15 * MS, false,
		{20 * MS, 30 * MS, 40 * MS}, {20 * MS, 30 * MS, 40 * MS}},
	{"but not before the last reading", 40 * MS, 45 * MS, 25 * MS, false,
		{20 * MS, 30 * MS, 40 * MS}, {25 * MS, 30 * MS, 40 * MS}},
	{"a stuck path lets go of all at once", 45 * MS, 45 * MS, 15 * MS, false,
		{20 * MS, 30 * MS, 40 * MS}, {45 * MS, 45 * MS, 45 * MS}},
	{"stuck means more than 200 us", 40 * MS + 200 * US, 45 * MS, 15 * MS, false,
		{30 * MS, 40 * MS}, {30 * MS + 200 * US, 40 * MS + 200 * US}},
	{"and no less", 40 * MS + 201 * US, 45 * MS, 15 * MS, false, {30 * MS, 40 * MS},
		{40 * MS + 201 * US, 40 * MS + 201 * US}},
	{"those behind a lost one came when they are read", 40 * MS, 45 * MS, 15 * MS, true,
		{30 * MS, 40 * MS}, {45 * MS, 45 * MS}},
	{"however short they had to wait", 40 * MS, 40 * MS + 100 * US, 15 * MS, true,
		{30 * MS, 40 * MS}, {40 * MS + 100 * US, 40 * MS + 100 * US}},
	{"a clock that went back in between tells no distance", 40 * MS, 45 * MS, 15 * MS, false,
		{41 * MS, 40 * MS}, {40 * MS, 40 * MS}},
	{"nor one that was set by more than a minute", 40 * MS, 45 * MS, 15 * MS, false,
		{-60 * NS_PER_S, 40 * MS}, {40 * MS, 40 * MS}},
};

static void read_foreign(struct recent_minimum *lag, int row, const int64_t *departures_ns,
	size_t count, int64_t *arrivals_ns)
{
	struct arrival_clock clock = known_clock();
	const int64_t first_ns = departures_ns[REPLIES_MAX];
	const struct arrivals_reading first = {
		.timestamp = stamp(10 * MS),
		.now_ns = 11 * MS,
		.departures_ns = &first_ns,
		.count = 1,
	};
	const struct arrivals_reading reading = {
		.timestamp = stamp(foreign_rows[row].stamped_ns),
		.now_ns = foreign_rows[row].now_ns,
		.polled_ns = foreign_rows[row].polled_ns,
		.was_held_up = foreign_rows[row].was_held_up,
		.departures_ns = departures_ns,
		.count = count,
	};
	arrivals_find_foreign(&first, &clock, lag, arrivals_ns);
	ck_assert_int_eq(arrivals_ns[0], 10 * MS);
	arrivals_find_foreign(&reading, &clock, lag, arrivals_ns);
}

START_TEST(each_frame_of_another_machine_arrives_when_it_could_first_be_read)
{
	/* How far its clock is ahead of this one's monotonic time. */
	static const int64_t aheads_ns[] = {0, AHEAD_NS, -AHEAD_NS, INT64_MAX - 3600 * NS_PER_S};
	for (int k = 0; k < ROWS(aheads_ns); k++) {
		struct recent_minimum lag = {0};
		int64_t departures_ns[REPLIES_MAX + 1] = {0};
		int64_t arrivals_ns[REPLIES_MAX] = {0};
		size_t count = 0;
		for (; count < REPLIES_MAX && foreign_rows[_i].departures_ns[count]; count++)
			departures_ns[count] = foreign_rows[_i].departures_ns[count] + aheads_ns[k];
		departures_ns[REPLIES_MAX] = 10 * MS + aheads_ns[k];
		read_foreign(&lag, _i, departures_ns, count, arrivals_ns);
		for (size_t i = 0; i < count; i++)
			ck_assert_msg(arrivals_ns[i] == foreign_rows[_i].arrivals_ns[i],
				"%s: frame %zu at %lld", foreign_rows[_i].says, i,
				(long long)arrivals_ns[i]);
	}
}
END_TEST

/* An hour of a clock that drifts by 50 ppm is 180 ms, and no path that is stuck. */
START_TEST(a_drifting_clock_is_no_stuck_path)
{
	struct arrival_clock clock = known_clock();
	struct recent_minimum lag = {0};
	int64_t arrivals_ns[2];
	for (int64_t now_ns = NS_PER_S; now_ns < 3600 * NS_PER_S; now_ns += 100 * MS) {
		int64_t drift_ns = now_ns / 20000;
		const int64_t departures_ns[2] = {now_ns - 10 * MS - drift_ns, now_ns - drift_ns};
		const struct arrivals_reading reading = {
			.timestamp = stamp(now_ns),
			.now_ns = now_ns + 5 * MS,
			.polled_ns = now_ns - 90 * MS,
			.departures_ns = departures_ns,
			.count = 2,
		};
		arrivals_find_foreign(&reading, &clock, &lag, arrivals_ns);
		ck_assert_int_eq(arrivals_ns[0], now_ns - 10 * MS);
	}
}
END_TEST

/* Whatever another machine says its time is. */
START_TEST(no_frame_arrives_after_the_reading_whatever_it_says)
{
	uint64_t random = (uint64_t)_i + 1;
	struct arrival_clock clock = known_clock();
	struct recent_minimum lag = {0};
	int64_t now_ns = 20 * MS;
	for (int turn = 0; turn < 20000; turn++) {
		int64_t arrivals_ns[REPLIES_MAX];
		int64_t departures_ns[REPLIES_MAX];
		size_t count = 1 + random_below(&random, REPLIES_MAX);
		for (size_t i = 0; i < count; i++)
			departures_ns[i] = (int64_t)((uint64_t)random_next(&random) << 32 |
						     random_next(&random));
		const struct arrivals_reading reading = {
			.timestamp = stamp(now_ns - random_below(&random, 17000000)),
			.now_ns = now_ns,
			.polled_ns = now_ns - random_below(&random, 15000000),
			.was_held_up = random_below(&random, 8) == 0,
			.departures_ns = departures_ns,
			.count = count,
		};
		arrivals_find_foreign(&reading, &clock, &lag, arrivals_ns);
		for (size_t i = 0; i < count; i++) {
			ck_assert_int_le(arrivals_ns[i], now_ns);
			ck_assert_int_ge(arrivals_ns[i], reading.polled_ns);
		}
		now_ns += random_below(&random, 20000000);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("arrivals");
	tcase_add_loop_test(tcase, each_reply_arrives_when_it_could_first_be_read, 0, ROWS(rows));
	tcase_add_loop_test(
		tcase, no_reply_arrives_before_its_departure_or_after_the_reading, 0, 5);
	tcase_add_loop_test(tcase,
		each_frame_of_another_machine_arrives_when_it_could_first_be_read, 0,
		ROWS(foreign_rows));
	tcase_add_test(tcase, a_drifting_clock_is_no_stuck_path);
	tcase_add_loop_test(tcase, no_frame_arrives_after_the_reading_whatever_it_says, 0, 4);
	return unit_run("net/arrivals", tcase);
}
