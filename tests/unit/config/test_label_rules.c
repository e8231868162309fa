/* SPDX-License-Identifier: MIT */
#include "config/label_rules.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

#define TEN "aaaaaaaaaa"
#define NAME_OF_128 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "bbbbbbbb"

/* Adds one that must be valid. */
static void add(struct labels *labels, const char *name, const char *value)
{
	bool is_value;
	const char *reason = label_rules_check(labels, name, value, &is_value);
	ck_assert_msg(!reason, "%s=%s %s", name, value, reason);
	ck_assert_int_eq(labels_append(labels, name, value), 0);
}

/* Writes them in one line. */
static void describe(const struct labels *labels, char *text)
{
	const char *value;
	const char *name = NULL;
	text[0] = '\0';
	while ((name = labels_next(labels, name, &value)))
		text += sprintf(text, "%s=%s;", name, value);
}

static const struct {
	const char *says;
	const char *name;
	const char *value;
} good[] = {
	{"a letter", "a", "1"},
	{"an underscore", "_", "1"},
	{"an underscore and a digit", "_1", "1"},
	{"all kinds of characters", "aZ_09", "1"},
	{"two underscores within", "a__b", "1"},
	{"the longest name", NAME_OF_128, "1"},
	{"a name that begins like a taken one", "target_", "1"},
	{"a taken one in capitals", "Target", "1"},
	{"a label that Prometheus sets itself may be given", "instance", "x"},
	{"a value with a space", "a", " "},
	{"characters that are escaped", "a", "\"\\"},
	{"a value beyond ASCII", "a", "B\xc3\xbcro \xf0\x9f\x98\x80"},
};

START_TEST(accepts_what_prometheus_accepts)
{
	struct labels labels = {0};
	char text[256];
	char expected[256];
	add(&labels, good[_i].name, good[_i].value);
	describe(&labels, text);
	snprintf(expected, sizeof(expected), "%s=%s;", good[_i].name, good[_i].value);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", good[_i].says, text);
	labels_clear(&labels);
}
END_TEST

static const struct {
	const char *says;
	const char *name;
	const char *value;
	bool is_value;
	const char *reason;
} bad[] = {
	{"no name", "", "1", false, "is not a valid label name"},
	{"a digit first", "1a", "1", false, "is not a valid label name"},
	{"a dash", "a-b", "1", false, "is not a valid label name"},
	{"a colon", "a:b", "1", false, "is not a valid label name"},
	{"a dot", "a.b", "1", false, "is not a valid label name"},
	{"a trailing space", "a ", "1", false, "is not a valid label name"},
	{"beyond ASCII", "gr\xc3\xb6\xc3\x9f\x65", "1", false, "is not a valid label name"},
	{"two underscores first", "__a", "1", false, "begins with \"__\", reserved by Prometheus"},
	{"two underscores alone", "__", "1", false, "begins with \"__\", reserved by Prometheus"},
	{"129 bytes", NAME_OF_128 "c", "1", false, "is too long; allowed: 128 bytes"},
	{"target", "target", "1", false, "is a label that the metrics already have"},
	{"reason", "reason", "1", false, "is a label that the metrics already have"},
	{"le", "le", "1", false, "is a label that the metrics already have"},
	{"address", "address", "1", false, "is a label that the metrics already have"},
	{"peer", "peer", "1", false, "is a label that the metrics already have"},
	{"one that already exists", "first", "2", false, "is given twice"},
	{"a line feed", "a", "x\ny", true, "has a control character"},
	{"a C1 control character", "a", "\xc2\x85", true, "has a control character"},
	{"invalid UTF-8", "a", "\xff", true, "is not valid UTF-8"},
};

START_TEST(refuses_with_a_reason)
{
	struct labels labels = {0};
	add(&labels, "first", "1");
	bool is_value = !bad[_i].is_value;
	const char *reason = label_rules_check(&labels, bad[_i].name, bad[_i].value, &is_value);
	ck_assert_msg(
		reason && strcmp(reason, bad[_i].reason) == 0, "%s: %s", bad[_i].says, reason);
	ck_assert_msg(is_value == bad[_i].is_value, "%s", bad[_i].says);
	labels_clear(&labels);
}
END_TEST

START_TEST(a_value_may_have_1024_bytes)
{
	struct labels labels = {0};
	char value[LABEL_VALUE_MAX + 2];
	memset(value, 'x', LABEL_VALUE_MAX + 1);
	value[LABEL_VALUE_MAX + 1] = '\0';
	bool is_value;
	ck_assert_str_eq(label_rules_check(&labels, "a", value, &is_value),
		"is too long; allowed: 1024 bytes");
	ck_assert(is_value);
	value[LABEL_VALUE_MAX] = '\0';
	add(&labels, "a", value);
	const char *read;
	ck_assert_ptr_nonnull(labels_next(&labels, NULL, &read));
	ck_assert_str_eq(read, value);
	labels_clear(&labels);
}
END_TEST

static void fill(struct labels *labels, int count)
{
	for (int i = 0; i < count; i++) {
		char name[16];
		snprintf(name, sizeof(name), "l%d", i);
		add(labels, name, name + 1);
	}
}

START_TEST(there_may_be_32)
{
	struct labels labels = {0};
	fill(&labels, LABELS_MAX);
	bool is_value;
	ck_assert_str_eq(label_rules_check(&labels, "more", "1", &is_value),
		"is one label too many; allowed: 32");
	ck_assert(!is_value);
	const char *value;
	const char *name = NULL;
	for (int i = 0; i < LABELS_MAX; i++) {
		char expected[16];
		snprintf(expected, sizeof(expected), "l%d", i);
		name = labels_next(&labels, name, &value);
		ck_assert_str_eq(name, expected);
		ck_assert_str_eq(value, expected + 1);
	}
	ck_assert_ptr_null(labels_next(&labels, name, &value));
	labels_clear(&labels);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("label_rules");
	tcase_add_loop_test(tcase, accepts_what_prometheus_accepts, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses_with_a_reason, 0, ROWS(bad));
	tcase_add_test(tcase, a_value_may_have_1024_bytes);
	tcase_add_test(tcase, there_may_be_32);
	return unit_run("config/label_rules", tcase);
}
