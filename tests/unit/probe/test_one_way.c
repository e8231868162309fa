/* SPDX-License-Identifier: MIT */
#include "probe/one_way.h"

#include "../random.h"
#include "../unit.h"
#include "base/clock.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define US NS_PER_US

/* When everything begins, by the prober's clock; and how far the peer's is ahead then. */
#define START_NS (1000 * S)
#define AHEAD_NS (INT64_C(1700000000000000000) + 37 * S)
#define RESIDENCE_NS (20 * US)
/* Both ways together, and what of it is the way out. */
#define PATH_NS (400 * US)
#define OUT_NS (90 * US)
/* What chance adds to either, at most, on half of the probes. */
#define NOISE_NS (60 * US)

/* Two machines and a path, in a world of its own time. */
struct world {
	struct one_way one_way;
	uint64_t random;
	int64_t now_ns;
	int64_t began_ns; /* By the prober's clock. */
	double drift;	  /* Of the peer's clock. */
	int64_t ahead_ns;
	int64_t path_ns; /* Both ways, without what is added. */
	/* What every probe is delayed by. */
	int64_t added_ns[DIRECTIONS];
	int64_t added_at_peer_ns;
	/* What came of it. */
	unsigned count;
	unsigned known;
	unsigned slow[SLOW_WHERES];
	int64_t sum_ns[DIRECTIONS]; /* Of what is known. */
	int64_t most_ns[DIRECTIONS];
};

static struct world world_begin(uint64_t seed)
{
	return (struct world){
		.random = seed,
		.now_ns = START_NS,
		.began_ns = START_NS,
		.drift = 20e-6,
		.ahead_ns = AHEAD_NS,
		.path_ns = PATH_NS,
	};
}

static void forget(struct world *world)
{
	world->count = 0;
	world->known = 0;
	for (int i = 0; i < SLOW_WHERES; i++)
		world->slow[i] = 0;
	for (int i = 0; i < DIRECTIONS; i++)
		world->sum_ns[i] = world->most_ns[i] = 0;
}

static int64_t noise(struct world *world)
{
	return random_below(&world->random, 2) ? random_below(&world->random, NOISE_NS) : 0;
}

static int64_t peer_time(const struct world *world, int64_t time_ns)
{
	return time_ns + world->ahead_ns +
	       (int64_t)(world->drift * (double)(time_ns - world->began_ns));
}

static struct one_way_result probe(struct world *world)
{
	int64_t extra_ns = world->path_ns - PATH_NS;
	int64_t there_ns = world->now_ns + OUT_NS + extra_ns / 2 + noise(world) +
			   world->added_ns[DIRECTION_OUT];
	int64_t residence_ns = RESIDENCE_NS + world->added_at_peer_ns;
	int64_t back_ns = there_ns + residence_ns + PATH_NS - OUT_NS + extra_ns / 2 + noise(world) +
			  world->added_ns[DIRECTION_BACK];
	const struct one_way_sample sample = {
		.departure_ns = world->now_ns,
		.arrival_ns = back_ns,
		.received_unix_ns = peer_time(world, there_ns),
		.residence_ns = residence_ns,
		.is_exact = true,
	};
	struct one_way_result result;
	one_way_take(&world->one_way, &sample, &result);
	world->count++;
	if (result.is_slow)
		world->slow[result.where]++;
	if (!result.is_known)
		return result;
	world->known++;
	for (int i = 0; i < DIRECTIONS; i++) {
		ck_assert_int_ge(result.excess_ns[i], 0);
		world->sum_ns[i] += result.excess_ns[i];
		if (result.excess_ns[i] > world->most_ns[i])
			world->most_ns[i] = result.excess_ns[i];
	}
	return result;
}

static void probe_for(struct world *world, int64_t time_ns, int64_t interval_ns)
{
	int64_t end_ns = world->now_ns + time_ns;
	while (world->now_ns < end_ns) {
		probe(world);
		world->now_ns += interval_ns;
	}
}

static int64_t mean_ns(const struct world *world, enum direction direction)
{
	ck_assert_uint_gt(world->known, 0);
	return world->sum_ns[direction] / world->known;
}

