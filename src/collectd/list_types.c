/* SPDX-License-Identifier: MIT */
#include "collectd/list_types.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

const char *list_type_name(enum metric_list list)
{
	static const char *const names[LISTS] = {
		[LIST_TARGET] = METRIC_PREFIX,
		[LIST_LAST_RTT] = METRIC_PREFIX "_last_rtt",
		[LIST_JITTER] = METRIC_PREFIX "_jitter",
		[LIST_LAST_CONNECT] = METRIC_PREFIX "_last_connect",
		[LIST_TCP] = METRIC_PREFIX "_tcp",
		[LIST_ADDRESSES] = METRIC_PREFIX "_target",
		[LIST_SEND_LAG] = METRIC_PREFIX "_send_lag",
		[LIST_SERVER] = METRIC_PREFIX "_server",
		[LIST_HTTP] = METRIC_PREFIX "_http",
		[LIST_PROCESS] = METRIC_PREFIX "_process",
		[LIST_BUILD] = METRIC_PREFIX "_build",
	};
	return names[list];
}

/* The name without prefix and "_", or all of it if it begins with something else. */
static const char *without(const char *prefix, const char *name)
{
	size_t length = strlen(prefix);
	if (strncmp(name, prefix, length) != 0 || name[length] != '_')
		return name;
	return name + length + 1;
}

/* The part of a metric's name that its type does not say already. */
static const char *without_type(const char *type, const char *name)
{
	const char *rest = without(type, name);
	/* Metrics of the process have the names they have everywhere, without our prefix. */
	if (rest == name)
		rest = without(without(METRIC_PREFIX, type), name);
	return rest == name ? without(METRIC_PREFIX, name) : rest;
}

/* A bound in seconds, with "_" for the point, which names may not have: "0_0001" for 100 us. */
static void format_bound(int64_t bound_ns, char *text, size_t size)
{
	snprintf(text, size, "%lld_%09lld", (long long)(bound_ns / NS_PER_S),
		(long long)(bound_ns % NS_PER_S));
	size_t length = strlen(text);
	while (length > 3 && text[length - 1] == '0' && text[length - 2] != '_')
		text[--length] = '\0';
}

/* What a histogram's number adds to the metric's name. */
static void format_histogram_number(
	const struct metric *metric, unsigned number, char *text, size_t size)
{
	char bound[32] = "inf";
	if (number < HISTOGRAM_BOUNDS)
		format_bound(
			histogram_bound_ns(metric->first_bound_ns, number), bound, sizeof(bound));
	if (number < HISTOGRAM_BUCKETS)
		snprintf(text, size, "_bucket_le_%s", bound);
	else
		snprintf(text, size, "%s", number == METRIC_HISTOGRAM_SUM ? "_sum" : "_count");
}

static void describe(const struct metric *metric, unsigned number, struct list_source *source)
{
	char name[LIST_SOURCE_NAME_MAX];
	char label[LIST_SOURCE_NAME_MAX] = "";
	bool is_info = metric->type == METRIC_INFO;
	snprintf(name, sizeof(name), "%s%s", metric->name, is_info ? metric_suffix(metric) : "");
	if (metric->value == VALUE_HISTOGRAM)
		format_histogram_number(metric, number, label, sizeof(label));
	else if (metric->value == VALUE_REASONS)
		snprintf(label, sizeof(label), "_%s", metric->reasons->name(number));
	source->is_derive = metric_is_count(metric, number);
	source->max = metric_max(metric);
	int length = snprintf(source->name, sizeof(source->name), "%s%s",
		without_type(list_type_name(metric->list), name), label);
	assert(length > 0 && (size_t)length < sizeof(source->name));
	(void)length;
}

size_t list_type_sources(enum metric_list list, struct list_source sources[LIST_SOURCES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < metric_table_size; i++) {
		const struct metric *metric = &metric_table[i];
		if (metric->list != list)
			continue;
		for (unsigned number = 0; number < metric_numbers(metric); number++) {
			assert(count < LIST_SOURCES_MAX);
			describe(metric, number, &sources[count++]);
		}
	}
	return count;
}
