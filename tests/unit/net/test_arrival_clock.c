/* SPDX-License-Identifier: MIT */
#include "net/arrival_clock.h"

#include "../random.h"
#include "../unit.h"

#define US NS_PER_US
#define S NS_PER_S
/* How far the wall clock runs ahead in these tests, apart from its steps. */
#define AHEAD_NS INT64_C(1700000000000000000)

#define READINGS_MAX 4

static struct wall_time wall(int64_t unix_ns)
{
	return (struct wall_time){.unix_ns = unix_ns};
}

struct reading {
	int64_t at_ns;	   /* When the wall clock was read, by the monotonic one. */
	int64_t step_ns;   /* How far it had been set forward until then. */
	int64_t before_ns; /* How long before that the monotonic clock was read, */
	int64_t after_ns;  /* and how long after. */
};

static const struct {
	const char *says;
	struct reading readings[READINGS_MAX];
	bool is_stepped;   /* An epoch began with the last reading. */
	int64_t offset_ns; /* In addition to AHEAD_NS. */
	int64_t within_ns;
} clocks[] = {
	{"one reading alone", {{1 * S, 0, 50, 50}}, false, 0, 0},
	{"two that agree", {{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}}, false, 0, 0},
	{"two that agree, read at once", {{1 * S, 0, 0, 0}, {1 * S, 0, 0, 0}}, false, 0, 0},
	{"two that agree, a day apart", {{1 * S, 0, 50, 50}, {86400 * S, 0, 50, 50}}, false, 0, 0},
	{"slightly off the middle is not a step", {{1 * S, 0, 50, 50}, {2 * S, 0, 0, 100}}, false,
		0, 50},
	{"a step forward of a second", {{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 50, 50}},
		true, S, 0},
	{"a step back of a second", {{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, -S, 50, 50}},
		true, -S, 0},
	{"a step back of decades",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, -AHEAD_NS, 50, 50}}, true,
		-AHEAD_NS, 0},
	{"a step of 15 us is followed but is not an epoch",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 15 * US, 50, 50}}, false, 15 * US,
		0},
	{"and another, since it counts from the last reading",
		{{1 * S, 0, 50, 50}, {2 * S, 15 * US, 50, 50}, {3 * S, 30 * US, 50, 50}}, false,
		30 * US, 0},
	{"a step forward of 25 us",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 25 * US, 50, 50}}, true, 25 * US,
		0},
	{"a step back of 25 us",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, -25 * US, 50, 50}}, true, -25 * US,
		0},
	{"a step between the first two readings", {{1 * S, 0, 50, 50}, {2 * S, S, 50, 50}}, true, S,
		0},
	{"the reading after a step agrees with it",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 50, 50}, {4 * S, S, 50, 50}},
		false, S, 0},
	{"a second step in a row", {{1 * S, 0, 50, 50}, {2 * S, S, 50, 50}, {3 * S, 3 * S, 50, 50}},
		true, 3 * S, 0},
	{"a step that is undone",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 50, 50}, {4 * S, 0, 50, 50}},
		true, 0, 0},
	{"interrupted before the wall clock was read: the old offset stays",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 0, 10000 * US, 50}}, false, 0, 0},
	{"interrupted after it: likewise",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 0, 50, 10000 * US}}, false, 0, 0},
	{"a step of 25 us hides in so wide a reading",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 25 * US, 5000 * US, 5000 * US}},
		false, 0, 0},
	{"and shows in the next narrow one",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 25 * US, 5000 * US, 5000 * US},
			{4 * S, 25 * US, 50, 50}},
		true, 25 * US, 0},
	{"a step of a second does not",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 5000 * US, 5000 * US}}, true, S,
		0},
	{"the first reading was interrupted: the second corrects it",
		{{1 * S, 0, 10000 * US, 0}, {2 * S, 0, 50, 50}}, true, 0, 0},
	{"and the third agrees",
		{{1 * S, 0, 10000 * US, 0}, {2 * S, 0, 50, 50}, {3 * S, 0, 50, 50}}, false, 0, 0},
};

