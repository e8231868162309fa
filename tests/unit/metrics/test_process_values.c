/* SPDX-License-Identifier: MIT */
#include "metrics/process_values.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

#include "../unit.h"

#define START_NS INT64_C(1700000000000000000)

static int64_t start_ns = -1;

START_TEST(start_time_lies_within_the_last_hour)
{
#ifdef __linux__
	struct process_values values;
	process_values_read(&start_ns, &values);
	ck_assert_int_eq(values.start_time_ns, start_ns);
	int64_t age_ns = clock_wall().unix_ns - start_ns;
	/* It is known only to a hundredth of a second. */
	ck_assert_int_ge(age_ns, -NS_PER_S);
	ck_assert_int_lt(age_ns, 3600 * NS_PER_S);
	int64_t before_ns = start_ns;
	process_values_read(&start_ns, &values);
	ck_assert_int_eq(start_ns, before_ns);
#endif
}
END_TEST

static const struct {
	const char *says;
	int64_t known_ns;
	int64_t found_ns;
	int64_t told_ns;
} starts[] = {
	{"the first reading", -1, START_NS, START_NS},
	{"nothing is known", -1, -1, -1},
	{"nothing changes", START_NS, START_NS, START_NS},
	{"the clock is slewed", START_NS, START_NS + NS_PER_S, START_NS},
	{"the clock is slewed back", START_NS, START_NS - NS_PER_S, START_NS},
	{"the clock is set forward", START_NS, START_NS + NS_PER_S + 1, START_NS + NS_PER_S + 1},
	{"the clock is set back", START_NS, START_NS - NS_PER_S - 1, START_NS - NS_PER_S - 1},
	{"the clock was at its beginning", 0, START_NS, START_NS},
	{"it cannot be read for once", START_NS, -1, START_NS},
};

START_TEST(start_time_follows_the_clock_when_it_is_set)
{
	ck_assert_msg(process_start_time_ns(starts[_i].known_ns, starts[_i].found_ns) ==
			      starts[_i].told_ns,
		"%s", starts[_i].says);
}
END_TEST

START_TEST(values_are_known_and_plausible)
{
#ifdef __linux__
	struct process_values values;
	process_values_read(&start_ns, &values);
	ck_assert_int_gt(values.cpu_ns, 0);
	ck_assert_int_lt(values.cpu_ns, 60 * NS_PER_S);
	if (!unit_is_emulated())
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
	process_values_read(&start_ns, &before);
	int fds[10];
	for (int i = 0; i < ROWS(fds); i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	process_values_read(&start_ns, &after);
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
	process_values_read(&start_ns, &values);
	ck_assert_int_eq(values.max_fds, 40);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("process_values");
	tcase_add_test(tcase, start_time_lies_within_the_last_hour);
	tcase_add_loop_test(tcase, start_time_follows_the_clock_when_it_is_set, 0, ROWS(starts));
	tcase_add_test(tcase, values_are_known_and_plausible);
	tcase_add_test(tcase, counts_descriptors);
	tcase_add_test(tcase, reports_the_soft_limit);
	return unit_run("metrics/process_values", tcase);
}
