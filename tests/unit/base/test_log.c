/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"

/* The last message. */
struct caught {
	int count;
	enum log_level level;
	char subject[64];
	char message[2 * LOG_MESSAGE_MAX];
};

static void catch_message(
	void *context, enum log_level level, const char *subject, const char *message)
{
	struct caught *caught = context;
	caught->count++;
	caught->level = level;
	snprintf(caught->subject, sizeof(caught->subject), "%s", subject != NULL ? subject : "");
	snprintf(caught->message, sizeof(caught->message), "%s", message);
}

static const struct {
	const char *says;
	enum log_level threshold;
	enum log_level level;
	int passed;
} thresholds[] = {
	{"an error always passes", LOG_LEVEL_ERROR, LOG_LEVEL_ERROR, 1},
	{"a warning is less severe than an error", LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, 0},
	{"an error is more severe than info", LOG_LEVEL_INFO, LOG_LEVEL_ERROR, 1},
	{"info passes its own threshold", LOG_LEVEL_INFO, LOG_LEVEL_INFO, 1},
	{"debug does not", LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, 0},
	{"the debug threshold lets everything pass", LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG, 1},
};

START_TEST(drops_what_is_below_the_threshold)
{
	struct caught caught = {0};
	const struct log log = {
		.sink = catch_message, .context = &caught, .threshold = thresholds[_i].threshold};
	log_write(&log, thresholds[_i].level, NULL, "x");
	ck_assert_msg(caught.count == thresholds[_i].passed, "%s", thresholds[_i].says);
}
END_TEST

START_TEST(hands_level_subject_and_message_over)
{
	struct caught caught = {0};
	const struct log log = {
		.sink = catch_message, .context = &caught, .threshold = LOG_LEVEL_INFO};
	log_write(&log, LOG_LEVEL_WARNING, "server1", "lost %d of %s", 3, "100");
	ck_assert_int_eq(caught.level, LOG_LEVEL_WARNING);
	ck_assert_str_eq(caught.subject, "server1");
	ck_assert_str_eq(caught.message, "lost 3 of 100");
}
END_TEST

START_TEST(turns_any_message_into_one_harmless_line)
{
	struct caught caught = {0};
	const struct log log = {
		.sink = catch_message, .context = &caught, .threshold = LOG_LEVEL_INFO};
	log_write(&log, LOG_LEVEL_INFO, NULL, "%s", "a\nb\x1b[2J\xff");
	ck_assert_str_eq(caught.message, "a?b?[2J?");
}
END_TEST

START_TEST(cuts_long_messages)
{
	struct caught caught = {0};
	const struct log log = {
		.sink = catch_message, .context = &caught, .threshold = LOG_LEVEL_INFO};
	log_write(&log, LOG_LEVEL_INFO, NULL, "%*s", 2 * LOG_MESSAGE_MAX, "x");
	ck_assert_uint_eq(strlen(caught.message), LOG_MESSAGE_MAX - 1);
}
END_TEST

START_TEST(without_a_sink_everything_is_dropped)
{
	const struct log log = {.threshold = LOG_LEVEL_DEBUG};
	log_write(&log, LOG_LEVEL_ERROR, NULL, "x");
}
END_TEST

START_TEST(reads_each_level_that_it_writes)
{
	enum log_level level = LOG_LEVEL_ERROR;
	ck_assert_int_eq(log_level_parse(log_level_name((enum log_level)_i), &level), 0);
	ck_assert_int_eq(level, _i);
}
END_TEST

static const char *const not_levels[] = {"", "warn", "Info", "errors", "debug ", "3"};

START_TEST(refuses_what_is_not_a_level)
{
	enum log_level level = LOG_LEVEL_WARNING;
	ck_assert_int_eq(log_level_parse(not_levels[_i], &level), -EINVAL);
	ck_assert_int_eq(level, LOG_LEVEL_WARNING);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("log");
	tcase_add_loop_test(tcase, drops_what_is_below_the_threshold, 0, ROWS(thresholds));
	tcase_add_test(tcase, hands_level_subject_and_message_over);
	tcase_add_test(tcase, turns_any_message_into_one_harmless_line);
	tcase_add_test(tcase, cuts_long_messages);
	tcase_add_test(tcase, without_a_sink_everything_is_dropped);
	tcase_add_loop_test(
		tcase, reads_each_level_that_it_writes, LOG_LEVEL_ERROR, LOG_LEVEL_DEBUG + 1);
	tcase_add_loop_test(tcase, refuses_what_is_not_a_level, 0, ROWS(not_levels));
	return unit_run("base/log", tcase);
}