START_TEST(nothing_is_known_before_there_are_anchors)
{
	struct world world = world_begin(1);
	probe_for(&world, S, 10 * MS);
	ck_assert_uint_eq(world.known, 0);
	forget(&world);
	world.now_ns += S / 4;
	probe_for(&world, S, 10 * MS);
	ck_assert_uint_eq(world.known, world.count);
}
END_TEST

static const struct {
	const char *says;
	int64_t interval_ns;
	int64_t before_ns; /* How long all is well. */
	int64_t out_ns;
	int64_t back_ns;
	int64_t peer_ns;
	enum slow_where where; /* SLOW_WHERES: it is not slow. */
	double drift;
	int64_t path_ns;
} delays[] = {
	{"the way out", 10 * MS, 20 * S, 5 * MS, 0, 0, SLOW_OUT, 20e-6, PATH_NS},
	{"the way back", 10 * MS, 20 * S, 0, 5 * MS, 0, SLOW_BACK, 20e-6, PATH_NS},
	{"the peer", 10 * MS, 20 * S, 0, 0, 5 * MS, SLOW_PEER, 20e-6, PATH_NS},
	{"the way out, soon", 10 * MS, 2 * S, 5 * MS, 0, 0, SLOW_OUT, 20e-6, PATH_NS},
	{"the way back, soon", 10 * MS, 2 * S, 0, 5 * MS, 0, SLOW_BACK, -20e-6, PATH_NS},
	{"the way out, hours later", 100 * MS, 7200 * S, 5 * MS, 0, 0, SLOW_OUT, 20e-6, PATH_NS},
	{"the way back, hours later", 100 * MS, 7200 * S, 0, 5 * MS, 0, SLOW_BACK, -50e-6, PATH_NS},
	{"a little more than slow", 10 * MS, 20 * S, 1200 * US, 0, 0, SLOW_OUT, 20e-6, PATH_NS},
	{"less than slow", 10 * MS, 20 * S, 0, 800 * US, 0, SLOW_WHERES, 20e-6, PATH_NS},
	{"at usual rates", 200 * MS, 60 * S, 0, 5 * MS, 0, SLOW_BACK, 20e-6, PATH_NS},
	{"rarely probed", 10 * S, 600 * S, 5 * MS, 0, 0, SLOW_OUT, 20e-6, PATH_NS},
	{"more of it on the way out", 10 * MS, 20 * S, 3 * MS, 2 * MS, 0, SLOW_OUT, 20e-6, PATH_NS},
	{"more of it on the way back", 10 * MS, 20 * S, 2 * MS, 3 * MS, 1 * MS, SLOW_BACK, 20e-6,
		PATH_NS},
	{"most of it in the peer", 10 * MS, 20 * S, 2 * MS, 1 * MS, 4 * MS, SLOW_PEER, 20e-6,
		PATH_NS},
	{"most of it in the peer, but not half", 10 * MS, 20 * S, 2 * MS, 1500 * US, 3 * MS,
		SLOW_PEER, 20e-6, PATH_NS},
	{"half of a long path", 10 * MS, 20 * S, 3 * MS, 0, 0, SLOW_WHERES, 20e-6, 10 * MS},
	{"more than that", 10 * MS, 20 * S, 6 * MS, 0, 0, SLOW_OUT, 20e-6, 10 * MS},
	{"a clock that runs far too fast", 10 * MS, 70 * S, 5 * MS, 0, 0, SLOW_OUT, 200e-6,
		PATH_NS},
};

START_TEST(what_is_added_comes_out_where_it_was_added)
{
	struct world world = world_begin((uint64_t)_i + 1);
	const char *says = delays[_i].says;
	world.drift = delays[_i].drift;
	world.path_ns = delays[_i].path_ns;
	probe_for(&world, delays[_i].before_ns, delays[_i].interval_ns);
	for (int i = 0; i < SLOW_WHERES; i++)
		ck_assert_msg(world.slow[i] == 0, "%s: slow before", says);
	forget(&world);
	world.added_ns[DIRECTION_OUT] = delays[_i].out_ns;
	world.added_ns[DIRECTION_BACK] = delays[_i].back_ns;
	world.added_at_peer_ns = delays[_i].peer_ns;
	probe_for(&world, 30 * S, delays[_i].interval_ns);
	ck_assert_msg(world.known == world.count, "%s: %u of %u are known", says, world.known,
		world.count);
	int64_t out_ns = mean_ns(&world, DIRECTION_OUT) - delays[_i].out_ns;
	int64_t back_ns = mean_ns(&world, DIRECTION_BACK) - delays[_i].back_ns;
	ck_assert_msg(
		out_ns > -100 * US && out_ns < 100 * US, "%s: out %lld", says, (long long)out_ns);
	ck_assert_msg(back_ns > -100 * US && back_ns < 100 * US, "%s: back %lld", says,
		(long long)back_ns);
	for (int i = 0; i < SLOW_WHERES; i++)
		ck_assert_msg(world.slow[i] == (i == (int)delays[_i].where ? world.count : 0),
			"%s: %s %u of %u", says, slow_where_name((enum slow_where)i), world.slow[i],
			world.count);
}
END_TEST

