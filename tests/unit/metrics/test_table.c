/* SPDX-License-Identifier: MIT */
#include "metrics/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "config/label_rules.h"
#include "measure/mesh_values.h"
#include "measure/period_values.h"
#include "measure/snapshot.h"
#include "measure/source_values.h"
#include "metrics/process_values.h"

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

START_TEST(names_are_those_of_openmetrics)
{
	const struct metric *metric = &metric_table[_i];
	ck_assert_msg(!ends_with(metric->name, "_total") && !ends_with(metric->name, "_info"), "%s",
		metric->name);
	ck_assert_uint_eq(strspn(metric->name, "abcdefghijklmnopqrstuvwxyz_0123456789"),
		strlen(metric->name));
	bool is_ours = strncmp(metric->name, "tcp_echo_", strlen("tcp_echo_")) == 0;
	bool is_everybodys = strncmp(metric->name, "process_", strlen("process_")) == 0;
	ck_assert_msg(is_ours || is_everybodys, "%s", metric->name);
}
END_TEST

START_TEST(names_are_unique)
{
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(metric_table[i].name, metric_table[_i].name);
}
END_TEST

/* Times, and only times, are in seconds, whatever unit they are kept in. */
START_TEST(names_have_the_unit)
{
	const struct metric *metric = &metric_table[_i];
	bool is_time = metric->value == VALUE_SECONDS || metric->value == VALUE_REAL_SECONDS ||
		       metric->value == VALUE_SECONDS_EACH || metric->type == METRIC_HISTOGRAM;
	ck_assert_msg(ends_with(metric->name, "_seconds") == is_time, "%s", metric->name);
}
END_TEST

START_TEST(help_texts_are_whole_sentences_that_need_no_escaping)
{
	const struct metric *metric = &metric_table[_i];
	size_t length = strlen(metric->help);
	ck_assert_msg(length > 10 && metric->help[length - 1] == '.', "%s", metric->name);
	ck_assert_msg(!islower((unsigned char)metric->help[0]), "%s", metric->name);
	ck_assert_msg(strcspn(metric->help, "\\\"\n|") == length, "%s", metric->name);
	ck_assert_msg(!strstr(metric->help, "  "), "%s", metric->name);
}
END_TEST

/* Metrics that help texts mention exist. */
START_TEST(help_mentions_only_existing_metrics)
{
	const char *at = metric_table[_i].help;
	while ((at = strstr(at, METRIC_PREFIX "_"))) {
		size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		bool is_known = false;
		for (size_t k = 0; k < metric_table_size; k++) {
			char name[64];
			snprintf(name, sizeof(name), "%s%s", metric_table[k].name,
				metric_suffix(&metric_table[k]));
			is_known |= strlen(name) == length && strncmp(at, name, length) == 0;
		}
		ck_assert_msg(is_known, "%.*s", (int)length, at);
		at += length;
	}
}
END_TEST

static bool is_read_at_offset(const struct metric *metric)
{
	switch (metric->value) {
	case VALUE_COUNT:
	case VALUE_SECONDS:
	case VALUE_REAL_SECONDS:
	case VALUE_REAL_PERCENT:
	case VALUE_FLAG:
	case VALUE_COUNTS:
	case VALUE_SECONDS_EACH:
	case VALUE_HISTOGRAM:
		return true;
	case VALUE_IN_FLIGHT:
	case VALUE_LOSS_RATIO:
	case VALUE_LOSS_PERCENT:
	case VALUE_DISTRIBUTIONS:
	case VALUE_ADDRESSES:
	case VALUE_BUILD:
		return false;
	}
	__builtin_unreachable();
}

static size_t size_of_subject(enum metric_subject subject)
{
	switch (subject) {
	case METRIC_OF_TARGET:
		return sizeof(struct target_values);
	case METRIC_OF_READING:
		return sizeof(struct period_values);
	case METRIC_OF_PROBER:
		return sizeof(struct snapshot);
	case METRIC_OF_SERVER:
		return sizeof(struct server_values);
	case METRIC_OF_SOURCE:
		return sizeof(struct source_values);
	case METRIC_OF_MESH:
		return sizeof(struct mesh_values);
	case METRIC_OF_PROCESS:
		return sizeof(struct process_values);
	}
	__builtin_unreachable();
}

