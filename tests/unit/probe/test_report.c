/* SPDX-License-Identifier: MIT */
#include "probe/report.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS (60 * MINUTE_NS)

/* The messages of a report, and the last of them. */
struct caught {
	int warnings;
	int infos;
	int debugs;
	char subject[64];
	char message[LOG_MESSAGE_MAX];
};

static void catch_message(
	void *context, enum log_level level, const char *subject, const char *message)
{
	struct caught *caught = context;
	caught->warnings += level == LOG_LEVEL_WARNING;
	caught->infos += level == LOG_LEVEL_INFO;
	caught->debugs += level == LOG_LEVEL_DEBUG;
	snprintf(caught->subject, sizeof(caught->subject), "%s", subject);
	snprintf(caught->message, sizeof(caught->message), "%s", message);
}

static struct log log_to(struct caught *caught)
{
	return (struct log){.sink = catch_message, .context = caught, .threshold = LOG_LEVEL_DEBUG};
}

START_TEST(coming_up_is_logged_once)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	report_up(&report, &log, "server1", "192.0.2.1:4000", 5);
	ck_assert_str_eq(caught.subject, "server1");
	ck_assert_str_eq(caught.message, "up: 192.0.2.1:4000 answers");
	for (int i = 0; i < 10; i++)
		report_up(&report, &log, "server1", "192.0.2.1:4000", i * HOUR_NS);
	ck_assert_int_eq(caught.infos, 1);
	ck_assert_int_eq(caught.warnings, 0);
}
END_TEST

START_TEST(going_down_is_logged_once)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	report_down(&report, &log, "server1", "connection refused by 192.0.2.1:4000", 0);
	ck_assert_str_eq(caught.message, "down: connection refused by 192.0.2.1:4000");
	ck_assert_str_eq(caught.subject, "server1");
	for (int64_t now_ns = NS_PER_S; now_ns < MINUTE_NS; now_ns += NS_PER_S)
		report_down(&report, &log, "server1", "no route", now_ns);
	ck_assert_int_eq(caught.warnings, 1);
	ck_assert_int_eq(caught.debugs, 59);
	ck_assert_str_eq(caught.message, "still down: no route");
}
END_TEST

START_TEST(every_change_is_logged)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	for (int64_t i = 0; i < 5; i++) {
		int64_t up_ns = i * MINUTE_NS;
		int64_t down_ns = up_ns + NS_PER_S;
		ck_assert(report_up(&report, &log, "t", "p", up_ns));
		ck_assert_int_eq(report.outage_ns, i == 0 ? 0 : 59 * NS_PER_S);
		ck_assert(!report_up(&report, &log, "t", "p", up_ns));
		ck_assert(report_down(&report, &log, "t", "why", down_ns));
		ck_assert(!report_down(&report, &log, "t", "why", down_ns));
	}
	ck_assert_int_eq(caught.infos, 5);
	ck_assert_int_eq(caught.warnings, 5);
}
END_TEST

START_TEST(a_flapping_target_is_logged_only_now_and_then)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	int64_t now_ns = 0;
	for (; now_ns < HOUR_NS; now_ns += 2 * NS_PER_S) {
		ck_assert(report_up(&report, &log, "t", "p", now_ns));
		ck_assert(report_down(&report, &log, "t", "why", now_ns + NS_PER_S));
	}
	/* 20 at first, then one per 30 s; the debug log at least has each of the 3,600 changes. */
	ck_assert_int_ge(caught.infos + caught.warnings, 20 + 118);
	ck_assert_int_le(caught.infos + caught.warnings, 20 + 122);
	ck_assert_int_eq(caught.infos + caught.warnings + caught.debugs, 3600);
	/* After ten quiet minutes everything is logged again. */
	int before = caught.infos;
	report_up(&report, &log, "t", "p", now_ns + 10 * MINUTE_NS);
	ck_assert_int_eq(caught.infos, before + 1);
	ck_assert_str_eq(caught.message, "up: p answers again after 10m1s");
}
END_TEST

START_TEST(coming_back_says_how_long_the_outage_was)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	report_up(&report, &log, "t", "p", 0);
	report_down(&report, &log, "t", "first", 10 * NS_PER_S);
	report_down(&report, &log, "t", "second", 20 * NS_PER_S);
	report_up(&report, &log, "t", "[::1]:4000", 100 * NS_PER_S + 123 * NS_PER_MS);
	ck_assert_str_eq(caught.message, "up: [::1]:4000 answers again after 1m30.1s");
}
END_TEST

/*
 * When an outage is mentioned again, with an attempt each second for four hours and three minutes:
 * after 1 minute, then twice as long each time, up to an hour.
 */
static const int64_t reminder_minutes[] = {1, 3, 7, 15, 31, 63, 123, 183, 243};

START_TEST(a_long_outage_is_mentioned_ever_more_rarely)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	report_down(&report, &log, "t", "why", 0);
	int reminders = 0;
	for (int64_t second = 1; second <= 14580; second++) {
		report_down(&report, &log, "t", "why", second * NS_PER_S);
		if (caught.warnings == 1 + reminders)
			continue;
		ck_assert_int_lt(reminders, ROWS(reminder_minutes));
		ck_assert_int_eq(second, 60 * reminder_minutes[reminders]);
		reminders++;
	}
	ck_assert_int_eq(reminders, ROWS(reminder_minutes));
	ck_assert_str_eq(caught.message, "still down after 4h3m and 14581 attempts: why");
}
END_TEST

START_TEST(a_new_outage_starts_from_the_beginning)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	for (int64_t hour = 0; hour < 10; hour++)
		report_down(&report, &log, "t", "why", hour * HOUR_NS);
	report_up(&report, &log, "t", "p", 10 * HOUR_NS);
	report_down(&report, &log, "t", "again", 11 * HOUR_NS);
	ck_assert_str_eq(caught.message, "down: again");
	int warnings = caught.warnings;
	report_down(&report, &log, "t", "again", 11 * HOUR_NS + MINUTE_NS - 1);
	ck_assert_int_eq(caught.warnings, warnings);
	report_down(&report, &log, "t", "again", 11 * HOUR_NS + MINUTE_NS);
	ck_assert_int_eq(caught.warnings, warnings + 1);
	ck_assert_str_eq(caught.message, "still down after 1m and 3 attempts: again");
}
END_TEST

START_TEST(reminders_do_not_catch_up_after_a_pause)
{
	struct caught caught = {0};
	struct log log = log_to(&caught);
	struct report report = {0};
	report_down(&report, &log, "t", "why", 0);
	for (int i = 0; i < 10; i++)
		report_down(&report, &log, "t", "why", 24 * HOUR_NS + i * NS_PER_S);
	ck_assert_int_eq(caught.warnings, 2);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("report");
	tcase_add_test(tcase, coming_up_is_logged_once);
	tcase_add_test(tcase, going_down_is_logged_once);
	tcase_add_test(tcase, every_change_is_logged);
	tcase_add_test(tcase, a_flapping_target_is_logged_only_now_and_then);
	tcase_add_test(tcase, coming_back_says_how_long_the_outage_was);
	tcase_add_test(tcase, a_long_outage_is_mentioned_ever_more_rarely);
	tcase_add_test(tcase, a_new_outage_starts_from_the_beginning);
	tcase_add_test(tcase, reminders_do_not_catch_up_after_a_pause);
	return unit_run("probe/report", tcase);
}
