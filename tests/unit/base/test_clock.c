/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include "../unit.h"

START_TEST(monotonic_time_never_goes_back)
{
	int64_t before_ns = clock_monotonic_ns();
	for (int i = 0; i < 1000; i++) {
		int64_t now_ns = clock_monotonic_ns();
		ck_assert_int_ge(now_ns, before_ns);
		before_ns = now_ns;
	}
}
END_TEST

static const struct {
	const char *says;
	int64_t time_ns;
	time_t seconds;
	long rest_ns;
} times[] = {
	{"zero", 0, 0, 0},
	{"less than a second", NS_PER_S - 1, 0, 999999999},
	{"a second", NS_PER_S, 1, 0},
	{"both", 5 * NS_PER_S + 7, 5, 7},
	{"in 2038", INT64_C(2147483647999999999), INT32_MAX, 999999999},
};

START_TEST(nanoseconds_survive_conversion_to_a_timespec)
{
	struct timespec time = clock_to_timespec(times[_i].time_ns);
	ck_assert_msg(time.tv_sec == times[_i].seconds, "%s", times[_i].says);
	ck_assert_msg(time.tv_nsec == times[_i].rest_ns, "%s", times[_i].says);
	ck_assert_msg(clock_from_timespec(&time) == times[_i].time_ns, "%s", times[_i].says);
}
END_TEST

START_TEST(what_a_timespec_cannot_hold_is_late)
{
	ck_assert_int_ge(clock_to_timespec(INT64_MAX).tv_sec, INT32_MAX);
	ck_assert_int_ge(clock_to_timespec(INT64_C(2147483648) * NS_PER_S).tv_sec, INT32_MAX);
}
END_TEST

START_TEST(realtime_counts_from_1970)
{
	/* A clock before 2020-01-01 or after 2200-01-01 is wrong, or in other units. */
	ck_assert_int_gt(clock_wall().unix_ns, INT64_C(1577836800) * NS_PER_S);
	ck_assert_int_lt(clock_wall().unix_ns, INT64_C(7258118400) * NS_PER_S);
}
END_TEST

START_TEST(sleeps_no_less_than_asked)
{
	int64_t deadline_ns = clock_monotonic_ns() + NS_PER_MS;
	clock_sleep_until(deadline_ns);
	ck_assert_int_ge(clock_monotonic_ns(), deadline_ns);
}
END_TEST

START_TEST(does_not_sleep_for_a_deadline_in_the_past)
{
	clock_sleep_until(clock_monotonic_ns() - NS_PER_S);
	clock_sleep_until(0);
	clock_sleep_until(-1);
	clock_sleep_until(INT64_MIN);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("clock");
	tcase_add_loop_test(tcase, nanoseconds_survive_conversion_to_a_timespec, 0, ROWS(times));
	tcase_add_test(tcase, what_a_timespec_cannot_hold_is_late);
	tcase_add_test(tcase, monotonic_time_never_goes_back);
	tcase_add_test(tcase, realtime_counts_from_1970);
	tcase_add_test(tcase, sleeps_no_less_than_asked);
	tcase_add_test(tcase, does_not_sleep_for_a_deadline_in_the_past);
	return unit_run("base/clock", tcase);
}
