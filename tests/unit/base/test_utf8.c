/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *text;
	bool valid;
	bool control;	  /* Or malformed. */
	const char *safe; /* After utf8_sanitize(). */
} rows[] = {
	{"empty", "", true, false, ""},
	{"ASCII", "server 1~", true, false, "server 1~"},
	{"two bytes", "h\xc3\xb6st", true, false, "h\xc3\xb6st"},
	{"first of two bytes", "\xc2\xa0", true, false, "\xc2\xa0"},
	{"three bytes", "\xe2\x82\xac", true, false, "\xe2\x82\xac"},
	{"first of three bytes", "\xe0\xa0\x80", true, false, "\xe0\xa0\x80"},
	{"last before the surrogates", "\xed\x9f\xbf", true, false, "\xed\x9f\xbf"},
	{"first after the surrogates", "\xee\x80\x80", true, false, "\xee\x80\x80"},
	{"first of four bytes", "\xf0\x90\x80\x80", true, false, "\xf0\x90\x80\x80"},
	{"the last, U+10FFFF", "\xf4\x8f\xbf\xbf", true, false, "\xf4\x8f\xbf\xbf"},
	{"newline", "a\nb", true, true, "a?b"},
	{"escape", "\x1b[2J", true, true, "?[2J"},
	{"unit separator", "\x1f", true, true, "?"},
	{"delete", "\x7f", true, true, "?"},
	{"first C1 control", "a\xc2\x80z", true, true, "a?z"},
	{"last C1 control", "a\xc2\x9fz", true, true, "a?z"},
	{"continuation alone", "a\x80z", false, true, "a?z"},
	{"byte 0xff", "\xff", false, true, "?"},
	{"overlong of two", "\xc1\xbf", false, true, "\?\?"},
	{"overlong of three", "\xe0\x9f\xbf", false, true, "\?\?\?"},
	{"overlong of four", "\xf0\x8f\xbf\xbf", false, true, "\?\?\?\?"},
	{"surrogate", "\xed\xa0\x80", false, true, "\?\?\?"},
	{"above U+10FFFF", "\xf4\x90\x80\x80", false, true, "\?\?\?\?"},
	{"first byte 0xf5", "\xf5\x80\x80\x80", false, true, "\?\?\?\?"},
	{"cut after one of two", "a\xc3", false, true, "a?"},
	{"cut after two of three", "a\xe2\x82", false, true, "a\?\?"},
	{"cut after three of four", "a\xf0\x90\x80", false, true, "a\?\?\?"},
	{"bad second byte, then ASCII", "\xc3(z", false, true, "?(z"},
	{"bad third byte", "\xe2\x82(z", false, true, "\?\?(z"},
	{"bad fourth byte", "\xf0\x90\x80(", false, true, "\?\?\?("},
};

/* Copied without the NUL, so that a sanitizer catches every overrun. */
static char *bytes_of(const char *text, size_t length)
{
	char *bytes = malloc(length > 0 ? length : 1);
	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, text, length);
	return bytes;
}

START_TEST(recognizes_well_formed_text)
{
	size_t length = strlen(rows[_i].text);
	char *bytes = bytes_of(rows[_i].text, length);
	bool valid = utf8_is_valid(bytes, length);
	free(bytes);
	ck_assert_msg(valid == rows[_i].valid, "%s", rows[_i].says);
}
END_TEST

START_TEST(finds_control_characters)
{
	size_t length = strlen(rows[_i].text);
	char *bytes = bytes_of(rows[_i].text, length);
	bool control = utf8_has_control(bytes, length);
	free(bytes);
	ck_assert_msg(control == rows[_i].control, "%s", rows[_i].says);
}
END_TEST

START_TEST(makes_any_text_presentable)
{
	char text[32];
	snprintf(text, sizeof(text), "%s", rows[_i].text);
	utf8_sanitize(text);
	ck_assert_msg(strcmp(text, rows[_i].safe) == 0, "%s: %s", rows[_i].says, text);
	ck_assert(utf8_is_valid(text, strlen(text)));
	ck_assert(!utf8_has_control(text, strlen(text)));
}
END_TEST

START_TEST(a_nul_inside_is_a_control_character)
{
	ck_assert(utf8_is_valid("a\0b", 3));
	ck_assert(utf8_has_control("a\0b", 3));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("utf8");
	tcase_add_loop_test(tcase, recognizes_well_formed_text, 0, ROWS(rows));
	tcase_add_loop_test(tcase, finds_control_characters, 0, ROWS(rows));
	tcase_add_loop_test(tcase, makes_any_text_presentable, 0, ROWS(rows));
	tcase_add_test(tcase, a_nul_inside_is_a_control_character);
	return unit_run("base/utf8", tcase);
}
