/* SPDX-License-Identifier: MIT */
#include "collectd/outbox.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"

static struct outbox *outbox;

static void set_up(void)
{
	ck_assert_int_eq(outbox_new(&outbox), 0);
}

static void tear_down(void)
{
	outbox_free(outbox);
}

START_TEST(hands_letters_out_in_order)
{
	ck_assert_ptr_null(outbox_take(outbox));
	const struct target_change change = {"server1", true, 1500, "127.0.0.1:4000 answers"};
	int64_t before_ns = clock_monotonic_ns();
	outbox_log(outbox, LOG_LEVEL_WARNING, NULL, "first");
	outbox_change(outbox, &change);

	struct letter *letter = outbox_take(outbox);
	ck_assert_int_eq(letter->kind, LETTER_LOG);
	ck_assert_int_eq(letter->level, LOG_LEVEL_WARNING);
	ck_assert_ptr_null(letter->target);
	ck_assert_str_eq(letter->text, "first");
	ck_assert_int_ge(letter->time_ns, before_ns);
	free(letter);

	letter = outbox_take(outbox);
	ck_assert_int_eq(letter->kind, LETTER_UP);
	ck_assert_str_eq(letter->target, "server1");
	ck_assert_str_eq(letter->text, "127.0.0.1:4000 answers");
	ck_assert_int_eq(letter->outage_ns, 1500);
	free(letter);
	ck_assert_ptr_null(outbox_take(outbox));
}
END_TEST

START_TEST(keeps_copies)
{
	char target[] = "a";
	char text[] = "b";
	outbox_log(outbox, LOG_LEVEL_INFO, target, text);
	target[0] = text[0] = 'x';
	struct letter *letter = outbox_take(outbox);
	ck_assert_str_eq(letter->target, "a");
	ck_assert_str_eq(letter->text, "b");
	free(letter);
}
END_TEST

START_TEST(drops_and_counts_what_does_not_fit)
{
	for (int i = 0; i < OUTBOX_MAX + 5; i++)
		outbox_log(outbox, LOG_LEVEL_INFO, NULL, i < OUTBOX_MAX ? "kept" : "lost");
	ck_assert_uint_eq(outbox_take_lost(outbox), 5);
	ck_assert_uint_eq(outbox_take_lost(outbox), 0);
	int count = 0;
	struct letter *letter = NULL;
	while ((letter = outbox_take(outbox)) != NULL) {
		ck_assert_str_eq(letter->text, "kept");
		free(letter);
		count++;
	}
	ck_assert_int_eq(count, OUTBOX_MAX);
	outbox_log(outbox, LOG_LEVEL_INFO, NULL, "room again");
	letter = outbox_take(outbox);
	ck_assert_str_eq(letter->text, "room again");
	free(letter);
}
END_TEST

START_TEST(waits_no_longer_than_asked)
{
	int64_t now_ns = clock_monotonic_ns();
	outbox_wait(outbox, now_ns - NS_PER_S);
	outbox_wait(outbox, now_ns + 5 * NS_PER_MS);
	ck_assert_int_ge(clock_monotonic_ns(), now_ns + 5 * NS_PER_MS);
}
END_TEST

START_TEST(does_not_wait_when_there_is_a_letter)
{
	outbox_log(outbox, LOG_LEVEL_INFO, NULL, "text");
	outbox_wait(outbox, INT64_MAX);
	free(outbox_take(outbox));
	outbox_wake(outbox);
	outbox_wait(outbox, INT64_MAX);
}
END_TEST

static void *post_many(void *context)
{
	for (int i = 0; i < 1000; i++)
		outbox_log(context, LOG_LEVEL_INFO, "target", "text");
	outbox_wake(context);
	return NULL;
}

START_TEST(takes_letters_from_several_threads)
{
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, outbox), 0);
	int count = 0;
	while (count < 3000) {
		outbox_wait(outbox, clock_monotonic_ns() + 10 * NS_PER_S);
		struct letter *letter = NULL;
		while ((letter = outbox_take(outbox)) != NULL) {
			ck_assert_str_eq(letter->text, "text");
			free(letter);
			count++;
		}
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(outbox_take_lost(outbox), 0);
}
END_TEST

START_TEST(frees_what_was_not_taken)
{
	outbox_log(outbox, LOG_LEVEL_INFO, "a", "b");
	outbox_log(outbox, LOG_LEVEL_INFO, "c", "d");
	outbox_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("outbox");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, hands_letters_out_in_order);
	tcase_add_test(tcase, keeps_copies);
	tcase_add_test(tcase, drops_and_counts_what_does_not_fit);
	tcase_add_test(tcase, waits_no_longer_than_asked);
	tcase_add_test(tcase, does_not_wait_when_there_is_a_letter);
	tcase_add_test(tcase, takes_letters_from_several_threads);
	tcase_add_test(tcase, frees_what_was_not_taken);
	return unit_run("collectd/outbox", tcase);
}
