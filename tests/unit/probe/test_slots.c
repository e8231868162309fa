/* SPDX-License-Identifier: MIT */
#include "probe/slots.h"

#include <stdlib.h>

#include "../random.h"
#include "../unit.h"
#include "base/clock.h"

#define HOUR_NS (3600 * NS_PER_S)
#define DAY_NS (24 * HOUR_NS)
#define START_NS INT64_C(1000000000000000007)

static const int64_t intervals[] = {
	NS_PER_MS, 10 * NS_PER_MS, 200 * NS_PER_MS, NS_PER_S - 1, HOUR_NS, DAY_NS};

static int compare_phases(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;
	return (*a > *b) - (*a < *b);
}

/* The narrowest and the widest gap between the first count phases, around the interval. */
static void measure_gaps(int64_t interval_ns, uint32_t count, int64_t *least_ns, int64_t *most_ns)
{
	static int64_t phases[1024];
	for (uint32_t i = 0; i < count; i++) {
		phases[i] = slots_phase_ns(i, interval_ns);
		if (phases[i] < 0 || phases[i] >= interval_ns)
			ck_abort_msg("phase %u lies outside the interval", i);
	}
	qsort(phases, count, sizeof(phases[0]), compare_phases);
	*least_ns = *most_ns = interval_ns - phases[count - 1] + phases[0];
	for (uint32_t i = 1; i < count; i++) {
		int64_t gap_ns = phases[i] - phases[i - 1];
		if (gap_ns < *least_ns)
			*least_ns = gap_ns;
		if (gap_ns > *most_ns)
			*most_ns = gap_ns;
	}
}

START_TEST(phases_of_a_power_of_two_are_evenly_spaced)
{
	for (uint32_t count = 1; count <= 1024; count *= 2) {
		int64_t least_ns;
		int64_t most_ns;
		measure_gaps(intervals[_i], count, &least_ns, &most_ns);
		/* Except for rounding to whole nanoseconds. */
		ck_assert_int_le(most_ns - least_ns, 1);
	}
}
END_TEST

START_TEST(any_number_of_phases_has_gaps_within_a_factor_of_two)
{
	for (uint32_t count = 1; count <= 1024; count++) {
		int64_t least_ns;
		int64_t most_ns;
		measure_gaps(intervals[_i], count, &least_ns, &most_ns);
		if (most_ns > 2 * least_ns + 2)
			ck_abort_msg("%u phases: gaps of %lld to %lld ns", count,
				(long long)least_ns, (long long)most_ns);
	}
}
END_TEST

static const struct {
	const char *says;
	uint32_t index;
	int64_t interval_ns;
	int64_t phase_ns;
} phases[] = {
	{"the first is at the beginning", 0, 1000, 0},
	{"the second is opposite", 1, 1000, 500},
	{"the third is at a quarter", 2, 1000, 250},
	{"the fourth is at three quarters", 3, 1000, 750},
	{"the fifth is at an eighth", 4, 1000, 125},
	{"half a day", 1, DAY_NS, 12 * HOUR_NS},
	{"the very last, at the end of a day", UINT32_MAX, DAY_NS, DAY_NS - 20117},
};

START_TEST(phases_are_mirrored_digits)
{
	ck_assert_msg(
		slots_phase_ns(phases[_i].index, phases[_i].interval_ns) == phases[_i].phase_ns,
		"%s", phases[_i].says);
}
END_TEST

static struct slots make_slots(int64_t interval_ns)
{
	struct slots slots;
	slots_init(&slots, START_NS, interval_ns);
	return slots;
}

static void add(struct slots *slots, int64_t phase_ns, int64_t now_ns, void *owner)
{
	ck_assert_int_eq(slots_add(slots, phase_ns, now_ns, owner), 0);
}

static void expect(
	struct slots *slots, int64_t now_ns, const void *owner, int64_t due_ns, uint64_t missed)
{
	struct due_slot due;
	ck_assert(slots_take(slots, now_ns, &due));
	ck_assert_ptr_eq(due.owner, owner);
	ck_assert_int_eq(due.due_ns, due_ns);
	ck_assert_uint_eq(due.missed, missed);
}

