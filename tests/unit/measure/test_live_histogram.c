/* SPDX-License-Identifier: MIT */
#include "measure/live_histogram.h"

#include "../unit.h"

START_TEST(each_lag_is_counted_in_its_bucket)
{
	struct live_histogram lag = {0};
	static const int64_t lags_ns[] = {0, 10000, 10001, 163840000, 163840001, INT64_C(1) << 40};
	for (int i = 0; i < ROWS(lags_ns); i++)
		live_histogram_record(&lag, lags_ns[i]);
	struct histogram histogram = {0};
	live_histogram_add_to(&lag, &histogram);
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
	struct live_histogram lag = {0};
	live_histogram_record(&lag, 500);
	struct histogram histogram = {.counts = {[0] = 10, [3] = 7}, .sum_ns = 1000};
	live_histogram_add_to(&lag, &histogram);
	live_histogram_add_to(&lag, &histogram);
	ck_assert_uint_eq(histogram.counts[0], 12);
	ck_assert_uint_eq(histogram.counts[3], 7);
	ck_assert_uint_eq(histogram.sum_ns, 2000);
}
END_TEST

START_TEST(has_the_same_values_in_fine_buckets)
{
	struct live_histogram lag = {0};
	live_histogram_record(&lag, 500);
	live_histogram_record(&lag, 2000000);
	struct distribution distribution = {.counts = {[0] = 1}};
	live_histogram_add_fine_to(&lag, &distribution);
	ck_assert_uint_eq(distribution_count(&distribution), 3);
	ck_assert_uint_eq(distribution.counts[0], 2);
	ck_assert_uint_eq(distribution.counts[distribution_bucket(2000000)], 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("live_histogram");
	tcase_add_test(tcase, each_lag_is_counted_in_its_bucket);
	tcase_add_test(tcase, lags_of_several_probers_add_up);
	tcase_add_test(tcase, has_the_same_values_in_fine_buckets);
	return unit_run("measure/live_histogram", tcase);
}
