/* SPDX-License-Identifier: MIT */
#include "measure/distribution.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"

/* Each bucket's upper bound, in seconds. */
static double bound(int bucket)
{
	return exp2((bucket + DISTRIBUTION_FIRST_INDEX) / 8.0);
}

static const struct {
	const char *says;
	int64_t value_ns;
	unsigned bucket;
} rows[] = {
	{"nothing", 0, 0},
	{"a nanosecond", 1, 0},
	{"below the first bound, 10.79 us", 10700, 0},
	{"above it", 10900, 1},
	{"a second is a bound, and below it", NS_PER_S, 132},
	{"a second and a bit", NS_PER_S + 1, 133},
	{"half a second", NS_PER_S / 2, 124},
	{"two seconds", 2 * NS_PER_S, 140},
	{"the last bound but one, 58.7 s", 58 * NS_PER_S, 179},
	{"above it", 59 * NS_PER_S, 180},
	{"a day", 86400 * NS_PER_S, 180},
	{"for ever", INT64_MAX, 180},
};

START_TEST(finds_the_bucket)
{
	ck_assert_msg(distribution_bucket(rows[_i].value_ns) == rows[_i].bucket, "%s: %u",
		rows[_i].says, distribution_bucket(rows[_i].value_ns));
}
END_TEST

/* Values on either side of every bound, and the middle, which is near to all in the bucket. */
START_TEST(divides_where_the_formula_says)
{
	for (int k = 1; k < DISTRIBUTION_BUCKETS - 1; k++) {
		int64_t below_ns = (int64_t)(bound(k) * 0.9999 * (double)NS_PER_S);
		int64_t above_ns = (int64_t)(bound(k) * 1.0001 * (double)NS_PER_S);
		ck_assert_uint_eq(distribution_bucket(below_ns), (unsigned)k);
		ck_assert_uint_eq(distribution_bucket(above_ns), (unsigned)k + 1);
		double middle = distribution_middle((unsigned)k);
		ck_assert(bound(k) / middle < 1.045 && middle / bound(k - 1) < 1.045);
		ck_assert_uint_eq(
			distribution_bucket((int64_t)(middle * (double)NS_PER_S)), (unsigned)k);
	}
}
END_TEST

static const struct {
	uint64_t rank;
	unsigned bucket;
} ranks[] = {{1, 3}, {2, 3}, {3, 50}, {12, 50}, {13, 180}, {99, 180}};

START_TEST(finds_the_bucket_of_a_rank)
{
	const struct distribution distribution = {.counts = {[3] = 2, [50] = 10, [180] = 1}};
	ck_assert(distribution_ranked(&distribution, ranks[_i].rank) ==
		  distribution_middle(ranks[_i].bucket));
}
END_TEST

START_TEST(subtracts_across_the_wrap)
{
	struct distribution before = {.counts = {[0] = 1, [7] = UINT64_MAX},
		.sum_us = UINT64_MAX,
		.square_sum_us2 = UINT64_MAX - 5};
	struct distribution now = {.counts = {[0] = 4, [7] = 1}, .sum_us = 9, .square_sum_us2 = 4};
	struct distribution difference;
	distribution_subtract(&now, &before, &difference);
	const struct distribution expected = {
		.counts = {[0] = 3, [7] = 2}, .sum_us = 10, .square_sum_us2 = 10};
	ck_assert(memcmp(difference.counts, expected.counts, sizeof(expected.counts)) == 0);
	ck_assert_uint_eq(difference.sum_us, expected.sum_us);
	ck_assert_uint_eq(difference.square_sum_us2, expected.square_sum_us2);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("distribution");
	tcase_add_loop_test(tcase, finds_the_bucket, 0, ROWS(rows));
	tcase_add_test(tcase, divides_where_the_formula_says);
	tcase_add_loop_test(tcase, finds_the_bucket_of_a_rank, 0, ROWS(ranks));
	tcase_add_test(tcase, subtracts_across_the_wrap);
	return unit_run("measure/distribution", tcase);
}