static void expect_none(struct slots *slots, int64_t now_ns)
{
	struct due_slot due;
	ck_assert(!slots_take(slots, now_ns, &due));
}

START_TEST(an_empty_ring_is_never_due)
{
	struct slots slots = make_slots(1000);
	ck_assert_int_eq(slots_next_ns(&slots), INT64_MAX);
	expect_none(&slots, START_NS + DAY_NS);
	slots_clear(&slots);
	slots_clear(&slots);
}
END_TEST

static const struct {
	const char *says;
	int64_t interval_ns;
	int64_t phase_ns;
	int64_t added_ns; /* From the start, like all that follow. */
	int64_t first_ns;
	int64_t woken_ns; /* After a sleep. */
	int64_t due_ns;
	uint64_t missed;
} sleeps[] = {
	{"in time", 1000, 0, 0, 1000, 1000, 1000, 0},
	{"a little late", 1000, 0, 0, 1000, 1999, 1000, 0},
	{"added before the very first slot", 1000, 300, 0, 300, 300, 300, 0},
	{"added just before its slot", 1000, 300, 299, 300, 300, 300, 0},
	{"added at its slot, which counts as over", 1000, 300, 300, 1300, 1300, 1300, 0},
	{"added long before the start", 1000, 0, -123456, 0, 0, 0, 0},
	{"added just before the start", 1000, 1, -1, 1, 1, 1, 0},
	{"added long after the start", 1000, 300, 7654321, 7655300, 7655300, 7655300, 0},
	{"slept until the next slot", 1000, 0, 0, 1000, 2000, 2000, 1},
	{"slept through a slot", 1000, 0, 0, 1000, 2999, 2000, 1},
	{"slept for ten intervals", 1000, 500, 0, 500, 10499, 9500, 9},
	{"slept for a day at 1 ms", NS_PER_MS, 0, 0, NS_PER_MS, DAY_NS, DAY_NS, 86399999},
	{"slept for a year at a day", DAY_NS, DAY_NS - 1, 0, DAY_NS - 1, 365 * DAY_NS,
		365 * DAY_NS - 1, 364},
	{"added after a year at a day", DAY_NS, 1, 365 * DAY_NS, 365 * DAY_NS + 1, 365 * DAY_NS + 1,
		365 * DAY_NS + 1, 0},
};

START_TEST(a_sleep_counts_missed_slots_and_keeps_the_beat)
{
	static int owner;
	int64_t interval_ns = sleeps[_i].interval_ns;
	struct slots slots = make_slots(interval_ns);
	add(&slots, sleeps[_i].phase_ns, START_NS + sleeps[_i].added_ns, &owner);
	ck_assert_int_eq(slots_next_ns(&slots), START_NS + sleeps[_i].first_ns);
	expect_none(&slots, START_NS + sleeps[_i].first_ns - 1);
	expect(&slots, START_NS + sleeps[_i].woken_ns, &owner, START_NS + sleeps[_i].due_ns,
		sleeps[_i].missed);
	expect_none(&slots, START_NS + sleeps[_i].woken_ns);
	ck_assert_int_eq(slots_next_ns(&slots), START_NS + sleeps[_i].due_ns + interval_ns);
	slots_clear(&slots);
}
END_TEST

START_TEST(lateness_never_adds_up)
{
	static int owner;
	struct slots slots = make_slots(NS_PER_MS);
	add(&slots, 123, START_NS, &owner);
	for (int64_t k = 0; k < 10000; k++) {
		int64_t due_ns = START_NS + 123 + k * NS_PER_MS;
		/* Late by up to almost an interval. */
		expect(&slots, due_ns + (k * 7919) % NS_PER_MS, &owner, due_ns, 0);
	}
	slots_clear(&slots);
}
END_TEST

