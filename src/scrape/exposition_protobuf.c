/* SPDX-License-Identifier: MIT */
#include "scrape/exposition_protobuf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/table.h"
#include "scrape/protobuf.h"

/*
 * Messages and their fields are those of io/prometheus/client/metrics.proto in
 * https://github.com/prometheus/client_model; native histograms as in
 * https://prometheus.io/docs/specs/native_histograms/
 */

enum family_field { FAMILY_NAME = 1, FAMILY_HELP, FAMILY_TYPE, FAMILY_METRIC, FAMILY_UNIT };
enum metric_field {
	METRIC_LABEL = 1,
	METRIC_GAUGE_VALUE,
	METRIC_COUNTER_VALUE,
	METRIC_HISTOGRAM_VALUE = 7
};
enum label_field { LABEL_NAME = 1, LABEL_VALUE };
enum value_field { VALUE_NUMBER = 1 };
enum histogram_field {
	IN_HISTOGRAM_COUNT = 1,
	IN_HISTOGRAM_SUM,
	IN_HISTOGRAM_BUCKET,
	IN_HISTOGRAM_SCHEMA = 5,
	IN_HISTOGRAM_ZERO_THRESHOLD,
	IN_HISTOGRAM_ZERO_COUNT,
	IN_HISTOGRAM_POSITIVE_SPAN = 12,
	IN_HISTOGRAM_POSITIVE_DELTA,
};
enum bucket_field { BUCKET_COUNT = 1, BUCKET_BOUND };
enum span_field { SPAN_OFFSET = 1, SPAN_LENGTH };

/* Of a family. */
enum type_number { TYPE_COUNTER = 0, TYPE_GAUGE = 1, TYPE_HISTOGRAM = 4 };

/* Buckets that are eight an octave. */
#define SCHEMA 3
/* Empty buckets between others that cost less than another span, as Prometheus's own libraries have it. */
#define GAP_FILLED 2
/* A span with its offset and its length. */
#define SPAN_SIZE (4 * PROTOBUF_VARINT_MAX)

/* A histogram at its largest: count, sum, bounds; spans, and deltas with their length. */
#define VALUE_ROOM                                                                                 \
	((size_t)(HISTOGRAM_BUCKETS + 4) * 4 * PROTOBUF_VARINT_MAX +                               \
		DISTRIBUTION_BUCKETS * (PROTOBUF_VARINT_MAX + SPAN_SIZE))
/* A label of the table, encoded. */
#define OWN_LABEL_MAX 64

/* Bytes of a message. */
struct part {
	const char *data;
	size_t length;
};

static const struct part nothing = {"", 0};

struct writer {
	const struct exposition *exposition;
	struct buffer *buffer;
	struct part *targets;	/* Owned: the labels of each, encoded. */
	struct buffer labels;	/* What they point to. */
	size_t family_start;	/* Where the present family's length goes. */
	size_t metrics_start;	/* Where its metrics begin. */
	char value[VALUE_ROOM]; /* Of the metric that is being written. */
};

static size_t text_size(const char *text)
{
	size_t length = strlen(text);
	return PROTOBUF_TAG_SIZE + protobuf_varint_size(length) + length;
}

/* As a field of Metric. */
static void append_label(struct buffer *buffer, const char *name, const char *value)
{
	size_t inner = text_size(name) + text_size(value);
	if (buffer_reserve(buffer, inner + PROTOBUF_TAG_SIZE + PROTOBUF_VARINT_MAX) != 0)
		return;
	char *end = protobuf_put_head(buffer->data + buffer->length, METRIC_LABEL, inner);
	end = protobuf_put_text(end, LABEL_NAME, name);
	end = protobuf_put_text(end, LABEL_VALUE, value);
	buffer->length = (size_t)(end - buffer->data);
}

