/* SPDX-License-Identifier: MIT */
#include "collectd/list_types.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

bool list_type_is_bucket(const struct metric *metric, unsigned number)
{
	return metric->value == VALUE_HISTOGRAM && number < HISTOGRAM_BUCKETS;
}

/* In seconds, with "_" for the point, which names may not have: "0_0001" for 100 us. */
static void format_bound(const struct metric *metric, unsigned bucket, char *text, size_t size)
{
	int64_t bound_ns = histogram_bound_ns(metric->first_bound_ns, bucket);
	snprintf(text, size, "%lld_%09lld", (long long)(bound_ns / NS_PER_S),
		(long long)(bound_ns % NS_PER_S));
	size_t length = strlen(text);
	while (length > 3 && text[length - 1] == '0' && text[length - 2] != '_')
		text[--length] = '\0';
}

/* What a type has behind the metric's name, and write_prometheus does not add by itself. */
static void format_suffix(const struct metric *metric, unsigned number, char *text, size_t size)
{
	char bound[32] = "inf";
	if (list_type_is_bucket(metric, number) && number < HISTOGRAM_BOUNDS)
		format_bound(metric, number, bound, sizeof(bound));
	if (list_type_is_bucket(metric, number))
		snprintf(text, size, "_bucket_le_%s", bound);
	else if (metric->value == VALUE_HISTOGRAM)
		snprintf(text, size, "%s", number == METRIC_HISTOGRAM_SUM ? "_sum" : "_count");
	else
		snprintf(text, size, "%s",
			metric_is_count(metric, number) ? "" : metric_suffix(metric));
}

void list_type_describe(const struct metric *metric, unsigned number, struct list_type *type)
{
	char suffix[LIST_TYPE_NAME_MAX];
	format_suffix(metric, number, suffix, sizeof(suffix));
	type->is_derive = metric_is_count(metric, number);
	type->max = metric_max(metric);
	int length = snprintf(type->name, sizeof(type->name), "%s%s", metric->name, suffix);
	assert(length > 0 && (size_t)length < sizeof(type->name));
	(void)length;
}

void list_types_each(void (*on_type)(void *context, const struct list_type *type), void *context)
{
	struct list_type type = {.name = ""};
	for (size_t i = 0; i < metric_table_size; i++) {
		for (unsigned k = 0; k < metric_numbers(&metric_table[i]); k++) {
			const struct list_type last = type;
			list_type_describe(&metric_table[i], k, &type);
			/* The values of a label share theirs. */
			if (strcmp(type.name, last.name) != 0)
				on_type(context, &type);
		}
	}
}

void list_type_instance(
	const struct metric *metric, unsigned number, char instance[LIST_INSTANCE_MAX])
{
	snprintf(instance, LIST_INSTANCE_MAX, "%s",
		metric->label ? metric->label->value(number) : "");
}