START_TEST(targets_may_share_a_phase)
{
	static char owners[3];
	struct slots slots = make_slots(1000);
	for (int i = 0; i < 3; i++)
		add(&slots, 500, START_NS, &owners[i]);
	slots_remove(&slots, 500, &owners[1]);
	expect(&slots, START_NS + 500, &owners[0], START_NS + 500, 0);
	expect(&slots, START_NS + 500, &owners[2], START_NS + 500, 0);
	expect_none(&slots, START_NS + 500);
	slots_clear(&slots);
}
END_TEST

START_TEST(removing_an_absent_target_does_nothing)
{
	static char owners[3];
	struct slots slots = make_slots(1000);
	slots_remove(&slots, 0, &owners[0]);
	add(&slots, 100, START_NS, &owners[0]);
	add(&slots, 200, START_NS, &owners[1]);
	slots_remove(&slots, 100, &owners[1]);
	slots_remove(&slots, 200, &owners[0]);
	slots_remove(&slots, 50, &owners[0]);
	slots_remove(&slots, 999, &owners[2]);
	ck_assert_uint_eq(slots.count, 2);
	expect(&slots, START_NS + 200, &owners[0], START_NS + 100, 0);
	expect(&slots, START_NS + 200, &owners[1], START_NS + 200, 0);
	slots_clear(&slots);
}
END_TEST

START_TEST(an_emptied_ring_starts_afresh)
{
	static char owner;
	struct slots slots = make_slots(1000);
	add(&slots, 100, START_NS, &owner);
	slots_remove(&slots, 100, &owner);
	ck_assert_int_eq(slots_next_ns(&slots), INT64_MAX);
	/* The time without targets is not a missed slot. */
	add(&slots, 100, START_NS + 5000, &owner);
	expect(&slots, START_NS + 5100, &owner, START_NS + 5100, 0);
	slots_clear(&slots);
}
END_TEST

/* The model of the ring: slots in no order, searched one by one. */

#define OWNERS 60
#define STEPS 20000

struct owner {
	bool is_in;
	int64_t phase_ns;
	int64_t due_ns;
};

struct model {
	struct slots slots;
	struct owner *owners;
	int64_t interval_ns;
	int64_t now_ns;
	uint64_t state;
};

static int64_t find_soonest_ns(const struct model *model)
{
	int64_t soonest_ns = INT64_MAX;
	for (int i = 0; i < OWNERS; i++)
		if (model->owners[i].is_in && model->owners[i].due_ns < soonest_ns)
			soonest_ns = model->owners[i].due_ns;
	return soonest_ns;
}

/* Moves the slots of all due targets up to their last one; returns whose last one is the oldest. */
static struct owner *find_due(const struct model *model, uint64_t missed[OWNERS])
{
	struct owner *first = NULL;
	for (int i = 0; i < OWNERS; i++) {
		struct owner *owner = &model->owners[i];
		if (!owner->is_in || owner->due_ns > model->now_ns)
			continue;
		for (; owner->due_ns + model->interval_ns <= model->now_ns; missed[i]++)
			owner->due_ns += model->interval_ns;
		if (!first || owner->due_ns < first->due_ns)
			first = owner;
	}
	return first;
}

static bool take_one(struct model *model, uint64_t missed[OWNERS])
{
	struct owner *expected = find_due(model, missed);
	struct due_slot due;
	if (!slots_take(&model->slots, model->now_ns, &due)) {
		if (expected)
			ck_abort_msg("a due target was not taken");
		return false;
	}
	if (due.owner != expected)
		ck_abort_msg("took another");
	if (due.due_ns != expected->due_ns || due.missed != missed[expected - model->owners])
		ck_abort_msg("took a different slot, or missed different ones");
	expected->due_ns += model->interval_ns;
	return true;
}

static void add_or_remove_any(struct model *model)
{
	struct owner *owner = &model->owners[random_below(&model->state, OWNERS)];
	if (owner->is_in) {
		slots_remove(&model->slots, owner->phase_ns, owner);
		owner->is_in = false;
		return;
	}
	owner->due_ns = START_NS + owner->phase_ns;
	if (owner->due_ns <= model->now_ns)
		owner->due_ns += ((model->now_ns - owner->due_ns) / model->interval_ns + 1) *
				 model->interval_ns;
	add(&model->slots, owner->phase_ns, model->now_ns, owner);
	owner->is_in = true;
}