START_TEST(a_peer_is_blamed_without_any_clock)
{
	struct world world = world_begin(7);
	probe(&world);
	world.now_ns += 10 * MS;
	world.added_at_peer_ns = 30 * MS;
	struct one_way_result result = probe(&world);
	ck_assert(!result.is_known && result.is_slow);
	ck_assert_int_eq(result.where, SLOW_PEER);
	world.added_at_peer_ns = 0;
	world.added_ns[DIRECTION_OUT] = 30 * MS;
	world.now_ns += 10 * MS;
	result = probe(&world);
	ck_assert(!result.is_known && result.is_slow);
	ck_assert_int_eq(result.where, SLOW_UNKNOWN);
}
END_TEST

/* By how much a clock is set, or a path changes. */
static const struct {
	const char *says;
	int64_t ahead_ns;
	int64_t path_ns;
	bool is_noticed;
} changes[] = {
	{"a step forward", 5 * MS, 0, true},
	{"a step back", -5 * MS, 0, true},
	{"an hour", 3601 * S, 0, true},
	{"years", -600000000 * S, 0, true},
	{"a small one", 600 * US, 0, true},
	{"less than noise", 20 * US, 0, false},
	{"a shorter path", 0, -PATH_NS * 3 / 4, true},
};

START_TEST(a_step_of_a_clock_is_no_delay)
{
	struct world world = world_begin((uint64_t)_i + 1);
	world.path_ns = 4 * PATH_NS;
	probe_for(&world, 30 * S, 10 * MS);
	ck_assert_uint_gt(world.known, 0);
	forget(&world);
	world.ahead_ns += changes[_i].ahead_ns;
	world.path_ns += 4 * changes[_i].path_ns;
	const char *says = changes[_i].says;
	struct one_way_result result = probe(&world);
	for (int i = 0; i < 20 && result.is_known; i++)
		result = probe(&world);
	ck_assert_msg(result.is_known == !changes[_i].is_noticed, "%s", says);
	probe_for(&world, 2 * S, 10 * MS);
	ck_assert_msg(world.known > 0, "%s", says);
	for (int i = 0; i < SLOW_WHERES; i++)
		ck_assert_msg(world.slow[i] == 0, "%s", says);
	forget(&world);
	probe_for(&world, 10 * S, 10 * MS);
	ck_assert_uint_eq(world.known, world.count);
	for (int i = 0; i < DIRECTIONS; i++)
		ck_assert_msg(
			world.most_ns[i] < 200 * US, "%s: %lld", says, (long long)world.most_ns[i]);
}
END_TEST

static const int64_t steps_ns[] = {-3 * S, 7200 * S};

START_TEST(a_step_during_a_delay_blames_nobody_else)
{
	struct world world = world_begin(5);
	probe_for(&world, 30 * S, 10 * MS);
	world.added_ns[DIRECTION_BACK] = 5 * MS;
	world.ahead_ns += steps_ns[_i];
	forget(&world);
	probe_for(&world, 30 * S, 10 * MS);
	ck_assert_uint_eq(world.known, 0);
	ck_assert_uint_eq(world.slow[SLOW_UNKNOWN], world.count);
	/* All is as usual again, and soon the clocks are known. */
	world.added_ns[DIRECTION_BACK] = 0;
	probe_for(&world, 2 * S, 10 * MS);
	forget(&world);
	world.added_ns[DIRECTION_BACK] = 5 * MS;
	probe_for(&world, 10 * S, 10 * MS);
	ck_assert_uint_eq(world.slow[SLOW_BACK], world.count);
}
END_TEST