static size_t size_of_value(const struct metric *metric)
{
	if (metric->value == VALUE_FLAG)
		return sizeof(bool);
	if (metric->value == VALUE_HISTOGRAM)
		return sizeof(struct histogram);
	return metric_numbers(metric) * sizeof(uint64_t);
}

START_TEST(values_lie_within_their_struct)
{
	const struct metric *metric = &metric_table[_i];
	if (!is_read_at_offset(metric))
		return;
	size_t end = metric->offset + size_of_value(metric);
	ck_assert_msg(end <= size_of_subject(metric->subject), "%s", metric->name);
}
END_TEST

/* A row that was copied but not changed throughout would show the value of another. */
START_TEST(values_are_exposed_once)
{
	const struct metric *metric = &metric_table[_i];
	for (int i = 0; i < _i; i++) {
		const struct metric *other = &metric_table[i];
		if (!is_read_at_offset(metric) || !is_read_at_offset(other))
			continue;
		ck_assert_msg(metric->subject != other->subject || metric->offset != other->offset,
			"%s and %s", metric->name, other->name);
	}
}
END_TEST

START_TEST(values_suit_the_type)
{
	const struct metric *metric = &metric_table[_i];
	bool has_labels = metric->value == VALUE_ADDRESSES || metric->value == VALUE_BUILD;
	ck_assert_int_eq(metric->type == METRIC_INFO, has_labels);
	ck_assert_int_eq(metric->type == METRIC_HISTOGRAM,
		metric->value == VALUE_HISTOGRAM || metric->value == VALUE_DISTRIBUTIONS);
	ck_assert_int_eq(metric->first_bound_ns > 0, metric->value == VALUE_HISTOGRAM);
	ck_assert_int_eq(metric->label != NULL, metric->value == VALUE_COUNTS ||
							metric->value == VALUE_SECONDS_EACH ||
							metric->value == VALUE_DISTRIBUTIONS);
	ck_assert_int_eq(metric->fine != 0, metric->type == METRIC_HISTOGRAM);
	ck_assert(!metric->is_lean || metric->subject == METRIC_OF_TARGET);
	if (metric->known == KNOWN_UNLESS_NEGATIVE)
		ck_assert(metric->value == VALUE_COUNT || metric->value == VALUE_SECONDS ||
			  metric->value == VALUE_SECONDS_EACH);
	/* Of those there is one of, no exposition has any. */
	if (metric->value == VALUE_SECONDS_EACH)
		ck_assert_int_eq(metric->subject, METRIC_OF_TARGET);
	if (metric->known == KNOWN_WHERE_STAMPED)
		ck_assert_int_eq(metric->subject, METRIC_OF_TARGET);
}
END_TEST

START_TEST(labels_have_values)
{
	const struct metric_label *label = metric_table[_i].label;
	if (!label)
		return;
	ck_assert_uint_le(label->count, METRIC_NUMBERS_MAX);
	for (unsigned k = 0; k < label->count; k++) {
		ck_assert_ptr_nonnull(label->value(k));
		for (unsigned other = 0; other < k; other++)
			ck_assert_str_ne(label->value(k), label->value(other));
	}
	bool is_value;
	const struct labels none = {0};
	ck_assert_msg(label_rules_check(&none, label->name, "a", &is_value), "%s can be a user's",
		label->name);
	if (strcmp(label->name, "reason") == 0)
		ck_assert_str_eq(label->value(label->count - 1), "other");
}
END_TEST

int main(void)
{
	const int size = (int)metric_table_size;
	TCase *tcase = tcase_create("table");
	tcase_add_loop_test(tcase, names_are_those_of_openmetrics, 0, size);
	tcase_add_loop_test(tcase, names_are_unique, 0, size);
	tcase_add_loop_test(tcase, names_have_the_unit, 0, size);
	tcase_add_loop_test(tcase, help_texts_are_whole_sentences_that_need_no_escaping, 0, size);
	tcase_add_loop_test(tcase, help_mentions_only_existing_metrics, 0, size);
	tcase_add_loop_test(tcase, values_lie_within_their_struct, 0, size);
	tcase_add_loop_test(tcase, values_are_exposed_once, 0, size);
	tcase_add_loop_test(tcase, values_suit_the_type, 0, size);
	tcase_add_loop_test(tcase, labels_have_values, 0, size);
	return unit_run("metrics/table", tcase);
}
