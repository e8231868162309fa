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

unsigned metric_numbers(const struct metric *metric)
{
	if (metric->value == VALUE_HISTOGRAM)
		return METRIC_NUMBERS_MAX;
	return metric->value == VALUE_REASONS ? metric->reasons->count : 1;
}

bool metric_is_count(const struct metric *metric, unsigned number)
{
	if (metric->type == METRIC_HISTOGRAM)
		return number != METRIC_HISTOGRAM_SUM;
	return metric->type == METRIC_COUNTER && metric->value != VALUE_SECONDS;
}

double metric_max(const struct metric *metric)
{
	switch (metric->value) {
	case VALUE_FLAG:
	case VALUE_ADDRESSES:
	case VALUE_BUILD:
		return 1;
	case VALUE_LOSS:
	case VALUE_REAL_PERCENT:
		return 100;
	case VALUE_COUNT:
	case VALUE_SECONDS:
	case VALUE_REAL_SECONDS:
	case VALUE_REASONS:
	case VALUE_HISTOGRAM:
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

/* A single number that is not a count. */
static double read_value(const struct metric *metric, const void *values)
{
	const void *at = metric_at(metric, values);
	uint64_t word = 0;
	switch (metric->value) {
	case VALUE_COUNT:
	case VALUE_SECONDS:
		memcpy(&word, at, sizeof(word));
		/* The macro, because a computed NAN may print with a sign. */
		if (metric_is_unknown(metric, word))
			return (double)NAN;
		return metric->value == VALUE_SECONDS ? seconds_of(word) : (double)word;
	case VALUE_REAL_SECONDS:
	case VALUE_REAL_PERCENT:
		return *(const double *)at;
	case VALUE_FLAG:
		return *(const bool *)at ? 1 : 0;
	case VALUE_IN_FLIGHT:
		return (double)target_values_in_flight(values);
	case VALUE_LOSS:
		return target_values_loss_percent(values);
	case VALUE_ADDRESSES:
	case VALUE_BUILD:
		return 1;
	case VALUE_REASONS:
	case VALUE_HISTOGRAM:
		break;
	}
	__builtin_unreachable();
}

void metric_read(const struct metric *metric, const void *values,
	union metric_number numbers[METRIC_NUMBERS_MAX])
{
	if (metric->value == VALUE_HISTOGRAM)
		read_histogram(metric_at(metric, values), numbers);
	else if (metric_is_count(metric, 0))
		memcpy(numbers, metric_at(metric, values),
			metric_numbers(metric) * sizeof(*numbers));
	else
		numbers->value = read_value(metric, values);
}
