/* SPDX-License-Identifier: MIT */
#include "base/text_error.h"

#include <string.h>

#include "../unit.h"

START_TEST(keeps_line_and_reason)
{
	struct text_error error;
	text_error_set(&error, 7, "target \"%s\": address has no port", "a");
	ck_assert_int_eq(error.line, 7);
	ck_assert_str_eq(error.reason, "target \"a\": address has no port");
}
END_TEST

START_TEST(a_hostile_text_cannot_reach_the_terminal)
{
	struct text_error error;
	text_error_set(&error, 0, "name \"%s\"", "\x1b[2J\n\xff");
	ck_assert_str_eq(error.reason, "name \"?[2J\?\?\"");
}
END_TEST

START_TEST(cuts_what_is_too_long)
{
	struct text_error error;
	char text[2 * sizeof(error.reason)];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text_error_set(&error, 0, "%s", text);
	ck_assert_uint_eq(strlen(error.reason), sizeof(error.reason) - 1);
}
END_TEST

START_TEST(its_own_reason_may_be_among_the_arguments)
{
	struct text_error error;
	text_error_set(&error, 7, "is empty");
	text_error_set(&error, error.line, "%s: %s", "targets.json", error.reason);
	ck_assert_str_eq(error.reason, "targets.json: is empty");
}
END_TEST

START_TEST(null_is_accepted)
{
	text_error_set(NULL, 1, "nobody asked");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("text_error");
	tcase_add_test(tcase, keeps_line_and_reason);
	tcase_add_test(tcase, a_hostile_text_cannot_reach_the_terminal);
	tcase_add_test(tcase, cuts_what_is_too_long);
	tcase_add_test(tcase, its_own_reason_may_be_among_the_arguments);
	tcase_add_test(tcase, null_is_accepted);
	return unit_run("base/text_error", tcase);
}
