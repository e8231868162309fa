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

START_TEST(realtime_counts_from_1970)
{
	/* 2020-01-01: a clock before that is none, or in other units. 2200-01-01 likewise. */
	ck_assert_int_gt(clock_wall().unix_ns, INT64_C(1577836800) * NS_PER_S);
	ck_assert_int_lt(clock_wall().unix_ns, INT64_C(7258118400) * NS_PER_S);
}
END_TEST

START_TEST(sleeps_no_shorter_than_asked)
{
	int64_t deadline_ns = clock_monotonic_ns() + NS_PER_MS;
	clock_sleep_until(deadline_ns);
	ck_assert_int_ge(clock_monotonic_ns(), deadline_ns);
}
END_TEST

START_TEST(does_not_sleep_for_a_deadline_in_the_past)
{
	int64_t before_ns = clock_monotonic_ns();
	clock_sleep_until(before_ns - NS_PER_S);
	clock_sleep_until(0);
	clock_sleep_until(-1);
	clock_sleep_until(INT64_MIN);
	ck_assert_int_lt(clock_monotonic_ns() - before_ns, NS_PER_S);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("clock");
	tcase_add_test(tcase, monotonic_time_never_goes_back);
	tcase_add_test(tcase, realtime_counts_from_1970);
	tcase_add_test(tcase, sleeps_no_shorter_than_asked);
	tcase_add_test(tcase, does_not_sleep_for_a_deadline_in_the_past);
	return unit_run("base/clock", tcase);
}
