/* SPDX-License-Identifier: MIT */
#include "history/track_set.h"

#include "../unit.h"

#define MANY 10000

START_TEST(an_empty_set_has_nothing)
{
	struct track_set set = {0};
	ck_assert_ptr_null(track_set_find(&set, 1));
	track_set_sweep(&set);
	track_set_clear(&set);
}
END_TEST

START_TEST(a_visit_makes_a_track_once)
{
	struct track_set set = {0};
	struct track *first = track_set_visit(&set, 5, 3);
	ck_assert_ptr_nonnull(first);
	ck_assert_uint_eq(first->target_id, 5);
	ck_assert_uint_eq(track_kept(first, HISTORY_COARSE), 3);
	ck_assert_ptr_eq(track_set_visit(&set, 5, 3), first);
	ck_assert_ptr_eq(track_set_find(&set, 5), first);
	ck_assert_uint_eq(set.count, 1);
	track_set_clear(&set);
	ck_assert_uint_eq(set.count, 0);
	ck_assert_ptr_null(track_set_find(&set, 5));
}
END_TEST

/* Visits every step-th id up to MANY, from first. */
static void visit_every(struct track_set *set, uint64_t first, uint64_t step)
{
	for (uint64_t id = first; id <= MANY; id += step)
		ck_assert_ptr_nonnull(track_set_visit(set, id, 1));
}

START_TEST(those_that_are_not_visited_go)
{
	struct track_set set = {0};
	visit_every(&set, 1, 1);
	track_set_sweep(&set);
	ck_assert_uint_eq(set.count, MANY);
	visit_every(&set, 1, 3);
	track_set_sweep(&set);
	for (uint64_t id = 1; id <= MANY; id++) {
		const struct track *track = track_set_find(&set, id);
		ck_assert_msg((track != NULL) == (id % 3 == 1), "%d", (int)id);
		ck_assert(!track || track->target_id == id);
	}
	ck_assert_uint_eq(set.count, (MANY + 2) / 3);
	/* Lists stay short. */
	ck_assert_uint_ge(set.place_count, MANY / 2);
	track_set_sweep(&set);
	ck_assert_uint_eq(set.count, 0);
	track_set_clear(&set);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("track_set");
	tcase_add_test(tcase, an_empty_set_has_nothing);
	tcase_add_test(tcase, a_visit_makes_a_track_once);
	tcase_add_test(tcase, those_that_are_not_visited_go);
	return unit_run("history/track_set", tcase);
}