static struct arrival_clock play(const struct reading *readings)
{
	struct arrival_clock clock = {0};
	for (int i = 0; i < READINGS_MAX && readings[i].at_ns; i++)
		arrival_clock_update(&clock, readings[i].at_ns - readings[i].before_ns,
			wall(readings[i].at_ns + AHEAD_NS + readings[i].step_ns),
			readings[i].at_ns + readings[i].after_ns);
	return clock;
}

START_TEST(an_epoch_begins_where_the_clock_steps)
{
	const struct reading *readings = clocks[_i].readings;
	int last = 0;
	while (last + 1 < READINGS_MAX && readings[last + 1].at_ns)
		last++;
	struct arrival_clock clock = play(readings);
	int64_t off_ns = clock.present.offset_ns - AHEAD_NS - clocks[_i].offset_ns;
	ck_assert(clock.is_known);
	ck_assert_int_eq(clock.read_ns, readings[last].at_ns - readings[last].before_ns);
	ck_assert_int_eq(clock.present.until_ns, INT64_MAX);
	if (clocks[_i].is_stepped) {
		/* The step came between the start of the last but one reading and the end of the
		 * last. */
		ck_assert_int_eq(clock.present.from_ns,
			readings[last - 1].at_ns - readings[last - 1].before_ns);
		ck_assert_int_eq(
			clock.past.until_ns, readings[last].at_ns + readings[last].after_ns);
	} else {
		ck_assert_msg(
			last == 0 || clock.past.until_ns <=
					     readings[last - 1].at_ns + readings[last - 1].after_ns,
			"%s", clocks[_i].says);
	}
	ck_assert_msg(off_ns >= -clocks[_i].within_ns && off_ns <= clocks[_i].within_ns,
		"%s: off by %lld ns", clocks[_i].says, (long long)off_ns);
}
END_TEST

/* Departed at 100 us, now it is 900 us. The clock has been known since 50 us. */
static const struct {
	const char *says;
	int64_t timestamp_ns;
	int64_t arrival_ns;
} conversions[] = {
	{"between departure and now", AHEAD_NS + 500 * US, 500 * US},
	{"at the departure", AHEAD_NS + 100 * US, 100 * US},
	{"right now", AHEAD_NS + 900 * US, 900 * US},
	{"before the departure", AHEAD_NS + 100 * US - 1, 900 * US},
	{"after now", AHEAD_NS + 900 * US + 1, 900 * US},
	{"years ago", 1, 900 * US},
	{"of the epoch", 0, 900 * US},
	{"before the epoch", -5 * S, 900 * US},
	{"none", -1, 900 * US},
};

START_TEST(a_timestamp_is_believed_between_departure_and_now)
{
	struct arrival_clock clock = {0};
	arrival_clock_update(&clock, 50 * US, wall(50 * US + AHEAD_NS), 50 * US);
	int64_t arrival_ns = arrival_clock_convert(
		&clock, wall(conversions[_i].timestamp_ns), 100 * US, 900 * US);
	ck_assert_msg(arrival_ns == conversions[_i].arrival_ns, "%s", conversions[_i].says);
}
END_TEST

START_TEST(nothing_is_believed_of_a_time_without_readings)
{
	struct arrival_clock clock = {0};
	ck_assert_int_eq(
		arrival_clock_convert(&clock, wall(500 * US), 100 * US, 900 * US), 900 * US);
	arrival_clock_update(&clock, 700 * US, wall(700 * US + AHEAD_NS), 700 * US);
	ck_assert_int_eq(
		arrival_clock_convert(&clock, wall(AHEAD_NS + 500 * US), 100 * US, 900 * US),
		900 * US);
	ck_assert_int_eq(
		arrival_clock_convert(&clock, wall(AHEAD_NS + 800 * US), 100 * US, 900 * US),
		800 * US);
}
END_TEST

