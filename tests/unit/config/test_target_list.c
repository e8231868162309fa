/* SPDX-License-Identifier: MIT */
#include "config/target_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../growth.h"
#include "../target_options_text.h"

#define FIFTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define NAME_127 FIFTY FIFTY "aaaaaaaaaabbbbbbbbbbccccccc"

static struct target_options defaults;

static const struct {
	const char *says;
	const char *name;
} good[] = {
	{"one byte", "a"},
	{"with a space", "server 1"},
	{"with a colon", "host:4000"},
	{"beyond ASCII", "B\xc3\xbcro \xe2\x82\xac"},
	{"characters that labels escape", "quote\" and \\ backslash"},
	{"dots alone", ".."},
	{"the longest", NAME_127},
};

START_TEST(accepts_names_that_fit_everywhere)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	ck_assert_msg(
		target_list_add(&list, good[_i].name, "10.0.0.1:4000", &defaults, &error) == 0,
		"%s: %s", good[_i].says, error.reason);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_str_eq(list.targets[0].name, good[_i].name);
	ck_assert_str_eq(list.targets[0].address.host, "10.0.0.1");
	ck_assert_uint_eq(list.targets[0].address.port, 4000);
	target_list_clear(&list);
}
END_TEST

static const struct {
	const char *says;
	const char *name;
	const char *address;
	const char *reason;
} bad[] = {
	{"empty name", "", ":1", "target \"\": name is empty"},
	{"slash", "a/b", ":1", "target \"a/b\": name has a '/', which is not allowed"},
	{"control character", "a\nb", ":1", "target \"a?b\": name has a control character"},
	{"C1 control character", "a\xc2\x85", ":1", "target \"a?\": name has a control character"},
	{"invalid UTF-8", "a\xff", ":1", "target \"a?\": name is not valid UTF-8"},
	{"128 bytes", NAME_127 "x", ":1",
		"target \"" NAME_127 "...\": name is too long; allowed: 127 bytes"},
	{"used twice", "taken", ":1", "target \"taken\": name is used twice"},
	{"no port", "a", "host", "target \"a\": address has no port"},
	{"empty address", "a", "", "target \"a\": address is empty"},
	{"port 0", "a", ":0", "target \"a\": address has port 0, which cannot be dialled"},
};

START_TEST(refuses_with_a_reason_and_leaves_the_list_untouched)
{
	struct target_list list = {0};
	ck_assert_int_eq(target_list_add(&list, "taken", ":1", &defaults, NULL), 0);
	struct text_error error = {.reason = ""};
	int result = target_list_add(&list, bad[_i].name, bad[_i].address, &defaults, &error);
	ck_assert_msg(result == -EINVAL, "%s", bad[_i].says);
	ck_assert_str_eq(error.reason, bad[_i].reason);
	ck_assert_uint_eq(list.count, 1);
	target_list_clear(&list);
}
END_TEST

START_TEST(an_empty_host_is_kept_and_means_localhost)
{
	struct target_list list = {0};
	ck_assert_int_eq(target_list_add(&list, "a", ":4000", &defaults, NULL), 0);
	ck_assert_str_eq(list.targets[0].address.host, "");
	target_list_clear(&list);
}
END_TEST

static void fill(struct target_list *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[32];
		snprintf(name, sizeof(name), "target-%u", i);
		ck_assert_int_eq(target_list_add(list, name, "10.0.0.1:4000", &defaults, NULL), 0);
	}
}

START_TEST(finds_each_of_many_names)
{
	struct target_list list = {0};
	fill(&list, 5000);
	for (unsigned i = 0; i < 5000; i++) {
		char name[32];
		snprintf(name, sizeof(name), "target-%u", i);
		ck_assert_str_eq(list.targets[i].name, name);
		ck_assert_int_eq(target_list_add(&list, name, ":1", &defaults, NULL), -EINVAL);
	}
	ck_assert_uint_eq(list.count, 5000);
	target_list_clear(&list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

static void fill_and_clear(size_t count)
{
	struct target_list list = {0};
	fill(&list, (unsigned)count);
	target_list_clear(&list);
}

START_TEST(a_hundred_thousand_targets_are_added_without_comparing_all_pairs)
{
	ck_assert(growth_is_linear(fill_and_clear, 100000 / GROWTH_FACTOR));
}
END_TEST

START_TEST(a_copy_is_independent)
{
	struct target_list list = {0};
	fill(&list, 100);
	struct target_list copy;
	ck_assert_int_eq(target_list_copy(&list, &copy), 0);
	target_list_clear(&list);
	ck_assert_uint_eq(copy.count, 100);
	ck_assert_str_eq(copy.targets[99].name, "target-99");
	ck_assert_uint_eq(copy.targets[99].address.port, 4000);
	for (int i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof(name), "target-%d", i);
		ck_assert_int_eq(target_list_add(&copy, name, ":1", &defaults, NULL), -EINVAL);
	}
	ck_assert_int_eq(target_list_add(&copy, "target-100", ":1", &defaults, NULL), 0);
	target_list_clear(&copy);
}
END_TEST

static void check_label(const struct target_config *target, const char *name, const char *value)
{
	const char *found_value = NULL;
	const char *found = labels_next(&target->labels, NULL, &found_value);
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found, name);
	ck_assert_str_eq(found_value, value);
	ck_assert_ptr_null(labels_next(&target->labels, found, &found_value));
}

static void check_own(const struct target_config *target, const char *expected)
{
	char text[TARGET_OPTIONS_TEXT_MAX];
	target_options_text_write(&target->options, target->own, text);
	ck_assert_str_eq(text, expected);
}

