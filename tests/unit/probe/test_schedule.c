/* SPDX-License-Identifier: MIT */
#include "probe/schedule.h"

#include <stdlib.h>

#include "../random.h"
#include "../unit.h"
#include "base/clock.h"

#define HOUR_NS (3600 * NS_PER_S)
#define DAY_NS (24 * HOUR_NS)
#define START_NS INT64_C(1000000000000000007)
#define MS NS_PER_MS

static struct schedule make_schedule(double shift)
{
	struct schedule schedule;
	schedule_init(&schedule, START_NS, shift);
	return schedule;
}

static struct schedule_place add(
	struct schedule *schedule, int64_t interval_ns, int64_t now_ns, void *owner)
{
	struct schedule_place place = {0};
	ck_assert_int_eq(schedule_add(schedule, interval_ns, now_ns, owner, &place), 0);
	return place;
}

static void expect(struct schedule *schedule, int64_t now_ns, const void *owner, int64_t due_ns,
	uint64_t missed)
{
	struct due_slot due;
	ck_assert(schedule_take(schedule, now_ns, &due));
	ck_assert_ptr_eq(due.owner, owner);
	ck_assert_int_eq(due.due_ns - START_NS, due_ns - START_NS);
	ck_assert_uint_eq(due.missed, missed);
}

static void expect_none(struct schedule *schedule, int64_t now_ns)
{
	struct due_slot due;
	ck_assert(!schedule_take(schedule, now_ns, &due));
}

START_TEST(without_owners_nothing_is_ever_due)
{
	struct schedule schedule = make_schedule(0);
	ck_assert_int_eq(schedule_next_ns(&schedule), INT64_MAX);
	ck_assert_int_eq(schedule_wake_ns(&schedule), INT64_MAX);
	expect_none(&schedule, START_NS + DAY_NS);
	struct schedule_place nowhere = {0};
	schedule_remove(&schedule, &nowhere, NULL);
	schedule_clear(&schedule);
	schedule_clear(&schedule);
}
END_TEST

START_TEST(each_interval_keeps_its_own_beat)
{
	static char owners[3];
	struct schedule schedule = make_schedule(0);
	add(&schedule, 10 * MS, START_NS, &owners[0]);
	add(&schedule, 25 * MS, START_NS, &owners[1]);
	add(&schedule, 40 * MS, START_NS, &owners[2]);
	unsigned counts[3] = {0};
	for (int64_t now_ns = START_NS; now_ns <= START_NS + 1000 * MS; now_ns += MS) {
		struct due_slot due;
		while (schedule_take(&schedule, now_ns, &due)) {
			static const int64_t intervals_ns[] = {10 * MS, 25 * MS, 40 * MS};
			ptrdiff_t who = (char *)due.owner - owners;
			counts[who]++;
			ck_assert_uint_eq(due.missed, 0);
			ck_assert_int_eq(
				due.due_ns, START_NS + (int64_t)counts[who] * intervals_ns[who]);
			ck_assert_int_lt(now_ns - due.due_ns, MS);
		}
	}
	ck_assert_uint_eq(counts[0], 100);
	ck_assert_uint_eq(counts[1], 40);
	ck_assert_uint_eq(counts[2], 25);
	schedule_clear(&schedule);
}
END_TEST

START_TEST(the_ring_with_the_oldest_slot_goes_first)
{
	static char owners[3];
	struct schedule schedule = make_schedule(0);
	add(&schedule, 500 * MS, START_NS, &owners[0]);
	add(&schedule, 100 * MS, START_NS, &owners[1]);
	add(&schedule, 300 * MS, START_NS, &owners[2]);
	ck_assert_int_eq(schedule_next_ns(&schedule), START_NS + 100 * MS);
	expect(&schedule, START_NS + 550 * MS, &owners[1], START_NS + 500 * MS, 4);
	expect(&schedule, START_NS + 550 * MS, &owners[2], START_NS + 300 * MS, 0);
	expect(&schedule, START_NS + 550 * MS, &owners[0], START_NS + 500 * MS, 0);
	expect_none(&schedule, START_NS + 550 * MS);
	ck_assert_int_eq(schedule_next_ns(&schedule), START_NS + 600 * MS);
	schedule_clear(&schedule);
}
END_TEST

