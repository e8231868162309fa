/* SPDX-License-Identifier: MIT */
#include "collectd/notices.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"
#include "collectd/list_types.h"

static struct notices notices;
static struct notice notice;

static void tear_down(void)
{
	notices_clear(&notices);
}

/* outage_ns: 0 if the letter does not tell. */
static bool take(enum letter_kind kind, const char *target, int64_t time_ns, int64_t outage_ns)
{
	bool is_known = kind == LETTER_DOWN || outage_ns > 0;
	const struct letter letter = {
		.kind = kind,
		.time_ns = time_ns,
		.since_ns = is_known ? time_ns - outage_ns : 0,
		.target = target,
		.address = "server1.example:4000",
		.peer = "192.0.2.1:4000",
		.text = "connection refused by 192.0.2.1:4000",
	};
	return notices_take(&notices, &letter, &notice);
}

START_TEST(reports_an_outage_and_its_end)
{
	ck_assert(take(LETTER_DOWN, "server1", 5, 0));
	ck_assert_int_eq(notice.severity, NOTICE_FAILURE);
	ck_assert_str_eq(notice.type, "tcp_echo_state");
	ck_assert_int_eq(notice.time_ns, 5);
	ck_assert_int_eq(notice.since_ns, 5);
	ck_assert_str_eq(notice.target, "server1");
	ck_assert_str_eq(notice.address, "server1.example:4000");
	ck_assert_str_eq(notice.peer, "192.0.2.1:4000");
	ck_assert_str_eq(notice.reason, "connection refused by 192.0.2.1:4000");
	ck_assert_str_eq(notice.text, "server1 is down: connection refused by 192.0.2.1:4000");
	ck_assert(take(LETTER_UP, "server1", 90 * NS_PER_S, 61234 * NS_PER_MS));
	ck_assert_int_eq(notice.severity, NOTICE_OKAY);
	ck_assert_str_eq(notice.type, "tcp_echo_state");
	ck_assert_int_eq(notice.time_ns - notice.since_ns, 61234 * NS_PER_MS);
	ck_assert_str_eq(notice.target, "server1");
	ck_assert_str_eq(notice.text, "server1 answers again after 1m1.2s");
}
END_TEST

START_TEST(measures_an_outage_whose_length_is_not_given)
{
	ck_assert(take(LETTER_DOWN, "a", 5 * NS_PER_S, 0));
	ck_assert(take(LETTER_UP, "a", 7 * NS_PER_S + 250 * NS_PER_MS, 0));
	ck_assert_str_eq(notice.text, "a answers again after 2.2s");
}
END_TEST

START_TEST(says_nothing_about_a_good_start)
{
	ck_assert(!take(LETTER_UP, "a", 0, 0));
	ck_assert(!take(LETTER_UP, "a", 0, 0));
}
END_TEST

START_TEST(calls_off_what_was_said_before_the_start)
{
	notices.okay_at_start = true;
	ck_assert(take(LETTER_UP, "a", 7, 0));
	ck_assert_int_eq(notice.severity, NOTICE_OKAY);
	ck_assert_str_eq(notice.type, "tcp_echo_state");
	ck_assert_int_eq(notice.since_ns, 0);
	ck_assert_str_eq(notice.reason, "");
	ck_assert_str_eq(notice.text, "a answers");
}
END_TEST

/* Each: whether it is lossy, its loss, the limit, what is said, and the reason. */
static const struct {
	bool is_lossy;
	double percent;
	double limit;
	const char *text;
	const char *reason;
} losses[] = {
	{true, 12.5, 5, "a loses 12.5 % of its probes, more than 5 %", "loss of 12.5 %"},
	{true, 100, 0.5, "a loses 100 % of its probes, more than 0.5 %", "loss of 100 %"},
	{true, 100.0 / 3, 0, "a loses 33.3 % of its probes, more than 0 %", "loss of 33.3 %"},
	{false, 0, 5, "a loses 0 % of its probes, not more than 5 %", ""},
	{false, NAN, 5, "a is no longer probed", "no longer probed"},
};

START_TEST(reports_loss)
{
	const struct letter letter = {.kind = LETTER_LOSS,
		.time_ns = 9,
		.since_ns = 4,
		.is_lossy = losses[_i].is_lossy,
		.percent = losses[_i].percent,
		.limit = losses[_i].limit,
		.target = "a",
		.address = "localhost:4000",
		.peer = "127.0.0.1:4000"};
	ck_assert(notices_take(&notices, &letter, &notice));
	ck_assert_int_eq(notice.severity, losses[_i].is_lossy ? NOTICE_WARNING : NOTICE_OKAY);
	ck_assert_str_eq(notice.type, "tcp_echo_loss");
	ck_assert_int_eq(notice.time_ns, 9);
	ck_assert_int_eq(notice.since_ns, 4);
	ck_assert_str_eq(notice.address, "localhost:4000");
	ck_assert_str_eq(notice.peer, "127.0.0.1:4000");
	ck_assert_str_eq(notice.text, losses[_i].text);
	ck_assert_str_eq(notice.reason, losses[_i].reason);
	/* The state is another matter. */
	ck_assert(!take(LETTER_UP, "a", 0, NS_PER_S));
}
END_TEST