/* Adds a target with its own options, and a label if there is one. */
static void request(struct target_list *list, const char *name, const char *own, const char *site)
{
	struct labels labels = {0};
	const struct target_options options = target_options_of(own);
	if (site)
		ck_assert_int_eq(labels_append(&labels, "site", site), 0);
	const struct target_request request = {.name = name,
		.address = "10.0.0.1:4000",
		.options = &options,
		.defaults = &defaults,
		.labels = &labels};
	struct text_error error = {.reason = ""};
	ck_assert_msg(target_list_request(list, &request, &error) == 0, "%s", error.reason);
	/* They were copied. */
	labels_clear(&labels);
}

START_TEST(a_target_is_complete_and_knows_its_own_options)
{
	struct target_list list = {0};
	request(&list, "some", "timeout=7s dscp=0", "ams");
	request(&list, "none", "", NULL);
	struct target_list copy;
	ck_assert_int_eq(target_list_copy(&list, &copy), 0);
	target_list_clear(&list);
	struct target_options expected = defaults;
	ck_assert(target_options_are_equal(&copy.targets[1].options, &expected));
	check_own(&copy.targets[1], "");
	ck_assert_uint_eq(copy.targets[1].labels.size, 0);
	expected.timeout_ns = 7 * NS_PER_S;
	ck_assert(target_options_are_equal(&copy.targets[0].options, &expected));
	check_own(&copy.targets[0], "timeout=7s dscp=0");
	check_label(&copy.targets[0], "site", "ams");
	target_list_clear(&copy);
}
END_TEST

START_TEST(a_target_can_be_copied_from_another_list)
{
	struct target_list list = {0};
	struct target_list other = {0};
	request(&other, "a", "window=5", "fra");
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(target_list_append(&list, &other.targets[0], &error), 0);
	ck_assert_int_eq(target_list_append(&list, &other.targets[0], &error), -EINVAL);
	ck_assert_str_eq(error.reason, "target \"a\": name is used twice");
	target_list_clear(&other);
	ck_assert_uint_eq(list.count, 1);
	check_own(&list.targets[0], "window=5");
	ck_assert_uint_eq(list.targets[0].address.port, 4000);
	check_label(&list.targets[0], "site", "fra");
	target_list_clear(&list);
}
END_TEST

static const struct {
	const char *says;
	const char *own;
	const char *reason; /* NULL if it is valid. */
} inherited[] = {
	{"no options of its own", "", NULL},
	{"the interval of the defaults", "probe=connect",
		"target \"a\": interval: 50ms is too short for connect probes, a new connection each; "
		"allowed: 100ms to 24h"},
	{"less often", "probe=connect interval=100ms", NULL},
	{"an address of the other IP version", "ip_version=6",
		"target \"a\": address: 10.0.0.1 is not an IPv6 address, but ip_version is 6"},
	{"its own IP version", "ip_version=4", NULL},
};

/* With the defaults at once, or later. */
static void check_inherited(int row, bool at_once)
{
	struct target_options often = defaults;
	often.interval_ns = 50 * NS_PER_MS;
	struct target_list list = {0};
	const struct target_options own = target_options_of(inherited[row].own);
	const struct target_request request = {.name = "a",
		.address = "10.0.0.1:4000",
		.options = &own,
		.defaults = at_once ? &often : NULL};
	struct text_error error = {.reason = ""};
	int result = target_list_request(&list, &request, &error);
	if (!at_once) {
		ck_assert_int_eq(result, 0);
		result = target_list_complete(&list, &often, &error);
	}
	const char *reason = inherited[row].reason;
	ck_assert_msg(
		result == (reason ? -EINVAL : 0), "%s: %s", inherited[row].says, error.reason);
	ck_assert_str_eq(error.reason, reason ? reason : "");
	ck_assert_uint_eq(list.count, reason && at_once ? 0 : 1);
	target_list_clear(&list);
}

START_TEST(options_are_checked_with_what_they_inherit)
{
	check_inherited(_i, true);
	check_inherited(_i, false);
}
END_TEST

START_TEST(a_copy_of_an_empty_list_is_empty)
{
	struct target_list list = {0};
	struct target_list copy;
	ck_assert_int_eq(target_list_copy(&list, &copy), 0);
	ck_assert_uint_eq(copy.count, 0);
	target_list_clear(&copy);
}
END_TEST

int main(void)
{
	target_options_init(&defaults);
	TCase *tcase = tcase_create("target_list");
	tcase_add_loop_test(tcase, accepts_names_that_fit_everywhere, 0, ROWS(good));
	tcase_add_loop_test(
		tcase, refuses_with_a_reason_and_leaves_the_list_untouched, 0, ROWS(bad));
	tcase_add_test(tcase, an_empty_host_is_kept_and_means_localhost);
	tcase_add_test(tcase, finds_each_of_many_names);
	tcase_add_test(tcase, a_hundred_thousand_targets_are_added_without_comparing_all_pairs);
	tcase_add_test(tcase, a_copy_is_independent);
	tcase_add_test(tcase, a_target_is_complete_and_knows_its_own_options);
	tcase_add_test(tcase, a_target_can_be_copied_from_another_list);
	tcase_add_loop_test(tcase, options_are_checked_with_what_they_inherit, 0, ROWS(inherited));
	tcase_add_test(tcase, a_copy_of_an_empty_list_is_empty);
	return unit_run("config/target_list", tcase);
}
