/* SPDX-License-Identifier: MIT */
#include "metrics/metric.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "measure/target_stats.h"

const char *metric_suffix(const struct metric *metric)
{
	switch (metric->type) {
	case METRIC_COUNTER:
		return "_total";
	case METRIC_INFO:
		return "_info";
	case METRIC_GAUGE:
	case METRIC_HISTOGRAM:
		return "";
	}
	__builtin_unreachable();
}

const char *metric_type_name(enum metric_type type)
{
	switch (type) {
	case METRIC_COUNTER:
		return "counter";
	case METRIC_GAUGE:
		return "gauge";
	case METRIC_HISTOGRAM:
		return "histogram";
	case METRIC_INFO:
		return "info";
	}
	__builtin_unreachable();
}

enum metric_type metric_text_type(const struct metric *metric)
{
	return metric->type == METRIC_INFO ? METRIC_GAUGE : metric->type;
}

const char *metric_unit(const struct metric *metric)
{
	static const char *const units[] = {"seconds", "bytes", "ratio", "percent"};
	const char *last = strrchr(metric->name, '_');
	for (size_t i = 0; last && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(last + 1, units[i]) == 0)
			return units[i];
	return "";
}

unsigned metric_numbers(const struct metric *metric)
{
	if (metric->value == VALUE_HISTOGRAM)
		return METRIC_NUMBERS_MAX;
	if (metric->value == VALUE_DISTRIBUTIONS)
		return 0;
	return metric->label ? metric->label->count : 1;
}

bool metric_is_count(const struct metric *metric, unsigned number)
{
	if (metric->type == METRIC_HISTOGRAM)
		return number != METRIC_HISTOGRAM_SUM;
	return metric->type == METRIC_COUNTER && metric->value != VALUE_SECONDS &&
	       metric->value != VALUE_SECONDS_EACH;
}

double metric_max(const struct metric *metric)
{
	switch (metric->value) {
	case VALUE_FLAG:
	case VALUE_ADDRESSES:
	case VALUE_BUILD:
	case VALUE_LOSS_RATIO:
		return 1;
	case VALUE_LOSS_PERCENT:
	case VALUE_REAL_PERCENT:
		return 100;
	case VALUE_COUNT:
	case VALUE_SECONDS:
	case VALUE_REAL_SECONDS:
	case VALUE_COUNTS:
	case VALUE_SECONDS_EACH:
	case VALUE_HISTOGRAM:
	case VALUE_DISTRIBUTIONS:
	case VALUE_IN_FLIGHT:
		return (double)NAN;
	}
	__builtin_unreachable();
}

_Static_assert(sizeof(union metric_number) == sizeof(uint64_t), "counts are copied as an array");

static double seconds_of(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static void read_histogram(
	const struct histogram *histogram, union metric_number numbers[METRIC_NUMBERS_MAX])
{
	uint64_t below = 0;
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) {
		below += histogram->counts[k];
		numbers[k].count = below;
	}
	numbers[METRIC_HISTOGRAM_COUNT].count = below;
	numbers[METRIC_HISTOGRAM_SUM].value = seconds_of(histogram->sum_ns);
}

/* The number at a word. */
static double read_word(const struct metric *metric, const uint64_t *at)
{
	/* The macro, because a computed NAN may print with a sign. */
	if (metric_is_unknown(metric, *at))
		return (double)NAN;
	return metric->value == VALUE_COUNT ? (double)*at : seconds_of(*at);
}

/* A single number that is not a count. */
static double read_value(const struct metric *metric, const void *values)
{
	const void *at = metric_at(metric, values);
	switch (metric->value) {
	case VALUE_COUNT:
	case VALUE_SECONDS:
		return read_word(metric, at);
	case VALUE_REAL_SECONDS:
	case VALUE_REAL_PERCENT:
		return *(const double *)at;
	case VALUE_FLAG:
		return *(const bool *)at ? 1 : 0;
	case VALUE_IN_FLIGHT:
		return (double)target_values_in_flight(values);
	case VALUE_LOSS_RATIO:
		return target_values_loss(values, 1);
	case VALUE_LOSS_PERCENT:
		return target_values_loss(values, 100);
	case VALUE_ADDRESSES:
	case VALUE_BUILD:
		return 1;
	case VALUE_COUNTS:
	case VALUE_SECONDS_EACH:
	case VALUE_HISTOGRAM:
	case VALUE_DISTRIBUTIONS:
		break;
	}
	__builtin_unreachable();
}

static void read_seconds_each(
	const struct metric *metric, const uint64_t *words, union metric_number *numbers)
{
	for (unsigned k = 0; k < metric->label->count; k++)
		numbers[k].value = read_word(metric, &words[k]);
}

void metric_read(const struct metric *metric, const void *values,
	union metric_number numbers[METRIC_NUMBERS_MAX])
{
	if (metric->value == VALUE_HISTOGRAM)
		read_histogram(metric_at(metric, values), numbers);
	else if (metric_is_count(metric, 0))
		memcpy(numbers, metric_at(metric, values),
			metric_numbers(metric) * sizeof(*numbers));
	else if (metric->value == VALUE_SECONDS_EACH)
		read_seconds_each(metric, metric_at(metric, values), numbers);
	else
		numbers->value = read_value(metric, values);
}
