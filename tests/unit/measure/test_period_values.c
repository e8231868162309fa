/* SPDX-License-Identifier: MIT */
#include "measure/period_values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../random.h"
#include "../unit.h"
#include "base/clock.h"

static struct target_stats *stats;
static struct target_snapshot before;
static struct target_snapshot now;
static struct distribution distributions[2];
static struct period_values period;
static bool has_before;

static void set_up(void)
{
	has_before = false;
	ck_assert_int_eq(target_stats_new(10, &stats), 0);
}

static void tear_down(void)
{
	target_stats_free(stats);
}

static void read_into(struct target_snapshot *snapshot, struct distribution *distribution)
{
	const struct target_distributions copies = {.rtt = distribution};
	target_stats_read_all(stats, &snapshot->values, &copies);
	snapshot->distribution = distribution;
}

/* What has happened since the last call; at first, since the target is there. */
static void read_period(void)
{
	read_into(&now, &distributions[1]);
	period_values_make(has_before ? &before : NULL, &now, &period);
	has_before = true;
	distributions[0] = distributions[1];
	before = now;
	before.distribution = &distributions[0];
}

static void receive(int64_t rtt_ns, int times)
{
	for (int i = 0; i < times; i++)
		target_stats_received(stats, rtt_ns);
}

static bool same(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fabs(b);
}

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 0.05 * b;
}

START_TEST(knows_nothing_of_nothing)
{
	for (int times = 0; times < 2; times++) {
		read_period();
		const double *numbers[] = {&period.loss_percent, &period.rtt_mean, &period.rtt_min,
			&period.rtt_median, &period.rtt_p90, &period.rtt_p99, &period.rtt_max,
			&period.rtt_deviation};
		/* collectd prints the sign, and Prometheus rejects that. */
		for (int i = 0; i < ROWS(numbers); i++)
			ck_assert_msg(isnan(*numbers[i]) && !signbit(*numbers[i]), "%d", i);
		ck_assert(!period.is_first);
		target_stats_sent(stats);
	}
}
END_TEST

START_TEST(has_only_what_came_since)
{
	receive(NS_PER_S, 3);
	target_stats_timed_out(stats, 1);
	read_period();
	ck_assert(period.is_first && same(period.loss_percent, 25) && same(period.rtt_mean, 1));
	receive(NS_PER_MS, 1);
	read_period();
	ck_assert(!period.is_first && same(period.loss_percent, 0));
	ck_assert(same(period.rtt_mean, 0.001) && same(period.rtt_min, 0.001) &&
		  same(period.rtt_median, 0.001) && same(period.rtt_p90, 0.001) &&
		  same(period.rtt_p99, 0.001) && same(period.rtt_max, 0.001) &&
		  same(period.rtt_deviation, 0));
	read_period();
	ck_assert(isnan(period.loss_percent) && isnan(period.rtt_mean));
}
END_TEST

START_TEST(has_loss_but_no_times_while_nothing_answers)
{
	for (int times = 0; times < 2; times++) {
		target_stats_timed_out(stats, 1);
		read_period();
		ck_assert(period.is_first == (times == 0));
	}
	receive(NS_PER_MS, 5);
	read_period();
	ck_assert(!period.is_first);
	for (int i = 0; i < 4; i++)
		target_stats_unsent(stats);
	read_period();
	ck_assert(same(period.loss_percent, 100));
	ck_assert(isnan(period.rtt_mean) && isnan(period.rtt_max) && isnan(period.rtt_deviation));
}
END_TEST

START_TEST(has_no_times_without_distributions)
{
	receive(NS_PER_MS, 5);
	target_stats_read(stats, &now.values);
	now.distribution = NULL;
	period_values_make(NULL, &now, &period);
	ck_assert(same(period.loss_percent, 0) && isnan(period.rtt_mean));
}
END_TEST

/* 100 round trips, of 1 to 100 ms. */
START_TEST(finds_quantiles)
{
	for (int i = 0; i < 100; i++)
		receive((i * 37 % 100 + 1) * NS_PER_MS, 1);
	read_period();
	ck_assert(same(period.rtt_mean, 0.0505));
	ck_assert(is_near(period.rtt_min, 0.001));
	ck_assert(is_near(period.rtt_median, 0.050));
	ck_assert(is_near(period.rtt_p90, 0.090));
	ck_assert(is_near(period.rtt_p99, 0.099));
	ck_assert(is_near(period.rtt_max, 0.100));
	/* Of 1 to n the variance is n (n + 1) / 12. */
	ck_assert(same(period.rtt_deviation, 0.001 * sqrt(100 * 101 / 12.0)));
}
END_TEST

static int compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;
	return a < b ? -1 : a > b;
}

/* The least of sorted numbers that has that share of them at or below it, in seconds. */
static double ranked(const int64_t *sorted_ns, int count, int percent)
{
	int rank = (count * percent + 99) / 100;
	return (double)sorted_ns[rank > 0 ? rank - 1 : 0] / (double)NS_PER_S;
}