static const struct {
	const char *says;
	int64_t interval_ns;
	double shift;
	int64_t added_ns; /* From the start, like the next one. */
	int64_t first_ns;
} firsts[] = {
	{"a short interval starts at once", 100 * MS, 0, -1, 0},
	{"so does one of just under a second", NS_PER_S - 1, 0, -1, 0},
	{"one of a second starts a second later", NS_PER_S, 0, -1, NS_PER_S},
	{"so does one of a day", DAY_NS, 0, -1, NS_PER_S},
	{"a shift moves it", 100 * MS, 0.25, -1, 25 * MS},
	{"a long one too", 4 * NS_PER_S, 0.25, -1, 2 * NS_PER_S},
	{"added later it joins the beat of the start", 100 * MS, 0.25, 1010 * MS, 1025 * MS},
	{"added at its slot, which counts as over", 100 * MS, 0, 300 * MS, 400 * MS},
	{"added after a day", HOUR_NS, 0, DAY_NS + 2 * NS_PER_S, DAY_NS + HOUR_NS + NS_PER_S},
};

START_TEST(the_first_slot_is_the_next_of_an_unmoving_beat)
{
	static char owner;
	struct schedule schedule = make_schedule(firsts[_i].shift);
	add(&schedule, firsts[_i].interval_ns, START_NS + firsts[_i].added_ns, &owner);
	int64_t first_ns = schedule_next_ns(&schedule) - START_NS;
	ck_assert_msg(
		first_ns == firsts[_i].first_ns, "%s: %lld", firsts[_i].says, (long long)first_ns);
	expect_none(&schedule, START_NS + firsts[_i].first_ns - 1);
	expect(&schedule, START_NS + firsts[_i].first_ns, &owner, START_NS + firsts[_i].first_ns,
		0);
	schedule_clear(&schedule);
}
END_TEST

static int compare(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;
	return (*a > *b) - (*a < *b);
}

/* Fails unless the gaps between the count phases of an interval differ by at most a factor of 2. */
static void check_gaps(const int64_t *phases_ns, int count, int64_t interval_ns)
{
	int64_t least_ns = interval_ns - phases_ns[count - 1] + phases_ns[0];
	int64_t most_ns = least_ns;
	for (int i = 1; i < count; i++) {
		int64_t gap_ns = phases_ns[i] - phases_ns[i - 1];
		least_ns = gap_ns < least_ns ? gap_ns : least_ns;
		most_ns = gap_ns > most_ns ? gap_ns : most_ns;
	}
	ck_assert_int_le(most_ns, 2 * least_ns + 2);
}

#define KINDS 3
#define OF_EACH 37

START_TEST(phases_are_even_within_each_interval_however_mixed)
{
	static const int64_t intervals_ns[KINDS] = {10 * MS, 200 * MS, 3 * NS_PER_S};
	static char owners[KINDS][OF_EACH];
	static int64_t phases_ns[KINDS][OF_EACH];
	struct schedule schedule = make_schedule(0.618);
	for (int i = 0; i < OF_EACH; i++)
		for (int kind = 0; kind < KINDS; kind++)
			add(&schedule, intervals_ns[kind], START_NS, &owners[kind][i]);
	/* After two rounds of the longest interval, everyone has been due. */
	struct due_slot due;
	while (schedule_take(&schedule, START_NS + 8 * NS_PER_S, &due)) {
		ptrdiff_t at = (char *)due.owner - &owners[0][0];
		int64_t interval_ns = intervals_ns[at / OF_EACH];
		phases_ns[at / OF_EACH][at % OF_EACH] = (due.due_ns - START_NS) % interval_ns;
	}
	for (int kind = 0; kind < KINDS; kind++) {
		qsort(phases_ns[kind], OF_EACH, sizeof(phases_ns[kind][0]), compare);
		check_gaps(phases_ns[kind], OF_EACH, intervals_ns[kind]);
	}
	schedule_clear(&schedule);
}
END_TEST

