/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"

#include <stdint.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *one;
	const char *other;
	size_t distance;
} pairs[] = {
	{"", "", 0},
	{"", "abc", 3},
	{"interval", "interval", 0},
	{"Interval", "iNTERVAL", 0},
	{"intervall", "interval", 1},
	{"intrval", "interval", 1},
	{"imterval", "interval", 1},
	{"itnerval", "interval", 1},
	{"ab", "ba", 1},
	{"kitten", "sitting", 3},
	{"listen", "target", 5},
	{"ca", "abc", 3},
};

START_TEST(counts_changes_in_both_directions)
{
	const char *one = pairs[_i].one;
	const char *other = pairs[_i].other;
	ck_assert_uint_eq(
		spelling_distance(one, strlen(one), other, strlen(other)), pairs[_i].distance);
	ck_assert_uint_eq(
		spelling_distance(other, strlen(other), one, strlen(one)), pairs[_i].distance);
}
END_TEST

START_TEST(does_not_compare_what_is_too_long)
{
	char word[SPELLING_MAX + 1];
	memset(word, 'a', sizeof(word));
	ck_assert_uint_eq(spelling_distance(word, sizeof(word), "a", 1), SIZE_MAX);
	ck_assert_uint_eq(spelling_distance("a", 1, word, sizeof(word)), SIZE_MAX);
	ck_assert_uint_eq(spelling_distance(word, sizeof(word) - 1, "a", 1), SPELLING_MAX - 1);
}
END_TEST

static const struct {
	const char *text;
	const char *nearest;
} misspelt[] = {
	{"intervall", "interval"},
	{"timout", "timeout"},
	{"tiemout", "timeout"},
	{"metrcs", "metrics"},
	{"log-levl", "log-level"},
	{"port", NULL},
	{"xyzzy", NULL},
	{"hl", "h"},
	{"", NULL},
};

START_TEST(finds_what_was_meant)
{
	static const char *const words[] = {
		"interval", "timeout", "metrics", "log-level", "targets", "target", "h"};
	struct spelling spelling = {0};
	for (int i = 0; i < ROWS(words); i++)
		spelling_consider(
			&spelling, misspelt[_i].text, strlen(misspelt[_i].text), words[i]);
	if (misspelt[_i].nearest)
		ck_assert_pstr_eq(spelling.nearest, misspelt[_i].nearest);
	else
		ck_assert_msg(
			!spelling.nearest || misspelt[_i].text[0] == '\0', "%s", spelling.nearest);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("spelling");
	tcase_add_loop_test(tcase, counts_changes_in_both_directions, 0, ROWS(pairs));
	tcase_add_test(tcase, does_not_compare_what_is_too_long);
	tcase_add_loop_test(tcase, finds_what_was_meant, 0, ROWS(misspelt));
	return unit_run("base/spelling", tcase);
}
