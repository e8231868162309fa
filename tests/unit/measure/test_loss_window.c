/* SPDX-License-Identifier: MIT */
#include "measure/loss_window.h"

#include <string.h>

#include "../random.h"
#include "../unit.h"

#define RECORDS 5000

static const uint32_t sizes[] = {1, 2, 63, 64, 65, 100, 128, 1000};

/* Counts the losses among the last size records, one by one. */
static void check_against_model(
	const struct loss_window *window, const bool *lost, uint32_t recorded)
{
	uint32_t settled = recorded < window->size ? recorded : window->size;
	uint32_t count = 0;
	for (uint32_t i = recorded - settled; i < recorded; i++)
		count += lost[i];
	ck_assert_uint_eq(window->settled, settled);
	ck_assert_uint_eq(window->lost, count);
}

START_TEST(holds_exactly_the_last_probes)
{
	static bool lost[RECORDS];
	struct loss_window window;
	ck_assert_int_eq(loss_window_init(&window, sizes[_i]), 0);
	check_against_model(&window, lost, 0);
	uint64_t state = sizes[_i];
	for (uint32_t i = 0; i < RECORDS; i++) {
		/* The share of losses changes over time, from none to all. */
		lost[i] = random_below(&state, RECORDS) < i;
		loss_window_record(&window, lost[i]);
		check_against_model(&window, lost, i + 1);
	}
	loss_window_clear(&window);
}
END_TEST

START_TEST(an_outage_fills_the_window_and_leaves_it_again)
{
	uint32_t size = sizes[_i];
	struct loss_window window;
	ck_assert_int_eq(loss_window_init(&window, size), 0);
	for (uint32_t i = 0; i < 3 * size; i++)
		loss_window_record(&window, true);
	ck_assert_uint_eq(window.lost, size);
	for (uint32_t i = 1; i <= size; i++) {
		loss_window_record(&window, false);
		ck_assert_uint_eq(window.lost, size - i);
	}
	ck_assert_uint_eq(window.settled, size);
	loss_window_clear(&window);
}
END_TEST

START_TEST(the_largest_window_wraps_too)
{
	struct loss_window window;
	ck_assert_int_eq(loss_window_init(&window, LOSS_WINDOW_MAX), 0);
	loss_window_record(&window, true);
	for (uint32_t i = 1; i < LOSS_WINDOW_MAX; i++)
		loss_window_record(&window, false);
	ck_assert_uint_eq(window.lost, 1);
	loss_window_record(&window, false);
	ck_assert_uint_eq(window.lost, 0);
	ck_assert_uint_eq(window.settled, LOSS_WINDOW_MAX);
	loss_window_clear(&window);
}
END_TEST

START_TEST(a_cleared_window_can_be_cleared_again)
{
	struct loss_window window;
	ck_assert_int_eq(loss_window_init(&window, 10), 0);
	loss_window_clear(&window);
	ck_assert_ptr_null(window.bits);
	loss_window_clear(&window);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("loss_window");
	tcase_add_loop_test(tcase, holds_exactly_the_last_probes, 0, ROWS(sizes));
	tcase_add_loop_test(tcase, an_outage_fills_the_window_and_leaves_it_again, 0, ROWS(sizes));
	tcase_add_test(tcase, the_largest_window_wraps_too);
	tcase_add_test(tcase, a_cleared_window_can_be_cleared_again);
	return unit_run("measure/loss_window", tcase);
}
