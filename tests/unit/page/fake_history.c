/* SPDX-License-Identifier: MIT */
#include "fake_history.h"

#include <check.h>

void history_lock(struct history *history)
{
	ck_assert_int_eq(history->locked++, 0);
}

void history_unlock(struct history *history)
{
	ck_assert_int_eq(--history->locked, 0);
}

struct history_range history_range(const struct history *history, enum history_scale scale)
{
	ck_assert_int_eq(history->locked, 1);
	return history->ranges[scale];
}

size_t history_read(const struct history *history, uint64_t target_id, enum history_scale scale,
	uint64_t since, struct history_step *steps, uint64_t *first)
{
	(void)target_id;
	ck_assert_int_eq(history->locked, 1);
	uint64_t newest = history->ranges[scale].newest;
	size_t count = newest < FAKE_STEPS ? (size_t)newest : FAKE_STEPS;
	if (since > newest - count)
		count = since < newest ? (size_t)(newest - since) : 0;
	for (size_t i = 0; i < count; i++)
		steps[i] = history->steps[FAKE_STEPS - count + i];
	*first = newest - count + 1;
	return count;
}

unsigned history_recent_median(const struct history *history, uint64_t target_id)
{
	ck_assert_int_eq(history->locked, 1);
	return target_id % 2 == 0 ? history->recent : 0;
}

unsigned history_usual_median(const struct history *history, uint64_t target_id)
{
	ck_assert_int_eq(history->locked, 1);
	return target_id % 2 == 0 ? history->usual : 0;
}