/* Departed at 100 us, now it is 900 us. The clock was read at 400 us and, stepped, at 600 us. */
static const struct {
	const char *says;
	int64_t step_ns;
	int64_t timestamp_ns; /* In addition to AHEAD_NS. */
	int64_t arrival_ns;
} steps[] = {
	{"an hour forward: came before the step", 3600 * S, 300 * US, 300 * US},
	{"an hour forward: came after the step", 3600 * S, 3600 * S + 500 * US, 500 * US},
	{"an hour forward: came after it was seen", 3600 * S, 3600 * S + 800 * US, 800 * US},
	{"an hour back: came before the step", -3600 * S, 300 * US, 300 * US},
	{"an hour back: came after the step", -3600 * S, -3600 * S + 500 * US, 500 * US},
	{"an hour back: came after it was seen", -3600 * S, -3600 * S + 800 * US, 800 * US},
	{"decades back: came before the step", -AHEAD_NS, 500 * US, 500 * US},
	{"decades back: came after it", -AHEAD_NS, -AHEAD_NS + 500 * US, 500 * US},
	{"forward: before it, and the new clock says before the last reading", 100 * US, 450 * US,
		450 * US},
	{"forward: before it, and the new clock says after the last reading", 100 * US, 550 * US,
		550 * US},
	{"forward: after it, and the old clock says after it was seen", 100 * US, 650 * US,
		550 * US},
	{"forward: it could be either, and the later is taken", 30 * US, 540 * US, 540 * US},
	{"back: after it, and the old clock says before", -100 * US, 600 * US, 700 * US},
	{"back: before it, and the new clock says after now", -700 * US, 300 * US, 300 * US},
	{"back: it could be either, and the later is taken", -100 * US, 350 * US, 450 * US},
	{"of the old clock, before the departure", 3600 * S, 99 * US, 900 * US},
	{"of the old clock, and after the step was seen", 3600 * S, 601 * US, 900 * US},
	{"of the new clock, and before the last reading", 3600 * S, 3600 * S + 399 * US, 900 * US},
	{"of neither clock", 3600 * S, 1800 * S, 900 * US},
};

START_TEST(a_timestamp_is_of_the_clock_that_was_in_force)
{
	struct arrival_clock clock = {0};
	arrival_clock_update(&clock, 50 * US, wall(50 * US + AHEAD_NS), 50 * US);
	arrival_clock_update(&clock, 400 * US, wall(400 * US + AHEAD_NS), 400 * US);
	arrival_clock_update(
		&clock, 600 * US, wall(600 * US + AHEAD_NS + steps[_i].step_ns), 600 * US);
	int64_t arrival_ns = arrival_clock_convert(
		&clock, wall(AHEAD_NS + steps[_i].timestamp_ns), 100 * US, 900 * US);
	ck_assert_msg(arrival_ns == steps[_i].arrival_ns, "%s: %lld", steps[_i].says,
		(long long)arrival_ns);
}
END_TEST

/*
 * A prober's turns while the wall clock steps now and then, by anything from a nanosecond to
 * days: rarely enough for each step to be seen before the next one comes.
 */
struct simulation {
	uint64_t random;
	int64_t now_ns;
	int64_t ahead_ns; /* Since the last step, */
	int64_t step_ns;  /* whose size this is, */
	int64_t stepped_ns;
	int64_t next_step_ns;
	struct arrival_clock clock;
};

/* No packet waits longer than two turns. */
#define TURN_MAX_NS (10 * NS_PER_MS)
#define WAIT_MAX_NS (2 * TURN_MAX_NS)
#define READING_NS 40
/* What is not taken for a step, and the width of a reading. */
#define NOISE_NS (20 * US + READING_NS)

static void pass_time(struct simulation *simulation, uint32_t at_most_ns)
{
	simulation->now_ns += random_below(&simulation->random, at_most_ns);
	if (simulation->now_ns < simulation->next_step_ns)
		return;
	int64_t by_ns = INT64_C(1) << random_below(&simulation->random, 50);
	simulation->step_ns = random_below(&simulation->random, 2) ? by_ns : -by_ns;
	simulation->ahead_ns += simulation->step_ns;
	simulation->stepped_ns = simulation->next_step_ns;
	simulation->next_step_ns +=
		3 * TURN_MAX_NS + random_below(&simulation->random, TURN_MAX_NS);
}

