/* SPDX-License-Identifier: MIT */
#include "measure/histogram.h"

#include "../random.h"
#include "../unit.h"

static const struct {
	const char *says;
	int64_t first_ns;
	unsigned k;
	int64_t bound_ns;
} bounds[] = {
	{"the first RTT bound is 0.0001 s", HISTOGRAM_RTT_FIRST_NS, 0, 100000},
	{"the second is twice that", HISTOGRAM_RTT_FIRST_NS, 1, 200000},
	{"the last RTT bound is 1.6384 s", HISTOGRAM_RTT_FIRST_NS, 14, 1638400000},
	{"the first send lag bound is 10 us", HISTOGRAM_LAG_FIRST_NS, 0, 10000},
	{"the last send lag bound is 163.84 ms", HISTOGRAM_LAG_FIRST_NS, 14, 163840000},
};

START_TEST(bounds_double)
{
	ck_assert_msg(histogram_bound_ns(bounds[_i].first_ns, bounds[_i].k) == bounds[_i].bound_ns,
		"%s", bounds[_i].says);
}
END_TEST

static const struct {
	const char *says;
	int64_t value_ns;
	unsigned bucket;
} values[] = {
	{"nothing at all", 0, 0},
	{"one nanosecond", 1, 0},
	{"just below the first bound", 99999, 0},
	{"the first bound belongs to the first bucket", 100000, 0},
	{"one above it to the second", 100001, 1},
	{"the second bound", 200000, 1},
	{"one above the second bound", 200001, 2},
	{"between two bounds", 300000, 2},
	{"the last bound belongs to the last bucket before +Inf", 1638400000, 14},
	{"one above the last bound", 1638400001, HISTOGRAM_BOUNDS},
	{"twice the last bound", 3276800000, HISTOGRAM_BOUNDS},
	{"a day", INT64_C(86400000000000), HISTOGRAM_BOUNDS},
	{"the largest value", INT64_MAX, HISTOGRAM_BOUNDS},
};

START_TEST(a_value_belongs_to_the_lowest_bound_that_covers_it)
{
	unsigned bucket = histogram_bucket(HISTOGRAM_RTT_FIRST_NS, values[_i].value_ns);
	ck_assert_msg(bucket == values[_i].bucket, "%s: got bucket %u", values[_i].says, bucket);
}
END_TEST

static const int64_t firsts[] = {HISTOGRAM_RTT_FIRST_NS, HISTOGRAM_LAG_FIRST_NS, 1, 3, 1000000007};

START_TEST(each_bound_is_inclusive)
{
	for (unsigned k = 0; k < HISTOGRAM_BOUNDS; k++) {
		int64_t bound_ns = histogram_bound_ns(firsts[_i], k);
		ck_assert_uint_eq(histogram_bucket(firsts[_i], bound_ns), k);
		ck_assert_uint_eq(histogram_bucket(firsts[_i], bound_ns + 1), k + 1);
	}
}
END_TEST

/* What "le" means, tried one bound after another. */
static unsigned find_bucket(int64_t first_ns, int64_t value_ns)
{
	for (unsigned k = 0; k < HISTOGRAM_BOUNDS; k++)
		if (value_ns <= histogram_bound_ns(first_ns, k))
			return k;
	return HISTOGRAM_BOUNDS;
}

START_TEST(any_value_falls_into_the_bucket_that_the_bounds_imply)
{
	uint64_t state = 1;
	for (int i = 0; i < 200000; i++) {
		uint64_t wide = (uint64_t)random_next(&state) << 32 | random_next(&state);
		/* As many small values as large ones. */
		int64_t value_ns = (int64_t)(wide >> (1 + random_below(&state, 63)));
		/* An assertion that holds costs a write, which adds up here. */
		if (histogram_bucket(firsts[_i], value_ns) != find_bucket(firsts[_i], value_ns))
			ck_abort_msg("%lld ns", (long long)value_ns);
	}
}
END_TEST

START_TEST(the_count_is_that_of_all_buckets)
{
	struct histogram histogram = {0};
	ck_assert_uint_eq(histogram_count(&histogram), 0);
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++)
		histogram.counts[k] = UINT64_C(1) << (2 * k);
	ck_assert_uint_eq(histogram_count(&histogram), 0x55555555);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("histogram");
	tcase_add_loop_test(tcase, bounds_double, 0, ROWS(bounds));
	tcase_add_loop_test(
		tcase, a_value_belongs_to_the_lowest_bound_that_covers_it, 0, ROWS(values));
	tcase_add_loop_test(tcase, each_bound_is_inclusive, 0, ROWS(firsts));
	tcase_add_loop_test(
		tcase, any_value_falls_into_the_bucket_that_the_bounds_imply, 0, ROWS(firsts));
	tcase_add_test(tcase, the_count_is_that_of_all_buckets);
	return unit_run("measure/histogram", tcase);
}
