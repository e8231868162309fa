/* SPDX-License-Identifier: MIT */
#include "measure/live_distribution.h"

#include "../unit.h"

START_TEST(counts_what_is_recorded)
{
	struct live_distribution live = {0};
	static const int64_t values_ns[] = {0, 500, 1000000, 1000400, 5000000000};
	for (int i = 0; i < ROWS(values_ns); i++)
		live_distribution_record(&live, values_ns[i]);
	struct distribution copy;
	live_distribution_read(&live, &copy);
	ck_assert_uint_eq(distribution_count(&copy), ROWS(values_ns));
	ck_assert_uint_eq(copy.counts[0], 2);
	ck_assert_uint_eq(copy.counts[distribution_bucket(1000000)], 2);
	ck_assert_uint_eq(copy.sum_us, 5002001);
	ck_assert_uint_eq(copy.square_sum_us2, UINT64_C(25000002000001));
}
END_TEST

/* Every millisecond for 50 days, and for a year. */
START_TEST(counts_beyond_32_bits)
{
	struct live_distribution live = {0};
	unsigned bucket = distribution_bucket(1000000);
	atomic_init(&live.counts[bucket], UINT32_MAX);
	atomic_init(&live.carries[bucket], (uint8_t)_i);
	struct distribution before;
	live_distribution_read(&live, &before);
	live_distribution_record(&live, 1000000);
	struct distribution now;
	live_distribution_read(&live, &now);
	ck_assert_uint_eq(now.counts[bucket], (UINT64_C(1) << 32) * ((uint64_t)_i + 1));
	struct distribution difference;
	distribution_subtract(&now, &before, &difference);
	ck_assert_uint_eq(distribution_count(&difference), 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("live_distribution");
	tcase_add_test(tcase, counts_what_is_recorded);
	tcase_add_loop_test(tcase, counts_beyond_32_bits, 0, 8);
	return unit_run("measure/live_distribution", tcase);
}