static struct wall_time wall_at(const struct simulation *simulation, int64_t time_ns)
{
	int64_t ahead_ns = simulation->ahead_ns;
	if (time_ns < simulation->stepped_ns)
		ahead_ns -= simulation->step_ns;
	return wall(time_ns + ahead_ns);
}

static void read_clocks(struct simulation *simulation)
{
	int64_t before_ns = simulation->now_ns;
	pass_time(simulation, READING_NS);
	struct wall_time read = wall_at(simulation, simulation->now_ns);
	simulation->now_ns = before_ns + READING_NS;
	pass_time(simulation, 1);
	arrival_clock_update(&simulation->clock, before_ns, read, simulation->now_ns);
}

/* A packet that arrived since_ns or later is received now. */
static void receive(struct simulation *simulation, int64_t since_ns)
{
	uint32_t wait_ns = (uint32_t)(simulation->now_ns - since_ns);
	int64_t arrival_ns = since_ns + random_below(&simulation->random, wait_ns);
	int64_t departure_ns = arrival_ns - 50 * US - random_below(&simulation->random, 300000000);
	struct wall_time timestamp = wall_at(simulation, arrival_ns);
	read_clocks(simulation);
	int64_t off_ns = arrival_clock_convert(
				 &simulation->clock, timestamp, departure_ns, simulation->now_ns) -
			 arrival_ns;
	/* Only if the step is shorter than the wait is it unclear which side a timestamp is on. */
	int64_t step_ns = simulation->step_ns < 0 ? -simulation->step_ns : simulation->step_ns;
	int64_t allowed_ns = NOISE_NS + (step_ns < WAIT_MAX_NS ? step_ns : 0);
	ck_assert_msg(off_ns >= -NOISE_NS && off_ns <= allowed_ns,
		"off by %lld ns with a step of %lld ns", (long long)off_ns,
		(long long)simulation->step_ns);
}

START_TEST(no_step_makes_an_arrival_wrong)
{
	struct simulation simulation = {.random = (uint64_t)_i + 1,
		.now_ns = S,
		.ahead_ns = AHEAD_NS,
		.next_step_ns = 2 * S};
	int64_t turn_ns[3] = {S, S, S};
	read_clocks(&simulation);
	for (int turn = 0; turn < 20000; turn++) {
		turn_ns[0] = turn_ns[1];
		turn_ns[1] = turn_ns[2];
		pass_time(&simulation, TURN_MAX_NS / 2);
		turn_ns[2] = simulation.now_ns;
		read_clocks(&simulation);
		for (uint32_t left = random_below(&simulation.random, 20); left > 0; left--) {
			pass_time(&simulation, 200000);
			receive(&simulation, turn_ns[random_below(&simulation.random, 3)]);
		}
	}
}
END_TEST

START_TEST(the_peer_is_sent_departures_in_wall_time)
{
	struct arrival_clock clock = {0};
	arrival_clock_update(&clock, 50 * US, wall(50 * US + AHEAD_NS), 50 * US);
	ck_assert_int_eq(arrival_clock_wall(&clock, 70 * US).unix_ns, AHEAD_NS + 70 * US);
	arrival_clock_update(&clock, 100 * US, wall(100 * US - AHEAD_NS), 100 * US);
	ck_assert_int_eq(arrival_clock_wall(&clock, 170 * US).unix_ns, 170 * US - AHEAD_NS);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("arrival_clock");
	tcase_add_loop_test(tcase, an_epoch_begins_where_the_clock_steps, 0, ROWS(clocks));
	tcase_add_loop_test(
		tcase, a_timestamp_is_believed_between_departure_and_now, 0, ROWS(conversions));
	tcase_add_test(tcase, nothing_is_believed_of_a_time_without_readings);
	tcase_add_loop_test(tcase, a_timestamp_is_of_the_clock_that_was_in_force, 0, ROWS(steps));
	tcase_add_loop_test(tcase, no_step_makes_an_arrival_wrong, 0, 10);
	tcase_add_test(tcase, the_peer_is_sent_departures_in_wall_time);
	return unit_run("net/arrival_clock", tcase);
}
