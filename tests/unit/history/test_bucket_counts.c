/* SPDX-License-Identifier: MIT */
#include "history/bucket_counts.h"

#include <string.h>

#include "../unit.h"

/* Advances, and compares every difference with that of two whole distributions. */
static void advance(struct bucket_counts *kept, const struct distribution *before,
	const struct distribution *now)
{
	uint32_t difference[DISTRIBUTION_BUCKETS];
	ck_assert_int_eq(bucket_counts_advance(kept, now, difference), 0);
	for (unsigned i = 0; i < DISTRIBUTION_BUCKETS; i++)
		ck_assert_msg(difference[i] == (uint32_t)(now->counts[i] - before->counts[i]),
			"bucket %u: %u", i, difference[i]);
}

START_TEST(differences_are_those_of_whole_copies)
{
	struct bucket_counts kept = {0};
	struct distribution before = {0};
	struct distribution now = {0};
	/* Buckets come into use in any order, and some of them count on. */
	static const unsigned order[] = {90, 90, 3, 180, 0, 91, 89, 90, 0, 17, 16, 15, 180, 3};
	for (int i = 0; i < ROWS(order); i++) {
		now.counts[order[i]] += (uint64_t)i + 1;
		advance(&kept, &before, &now);
		before = now;
		advance(&kept, &before, &now);
	}
	bucket_counts_clear(&kept);
}
END_TEST

START_TEST(all_buckets_can_be_in_use)
{
	struct bucket_counts kept = {0};
	struct distribution before = {0};
	struct distribution now = {0};
	for (unsigned i = 0; i < DISTRIBUTION_BUCKETS; i++)
		now.counts[i] = i + 1;
	advance(&kept, &before, &now);
	bucket_counts_clear(&kept);
	ck_assert_ptr_null(kept.counts);
	advance(&kept, &before, &now);
	bucket_counts_clear(&kept);
}
END_TEST

START_TEST(counts_wrap)
{
	struct bucket_counts kept = {0};
	struct distribution before = {.counts = {[5] = UINT32_MAX}};
	struct distribution now = {.counts = {[5] = (uint64_t)UINT32_MAX + 3, [6] = 1}};
	advance(&kept, &(const struct distribution){0}, &before);
	advance(&kept, &before, &now);
	/* A bucket whose low bits are zero is in use, too. */
	before = now;
	now.counts[5] = UINT64_C(2) << 32;
	advance(&kept, &before, &now);
	before = now;
	now.counts[5]++;
	advance(&kept, &before, &now);
	bucket_counts_clear(&kept);
}
END_TEST

START_TEST(takes_memory_for_what_is_used)
{
	struct bucket_counts kept = {0};
	struct distribution now = {.counts = {[70] = 1, [71] = 5, [72] = 1}};
	advance(&kept, &(const struct distribution){0}, &now);
	ck_assert_uint_eq(kept.room, 4);
	ck_assert_uint_le(sizeof(kept), 40);
	bucket_counts_clear(&kept);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("bucket_counts");
	tcase_add_test(tcase, differences_are_those_of_whole_copies);
	tcase_add_test(tcase, all_buckets_can_be_in_use);
	tcase_add_test(tcase, counts_wrap);
	tcase_add_test(tcase, takes_memory_for_what_is_used);
	return unit_run("history/bucket_counts", tcase);
}
