/* SPDX-License-Identifier: MIT */
#include "history/step.h"

#include "../unit.h"

_Static_assert(sizeof(struct history_step) == 10, "memory of every target depends on it");

static const struct {
	const char *says;
	struct history_counts before;
	struct history_counts now;
	struct history_step step; /* Without the round trips. */
} rows[] = {
	{"nothing was due", {5, 5, 5, 15, 5}, {5, 5, 5, 15, 5}, {.is_known = false}},
	{"sent only", {.sent = 7}, {.sent = 8}, {.is_known = true}},
	{"all received", {0}, {.sent = 25, .received = 25}, {.is_known = true}},
	{"one of 25 lost", {.timeouts = 9, .received = 9, .sent = 18},
		{.timeouts = 10, .received = 33, .sent = 43}, {.is_known = true, .lost = 400}},
	{"a little is not none", {0}, {.received = 29999, .timeouts = 1, .sent = 30000},
		{.is_known = true, .lost = 1}},
	{"all lost", {0}, {.timeouts = 25, .sent = 25}, {.is_known = true, .lost = 10000}},
	{"all unsent", {0}, {.timeouts = 25, .unsent = 25, .sent = 25},
		{.is_known = true, .lost = 10000, .unsent = 200}},
	{"a third of the losses unsent", {0},
		{.received = 97, .timeouts = 3, .unsent = 1, .sent = 100},
		{.is_known = true, .lost = 300, .unsent = 2}},
	{"it slept through all", {.missed_slots = 3}, {.missed_slots = 28},
		{.is_known = true, .missed = 200}},
	{"it slept through a little", {0}, {.received = 999, .sent = 999, .missed_slots = 1},
		{.is_known = true, .missed = 1}},
	{"half of it", {0}, {.received = 5, .sent = 5, .missed_slots = 5},
		{.is_known = true, .missed = 100}},
};

START_TEST(tells_losses_apart)
{
	static const uint32_t none[DISTRIBUTION_BUCKETS];
	struct history_step step;
	history_step_make(&rows[_i].before, &rows[_i].now, none, &step);
	const struct history_step *expected = &rows[_i].step;
	ck_assert_msg(step.is_known == expected->is_known, "%s", rows[_i].says);
	ck_assert_msg(step.lost == expected->lost, "%s: %u", rows[_i].says, step.lost);
	ck_assert_msg(step.unsent == expected->unsent, "%s: %u", rows[_i].says, step.unsent);
	ck_assert_msg(step.missed == expected->missed, "%s: %u", rows[_i].says, step.missed);
	ck_assert_uint_eq(step.least, 0);
	ck_assert_uint_eq(step.greatest, 0);
}
END_TEST

static const struct {
	const char *says;
	struct {
		unsigned bucket;
		uint32_t count;
	} round_trips[4];
	unsigned least, low, median, high, greatest; /* Buckets. */
} quantiles[] = {
	{"a single one", {{7, 1}}, 7, 7, 7, 7, 7},
	{"the first bucket and the last", {{0, 1}, {180, 1}}, 0, 0, 0, 180, 180},
	{"twenty", {{10, 2}, {20, 8}, {30, 8}, {40, 2}}, 10, 10, 20, 30, 40},
	{"an outlier", {{50, 999}, {90, 1}}, 50, 50, 50, 50, 90},
	{"many", {{50, 4000000000U}, {51, 4000000000U}, {52, 4000000000U}}, 50, 50, 51, 52, 52},
};

START_TEST(finds_quantiles)
{
	uint32_t round_trips[DISTRIBUTION_BUCKETS] = {0};
	struct history_counts now = {.sent = 1};
	struct history_step step;
	for (int i = 0; i < 4; i++)
		round_trips[quantiles[_i].round_trips[i].bucket] +=
			quantiles[_i].round_trips[i].count;
	history_step_make(&(const struct history_counts){0}, &now, round_trips, &step);
	ck_assert_msg(step.least == quantiles[_i].least + 1, "%s", quantiles[_i].says);
	ck_assert_msg(step.low == quantiles[_i].low + 1, "%s", quantiles[_i].says);
	ck_assert_msg(step.median == quantiles[_i].median + 1, "%s", quantiles[_i].says);
	ck_assert_msg(step.high == quantiles[_i].high + 1, "%s", quantiles[_i].says);
	ck_assert_msg(step.greatest == quantiles[_i].greatest + 1, "%s", quantiles[_i].says);
}
END_TEST

START_TEST(counts_are_those_of_the_target)
{
	const struct target_values values = {
		.received = 1, .timeouts = 2, .unsent = 3, .sent = 4, .missed_slots = 5};
	struct history_counts counts = history_counts_of(&values);
	ck_assert_uint_eq(counts.received, 1);
	ck_assert_uint_eq(counts.timeouts, 2);
	ck_assert_uint_eq(counts.unsent, 3);
	ck_assert_uint_eq(counts.sent, 4);
	ck_assert_uint_eq(counts.missed_slots, 5);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("step");
	tcase_add_loop_test(tcase, tells_losses_apart, 0, ROWS(rows));
	tcase_add_loop_test(tcase, finds_quantiles, 0, ROWS(quantiles));
	tcase_add_test(tcase, counts_are_those_of_the_target);
	return unit_run("history/step", tcase);
}