/* Round trips of many sizes, alike and different: all within 5 %, in order, and the mean exact. */
START_TEST(is_right_to_five_percent)
{
	enum { MOST = 300 };
	static int64_t rtts_ns[MOST];
	uint64_t random = (uint64_t)_i + 1;
	for (int times = 0; times < 20; times++) {
		int count = 1 + (int)random_below(&random, MOST);
		int64_t least_ns = INT64_C(11000) << random_below(&random, 20);
		double spread_ns = (double)least_ns * random_below(&random, 3);
		double sum = 0;
		for (int i = 0; i < count; i++) {
			rtts_ns[i] = least_ns +
				     (int64_t)(spread_ns * random_below(&random, 1000) / 1000);
			receive(rtts_ns[i], 1);
			sum += (double)rtts_ns[i];
		}
		qsort(rtts_ns, (size_t)count, sizeof(rtts_ns[0]), compare);
		read_period();
		double mean = sum / count / (double)NS_PER_S;
		ck_assert(fabs(period.rtt_mean - mean) <= 1e-9 * mean);
		ck_assert(is_near(period.rtt_min, ranked(rtts_ns, count, 0)));
		ck_assert(is_near(period.rtt_median, ranked(rtts_ns, count, 50)));
		ck_assert(is_near(period.rtt_p90, ranked(rtts_ns, count, 90)));
		ck_assert(is_near(period.rtt_p99, ranked(rtts_ns, count, 99)));
		ck_assert(is_near(period.rtt_max, ranked(rtts_ns, count, 100)));
		ck_assert(period.rtt_min <= period.rtt_mean && period.rtt_mean <= period.rtt_max);
		ck_assert(period.rtt_min <= period.rtt_median &&
			  period.rtt_median <= period.rtt_p90 && period.rtt_p90 <= period.rtt_p99 &&
			  period.rtt_p99 <= period.rtt_max);
	}
}
END_TEST

/* Far from 0, all the same: what is left of the difference of two large numbers. */
START_TEST(finds_no_deviation_where_there_is_none)
{
	receive(59 * NS_PER_S, 1000);
	read_period();
	ck_assert(period.rtt_deviation < 1e-6);
	receive(100 * NS_PER_MS, 50);
	receive(100 * NS_PER_MS + 20 * NS_PER_US, 50);
	read_period();
	ck_assert(fabs(period.rtt_deviation - 10.05e-6) < 0.01e-6);
}
END_TEST

/* ids of one snapshot, and of the next; and for which of these the time in between is known. */
static const struct {
	const char *says;
	const char *before;
	const char *now;
	const char *known;
} matches[] = {
	{"the first snapshot", "", "abc", "..."},
	{"the same targets", "abc", "abc", "abc"},
	{"another order", "abcd", "dacb", "dacb"},
	{"one is gone", "abc", "ac", "ac"},
	{"a new one", "abc", "xabc", ".abc"},
	{"all are new", "abc", "xyz", "..."},
	{"none is left", "abc", "", ""},
};

START_TEST(compares_each_target_with_itself)
{
	struct target_snapshot olds[8];
	struct target_snapshot news[8];
	struct snapshot old = {.targets = olds, .target_count = strlen(matches[_i].before)};
	struct snapshot new = {.targets = news, .target_count = strlen(matches[_i].now)};
	for (size_t i = 0; i < old.target_count; i++)
		olds[i] = (struct target_snapshot){
			.id = (uint64_t)matches[_i].before[i], .values = {.received = 10}};
	for (size_t i = 0; i < new.target_count; i++)
		news[i] = (struct target_snapshot){.id = (uint64_t)matches[_i].now[i],
			.values = {.received = 20, .timeouts = 10}};
	struct period_values *values;
	ck_assert_int_eq(period_values_make_all(&old, &new, &values), 0);
	for (size_t i = 0; i < new.target_count; i++) {
		/* 10 of 10 and 10, or of 20 and 10. */
		double percent = matches[_i].known[i] == '.' ? 100.0 / 3 : 50;
		ck_assert_msg(same(values[i].loss_percent, percent), "%s: %zu: %g",
			matches[_i].says, i, values[i].loss_percent);
	}
	free(values);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("period_values");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, knows_nothing_of_nothing);
	tcase_add_test(tcase, has_only_what_came_since);
	tcase_add_test(tcase, has_loss_but_no_times_while_nothing_answers);
	tcase_add_test(tcase, has_no_times_without_distributions);
	tcase_add_test(tcase, finds_quantiles);
	tcase_add_loop_test(tcase, is_right_to_five_percent, 0, 20);
	tcase_add_test(tcase, finds_no_deviation_where_there_is_none);
	tcase_add_loop_test(tcase, compares_each_target_with_itself, 0, ROWS(matches));
	return unit_run("measure/period_values", tcase);
}
