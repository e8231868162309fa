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
	const struct target_change change = {.target = "server1",
		.address = "localhost:4000",
		.peer = "127.0.0.1:4000",
		.is_up = true,
		.outage_ns = 1500,
		.text = "127.0.0.1:4000 answers"};
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
	ck_assert_str_eq(letter->address, "localhost:4000");
	ck_assert_str_eq(letter->peer, "127.0.0.1:4000");
	ck_assert_str_eq(letter->text, "127.0.0.1:4000 answers");
	ck_assert_int_eq(letter->time_ns - letter->since_ns, 1500);
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

/* An outage begins with the letter, or its length is known, or not. */
START_TEST(knows_since_when_a_target_was_down)
{
	static const struct {
		bool is_up;
		int64_t outage_ns;
		int64_t age_ns; /* -1: not known. */
	} rows[] = {{false, 0, 0}, {true, 5000, 5000}, {true, 0, -1}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct target_change change = {.target = "a",
			.address = "",
			.peer = "",
			.is_up = rows[i].is_up,
			.outage_ns = rows[i].outage_ns,
			.text = ""};
		outbox_change(outbox, &change);
		struct letter *letter = outbox_take(outbox);
		ck_assert_int_eq(letter->kind, rows[i].is_up ? LETTER_UP : LETTER_DOWN);
		if (rows[i].age_ns < 0)
			ck_assert_int_eq(letter->since_ns, 0);
		else
			ck_assert_int_eq(letter->time_ns - letter->since_ns, rows[i].age_ns);
		free(letter);
	}
}
END_TEST

START_TEST(hands_out_a_change_of_loss)
{
	const struct loss_change change = {.target = "server1",
		.address = "localhost:4000",
		.peer = "",
		.is_lossy = true,
		.percent = 12.5,
		.limit = 5,
		.since_ns = 77};
	outbox_loss(outbox, &change);
	struct letter *letter = outbox_take(outbox);
	ck_assert_int_eq(letter->kind, LETTER_LOSS);
	ck_assert(letter->is_lossy && letter->percent == 12.5 && letter->limit == 5);
	ck_assert_int_eq(letter->since_ns, 77);
	ck_assert_str_eq(letter->target, "server1");
	ck_assert_str_eq(letter->address, "localhost:4000");
	ck_assert_str_eq(letter->peer, "");
	ck_assert_ptr_null(letter->text);
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
	tcase_add_test(tcase, knows_since_when_a_target_was_down);
	tcase_add_test(tcase, hands_out_a_change_of_loss);
	tcase_add_test(tcase, drops_and_counts_what_does_not_fit);
	tcase_add_test(tcase, waits_no_longer_than_asked);
	tcase_add_test(tcase, does_not_wait_when_there_is_a_letter);
	tcase_add_test(tcase, takes_letters_from_several_threads);
	tcase_add_test(tcase, frees_what_was_not_taken);
	return unit_run("collectd/outbox", tcase);
}
