/* SPDX-License-Identifier: MIT */
#include "history/track.h"

#include "../unit.h"

#define COARSE 4

static struct track *track;
static struct target_values values;
static struct distribution round_trips;
static uint64_t ended; /* The last fine step. */

static void set_up(void)
{
	values = (struct target_values){0};
	round_trips = (struct distribution){0};
	ended = 0;
	ck_assert_int_eq(track_new(7, COARSE, &track), 0);
}

static void tear_down(void)
{
	track_free(track);
}

/* Ends steps up to number, in which so many probes came back in that bucket, and so many were lost. */
static void advance(uint64_t number, unsigned bucket, uint32_t received, uint32_t lost)
{
	values.sent += received + lost;
	values.received += received;
	values.timeouts += lost;
	round_trips.counts[bucket] += received;
	track_advance(track, ended, number, &values, &round_trips);
	ended = number;
}

static void check(enum history_scale scale, uint64_t number, unsigned median, unsigned lost)
{
	const struct history_step *step = track_step(track, scale, number);
	ck_assert_msg(step->median == median && step->lost == lost, "%d, %d: %u, %u", (int)scale,
		(int)number, step->median, step->lost);
}

START_TEST(a_new_target_has_no_steps)
{
	for (int scale = 0; scale < HISTORY_SCALES; scale++)
		for (uint64_t i = 1; i <= track_kept(track, (enum history_scale)scale); i++)
			ck_assert(!track_step(track, (enum history_scale)scale, i)->is_known);
	ck_assert_uint_eq(track_kept(track, HISTORY_FINE), HISTORY_FINE_STEPS);
	ck_assert_uint_eq(track_kept(track, HISTORY_COARSE), COARSE);
	ck_assert_uint_eq(track->target_id, 7);
}
END_TEST

START_TEST(a_step_has_what_came_in_it)
{
	advance(1, 50, 10, 0);
	advance(2, 60, 5, 5);
	advance(3, 60, 0, 0);
	check(HISTORY_FINE, 1, 51, 0);
	check(HISTORY_FINE, 2, 61, 5000);
	check(HISTORY_FINE, 3, 0, 0);
	ck_assert(!track_step(track, HISTORY_FINE, 3)->is_known);
}
END_TEST

START_TEST(rings_keep_the_newest_steps)
{
	for (uint64_t i = 1; i <= 200; i++)
		advance(i, (unsigned)i % 90, 1, 0);
	for (uint64_t i = 200 - HISTORY_FINE_STEPS + 1; i <= 200; i++)
		check(HISTORY_FINE, i, (unsigned)i % 90 + 1, 0);
}
END_TEST

START_TEST(a_coarse_step_is_of_all_its_round_trips)
{
	/* One in the first fine step, many in the last. */
	advance(1, 50, 1, 0);
	for (uint64_t i = 2; i < HISTORY_FINE_PER_COARSE; i++)
		advance(i, 50, 1, 0);
	ck_assert(!track_step(track, HISTORY_COARSE, 1)->is_known);
	advance(HISTORY_FINE_PER_COARSE, 60, 100, 1);
	const struct history_step *step = track_step(track, HISTORY_COARSE, 1);
	ck_assert_uint_eq(step->least, 51);
	ck_assert_uint_eq(step->median, 61);
	ck_assert_uint_eq(step->lost, (10000 + 111) / 112);
	for (uint64_t i = 1; i <= HISTORY_FINE_PER_COARSE; i++)
		advance(HISTORY_FINE_PER_COARSE + i, 70, 1, 0);
	check(HISTORY_COARSE, 2, 71, 0);
	check(HISTORY_COARSE, 1, 61, (10000 + 111) / 112);
}
END_TEST

START_TEST(steps_that_end_together_get_the_same)
{
	advance(1, 50, 10, 0);
	/* From 2 to 4 the process slept. */
	values.missed_slots = 30;
	advance(4, 60, 10, 0);
	for (uint64_t i = 2; i <= 4; i++) {
		check(HISTORY_FINE, i, 61, 0);
		ck_assert_uint_eq(track_step(track, HISTORY_FINE, i)->missed, 150);
	}
	check(HISTORY_FINE, 1, 51, 0);
}
END_TEST

START_TEST(steps_that_are_skipped_are_empty)
{
	for (uint64_t i = 1; i <= HISTORY_FINE_STEPS; i++)
		advance(i, 50, 10, 0);
	track_skip(track, ended, ended + 2);
	ended += 2;
	advance(ended + 1, 60, 10, 0);
	check(HISTORY_FINE, ended - 3, 51, 0);
	for (uint64_t i = ended - 2; i < ended; i++)
		ck_assert(!track_step(track, HISTORY_FINE, i)->is_known);
	check(HISTORY_FINE, ended, 61, 0);
}
END_TEST

START_TEST(a_sleep_longer_than_all_that_is_kept_fills_it)
{
	advance(1, 50, 10, 0);
	advance(UINT64_C(1000000007), 60, 10, 0);
	for (uint64_t i = 0; i < HISTORY_FINE_STEPS; i++)
		check(HISTORY_FINE, UINT64_C(1000000007) - i, 61, 0);
	for (uint64_t i = 0; i < COARSE; i++)
		ck_assert_uint_eq(track_step(track, HISTORY_COARSE,
					  UINT64_C(1000000007) / HISTORY_FINE_PER_COARSE - i)
					  ->least,
			51);
}
END_TEST

static const struct {
	const char *says;
	unsigned buckets[5]; /* Plus 1; 0: no reply. */
	unsigned least;
	unsigned median;
} medians[] = {
	{"no reply at all", {0, 0, 0, 0, 0}, 1, 0},
	{"one", {0, 0, 33, 0, 0}, 1, 33},
	{"too few", {0, 0, 33, 0, 0}, 2, 0},
	{"two: the lower", {0, 33, 0, 0, 44}, 1, 33},
	{"three", {44, 0, 33, 55, 0}, 3, 44},
	{"in any order", {181, 1, 90, 2, 100}, 1, 90},
	{"all the same", {7, 7, 7, 7, 7}, 5, 7},
};

START_TEST(finds_the_median_of_medians)
{
	for (unsigned i = 0; i < 5; i++) {
		unsigned bucket = medians[_i].buckets[i];
		advance(i + 1, bucket > 0 ? bucket - 1 : 0, bucket > 0, 1);
	}
	unsigned median = track_median(track, HISTORY_FINE, 1, 5, medians[_i].least);
	ck_assert_msg(median == medians[_i].median, "%s: %u", medians[_i].says, median);
}
END_TEST

START_TEST(memory_is_bounded)
{
	/* With an hour of coarse steps, and a dozen buckets in use in each base. */
	ck_assert_uint_le(
		sizeof(*track) + 120 * sizeof(struct history_step) + (size_t)2 * 12 * 4, 2048);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("track");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_new_target_has_no_steps);
	tcase_add_test(tcase, a_step_has_what_came_in_it);
	tcase_add_test(tcase, rings_keep_the_newest_steps);
	tcase_add_test(tcase, a_coarse_step_is_of_all_its_round_trips);
	tcase_add_test(tcase, steps_that_end_together_get_the_same);
	tcase_add_test(tcase, steps_that_are_skipped_are_empty);
	tcase_add_test(tcase, a_sleep_longer_than_all_that_is_kept_fills_it);
	tcase_add_loop_test(tcase, finds_the_median_of_medians, 0, ROWS(medians));
	tcase_add_test(tcase, memory_is_bounded);
	return unit_run("history/track", tcase);
}
