/* SPDX-License-Identifier: MIT */
#include "metrics/metric.h"

#include <math.h>
#include <string.h>

#include "../unit.h"
#include "measure/period_values.h"
#include "measure/target_stats.h"

static const struct target_values values = {
	.sent = UINT64_MAX,
	.timeouts = 5,
	.received = UINT64_MAX - 9,
	.disconnects = {6, 7, 8, 9, 10},
	.rtt = {.counts = {90, 9, [HISTOGRAM_BOUNDS] = 1}, .sum_ns = 2500000000},
	.last_rtt_ns = -1,
	.jitter_ns = 1500,
	.last_connect_ns = 250000000,
	.window_settled = 8,
	.window_lost = 1,
	.connected = true,
};

static const struct period_values period = {
	.loss_percent = 62.5, .rtt_mean = 0.125, .rtt_max = NAN};

static const char *no_name(unsigned reason)
{
	(void)reason;
	return "";
}

static const struct metric_label disconnects = {"reason", DISCONNECTS, no_name};

/* Metrics with one number. */
static const struct {
	const char *says;
	struct metric metric;
	bool is_count;
	union metric_number number;
	double max;
} singles[] = {
	{"a counter",
		{.type = METRIC_COUNTER,
			.value = VALUE_COUNT,
			.offset = offsetof(struct target_values, sent)},
		true, {.count = UINT64_MAX}, NAN},
	{"a gauge that is a whole number",
		{.type = METRIC_GAUGE,
			.value = VALUE_COUNT,
			.offset = offsetof(struct target_values, timeouts)},
		false, {.value = 5}, NAN},
	{"an unknown gauge",
		{.type = METRIC_GAUGE,
			.value = VALUE_COUNT,
			.known = KNOWN_UNLESS_NEGATIVE,
			.offset = offsetof(struct target_values, last_rtt_ns)},
		false, {.value = NAN}, NAN},
	{"seconds",
		{.type = METRIC_GAUGE,
			.value = VALUE_SECONDS,
			.offset = offsetof(struct target_values, jitter_ns)},
		false, {.value = 1.5e-6}, NAN},
	{"a counter of seconds has a fraction",
		{.type = METRIC_COUNTER,
			.value = VALUE_SECONDS,
			.offset = offsetof(struct target_values, jitter_ns)},
		false, {.value = 1.5e-6}, NAN},
	{"seconds that may be unknown but are known",
		{.type = METRIC_GAUGE,
			.value = VALUE_SECONDS,
			.known = KNOWN_UNLESS_NEGATIVE,
			.offset = offsetof(struct target_values, last_connect_ns)},
		false, {.value = 0.25}, NAN},
	{"unknown seconds",
		{.type = METRIC_GAUGE,
			.value = VALUE_SECONDS,
			.known = KNOWN_UNLESS_NEGATIVE,
			.offset = offsetof(struct target_values, last_rtt_ns)},
		false, {.value = NAN}, NAN},
	{"seconds that there are",
		{.type = METRIC_GAUGE,
			.value = VALUE_SECONDS,
			.known = KNOWN_UNLESS_ZERO,
			.offset = offsetof(struct target_values, jitter_ns)},
		false, {.value = 1.5e-6}, NAN},
	{"seconds that there are not",
		{.type = METRIC_GAUGE,
			.value = VALUE_SECONDS,
			.known = KNOWN_UNLESS_ZERO,
			.offset = offsetof(struct target_values, timeout_ns)},
		false, {.value = NAN}, NAN},
	{"a flag",
		{.type = METRIC_GAUGE,
			.value = VALUE_FLAG,
			.offset = offsetof(struct target_values, connected)},
		false, {.value = 1}, 1},
	{"probes in flight", {.type = METRIC_GAUGE, .value = VALUE_IN_FLIGHT}, false, {.value = 4},
		NAN},
	{"loss", {.type = METRIC_GAUGE, .value = VALUE_LOSS_PERCENT}, false, {.value = 12.5}, 100},
	{"loss as a ratio", {.type = METRIC_GAUGE, .value = VALUE_LOSS_RATIO}, false,
		{.value = 0.125}, 1},
	{"a real number of seconds",
		{.type = METRIC_GAUGE,
			.value = VALUE_REAL_SECONDS,
			.subject = METRIC_OF_READING,
			.offset = offsetof(struct period_values, rtt_mean)},
		false, {.value = 0.125}, NAN},
	{"an unknown real number",
		{.type = METRIC_GAUGE,
			.value = VALUE_REAL_SECONDS,
			.subject = METRIC_OF_READING,
			.offset = offsetof(struct period_values, rtt_max)},
		false, {.value = NAN}, NAN},
	{"a share",
		{.type = METRIC_GAUGE,
			.value = VALUE_REAL_PERCENT,
			.subject = METRIC_OF_READING,
			.offset = offsetof(struct period_values, loss_percent)},
		false, {.value = 62.5}, 100},
	{"addresses", {.type = METRIC_INFO, .value = VALUE_ADDRESSES}, false, {.value = 1}, 1},
	{"a build", {.type = METRIC_INFO, .value = VALUE_BUILD}, false, {.value = 1}, 1},
};

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