static void append_text(struct buffer *buffer, unsigned field, const char *text)
{
	if (buffer_reserve(buffer, text_size(text)) != 0)
		return;
	char *end = protobuf_put_text(buffer->data + buffer->length, field, text);
	buffer->length = (size_t)(end - buffer->data);
}

static enum type_number type_of(const struct metric *metric)
{
	switch (metric->type) {
	case METRIC_COUNTER:
		return TYPE_COUNTER;
	case METRIC_GAUGE:
	case METRIC_INFO:
		return TYPE_GAUGE;
	case METRIC_HISTOGRAM:
		return TYPE_HISTOGRAM;
	}
	__builtin_unreachable();
}

static void begin_family(struct writer *writer, const struct metric *metric)
{
	static const char room[PROTOBUF_VARINT_MAX];
	struct buffer *buffer = writer->buffer;
	struct buffer name = {0};
	buffer_append_format(&name, "%s%s", metric->name, metric_suffix(metric));
	buffer_append(&name, "", 1);
	writer->family_start = buffer->length;
	buffer_append(buffer, room, sizeof(room));
	if (name.failed)
		buffer->failed = true;
	else
		append_text(buffer, FAMILY_NAME, name.data);
	buffer_clear(&name);
	append_text(buffer, FAMILY_HELP, metric->help);
	char type[PROTOBUF_TAG_SIZE + PROTOBUF_VARINT_MAX];
	const char *end = protobuf_put_number(type, FAMILY_TYPE, type_of(metric));
	buffer_append(buffer, type, (size_t)(end - type));
	if (metric_unit(metric)[0] != '\0')
		append_text(buffer, FAMILY_UNIT, metric_unit(metric));
	writer->metrics_start = buffer->length;
}

/* Puts the length before it; takes the family back where it has no metrics. */
static void end_family(struct writer *writer)
{
	struct buffer *buffer = writer->buffer;
	if (buffer->length == writer->metrics_start || buffer->failed) {
		buffer->length = writer->family_start;
		return;
	}
	char *start = buffer->data + writer->family_start;
	const char *body = start + PROTOBUF_VARINT_MAX;
	size_t length = buffer->length - writer->family_start - PROTOBUF_VARINT_MAX;
	char *end = protobuf_put_varint(start, length);
	memmove(end, body, length);
	buffer->length = (size_t)(end - buffer->data) + length;
}

/* A metric of labels and the value up to value_end. */
static void append_metric(
	struct writer *writer, struct part labels, struct part own_label, const char *value_end)
{
	struct buffer *buffer = writer->buffer;
	size_t value_length = (size_t)(value_end - writer->value);
	size_t inner = labels.length + own_label.length + value_length;
	if (buffer_reserve(buffer, inner + PROTOBUF_TAG_SIZE + PROTOBUF_VARINT_MAX) != 0)
		return;
	char *end = protobuf_put_head(buffer->data + buffer->length, FAMILY_METRIC, inner);
	buffer->length = (size_t)(end - buffer->data);
	buffer_append(buffer, labels.data, labels.length);
	buffer_append(buffer, own_label.data, own_label.length);
	buffer_append(buffer, writer->value, value_length);
}

/* Writes a counter or a gauge; returns its end. */
static char *put_value(struct writer *writer, const struct metric *metric, double value)
{
	unsigned field = metric->type == METRIC_COUNTER ? METRIC_COUNTER_VALUE : METRIC_GAUGE_VALUE;
	char *end = protobuf_put_head(writer->value, field, PROTOBUF_DOUBLE_SIZE);
	return protobuf_put_double(end, VALUE_NUMBER, value);
}

