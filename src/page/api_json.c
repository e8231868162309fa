/* SPDX-License-Identifier: MIT */
#include "page/api_json.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "measure/distribution.h"

#define US_PER_S 1e6
/* Half percents are 50 hundredths. */
#define HUNDREDTHS_PER_HALF 50

void api_json_append_text(struct buffer *buffer, const char *text)
{
	if (text)
		json_append_string(buffer, text);
	else
		buffer_append_text(buffer, "null");
}

void api_json_append_labels(struct buffer *buffer, const struct labels *labels)
{
	const char *value;
	const char *name = NULL;
	const char *before = "{";
	while ((name = labels_next(labels, name, &value))) {
		buffer_append_text(buffer, before);
		json_append_string(buffer, name);
		buffer_append_text(buffer, ":");
		json_append_string(buffer, value);
		before = ",";
	}
	buffer_append_text(buffer, before[0] == '{' ? "{}" : "}");
}

void api_json_append_time(struct buffer *buffer, int64_t unix_ns)
{
	if (unix_ns <= 0)
		buffer_append_text(buffer, "null");
	else
		buffer_append_format(buffer, "%" PRId64 ".%03d", unix_ns / NS_PER_S,
			(int)(unix_ns % NS_PER_S / NS_PER_MS));
}

void api_json_append_us(struct buffer *buffer, int64_t time_ns)
{
	if (time_ns < 0)
		buffer_append_text(buffer, "null");
	else
		buffer_append_unsigned(buffer, (uint64_t)((time_ns + NS_PER_US / 2) / NS_PER_US));
}

void api_json_append_percent(struct buffer *buffer, unsigned hundredths)
{
	unsigned digits = hundredths % 100;
	buffer_append_unsigned(buffer, hundredths / 100);
	if (digits % 10 != 0)
		buffer_append_format(buffer, ".%02u", digits);
	else if (digits != 0)
		buffer_append_format(buffer, ".%u", digits / 10);
}

uint64_t api_json_bound_us(unsigned bucket)
{
	return (uint64_t)(distribution_bound(bucket) * US_PER_S + 0.5);
}

/* index: a bucket plus 1; 0: no reply. */
static void append_bucket(struct buffer *buffer, unsigned index)
{
	if (index == 0)
		buffer_append_text(buffer, "null");
	else
		buffer_append_unsigned(
			buffer, (uint64_t)(distribution_middle(index - 1) * US_PER_S + 0.5));
}

void api_json_append_step(struct buffer *buffer, const struct history_step *step)
{
	if (!step->is_known) {
		buffer_append_text(buffer, "null");
		return;
	}
	const uint8_t buckets[] = {
		step->least, step->low, step->median, step->high, step->greatest};
	for (size_t i = 0; i < sizeof(buckets); i++) {
		buffer_append_text(buffer, i == 0 ? "[" : ",");
		append_bucket(buffer, buckets[i]);
	}
	buffer_append_text(buffer, ",");
	api_json_append_percent(buffer, step->lost);
	buffer_append_text(buffer, ",");
	api_json_append_percent(buffer, (unsigned)step->unsent * HUNDREDTHS_PER_HALF);
	buffer_append_text(buffer, ",");
	api_json_append_percent(buffer, (unsigned)step->missed * HUNDREDTHS_PER_HALF);
	buffer_append_text(buffer, "]");
}