/* Whoever gets a notification must not take it for the plugin threshold's on a value. */
START_TEST(has_types_that_no_value_has)
{
	for (size_t i = 0; i < metric_table_size; i++) {
		for (unsigned k = 0; k < metric_numbers(&metric_table[i]); k++) {
			struct list_type type;
			list_type_describe(&metric_table[i], k, &type);
			ck_assert_str_ne(type.name, "tcp_echo_state");
			ck_assert_str_ne(type.name, "tcp_echo_loss");
		}
	}
}
END_TEST

START_TEST(says_nothing_twice)
{
	ck_assert(take(LETTER_DOWN, "a", 0, 0));
	ck_assert(!take(LETTER_DOWN, "a", 0, 0));
	ck_assert(take(LETTER_UP, "a", 0, NS_PER_S));
	ck_assert(!take(LETTER_UP, "a", 0, NS_PER_S));
	ck_assert(take(LETTER_DOWN, "a", 0, 0));
}
END_TEST

START_TEST(keeps_many_targets_apart)
{
	enum { COUNT = 500 };
	char name[16];
	for (int i = 0; i < COUNT; i++) {
		/* In no order. */
		snprintf(name, sizeof(name), "t%d", i * 263 % COUNT);
		ck_assert(take(LETTER_DOWN, name, i, 0));
	}
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "t%d", i * 7 % COUNT);
		ck_assert(!take(LETTER_DOWN, name, 0, 0));
		ck_assert(take(LETTER_UP, name, 0, NS_PER_S));
	}
	ck_assert_uint_eq(notices.standing.count, 0);
}
END_TEST

START_TEST(never_cuts_a_character_in_half)
{
	char target[TARGET_NAME_MAX];
	memset(target, 'n', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	char text[400];
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[398] = '\0';
	const struct letter letter = {
		.kind = LETTER_DOWN, .target = target, .address = "", .peer = "", .text = text};
	ck_assert(notices_take(&notices, &letter, &notice));
	ck_assert_str_eq(notice.target, target);
	ck_assert_uint_eq(strlen(notice.text), NOTICE_TEXT_MAX - 1);
	/* 126 bytes of name and 10 of words leave room for 59 and a half two-byte characters. */
	ck_assert_str_eq(notice.text + NOTICE_TEXT_MAX - 4, "\xc3\xbc?");
}
END_TEST

static char told[2 * NOTICE_TEXT_MAX];

static void on_notice(const struct notice *told_of)
{
	ck_assert_int_eq(told_of->severity, NOTICE_OKAY);
	ck_assert_str_eq(told_of->type, "tcp_echo_state");
	ck_assert_int_eq(told_of->time_ns, 10);
	ck_assert_int_eq(told_of->since_ns, 3);
	size_t length = strlen(told);
	ck_assert_uint_lt(length, sizeof(told) - NOTICE_TEXT_MAX);
	snprintf(told + length, NOTICE_TEXT_MAX + 1, "%s;", told_of->text);
}

START_TEST(clears_failures_of_targets_that_are_gone)
{
	ck_assert(take(LETTER_DOWN, "stays", 0, 0));
	ck_assert(take(LETTER_DOWN, "goes", 3, 0));
	ck_assert(take(LETTER_DOWN, "goes too", 3, 0));
	struct target_list targets = {0};
	struct target_options defaults;
	struct text_error error;
	target_options_init(&defaults);
	ck_assert_int_eq(target_list_add(&targets, "new", ":1", &defaults, &error), 0);
	ck_assert_int_eq(target_list_add(&targets, "stays", ":1", &defaults, &error), 0);
	notices_keep(&notices, &targets, 10, on_notice);
	ck_assert_str_eq(told, "goes is no longer probed;goes too is no longer probed;");
	notices_keep(&notices, &targets, 10, on_notice);
	ck_assert_str_eq(told, "goes is no longer probed;goes too is no longer probed;");
	target_list_clear(&targets);
	ck_assert(!take(LETTER_UP, "goes", 0, NS_PER_S));
	ck_assert(take(LETTER_UP, "stays", 0, NS_PER_S));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("notices");
	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_test(tcase, reports_an_outage_and_its_end);
	tcase_add_test(tcase, measures_an_outage_whose_length_is_not_given);
	tcase_add_test(tcase, says_nothing_about_a_good_start);
	tcase_add_test(tcase, calls_off_what_was_said_before_the_start);
	tcase_add_loop_test(tcase, reports_loss, 0, ROWS(losses));
	tcase_add_test(tcase, has_types_that_no_value_has);
	tcase_add_test(tcase, says_nothing_twice);
	tcase_add_test(tcase, keeps_many_targets_apart);
	tcase_add_test(tcase, never_cuts_a_character_in_half);
	tcase_add_test(tcase, clears_failures_of_targets_that_are_gone);
	return unit_run("collectd/notices", tcase);
}