START_TEST(a_newcomer_takes_a_freed_phase)
{
	static char owners[5];
	struct schedule_place places[5];
	struct schedule schedule = make_schedule(0);
	for (int i = 0; i < 4; i++)
		places[i] = add(&schedule, 100 * MS, START_NS, &owners[i]);
	ck_assert_uint_eq(places[2].index, 2);
	schedule_remove(&schedule, &places[2], &owners[2]);
	schedule_remove(&schedule, &places[1], &owners[1]);
	ck_assert_ptr_null(places[1].ring);
	/* Twice does no harm. */
	schedule_remove(&schedule, &places[1], &owners[1]);
	places[1] = add(&schedule, 100 * MS, START_NS, &owners[1]);
	places[2] = add(&schedule, 100 * MS, START_NS, &owners[2]);
	places[4] = add(&schedule, 100 * MS, START_NS, &owners[4]);
	ck_assert_uint_eq(places[1].index, 1);
	ck_assert_uint_eq(places[2].index, 2);
	ck_assert_uint_eq(places[4].index, 4);
	schedule_clear(&schedule);
}
END_TEST

START_TEST(a_ring_ends_with_its_last_owner)
{
	static char owners[3];
	struct schedule_place places[3];
	struct schedule schedule = make_schedule(0);
	for (int i = 0; i < 3; i++)
		places[i] = add(&schedule, 10 * MS * (i + 1), START_NS, &owners[i]);
	ck_assert_uint_eq(schedule.ring_count, 3);
	for (int i = 0; i < 3; i++)
		schedule_remove(&schedule, &places[i], &owners[i]);
	ck_assert_uint_eq(schedule.ring_count, 0);
	ck_assert_int_eq(schedule_next_ns(&schedule), INT64_MAX);
	ck_assert_int_eq(schedule_wake_ns(&schedule), INT64_MAX);
	expect_none(&schedule, START_NS + NS_PER_S);
	/* The time without it is not a missed slot. */
	add(&schedule, 10 * MS, START_NS + NS_PER_S, &owners[0]);
	expect(&schedule, START_NS + NS_PER_S + 10 * MS, &owners[0], START_NS + NS_PER_S + 10 * MS,
		0);
	schedule_clear(&schedule);
}
END_TEST

START_TEST(a_ring_may_end_while_its_slots_are_taken)
{
	static char owners[2];
	struct schedule schedule = make_schedule(0);
	struct schedule_place first = add(&schedule, 10 * MS, START_NS, &owners[0]);
	add(&schedule, 20 * MS, START_NS, &owners[1]);
	expect(&schedule, START_NS + 20 * MS, &owners[0], START_NS + 20 * MS, 1);
	schedule_remove(&schedule, &first, &owners[0]);
	expect(&schedule, START_NS + 20 * MS, &owners[1], START_NS + 20 * MS, 0);
	expect_none(&schedule, START_NS + 20 * MS);
	ck_assert_int_eq(schedule_next_ns(&schedule), START_NS + 40 * MS);
	schedule_clear(&schedule);
}
END_TEST

START_TEST(owners_may_join_a_ring_while_its_slots_are_taken)
{
	static char owners[3];
	struct schedule schedule = make_schedule(0);
	add(&schedule, 10 * MS, START_NS, &owners[0]);
	add(&schedule, 10 * MS, START_NS, &owners[1]);
	expect(&schedule, START_NS + 16 * MS, &owners[0], START_NS + 10 * MS, 0);
	/* Its phase is 2.5 ms, and what is due by now is being taken. */
	add(&schedule, 10 * MS, START_NS + 16 * MS, &owners[2]);
	/* Another ring is due for the first time too. */
	add(&schedule, 30 * MS, START_NS + 16 * MS, &owners[2]);
	struct due_slot due;
	unsigned taken = 0;
	while (schedule_take(&schedule, START_NS + 16 * MS, &due))
		taken += due.owner == &owners[1];
	ck_assert_uint_eq(taken, 1);
	ck_assert_int_eq(schedule_next_ns(&schedule), START_NS + 20 * MS);
	schedule_clear(&schedule);
}
END_TEST