START_TEST(after_minutes_without_an_anchor_the_clocks_are_soon_known)
{
	struct world world = world_begin(8);
	probe_for(&world, 100 * S, 100 * MS);
	world.added_ns[DIRECTION_OUT] = 5 * MS;
	probe_for(&world, 250 * S, 100 * MS);
	world.added_ns[DIRECTION_OUT] = 0;
	probe_for(&world, 3 * S, 10 * MS);
	forget(&world);
	probe_for(&world, 10 * S, 10 * MS);
	ck_assert_uint_eq(world.known, world.count);
}
END_TEST

/* What the peer says of a probe that it only estimates is off by this: it seems to have kept the probe longer. */
static struct one_way_result probe_estimated(struct world *world, int64_t off_ns)
{
	int64_t there_ns = world->now_ns + OUT_NS + world->added_ns[DIRECTION_OUT];
	const struct one_way_sample sample = {
		.departure_ns = world->now_ns,
		.arrival_ns = there_ns + RESIDENCE_NS + PATH_NS - OUT_NS,
		.received_unix_ns = peer_time(world, there_ns - off_ns),
		.residence_ns = RESIDENCE_NS + off_ns,
	};
	struct one_way_result result;
	one_way_take(&world->one_way, &sample, &result);
	world->now_ns += 10 * MS;
	return result;
}

START_TEST(estimates_change_nothing_that_is_known)
{
	struct world world = world_begin(9);
	for (int i = 0; i < 15000; i++) {
		probe_estimated(&world, 80 * US);
		probe(&world);
		world.now_ns += 10 * MS;
	}
	forget(&world);
	probe_for(&world, 10 * S, 10 * MS);
	ck_assert_uint_eq(world.known, world.count);
	for (int i = 0; i < DIRECTIONS; i++)
		ck_assert_int_lt(mean_ns(&world, (enum direction)i), 50 * US);
}
END_TEST

/* A peer that estimates may be off by milliseconds, which no clock is for it. */
START_TEST(an_odd_estimate_tells_nothing)
{
	struct world world = world_begin(10);
	probe_for(&world, 30 * S, 10 * MS);
	struct one_way_result result = probe_estimated(&world, -10 * US);
	ck_assert(result.is_known);
	/* 15 ms out, and 5 ms less than ever back: the clock, as likely as not. */
	world.added_ns[DIRECTION_OUT] = 10 * MS;
	world.ahead_ns += 5 * MS;
	result = probe_estimated(&world, 0);
	ck_assert(!result.is_known && result.is_slow);
	ck_assert_int_eq(result.where, SLOW_UNKNOWN);
	world.added_ns[DIRECTION_OUT] = 0;
	world.ahead_ns -= 5 * MS;
	result = probe(&world);
	ck_assert(result.is_known && !result.is_slow);
}
END_TEST

/* Faster than ever, but nobody knows on which way. */
START_TEST(what_no_direction_explains_is_nobodys_fault)
{
	struct world world = world_begin(11);
	probe_estimated(&world, 0);
	world.path_ns = 5 * MS;
	probe_for(&world, 3 * S, 10 * MS);
	forget(&world);
	probe_for(&world, 3 * S, 10 * MS);
	ck_assert_uint_eq(world.known, world.count);
	ck_assert_uint_eq(world.slow[SLOW_UNKNOWN], world.count);
}
END_TEST

START_TEST(a_lasting_delay_is_held_against_its_direction_while_the_clocks_are_known)
{
	struct world world = world_begin(3);
	probe_for(&world, 120 * S, 100 * MS);
	world.added_ns[DIRECTION_BACK] = 5 * MS;
	forget(&world);
	probe_for(&world, 60 * S, 100 * MS);
	ck_assert_uint_eq(world.known, world.count);
	ck_assert_uint_eq(world.slow[SLOW_BACK], world.count);
	/* Then it is not known, as clocks may have changed, */
	probe_for(&world, 120 * S, 100 * MS);
	forget(&world);
	probe_for(&world, 60 * S, 100 * MS);
	ck_assert_uint_eq(world.known, 0);
	ck_assert_uint_eq(world.slow[SLOW_UNKNOWN], world.count);
	/* until it is what is usual. */
	probe_for(&world, 600 * S, 100 * MS);
	forget(&world);
	probe_for(&world, 60 * S, 100 * MS);
	ck_assert_uint_eq(world.known, world.count);
	for (int i = 0; i < SLOW_WHERES; i++)
		ck_assert_uint_eq(world.slow[i], 0);
}
END_TEST