START_TEST(reads_a_single_number)
{
	const struct metric *metric = &singles[_i].metric;
	const char *says = singles[_i].says;
	union metric_number numbers[METRIC_NUMBERS_MAX];
	metric_read(metric, metric->subject == METRIC_OF_READING ? (const void *)&period : &values,
		numbers);
	ck_assert_msg(metric_numbers(metric) == 1, "%s", says);
	ck_assert_msg(metric_is_count(metric, 0) == singles[_i].is_count, "%s", says);
	if (singles[_i].is_count)
		ck_assert_msg(numbers[0].count == singles[_i].number.count, "%s", says);
	else
		ck_assert_msg(same(numbers[0].value, singles[_i].number.value), "%s", says);
	ck_assert_msg(same(metric_max(metric), singles[_i].max), "%s", says);
}
END_TEST

/* collectd prints the sign of a NAN, and Prometheus rejects that. */
START_TEST(unknown_values_have_no_sign)
{
	const struct metric metric = {.type = METRIC_GAUGE,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, last_rtt_ns)};
	union metric_number numbers[METRIC_NUMBERS_MAX];
	metric_read(&metric, &values, numbers);
	ck_assert(isnan(numbers[0].value) && !signbit(numbers[0].value));
}
END_TEST

START_TEST(reads_a_number_for_each_reason)
{
	const struct metric metric = {.type = METRIC_COUNTER,
		.value = VALUE_COUNTS,
		.offset = offsetof(struct target_values, disconnects),
		.label = &disconnects};
	union metric_number numbers[METRIC_NUMBERS_MAX];
	metric_read(&metric, &values, numbers);
	ck_assert_uint_eq(metric_numbers(&metric), DISCONNECTS);
	for (unsigned k = 0; k < DISCONNECTS; k++) {
		ck_assert(metric_is_count(&metric, k));
		ck_assert_uint_eq(numbers[k].count, 6 + k);
	}
}
END_TEST

START_TEST(reads_a_histogram_from_below)
{
	const struct metric metric = {.type = METRIC_HISTOGRAM,
		.value = VALUE_HISTOGRAM,
		.offset = offsetof(struct target_values, rtt)};
	union metric_number numbers[METRIC_NUMBERS_MAX];
	metric_read(&metric, &values, numbers);
	ck_assert_uint_eq(metric_numbers(&metric), METRIC_NUMBERS_MAX);
	ck_assert_uint_eq(numbers[0].count, 90);
	for (unsigned k = 1; k < HISTOGRAM_BOUNDS; k++)
		ck_assert_uint_eq(numbers[k].count, 99);
	ck_assert_uint_eq(numbers[HISTOGRAM_BOUNDS].count, 100);
	ck_assert_uint_eq(numbers[METRIC_HISTOGRAM_COUNT].count, 100);
	ck_assert(numbers[METRIC_HISTOGRAM_SUM].value == 2.5);
	for (unsigned k = 0; k < METRIC_NUMBERS_MAX; k++)
		ck_assert_int_eq(metric_is_count(&metric, k), k != METRIC_HISTOGRAM_SUM);
}
END_TEST

static const struct {
	const char *name;
	const char *suffix;
	enum metric_type type;
	enum metric_type text;
} types[] = {
	{"counter", "_total", METRIC_COUNTER, METRIC_COUNTER},
	{"gauge", "", METRIC_GAUGE, METRIC_GAUGE},
	{"histogram", "", METRIC_HISTOGRAM, METRIC_HISTOGRAM},
	{"info", "_info", METRIC_INFO, METRIC_GAUGE},
};

START_TEST(types_have_names)
{
	const struct metric metric = {.type = types[_i].type};
	ck_assert_str_eq(metric_type_name(types[_i].type), types[_i].name);
	ck_assert_str_eq(metric_suffix(&metric), types[_i].suffix);
	ck_assert_int_eq(metric_text_type(&metric), types[_i].text);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("metric");
	tcase_add_loop_test(tcase, reads_a_single_number, 0, ROWS(singles));
	tcase_add_test(tcase, unknown_values_have_no_sign);
	tcase_add_test(tcase, reads_a_number_for_each_reason);
	tcase_add_test(tcase, reads_a_histogram_from_below);
	tcase_add_loop_test(tcase, types_have_names, 0, ROWS(types));
	return unit_run("metrics/metric", tcase);
}
