/* SPDX-License-Identifier: MIT */
#include "probe/alarms.h"

#include "../random.h"
#include "../unit.h"

#define ALARMS 100
#define STEPS 20000

struct fixture {
	struct alarms alarms;
	struct alarm alarm[ALARMS];
};

static void set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){0};
	ck_assert_int_eq(alarms_reserve(&fixture->alarms, ALARMS), 0);
	for (int i = 0; i < ALARMS; i++)
		alarm_init(&fixture->alarm[i]);
}

START_TEST(nothing_is_due_at_first)
{
	struct fixture fixture;
	set_up(&fixture);
	ck_assert_int_eq(alarms_next_ns(&fixture.alarms), ALARM_NEVER);
	ck_assert_ptr_null(alarms_take(&fixture.alarms, ALARM_NEVER - 1));
	alarms_clear(&fixture.alarms);
	alarms_clear(&fixture.alarms);
}
END_TEST

START_TEST(an_alarm_is_due_at_its_time_and_not_before)
{
	struct fixture fixture;
	set_up(&fixture);
	alarms_set(&fixture.alarms, &fixture.alarm[0], 1000);
	ck_assert_int_eq(alarms_next_ns(&fixture.alarms), 1000);
	ck_assert_ptr_null(alarms_take(&fixture.alarms, 999));
	ck_assert_ptr_eq(alarms_take(&fixture.alarms, 1000), &fixture.alarm[0]);
	ck_assert_int_eq(fixture.alarm[0].due_ns, ALARM_NEVER);
	ck_assert_ptr_null(alarms_take(&fixture.alarms, 1000));
	alarms_clear(&fixture.alarms);
}
END_TEST

START_TEST(alarms_come_soonest_first_in_whatever_order_they_were_set)
{
	struct fixture fixture;
	set_up(&fixture);
	for (int i = 0; i < ALARMS; i++)
		alarms_set(&fixture.alarms, &fixture.alarm[i], (i * 37) % ALARMS);
	for (int i = 0; i < ALARMS; i++)
		ck_assert_ptr_eq(
			alarms_take(&fixture.alarms, ALARMS), &fixture.alarm[(i * 73) % ALARMS]);
	ck_assert_int_eq(alarms_next_ns(&fixture.alarms), ALARM_NEVER);
	alarms_clear(&fixture.alarms);
}
END_TEST

START_TEST(removing_an_absent_alarm_does_nothing)
{
	struct fixture fixture;
	set_up(&fixture);
	alarms_set(&fixture.alarms, &fixture.alarm[0], 1);
	alarms_set(&fixture.alarms, &fixture.alarm[1], ALARM_NEVER);
	ck_assert_uint_eq(fixture.alarms.count, 1);
	alarms_set(&fixture.alarms, &fixture.alarm[0], ALARM_NEVER);
	alarms_set(&fixture.alarms, &fixture.alarm[0], ALARM_NEVER);
	ck_assert_uint_eq(fixture.alarms.count, 0);
	alarms_clear(&fixture.alarms);
}
END_TEST

START_TEST(room_is_never_given_back)
{
	struct fixture fixture;
	set_up(&fixture);
	ck_assert_int_eq(alarms_reserve(&fixture.alarms, 1), 0);
	ck_assert_uint_eq(fixture.alarms.capacity, ALARMS);
	alarms_clear(&fixture.alarms);
}
END_TEST

/* The soonest of all, searched one by one. */
static int64_t find_soonest_ns(const int64_t due_ns[ALARMS])
{
	int64_t soonest_ns = ALARM_NEVER;
	for (int i = 0; i < ALARMS; i++)
		if (due_ns[i] < soonest_ns)
			soonest_ns = due_ns[i];
	return soonest_ns;
}

static void set_any(
	struct fixture *fixture, int64_t due_ns[ALARMS], int64_t now_ns, uint64_t *state)
{
	uint32_t i = random_below(state, ALARMS);
	/* Often the same time as another; sometimes none, sometimes in the past. */
	due_ns[i] =
		random_below(state, 8) == 0 ? ALARM_NEVER : now_ns - 20 + random_below(state, 1000);
	alarms_set(&fixture->alarms, &fixture->alarm[i], due_ns[i]);
}

START_TEST(alarms_behave_like_a_searched_list)
{
	struct fixture fixture;
	set_up(&fixture);
	int64_t due_ns[ALARMS];
	for (int i = 0; i < ALARMS; i++)
		due_ns[i] = ALARM_NEVER;
	uint64_t state = (uint64_t)_i + 1;
	int64_t now_ns = 0;
	for (int step = 0; step < STEPS; step++) {
		set_any(&fixture, due_ns, now_ns, &state);
		now_ns += random_below(&state, 30);
		struct alarm *alarm;
		while ((alarm = alarms_take(&fixture.alarms, now_ns))) {
			int64_t soonest_ns = find_soonest_ns(due_ns);
			int64_t *taken_ns = &due_ns[alarm - fixture.alarm];
			if (*taken_ns != soonest_ns || soonest_ns > now_ns)
				ck_abort_msg("step %d: took a different one", step);
			*taken_ns = ALARM_NEVER;
		}
		if (alarms_next_ns(&fixture.alarms) != find_soonest_ns(due_ns))
			ck_abort_msg("step %d: a different one is next", step);
	}
	alarms_clear(&fixture.alarms);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("alarms");
	tcase_add_test(tcase, nothing_is_due_at_first);
	tcase_add_test(tcase, an_alarm_is_due_at_its_time_and_not_before);
	tcase_add_test(tcase, alarms_come_soonest_first_in_whatever_order_they_were_set);
	tcase_add_test(tcase, removing_an_absent_alarm_does_nothing);
	tcase_add_test(tcase, room_is_never_given_back);
	tcase_add_loop_test(tcase, alarms_behave_like_a_searched_list, 0, 3);
	return unit_run("probe/alarms", tcase);
}
