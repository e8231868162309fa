/* SPDX-License-Identifier: MIT */
#include "probe/context.h"

#include "../unit.h"

START_TEST(each_lag_is_counted_in_its_bucket)
{
	struct probe_context context = {0};
	static const int64_t lags_ns[] = {0, 10000, 10001, 163840000, 163840001, INT64_C(1) << 40};
	for (int i = 0; i < ROWS(lags_ns); i++)
		probe_context_record_lag(&context, lags_ns[i]);
	struct histogram histogram = {0};
	probe_context_add_lag(&context, &histogram);
	ck_assert_uint_eq(histogram_count(&histogram), 6);
	ck_assert_uint_eq(histogram.counts[0], 2);
	ck_assert_uint_eq(histogram.counts[1], 1);
	ck_assert_uint_eq(histogram.counts[14], 1);
	ck_assert_uint_eq(histogram.counts[HISTOGRAM_BOUNDS], 2);
	ck_assert_uint_eq(histogram.sum_ns, 20001 + 163840000 + 163840001 + (UINT64_C(1) << 40));
}
END_TEST

START_TEST(lags_of_several_probers_add_up)
{
	struct probe_context context = {0};
	probe_context_record_lag(&context, 500);
	struct histogram histogram = {.counts = {[0] = 10, [3] = 7}, .sum_ns = 1000};
	probe_context_add_lag(&context, &histogram);
	probe_context_add_lag(&context, &histogram);
	ck_assert_uint_eq(histogram.counts[0], 12);
	ck_assert_uint_eq(histogram.counts[3], 7);
	ck_assert_uint_eq(histogram.sum_ns, 2000);
}
END_TEST

START_TEST(random_numbers_follow_marsaglia)
{
	/* With 13, 17, 5, the first three after 2463534242 by his paper and by hand. */
	struct probe_context context = {.random = 2463534242U};
	ck_assert_uint_eq(probe_context_random(&context), 723471715U);
	ck_assert_uint_eq(probe_context_random(&context), 2497366906U);
	ck_assert_uint_eq(probe_context_random(&context), 2064144800U);
}
END_TEST

static const uint32_t seeds[] = {1, 2, 0x80000000U, UINT32_MAX};

START_TEST(random_numbers_are_evenly_spread_from_any_seed)
{
	struct probe_context context = {.random = seeds[_i]};
	int tenths[10] = {0};
	for (int i = 0; i < 100000; i++)
		tenths[(uint64_t)probe_context_random(&context) * 10 >> 32]++;
	for (int i = 0; i < 10; i++) {
		ck_assert_int_gt(tenths[i], 9500);
		ck_assert_int_lt(tenths[i], 10500);
	}
}
END_TEST

START_TEST(the_clocks_are_read_once_a_turn)
{
	struct probe_context context = {0};
	ck_assert(!context.arrival_clock.is_known);
	probe_context_refresh_clock(&context);
	ck_assert(context.arrival_clock.is_known);
	ck_assert(context.is_clock_fresh);
	context.arrival_clock.read_ns = 0;
	probe_context_refresh_clock(&context);
	ck_assert_int_eq(context.arrival_clock.read_ns, 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("context");
	tcase_add_test(tcase, each_lag_is_counted_in_its_bucket);
	tcase_add_test(tcase, lags_of_several_probers_add_up);
	tcase_add_test(tcase, random_numbers_follow_marsaglia);
	tcase_add_loop_test(tcase, random_numbers_are_evenly_spread_from_any_seed, 0, ROWS(seeds));
	tcase_add_test(tcase, the_clocks_are_read_once_a_turn);
	return unit_run("probe/context", tcase);
}
