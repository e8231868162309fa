/* SPDX-License-Identifier: MIT */
#include "probe/context.h"

#include "../unit.h"

START_TEST(random_numbers_follow_marsaglia)
{
	/* With 13, 17, 5: the first three after 2463534242, by his paper and by hand. */
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

START_TEST(the_clocks_are_read_once_per_turn)
{
	struct turn turn = {0};
	ck_assert(!turn.clock.is_known);
	turn_refresh_clock(&turn);
	ck_assert(turn.clock.is_known);
	ck_assert(turn.is_clock_fresh);
	turn.clock.read_ns = 0;
	turn_refresh_clock(&turn);
	ck_assert_int_eq(turn.clock.read_ns, 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("context");
	tcase_add_test(tcase, random_numbers_follow_marsaglia);
	tcase_add_loop_test(tcase, random_numbers_are_evenly_spread_from_any_seed, 0, ROWS(seeds));
	tcase_add_test(tcase, the_clocks_are_read_once_per_turn);
	return unit_run("probe/context", tcase);
}