static const struct {
	int64_t interval_ns;
	int64_t lateness_ns;
} latenesses[] = {
	{MS, 500 * NS_PER_US},
	{1500 * NS_PER_US, 750 * NS_PER_US},
	{2 * MS, MS},
	{10 * MS, MS},
	{32 * MS, MS},
	{200 * MS, 6250 * NS_PER_US},
	{320 * MS, 10 * MS},
	{NS_PER_S, 10 * MS},
	{DAY_NS, 10 * MS},
};

START_TEST(a_slot_may_be_late_by_a_part_of_its_interval)
{
	ck_assert_int_eq(
		schedule_lateness_ns(latenesses[_i].interval_ns), latenesses[_i].lateness_ns);
}
END_TEST

#define WAKING_MAX 4096

/* Some targets of one interval each, from the phase 0 on; when to wake for the first. */
static const struct {
	const char *says;
	struct {
		int64_t interval_ns;
		unsigned targets;
	} rings[3];
	int64_t wake_ns; /* From the first slot on. */
} wakings[] = {
	{"alone, on time", {{200 * MS, 1}}, 0},
	{"alone, on time, however rare", {{DAY_NS, 1}}, 0},
	{"far from each other, on time", {{200 * MS, 16}}, 0},
	{"12.5 ms is further than a 32nd of 200 ms, 6.25 ms is not", {{200 * MS, 32}},
		6250 * NS_PER_US},
	{"128 targets, 1.5625 ms apart: three of them", {{200 * MS, 128}}, 3125 * NS_PER_US},
	{"256 targets, 0.78 ms apart: three, too", {{200 * MS, 256}}, 1562500},
	{"1,024 targets: six within a millisecond", {{200 * MS, 1024}}, 1000 * MS / 1024},
	{"2,048 targets: eight", {{200 * MS, 2048}}, 1400 * MS / 2048},
	{"4,096 targets: all within half a millisecond", {{200 * MS, 4096}}, 500 * NS_PER_US},
	{"10 ms: a millisecond", {{10 * MS, 8}}, 0},
	{"10 ms, 0.625 ms apart", {{10 * MS, 16}}, 625 * NS_PER_US},
	{"1 ms: half of that", {{MS, 2}}, 500 * NS_PER_US},
	{"1 ms, many", {{MS, 1024}}, 500 * NS_PER_US},
	{"the quick one is not held up by slow ones", {{10 * MS, 1}, {400 * MS, 64}}, 0},
};

START_TEST(slots_that_are_close_share_a_wake_up)
{
	static char owners[WAKING_MAX];
	struct schedule schedule = make_schedule(0);
	struct schedule_place place;
	/* The first slots of some begin a second later, so it is looked at from the second on. */
	int64_t now_ns = START_NS + 100 * NS_PER_S - 1;
	for (unsigned i = 0; i < ROWS(wakings[_i].rings); i++)
		for (unsigned k = 0; k < wakings[_i].rings[i].targets; k++)
			place = add(
				&schedule, wakings[_i].rings[i].interval_ns, now_ns, &owners[k]);
	(void)place;
	int64_t wake_ns = schedule_wake_ns(&schedule) - schedule_next_ns(&schedule);
	ck_assert_msg(llabs(wake_ns - wakings[_i].wake_ns) <= 1, "%s: %lld", wakings[_i].says,
		(long long)wake_ns);
	schedule_clear(&schedule);
}
END_TEST

