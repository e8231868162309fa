/* SPDX-License-Identifier: MIT */
#include "measure/timeout_estimate.h"

#include "../unit.h"

#define MS NS_PER_MS
#define ROUND_TRIPS_MAX 8

/* Each by hand: SRTT, RTTVAR and RTO as RFC 6298 section 2 has them. */
static const struct {
	const char *says;
	int64_t rtts_ms[ROUND_TRIPS_MAX]; /* Up to a 0. */
	int64_t smoothed_us;
	int64_t variance_us;
	int64_t timeout_us;
} series[] = {
	{"before the first it is a second", {0}, -1, 0, 1000000},
	{"the first one counts thrice", {100}, 100000, 50000, 300000},
	{"a steady one narrows it", {100, 100}, 100000, 37500, 250000},
	{"a longer one widens it", {100, 200}, 112500, 62500, 362500},
	{"a shorter one, too", {100, 20}, 90000, 57500, 320000},
	{"three", {100, 200, 100}, 110938, 50000, 310938},
	{"a short path has the least", {1, 1, 1}, 1000, 281, 100000},
	{"a long one the most", {2000}, 2000000, 1000000, 3000000},
};

START_TEST(the_timeout_is_that_of_rfc_6298)
{
	struct timeout_estimate estimate;
	timeout_estimate_init(&estimate);
	for (int i = 0; i < ROUND_TRIPS_MAX && series[_i].rtts_ms[i] > 0; i++)
		timeout_estimate_record(&estimate, series[_i].rtts_ms[i] * MS);
	const char *says = series[_i].says;
	int64_t us = NS_PER_US;
	ck_assert_msg(estimate.timeout_ns / us - series[_i].timeout_us <= 1, "%s", says);
	ck_assert_msg(series[_i].timeout_us - estimate.timeout_ns / us <= 1, "%s", says);
	ck_assert_msg(estimate.variance_ns / us - series[_i].variance_us <= 1, "%s", says);
	ck_assert_msg(series[_i].variance_us - estimate.variance_ns / us <= 1, "%s", says);
	if (series[_i].smoothed_us >= 0)
		ck_assert_msg(estimate.smoothed_ns / us - series[_i].smoothed_us <= 1 &&
				      series[_i].smoothed_us - estimate.smoothed_ns / us <= 1,
			"%s", says);
}
END_TEST

START_TEST(a_steady_path_keeps_a_margin)
{
	struct timeout_estimate estimate;
	timeout_estimate_init(&estimate);
	for (int i = 0; i < 1000; i++)
		timeout_estimate_record(&estimate, 200 * MS);
	ck_assert_int_eq(estimate.timeout_ns, 200 * MS + TIMEOUT_ESTIMATE_GRAIN_NS);
}
END_TEST

START_TEST(silence_doubles_it_once_per_timeout_up_to_the_most)
{
	struct timeout_estimate estimate;
	timeout_estimate_init(&estimate);
	timeout_estimate_record(&estimate, 100 * MS);
	int64_t now_ns = 1000 * NS_PER_S;
	timeout_estimate_expire(&estimate, now_ns);
	ck_assert_int_eq(estimate.timeout_ns, 600 * MS);
	/* Those that were sent along with it. */
	timeout_estimate_expire(&estimate, now_ns);
	timeout_estimate_expire(&estimate, now_ns + 599 * MS);
	ck_assert_int_eq(estimate.timeout_ns, 600 * MS);
	now_ns += 600 * MS;
	timeout_estimate_expire(&estimate, now_ns);
	ck_assert_int_eq(estimate.timeout_ns, 1200 * MS);
	timeout_estimate_expire(&estimate, now_ns += 1200 * MS);
	timeout_estimate_expire(&estimate, now_ns += 2400 * MS);
	timeout_estimate_expire(&estimate, now_ns + 3000 * MS);
	ck_assert_int_eq(estimate.timeout_ns, 3000 * MS);
	/* A reply brings it back. */
	timeout_estimate_record(&estimate, 100 * MS);
	ck_assert_int_eq(estimate.timeout_ns, 250 * MS);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("timeout_estimate");
	tcase_add_loop_test(tcase, the_timeout_is_that_of_rfc_6298, 0, ROWS(series));
	tcase_add_test(tcase, a_steady_path_keeps_a_margin);
	tcase_add_test(tcase, silence_doubles_it_once_per_timeout_up_to_the_most);
	return unit_run("measure/timeout_estimate", tcase);
}
