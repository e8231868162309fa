/* SPDX-License-Identifier: MIT */
#include "scrape/config_page.h"

#include <stdio.h>
#include <string.h>

#include "../target_options_text.h"
#include "../unit.h"
#include "config/targets_file.h"

static struct target_options defaults;

static void set_up(void)
{
	target_options_init(&defaults);
}

static struct target_list read_targets(const char *json)
{
	struct target_list targets = {0};
	struct text_error error;
	ck_assert_msg(targets_file_parse(json, strlen(json), &defaults, &targets, &error) == 0,
		"%s", error.reason);
	return targets;
}

/* What the page says of the targets; the caller frees it. */
static char *page_of(const struct target_list *targets)
{
	struct buffer page = {0};
	ck_assert_int_eq(config_page_write(targets, &page), 0);
	buffer_append(&page, "", 1);
	size_t length;
	return buffer_release(&page, &length);
}

static const struct {
	const char *says;
	const char *json;
	const char *has;
} rows[] = {
	{"no targets", "[]", "[]\n"},
	{"all defaults", "[{\"name\": \"a\", \"address\": \"h:1\"}]",
		"[{\"name\":\"a\",\"address\":\"h:1\",\"interval\":\"200ms\",\"timeout\":\"800ms\","
		"\"window\":100,\"probe\":\"echo\",\"frame\":\"auto\",\"stamps\":\"on\","
		"\"tx_stamps\":\"off\",\"dscp\":\"0\",\"ip_version\":\"any\"}]\n"},
	{"an address without a host", "[{\"name\": \"a\", \"address\": \":1\"}]",
		"\"address\":\":1\""},
	{"IPv6", "[{\"name\": \"a\", \"address\": \"[::1]:1\"}]", "\"address\":\"[::1]:1\""},
	{"options of its own",
		"[{\"name\": \"a\", \"address\": \"h:1\", \"interval\": \"1m30s\", \"timeout\": "
		"\"auto\", \"dscp\": \"ef\", \"size\": 1200, \"interface\": \"eth0\", "
		"\"tx_stamps\": \"1/10\", \"stamps\": false}]",
		"\"interval\":\"1m30s\",\"timeout\":\"auto\",\"window\":100,\"probe\":\"echo\","
		"\"frame\":\"auto\",\"size\":1200,\"stamps\":\"off\",\"tx_stamps\":\"1/10\","
		"\"interface\":\"eth0\",\"dscp\":\"46\","},
	{"names that need escapes",
		"[{\"name\": \"a \\\"b\\\" \\\\ \u00fc\", \"address\": \"h:1\"}]",
		"\"name\":\"a \\\"b\\\" \\\\ \u00fc\""},
	{"labels",
		"[{\"name\": \"a\", \"address\": \"h:1\", \"labels\": {\"x\": \"1\", \"y\": \"\\\"\"}}]",
		"\"labels\":{\"x\":\"1\",\"y\":\"\\\"\"}}"},
	{"two", "[{\"name\": \"a\", \"address\": \"h:1\"}, {\"name\": \"b\", \"address\": \"h:2\"}]",
		"},\n {\"name\":\"b\",\"address\":\"h:2\","},
};

START_TEST(tells_all_options)
{
	struct target_list targets = read_targets(rows[_i].json);
	char *page = page_of(&targets);
	ck_assert_msg(strstr(page, rows[_i].has), "%s: %s", rows[_i].says, page);
	target_list_clear(&targets);
	free(page);
}
END_TEST

START_TEST(is_a_targets_file_that_says_the_same)
{
	struct target_list targets = read_targets(rows[_i].json);
	char *page = page_of(&targets);
	struct target_list again = read_targets(page);
	ck_assert_uint_eq(again.count, targets.count);
	for (size_t i = 0; i < targets.count; i++) {
		ck_assert_str_eq(again.targets[i].name, targets.targets[i].name);
		ck_assert(target_options_are_equal(
			&again.targets[i].options, &targets.targets[i].options));
		ck_assert_uint_eq(again.targets[i].labels.size, targets.targets[i].labels.size);
	}
	char *page_again = page_of(&again);
	ck_assert_str_eq(page_again, page);
	target_list_clear(&targets);
	target_list_clear(&again);
	free(page);
	free(page_again);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("config_page");
	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_loop_test(tcase, tells_all_options, 0, ROWS(rows));
	tcase_add_loop_test(tcase, is_a_targets_file_that_says_the_same, 0, ROWS(rows));
	return unit_run("scrape/config_page", tcase);
}