static double seconds_of(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* The classic buckets. That of +Inf is understood. */
static char *put_buckets(char *end, const struct metric *metric, const struct histogram *histogram)
{
	uint64_t below = 0;
	for (unsigned k = 0; k < HISTOGRAM_BOUNDS; k++) {
		below += histogram->counts[k];
		size_t inner =
			PROTOBUF_TAG_SIZE + protobuf_varint_size(below) + PROTOBUF_DOUBLE_SIZE;
		end = protobuf_put_head(end, IN_HISTOGRAM_BUCKET, inner);
		end = protobuf_put_number(end, BUCKET_COUNT, below);
		end = protobuf_put_double(end, BUCKET_BOUND,
			seconds_of(histogram_bound_ns(metric->first_bound_ns, k)));
	}
	return end;
}

/* The next bucket from at on that has values; DISTRIBUTION_BUCKETS behind the last. */
static unsigned next_filled(const struct distribution *distribution, unsigned at)
{
	while (at < DISTRIBUTION_BUCKETS && distribution->counts[at] == 0)
		at++;
	return at;
}

/* Where the run of buckets ends that begins at start: behind its last one with values. */
static unsigned span_end(const struct distribution *distribution, unsigned start)
{
	unsigned end = start + 1;
	for (;;) {
		unsigned next = next_filled(distribution, end);
		if (next == DISTRIBUTION_BUCKETS || next - end > GAP_FILLED)
			return end;
		end = next + 1;
	}
}

/* Writes the counts of a span as differences from one to the next. */
static char *put_deltas(char *end, const struct distribution *distribution, unsigned from,
	unsigned to, int64_t *last)
{
	for (unsigned k = from; k < to; k++) {
		int64_t count = (int64_t)distribution->counts[k];
		end = protobuf_put_varint(end, protobuf_zigzag(count - *last));
		*last = count;
	}
	return end;
}

/* The first bucket, which holds what is too short for the others, is Prometheus's bucket of zero. */
static char *put_native(char *end, const struct distribution *distribution)
{
	char deltas[DISTRIBUTION_BUCKETS * PROTOBUF_VARINT_MAX];
	char *deltas_end = deltas;
	int64_t last = 0;
	int before = 0;
	end = protobuf_put_number(end, IN_HISTOGRAM_SCHEMA, protobuf_zigzag(SCHEMA));
	end = protobuf_put_double(end, IN_HISTOGRAM_ZERO_THRESHOLD, distribution_bound(0));
	end = protobuf_put_number(end, IN_HISTOGRAM_ZERO_COUNT, distribution->counts[0]);
	unsigned from = next_filled(distribution, 1);
	while (from < DISTRIBUTION_BUCKETS) {
		unsigned to = span_end(distribution, from);
		uint64_t offset = protobuf_zigzag((int)from + DISTRIBUTION_FIRST_INDEX - before);
		before = (int)to + DISTRIBUTION_FIRST_INDEX;
		end = protobuf_put_head(end, IN_HISTOGRAM_POSITIVE_SPAN,
			2 * PROTOBUF_TAG_SIZE + protobuf_varint_size(offset) +
				protobuf_varint_size(to - from));
		end = protobuf_put_number(end, SPAN_OFFSET, offset);
		end = protobuf_put_number(end, SPAN_LENGTH, to - from);
		deltas_end = put_deltas(deltas_end, distribution, from, to, &last);
		from = next_filled(distribution, to);
	}
	size_t length = (size_t)(deltas_end - deltas);
	if (length == 0)
		return end;
	end = protobuf_put_head(end, IN_HISTOGRAM_POSITIVE_DELTA, length);
	memcpy(end, deltas, length);
	return end + length;
}

/* histogram: the classic one, or NULL. distribution: the native one, or NULL. */
static char *put_histogram(struct writer *writer, const struct metric *metric,
	const struct histogram *histogram, const struct distribution *distribution, int64_t sum_ns)
{
	/* What comes before it has the length of what follows. */
	char *start = writer->value + PROTOBUF_TAG_SIZE + PROTOBUF_VARINT_MAX;
	uint64_t count = histogram ? histogram_count(histogram) : distribution_count(distribution);
	char *end = protobuf_put_number(start, IN_HISTOGRAM_COUNT, count);
	end = protobuf_put_double(end, IN_HISTOGRAM_SUM, seconds_of(sum_ns));
	if (histogram)
		end = put_buckets(end, metric, histogram);
	if (distribution)
		end = put_native(end, distribution);
	size_t length = (size_t)(end - start);
	char *body = protobuf_put_head(writer->value, METRIC_HISTOGRAM_VALUE, length);
	memmove(body, start, length);
	return body + length;
}

/* A label of the table's, encoded. room: OWN_LABEL_MAX bytes. */
static struct part own_label(const struct metric_label *label, unsigned number, char *room)
{
	if (!label)
		return nothing;
	const char *value = label->value(number);
	char *end =
		protobuf_put_head(room, METRIC_LABEL, text_size(label->name) + text_size(value));
	end = protobuf_put_text(end, LABEL_NAME, label->name);
	end = protobuf_put_text(end, LABEL_VALUE, value);
	return (struct part){room, (size_t)(end - room)};
}

/* All but histograms and information. */
static void write_numbers(
	struct writer *writer, const struct metric *metric, struct part labels, const void *values)
{
	union metric_number numbers[METRIC_NUMBERS_MAX];
	metric_read(metric, values, numbers);
	bool is_of_target = metric->subject == METRIC_OF_TARGET;
	for (unsigned k = 0; k < metric_numbers(metric); k++) {
		bool is_count = metric_is_count(metric, k);
		double value = is_count ? (double)numbers[k].count : numbers[k].value;
		bool is_left_out =
			is_of_target && is_count &&
			exposition_leaves_out(writer->exposition, metric, numbers[k].count);
		if (isnan(value) || is_left_out)
			continue;
		char room[OWN_LABEL_MAX];
		append_metric(writer, labels, own_label(metric->label, k, room),
			put_value(writer, metric, value));
	}
}

static void write_histogram(struct writer *writer, const struct metric *metric, struct part labels,
	const void *values, const struct distribution *distribution)
{
	const struct histogram *histogram = metric_at(metric, values);
	append_metric(writer, labels, nothing,
		put_histogram(writer, metric, histogram, distribution, (int64_t)histogram->sum_ns));
}

/* A target's distributions of that metric: one, or one for each value of its label. */
static const struct distribution *const *fine_of(
	const struct metric *metric, const struct target_snapshot *target)
{
	return (const void *)((const char *)target + metric->fine);
}

static void write_distributions(struct writer *writer, const struct metric *metric,
	struct part labels, const struct target_snapshot *target)
{
	const int64_t *sums_ns = metric_at(metric, &target->values);
	for (unsigned k = 0; k < metric->label->count; k++) {
		const struct distribution *distribution = fine_of(metric, target)[k];
		if (!writer->exposition->is_native || !distribution)
			continue;
		char room[OWN_LABEL_MAX];
		append_metric(writer, labels, own_label(metric->label, k, room),
			put_histogram(writer, metric, NULL, distribution, sums_ns[k]));
	}
}

static void write_addresses(struct writer *writer, const struct metric *metric, struct part labels,
	const struct target_snapshot *target)
{
	struct buffer addresses = {0};
	append_label(&addresses, "address", target->address);
	append_label(&addresses, "peer", target->peer);
	append_metric(writer, labels, (struct part){addresses.data, addresses.length},
		put_value(writer, metric, 1));
	writer->buffer->failed |= addresses.failed;
	buffer_clear(&addresses);
}

static void write_build(struct writer *writer, const struct metric *metric)
{
	struct buffer labels = {0};
	append_label(&labels, "version", writer->exposition->build->version);
	append_label(&labels, "revision", writer->exposition->build->revision);
	append_label(&labels, "compiler", writer->exposition->build->compiler);
	append_metric(writer, (struct part){labels.data, labels.length}, nothing,
		put_value(writer, metric, 1));
	writer->buffer->failed |= labels.failed;
	buffer_clear(&labels);
}

static void write_of_target(struct writer *writer, const struct metric *metric, struct part labels,
	const struct target_snapshot *target)
{
	if (metric_is_absent(metric, &target->values))
		return;
	if (metric->value == VALUE_ADDRESSES)
		write_addresses(writer, metric, labels, target);
	else if (metric->value == VALUE_DISTRIBUTIONS)
		write_distributions(writer, metric, labels, target);
	else if (metric->value == VALUE_HISTOGRAM)
		write_histogram(writer, metric, labels, &target->values,
			writer->exposition->is_native ? *fine_of(metric, target) : NULL);
	else
		write_numbers(writer, metric, labels, &target->values);
}

/* values: the struct of the metric's subject. */
static void write_single(struct writer *writer, const struct metric *metric, const void *values)
{
	if (metric_is_absent(metric, values))
		return;
	if (metric->value == VALUE_BUILD)
		write_build(writer, metric);
	else if (metric->value == VALUE_HISTOGRAM)
		write_histogram(writer, metric, nothing, values,
			writer->exposition->is_native
				? (const void *)((const char *)values + metric->fine)
				: NULL);
	else
		write_numbers(writer, metric, nothing, values);
}

static void write_of_source(
	struct writer *writer, const struct metric *metric, const struct source_values *values)
{
	struct buffer label = {0};
	append_label(&label, "source", values->source);
	write_numbers(writer, metric, (struct part){label.data, label.length}, values);
	writer->buffer->failed |= label.failed;
	buffer_clear(&label);
}

static void write_metric(struct writer *writer, const struct metric *metric)
{
	const struct snapshot *snapshot = writer->exposition->snapshot;
	const void *values;
	begin_family(writer, metric);
	switch (exposition_presence(writer->exposition, metric, &values)) {
	case EXPOSITION_HAS_NONE:
		break;
	case EXPOSITION_HAS_ONE:
		write_single(writer, metric, values);
		break;
	case EXPOSITION_HAS_EACH_TARGETS:
		for (size_t i = 0; i < snapshot->target_count; i++)
			write_of_target(writer, metric, writer->targets[i], &snapshot->targets[i]);
		break;
	case EXPOSITION_HAS_EACH_SOURCES:
		for (size_t i = 0; i < writer->exposition->source_count; i++)
			write_of_source(writer, metric, &writer->exposition->sources[i]);
		break;
	}
	end_family(writer);
}

/* Encodes the targets' labels, once for all their metrics. Returns 0 or -ENOMEM. */
static int make_labels(struct writer *writer)
{
	const struct snapshot *snapshot = writer->exposition->snapshot;
	struct buffer *labels = &writer->labels;
	writer->targets = calloc(snapshot->target_count + 1, sizeof(*writer->targets));
	if (!writer->targets)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->target_count; i++) {
		const struct target_snapshot *target = &snapshot->targets[i];
		size_t start = labels->length;
		append_label(labels, "target", target->name);
		const char *value;
		const char *name = NULL;
		while ((name = labels_next(&target->labels, name, &value)))
			append_label(labels, name, value);
		writer->targets[i].length = labels->length - start;
	}
	/* Only now they no longer move. */
	const char *at = labels->data;
	for (size_t i = 0; i < snapshot->target_count && !labels->failed; i++) {
		writer->targets[i].data = at;
		at += writer->targets[i].length;
	}
	return labels->failed ? -ENOMEM : 0;
}

int exposition_write_protobuf(const struct exposition *exposition, struct buffer *buffer)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	writer->exposition = exposition;
	writer->buffer = buffer;
	int error = make_labels(writer);
	for (size_t i = 0; i < metric_table_size && !error; i++)
		write_metric(writer, &metric_table[i]);
	free(writer->targets);
	buffer_clear(&writer->labels);
	free(writer);
	return error || buffer->failed ? -ENOMEM : 0;
}