static int64_t random_sleep_ns(struct model *model)
{
	int64_t interval_ns = model->interval_ns;
	switch (random_below(&model->state, 20)) {
	case 0: /* Stopped for long. */
		return random_below(&model->state, 1000) * (interval_ns / 100);
	case 1: /* To the exact nanosecond of a slot. */
		return model->slots.count ? slots_next_ns(&model->slots) - model->now_ns : 0;
	case 2:
		return interval_ns;
	default:
		return (int64_t)((double)interval_ns * random_below(&model->state, 1000) / 20000);
	}
}

static void remove_any(struct model *model)
{
	struct owner *owner = &model->owners[random_below(&model->state, OWNERS)];
	if (owner->is_in)
		slots_remove(&model->slots, owner->phase_ns, owner);
	owner->is_in = false;
}

/* Targets come and go between sleeps, and some go while others are still due. */
START_TEST(the_ring_behaves_like_a_searched_list)
{
	static struct owner owners[OWNERS];
	struct model model = {
		.slots = make_slots(intervals[_i]),
		.owners = owners,
		.interval_ns = intervals[_i],
		.now_ns = START_NS,
		.state = 1,
	};
	for (uint32_t i = 0; i < OWNERS; i++)
		owners[i] = (struct owner){.phase_ns = slots_phase_ns(i, model.interval_ns)};
	for (int step = 0; step < STEPS; step++) {
		while (random_below(&model.state, 4) == 0)
			add_or_remove_any(&model);
		model.now_ns += random_sleep_ns(&model);
		uint64_t missed[OWNERS] = {0};
		while (take_one(&model, missed))
			if (random_below(&model.state, 50) == 0)
				remove_any(&model);
		if (slots_next_ns(&model.slots) != find_soonest_ns(&model))
			ck_abort_msg("step %d: a different one is next", step);
	}
	slots_clear(&model.slots);
}
END_TEST

START_TEST(after_a_sleep_no_target_is_left_behind)
{
	static char owners[4];
	struct slots slots = make_slots(1000);
	for (int i = 0; i < 4; i++)
		add(&slots, 100 + 200 * i, START_NS, &owners[i]);
	/* It ends between the second and the third, so the third's last slot is the oldest. */
	expect(&slots, START_NS + 5400, &owners[2], START_NS + 4500, 4);
	expect(&slots, START_NS + 5400, &owners[3], START_NS + 4700, 4);
	expect(&slots, START_NS + 5400, &owners[0], START_NS + 5100, 5);
	expect(&slots, START_NS + 5400, &owners[1], START_NS + 5300, 5);
	expect_none(&slots, START_NS + 5400);
	expect(&slots, START_NS + 5500, &owners[2], START_NS + 5500, 0);
	expect_none(&slots, START_NS + 5500);
	slots_clear(&slots);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("slots");
	tcase_add_loop_test(tcase, phases_of_a_power_of_two_are_evenly_spaced, 0, ROWS(intervals));
	tcase_add_loop_test(
		tcase, any_number_of_phases_has_gaps_within_a_factor_of_two, 0, ROWS(intervals));
	tcase_add_loop_test(tcase, phases_are_mirrored_digits, 0, ROWS(phases));
	tcase_add_test(tcase, an_empty_ring_is_never_due);
	tcase_add_loop_test(tcase, a_sleep_counts_missed_slots_and_keeps_the_beat, 0, ROWS(sleeps));
	tcase_add_test(tcase, lateness_never_adds_up);
	tcase_add_test(tcase, targets_may_share_a_phase);
	tcase_add_test(tcase, removing_an_absent_target_does_nothing);
	tcase_add_test(tcase, an_emptied_ring_starts_afresh);
	tcase_add_loop_test(tcase, the_ring_behaves_like_a_searched_list, 0, ROWS(intervals));
	tcase_add_test(tcase, after_a_sleep_no_target_is_left_behind);
	return unit_run("probe/slots", tcase);
}