/* The model of the schedule: slots in no order, searched one by one. */

#define OWNERS 80
#define STEPS 20000

struct owner {
	struct schedule_place place;
	int64_t interval_ns; /* 0: not in the schedule. */
	int64_t due_ns;
	uint64_t missed; /* Up to due_ns. */
};

struct model {
	struct schedule schedule;
	struct owner *owners;
	int64_t now_ns;
	uint64_t state;
};

static const int64_t model_intervals_ns[] = {MS, 7 * MS, 10 * MS, 200 * MS, NS_PER_S, HOUR_NS};

static int64_t find_soonest_ns(const struct model *model)
{
	int64_t soonest_ns = INT64_MAX;
	for (int i = 0; i < OWNERS; i++)
		if (model->owners[i].interval_ns > 0 && model->owners[i].due_ns < soonest_ns)
			soonest_ns = model->owners[i].due_ns;
	return soonest_ns;
}

static void add_one(struct model *model, struct owner *owner)
{
	owner->interval_ns =
		model_intervals_ns[random_below(&model->state, ROWS(model_intervals_ns))];
	owner->place = add(&model->schedule, owner->interval_ns, model->now_ns, owner);
	owner->missed = 0;
	int64_t first_ns = START_NS + slots_phase_ns(owner->place.index, owner->interval_ns) +
			   (owner->interval_ns >= NS_PER_S ? NS_PER_S : 0);
	while (first_ns <= model->now_ns)
		first_ns +=
			((model->now_ns - first_ns) / owner->interval_ns + 1) * owner->interval_ns;
	owner->due_ns = first_ns;
}

static void remove_one(struct model *model, struct owner *owner)
{
	schedule_remove(&model->schedule, &owner->place, owner);
	owner->interval_ns = 0;
}

static void come_or_go(struct model *model)
{
	struct owner *owner = &model->owners[random_below(&model->state, OWNERS)];
	if (owner->interval_ns > 0)
		remove_one(model, owner);
	else
		add_one(model, owner);
}

/* No two of an interval may have the same phase: fails if this one is taken. */
static void check_places(const struct model *model)
{
	for (int i = 0; i < OWNERS; i++)
		for (int k = 0; k < i; k++)
			if (model->owners[i].interval_ns > 0 &&
				model->owners[i].interval_ns == model->owners[k].interval_ns &&
				model->owners[i].place.index == model->owners[k].place.index)
				ck_abort_msg("two have the same phase");
}

/* Takes all that is due, rings in any order; each slot must be its owner's last. */
static void take_all(struct model *model)
{
	struct due_slot due;
	struct owner *last = NULL;
	int64_t last_ns = 0;
	while (schedule_take(&model->schedule, model->now_ns, &due)) {
		struct owner *owner = due.owner;
		if (owner->interval_ns == 0 || owner->due_ns > model->now_ns)
			ck_abort_msg("took one that is not due");
		int64_t missed = (model->now_ns - owner->due_ns) / owner->interval_ns;
		if (due.missed != (uint64_t)missed ||
			due.due_ns != owner->due_ns + missed * owner->interval_ns)
			ck_abort_msg("took a different slot, or missed different ones");
		if (last && last->interval_ns == owner->interval_ns && due.due_ns < last_ns)
			ck_abort_msg("those of one interval are out of order");
		owner->due_ns = due.due_ns + owner->interval_ns;
		last = owner;
		last_ns = due.due_ns;
		if (random_below(&model->state, 50) == 0) {
			struct owner *goes = &model->owners[random_below(&model->state, OWNERS)];
			if (goes->interval_ns > 0)
				remove_one(model, goes);
		}
	}
	for (int i = 0; i < OWNERS; i++)
		if (model->owners[i].interval_ns > 0 && model->owners[i].due_ns <= model->now_ns)
			ck_abort_msg("a due one was not taken");
}

