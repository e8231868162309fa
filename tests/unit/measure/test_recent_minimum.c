/* SPDX-License-Identifier: MIT */
#include "measure/recent_minimum.h"

#include "../unit.h"

#define PERIOD 100

/* Values at times, and the minimum after the last of them; 0 ends them. */
static const struct {
	const char *says;
	int64_t times[6];
	int64_t values[6];
	int64_t minimum;
} rows[] = {
	{"nothing", {0}, {0}, INT64_MAX},
	{"one value", {1}, {7}, 7},
	{"the lowest of a period", {1, 2, 3}, {7, 5, 6}, 5},
	{"below zero", {1, 2}, {-7, 5}, -7},
	{"the extremes", {1, 2}, {INT64_MAX, INT64_MIN}, INT64_MIN},
	{"the period before counts", {1, 101}, {5, 7}, 5},
	{"just before it is forgotten", {1, 101, 200}, {5, 7, 8}, 5},
	{"the one before that does not", {1, 101, 201}, {5, 7, 8}, 7},
	{"after a gap nothing else does", {1, 201}, {5, 9}, 9},
	{"a lower one always does", {1, 101, 150}, {5, 7, 2}, 2},
};

START_TEST(forgets_what_is_older)
{
	struct recent_minimum minimum = {0};
	for (int i = 0; i < 6 && rows[_i].times[i]; i++)
		recent_minimum_note(&minimum, rows[_i].values[i], PERIOD, rows[_i].times[i]);
	ck_assert_msg(recent_minimum_get(&minimum) == rows[_i].minimum, "%s", rows[_i].says);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("recent_minimum");
	tcase_add_loop_test(tcase, forgets_what_is_older, 0, ROWS(rows));
	return unit_run("measure/recent_minimum", tcase);
}