/* What a batch of probes waits for on its way back, others need not. */
START_TEST(a_way_that_is_a_little_shorter_than_ever_keeps_no_other_from_blame)
{
	struct world world = world_begin(6);
	probe_for(&world, 30 * S, 10 * MS);
	forget(&world);
	world.added_ns[DIRECTION_OUT] = 10 * MS;
	world.added_ns[DIRECTION_BACK] = -300 * US;
	for (int i = 0; i < 100; i++) {
		probe(&world);
		world.now_ns += 10 * MS;
	}
	ck_assert_uint_eq(world.slow[SLOW_OUT], world.count);
}
END_TEST

START_TEST(samples_that_are_not_exact_are_no_anchors)
{
	struct world world = world_begin(4);
	for (int i = 0; i < 500; i++) {
		const struct one_way_sample sample = {
			.departure_ns = world.now_ns,
			.arrival_ns = world.now_ns + PATH_NS,
			.received_unix_ns = peer_time(&world, world.now_ns + OUT_NS),
		};
		struct one_way_result result;
		one_way_take(&world.one_way, &sample, &result);
		ck_assert(!result.is_known);
		world.now_ns += 10 * MS;
	}
}
END_TEST

/* Whatever a peer says, nothing overflows, and nothing is less than 0. */
START_TEST(lies_do_no_harm)
{
	uint64_t random = (uint64_t)_i + 1;
	struct one_way one_way = {0};
	int64_t now_ns = START_NS;
	for (int i = 0; i < 50000; i++) {
		int64_t rtt_ns = random_below(&random, 1000000);
		int64_t received_ns = (int64_t)((uint64_t)random_next(&random) << 30);
		if (random_below(&random, 4) == 0)
			received_ns = AHEAD_NS + now_ns + random_below(&random, 1000000);
		const struct one_way_sample sample = {
			.departure_ns = now_ns,
			.arrival_ns = now_ns + rtt_ns,
			.received_unix_ns = received_ns > 0 ? received_ns : 1,
			.residence_ns = random_below(&random, (uint32_t)rtt_ns + 1),
			.is_exact = random_below(&random, 4) > 0,
		};
		struct one_way_result result;
		one_way_take(&one_way, &sample, &result);
		ck_assert(result.excess_ns[DIRECTION_OUT] >= 0);
		ck_assert(result.excess_ns[DIRECTION_BACK] >= 0);
		ck_assert(one_way.count <= ONE_WAY_ANCHORS);
		now_ns += random_below(&random, 20000000);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("one_way");
	tcase_add_test(tcase, nothing_is_known_before_there_are_anchors);
	tcase_add_loop_test(tcase, what_is_added_comes_out_where_it_was_added, 0, ROWS(delays));
	tcase_add_test(tcase, a_peer_is_blamed_without_any_clock);
	tcase_add_loop_test(tcase, a_step_of_a_clock_is_no_delay, 0, ROWS(changes));
	tcase_add_loop_test(tcase, a_step_during_a_delay_blames_nobody_else, 0, ROWS(steps_ns));
	tcase_add_test(tcase, after_minutes_without_an_anchor_the_clocks_are_soon_known);
	tcase_add_test(tcase, estimates_change_nothing_that_is_known);
	tcase_add_test(tcase, an_odd_estimate_tells_nothing);
	tcase_add_test(tcase, what_no_direction_explains_is_nobodys_fault);
	tcase_add_test(
		tcase, a_lasting_delay_is_held_against_its_direction_while_the_clocks_are_known);
	tcase_add_test(tcase, a_way_that_is_a_little_shorter_than_ever_keeps_no_other_from_blame);
	tcase_add_test(tcase, samples_that_are_not_exact_are_no_anchors);
	tcase_add_loop_test(tcase, lies_do_no_harm, 0, 4);
	return unit_run("probe/one_way", tcase);
}