static int64_t random_sleep_ns(struct model *model)
{
	switch (random_below(&model->state, 20)) {
	case 0: /* Stopped for long. */
		return 10 * MS * random_below(&model->state, 1000);
	case 1: { /* To the exact nanosecond of a slot. */
		int64_t next_ns = schedule_next_ns(&model->schedule);
		return next_ns == INT64_MAX ? 0 : next_ns - model->now_ns;
	}
	case 2:
		return MS;
	default:
		return NS_PER_US * random_below(&model->state, 1000);
	}
}

static int compare_due(const void *left, const void *right)
{
	const struct owner *a = left;
	const struct owner *b = right;
	return (a->due_ns > b->due_ns) - (a->due_ns < b->due_ns);
}

/* Goes through all in the order of their slots. */
static int64_t find_wake_ns(const struct model *model)
{
	struct owner sorted[OWNERS];
	size_t count = 0;
	for (int i = 0; i < OWNERS; i++)
		if (model->owners[i].interval_ns > 0)
			sorted[count++] = model->owners[i];
	if (count == 0)
		return INT64_MAX;
	qsort(sorted, count, sizeof(sorted[0]), compare_due);
	int64_t latest_ns = INT64_MAX;
	size_t passed = 0;
	while (passed < count && passed < 8 && sorted[passed].due_ns <= latest_ns &&
		(passed < 3 || sorted[passed].due_ns <= sorted[0].due_ns + MS)) {
		int64_t by_ns =
			sorted[passed].due_ns + schedule_lateness_ns(sorted[passed].interval_ns);
		latest_ns = by_ns < latest_ns ? by_ns : latest_ns;
		passed++;
	}
	int64_t close_ns = sorted[0].due_ns + 500 * NS_PER_US;
	int64_t last_ns = sorted[passed - 1].due_ns;
	return passed == 8 && last_ns < close_ns ? close_ns : last_ns;
}

START_TEST(the_schedule_behaves_like_a_searched_list)
{
	static struct owner owners[OWNERS];
	struct model model = {
		.schedule = make_schedule(0),
		.owners = owners,
		.now_ns = START_NS - 5 * MS,
		.state = (uint64_t)_i + 1,
	};
	for (int step = 0; step < STEPS; step++) {
		while (random_below(&model.state, 4) == 0)
			come_or_go(&model);
		model.now_ns += random_sleep_ns(&model);
		take_all(&model);
		if (schedule_next_ns(&model.schedule) != find_soonest_ns(&model))
			ck_abort_msg("step %d: a different one is next", step);
		if (schedule_wake_ns(&model.schedule) != find_wake_ns(&model))
			ck_abort_msg("step %d: it wakes at another time", step);
		if (step % 100 == 0)
			check_places(&model);
	}
	schedule_clear(&model.schedule);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("schedule");
	tcase_add_test(tcase, without_owners_nothing_is_ever_due);
	tcase_add_test(tcase, each_interval_keeps_its_own_beat);
	tcase_add_test(tcase, the_ring_with_the_oldest_slot_goes_first);
	tcase_add_loop_test(tcase, the_first_slot_is_the_next_of_an_unmoving_beat, 0, ROWS(firsts));
	tcase_add_test(tcase, phases_are_even_within_each_interval_however_mixed);
	tcase_add_test(tcase, a_newcomer_takes_a_freed_phase);
	tcase_add_test(tcase, a_ring_ends_with_its_last_owner);
	tcase_add_test(tcase, a_ring_may_end_while_its_slots_are_taken);
	tcase_add_test(tcase, owners_may_join_a_ring_while_its_slots_are_taken);
	tcase_add_loop_test(
		tcase, a_slot_may_be_late_by_a_part_of_its_interval, 0, ROWS(latenesses));
	tcase_add_loop_test(tcase, slots_that_are_close_share_a_wake_up, 0, ROWS(wakings));
	tcase_add_loop_test(tcase, the_schedule_behaves_like_a_searched_list, 0, 4);
	return unit_run("probe/schedule", tcase);
}
