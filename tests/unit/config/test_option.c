/* SPDX-License-Identifier: MIT */
#include "config/option.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"

START_TEST(every_row_is_found_by_each_of_its_names)
{
	const struct option *option = option_get((enum option_id)_i);
	ck_assert_int_eq(option->id, _i);
	ck_assert(option->flag || option->key || option->collectd);
	if (option->flag)
		ck_assert_ptr_eq(option_find_flag(option->flag, strlen(option->flag)), option);
	if (option->key)
		ck_assert_ptr_eq(option_find_key(option->key), option);
	if (option->collectd)
		ck_assert_ptr_eq(option_find_collectd(option->collectd), option);
}
END_TEST

START_TEST(every_row_is_complete)
{
	const struct option *option = option_get((enum option_id)_i);
	ck_assert(option->help || option->text);
	ck_assert(!option->flag || option->help);
	/* All that take a value say so in the help. */
	ck_assert(!option->flag || !option->value == (option->kind == OPTION_KIND_BOOLEAN));
	ck_assert(option->kind != OPTION_KIND_CHOICE || (option->words[0] && option->invalid));
	ck_assert(!option_has_range(option) || option->least < option->most);
	ck_assert(option->scope != OPTION_OF_TARGET || (option->key && option->flag));
	ck_assert_ptr_null(option->words[OPTION_WORDS_MAX]);
}
END_TEST

static const struct {
	const char *says;
	const char *flag;
	size_t length;
	bool is_known;
} flags[] = {
	{"a flag", "interval", 8, true},
	{"a flag followed by its value", "interval=1s", 8, true},
	{"an abbreviation", "interval", 7, false},
	{"something after a flag", "intervals", 9, false},
	{"a flag in capitals", "Interval", 8, false},
	{"a key that is not a flag", "address", 7, false},
	{"nothing", "", 0, false},
};

START_TEST(finds_flags_by_their_whole_name)
{
	const struct option *option = option_find_flag(flags[_i].flag, flags[_i].length);
	ck_assert_msg((option != NULL) == flags[_i].is_known, "%s", flags[_i].says);
}
END_TEST

START_TEST(finds_names_of_collectd_in_any_case)
{
	ck_assert_ptr_eq(option_find_collectd("IPVERSION"), option_get(OPTION_IP_VERSION));
	ck_assert_ptr_eq(option_find_collectd("interval"), option_get(OPTION_INTERVAL));
	ck_assert_ptr_null(option_find_collectd("ip-version"));
	ck_assert_ptr_null(option_find_collectd(""));
}
END_TEST

