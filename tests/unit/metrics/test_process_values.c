/* SPDX-License-Identifier: MIT */
#include "metrics/process_values.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

#include "../unit.h"

#define START_NS INT64_C(1700000000000000000)

START_TEST(start_time_lies_within_the_last_minute)
{
#ifdef __linux__
	int64_t start_ns = process_start_time_ns();
	int64_t age_ns = clock_wall().unix_ns - start_ns;
	/* It is known only to a hundredth of a second. */
	ck_assert_int_ge(age_ns, -NS_PER_S);
	ck_assert_int_lt(age_ns, 60 * NS_PER_S);
#endif
}
END_TEST

START_TEST(start_time_is_passed_through)
{
	struct process_values values;
	process_values_read(START_NS, &values);
	ck_assert_int_eq(values.start_time_ns, START_NS);
}
END_TEST

START_TEST(values_are_known_and_plausible)
{
#ifdef __linux__
	struct process_values values;
	process_values_read(START_NS, &values);
	ck_assert_int_gt(values.cpu_ns, 0);
	ck_assert_int_lt(values.cpu_ns, 60 * NS_PER_S);
	ck_assert_int_ge(values.resident_bytes, 65536);
	ck_assert_int_ge(values.virtual_bytes, values.resident_bytes);
	ck_assert_int_ge(values.open_fds, 1);
#endif
}
END_TEST

START_TEST(counts_descriptors)
{
#ifdef __linux__
	struct process_values before;
	struct process_values after;
	process_values_read(START_NS, &before);
	int fds[10];
	for (int i = 0; i < ROWS(fds); i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	process_values_read(START_NS, &after);
	ck_assert_int_eq(after.open_fds, before.open_fds + ROWS(fds));
	for (int i = 0; i < ROWS(fds); i++)
		close(fds[i]);
#endif
}
END_TEST

START_TEST(reports_the_soft_limit)
{
	struct rlimit limit = {.rlim_cur = 0};
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 40;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	struct process_values values;
	process_values_read(START_NS, &values);
	ck_assert_int_eq(values.max_fds, 40);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("process_values");
	tcase_add_test(tcase, start_time_lies_within_the_last_minute);
	tcase_add_test(tcase, start_time_is_passed_through);
	tcase_add_test(tcase, values_are_known_and_plausible);
	tcase_add_test(tcase, counts_descriptors);
	tcase_add_test(tcase, reports_the_soft_limit);
	return unit_run("metrics/process_values", tcase);
}