static const struct {
	const char *says;
	enum option_id id;
	enum option_style style;
	const char *text;
} allowed[] = {
	{"a duration", OPTION_INTERVAL, OPTION_STYLE_PLAIN,
		"1ms to 24h, with its unit, e.g. 200ms"},
	{"a duration in collectd", OPTION_INTERVAL, OPTION_STYLE_COLLECTD,
		"0.001 to 86400 seconds, or text such as \"200ms\" or \"1m30s\""},
	{"a duration in a document", OPTION_INTERVAL, OPTION_STYLE_DOCUMENT, "1ms to 24h"},
	{"a duration or a word", OPTION_TIMEOUT, OPTION_STYLE_PLAIN,
		"1ms to 24h, with its unit, e.g. 800ms, or auto"},
	{"the same in collectd", OPTION_TIMEOUT, OPTION_STYLE_COLLECTD,
		"0.001 to 86400 seconds, or text such as \"200ms\" or \"1m30s\", or \"auto\""},
	{"and in a document", OPTION_TIMEOUT, OPTION_STYLE_DOCUMENT, "1ms to 24h, or `auto`"},
	{"a number", OPTION_WINDOW, OPTION_STYLE_PLAIN, "1 to 1000000"},
	{"a number in collectd", OPTION_THREADS, OPTION_STYLE_COLLECTD, "1 to 64, without quotes"},
	{"two words", OPTION_PROBE, OPTION_STYLE_PLAIN, "echo or connect"},
	{"two words in collectd", OPTION_PROBE, OPTION_STYLE_COLLECTD, "\"echo\" or \"connect\""},
	{"several words in a document", OPTION_MODE, OPTION_STYLE_DOCUMENT,
		"`server`, `client` or `both`"},
	{"words that are numbers", OPTION_IP_VERSION, OPTION_STYLE_COLLECTD, "4, 6 or \"any\""},
	{"a codepoint", OPTION_DSCP, OPTION_STYLE_PLAIN, "0 to 63, or a name like ef, af41, cs1"},
	{"a codepoint in collectd", OPTION_DSCP, OPTION_STYLE_COLLECTD,
		"0 to 63, or a name like \"ef\""},
	{"an address to listen on", OPTION_LISTEN, OPTION_STYLE_COLLECTD,
		"host:port, or :port for every address, in quotes"},
	{"networks", OPTION_ALLOW, OPTION_STYLE_PLAIN,
		"IP addresses and networks separated by commas, e.g. 10.0.0.0/8,2001:db8::/32"},
	{"networks with ports", OPTION_PROBE_ALLOW, OPTION_STYLE_COLLECTD,
		"networks, with a port or ports or without, e.g. "
		"10.0.0.0/8:4000-4010,[2001:db8::/32]:7, in quotes"},
	{"an address to dial", OPTION_TARGET, OPTION_STYLE_PLAIN,
		"host:port, or :port for localhost"},
	{"a path", OPTION_WEB_CONFIG_FILE, OPTION_STYLE_PLAIN, "the path of a YAML file"},
	{"a source", OPTION_TARGETS, OPTION_STYLE_PLAIN,
		"a path, a pattern of paths, http://..., https://..., dns:NAME:PORT or srv:NAME"},
	{"a path in collectd", OPTION_WEB_CONFIG_FILE, OPTION_STYLE_COLLECTD,
		"the absolute path of a YAML file"},
	{"a boolean", OPTION_CHECK, OPTION_STYLE_PLAIN, "true or false"},
	{"a name", OPTION_NAME, OPTION_STYLE_PLAIN,
		"1 to 64 letters, digits, '-', '_' and '.', not beginning with '-' or '.'"},
};

START_TEST(says_what_is_allowed)
{
	char text[OPTION_ALLOWED_MAX];
	option_allowed(option_get(allowed[_i].id), allowed[_i].style, text);
	ck_assert_msg(strcmp(text, allowed[_i].text) == 0, "%s: %s", allowed[_i].says, text);
}
END_TEST

static const struct {
	const char *says;
	enum option_id id;
	int64_t number;
	const char *reason; /* NULL if it is in range. */
} ranges[] = {
	{"the least", OPTION_THREADS, 1, NULL},
	{"the most", OPTION_THREADS, 64, NULL},
	{"less", OPTION_THREADS, 0, "threads: 0 is out of range; allowed: 1 to 64"},
	{"more", OPTION_THREADS, 65, "threads: 65 is out of range; allowed: 1 to 64"},
	{"a negative number", OPTION_WINDOW, -1,
		"window: -1 is out of range; allowed: 1 to 1000000"},
	{"a duration", OPTION_INTERVAL, 0, "interval: 0s is out of range; allowed: 1ms to 24h"},
	{"the largest value", OPTION_TIMEOUT, INT64_MAX,
		"timeout: 2562047h47m16.854775807s is out of range; allowed: 1ms to 24h"},
};

START_TEST(checks_ranges)
{
	const struct option *option = option_get(ranges[_i].id);
	struct text_error error = {.reason = ""};
	int result = option_check_range(option, ranges[_i].number, &error);
	ck_assert_int_eq(result, ranges[_i].reason ? -EINVAL : 0);
	ck_assert_msg(strcmp(error.reason, ranges[_i].reason ? ranges[_i].reason : "") == 0,
		"%s: %s", ranges[_i].says, error.reason);
	ck_assert(option_is_in_range(option, ranges[_i].number) == !ranges[_i].reason);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("option");
	tcase_add_loop_test(tcase, every_row_is_found_by_each_of_its_names, 0, OPTIONS);
	tcase_add_loop_test(tcase, every_row_is_complete, 0, OPTIONS);
	tcase_add_loop_test(tcase, finds_flags_by_their_whole_name, 0, ROWS(flags));
	tcase_add_test(tcase, finds_names_of_collectd_in_any_case);
	tcase_add_loop_test(tcase, says_what_is_allowed, 0, ROWS(allowed));
	tcase_add_loop_test(tcase, checks_ranges, 0, ROWS(ranges));
	return unit_run("config/option", tcase);
}
