/* SPDX-License-Identifier: MIT */
#include "scrape/exposition_text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "metrics/table.h"
#include "scrape/number.h"

/*
 * Nearly all of an exposition is lines of one shape:
 *
 *	tcp_echo_disconnects_total{target="server1",reason="reset"} 0
 *	<--------- head ----------><-label-><------- tail -------->
 *
 * Heads and tails are made once, labels once a target. They are copied in blocks of a fixed size,
 * which compilers turn into a few moves; what is copied beyond the length is overwritten by what
 * follows.
 */
#define HEAD_SIZE 48
#define LABEL_BLOCK 32
#define TAIL_SIZE 32
/* A number and the line's end. */
#define VALUE_SIZE (NUMBER_TEXT_MAX + 1)

/*
 * What is reserved at first: for a line of a target without its labels, while numbers are small,
 * and for all that is not of a target.
 */
#define LINE_TEXT 57
#define FIXED_TEXT 16384

struct head {
	size_t length;
	char text[HEAD_SIZE];
};

/* A target's name, escaped, with its closing quote; readable in whole blocks. */
struct label {
	size_t length;
	const char *text;
};

struct tail {
	size_t length;
	char text[TAIL_SIZE];
};

struct writer {
	struct buffer *buffer;
	const struct exposition *exposition;
	const struct snapshot *snapshot; /* The exposition's. */
	struct label *labels;		 /* Owned; one a target. */
	char *label_text;		 /* Owned; what they point to. */
	size_t labels_length;		 /* Of all together. */
	size_t family_start; /* Where the current family starts, and where its samples do. */
	size_t samples_start;
};

static void append_metadata(
	struct writer *writer, const char *keyword, const struct metric *metric, const char *text)
{
	struct buffer *buffer = writer->buffer;
	buffer_append_text(buffer, keyword);
	buffer_append_text(buffer, metric->name);
	if (writer->exposition->format == EXPOSITION_TEXT)
		buffer_append_text(buffer, metric_suffix(metric));
	buffer_append_text(buffer, " ");
	buffer_append_text(buffer, text);
	buffer_append_text(buffer, "\n");
}

static void begin_family(struct writer *writer, const struct metric *metric)
{
	bool is_text = writer->exposition->format == EXPOSITION_TEXT;
	enum metric_type type = is_text ? metric_text_type(metric) : metric->type;
	writer->family_start = writer->buffer->length;
	append_metadata(writer, "# HELP ", metric, metric->help);
	append_metadata(writer, "# TYPE ", metric, metric_type_name(type));
	const char *unit = is_text ? "" : metric_unit(metric);
	if (unit[0] != '\0')
		append_metadata(writer, "# UNIT ", metric, unit);
	writer->samples_start = writer->buffer->length;
}

/* Takes the family back where it has no samples. */
static void end_family(struct writer *writer)
{
	if (writer->buffer->length == writer->samples_start)
		writer->buffer->length = writer->family_start;
}

/* Writes text with backslash, quote and line break escaped: at most twice its length. */
static char *put_escaped(char *end, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"' || *text == '\n')
			*end++ = '\\';
		*end++ = *text;
		if (*text == '\n')
			end[-1] = 'n';
	}
	return end;
}

static void append_escaped(struct buffer *buffer, const char *text)
{
	if (buffer_reserve(buffer, 2 * strlen(text)) == 0) {
		char *end = put_escaped(buffer->data + buffer->length, text);
		buffer->length = (size_t)(end - buffer->data);
	}
}

static struct head make_head(const struct metric *metric, const char *suffix)
{
	struct head head = {0};
	int length = snprintf(head.text, sizeof(head.text), "%s%s%s{target=\"", metric->name,
		metric_suffix(metric), suffix);
	assert(length > 0 && (size_t)length < sizeof(head.text));
	head.length = (size_t)length;
	return head;
}

/* With separator, name and value of a second label, as in `,reason="reset"} `. */
static struct tail make_tail(const char *name, const char *value)
{
	struct tail tail = {0};
	int length = snprintf(tail.text, sizeof(tail.text), ",%s=\"%s\"} ", name, value);
	assert(length > 0 && (size_t)length < sizeof(tail.text));
	tail.length = (size_t)length;
	return tail;
}

static const struct tail plain_tail = {2, "} "};

/* The bounds of a histogram's buckets. */
static void make_bucket_tails(const struct metric *metric, struct tail tails[HISTOGRAM_BUCKETS])
{
	for (unsigned k = 0; k < HISTOGRAM_BOUNDS; k++) {
		char text[NUMBER_TEXT_MAX + 1];
		int64_t bound_ns = histogram_bound_ns(metric->first_bound_ns, k);
		double bound_s = (double)bound_ns / (double)NS_PER_S;
		*number_put_double(text, bound_s) = '\0';
		tails[k] = make_tail("le", text);
	}
	tails[HISTOGRAM_BOUNDS] = make_tail("le", "+Inf");
}

/* Makes room for some lines of one target. Returns where they go, or NULL without memory. */
static inline char *begin_lines(struct writer *writer, const struct label *label, size_t lines)
{
	struct buffer *buffer = writer->buffer;
	/* The surplus of the label's last block falls into the tail's room. */
	size_t room = lines * (HEAD_SIZE + label->length + TAIL_SIZE + VALUE_SIZE);
	if (room > buffer->capacity - buffer->length && buffer_reserve(buffer, room) != 0)
		return NULL;
	return buffer->data + buffer->length;
}

static inline void end_lines(struct writer *writer, const char *end)
{
	writer->buffer->length = (size_t)(end - writer->buffer->data);
}

/* Writes a line up to its number. */
static inline char *put_line(
	char *end, const struct head *head, const struct label *label, const struct tail *tail)
{
	memcpy(end, head->text, HEAD_SIZE);
	end += head->length;
	for (size_t at = 0; at < label->length; at += LABEL_BLOCK)
		memcpy(end + at, label->text + at, LABEL_BLOCK);
	end += label->length;
	memcpy(end, tail->text, TAIL_SIZE);
	return end + tail->length;
}

static inline char *put_count_line(char *end, const struct head *head, const struct label *label,
	const struct tail *tail, uint64_t count)
{
	end = number_put_unsigned(put_line(end, head, label, tail), count);
	*end++ = '\n';
	return end;
}

/* whole: 100 for percent, 1 for a ratio. */
static char *put_loss(char *end, const struct target_values *values, unsigned whole)
{
	if (values->window_lost == 0)
		return number_put_unsigned(end, 0);
	/* With most windows the share has few decimals, and needs no floating point. */
	uint64_t share_e9 = UINT64_C(1000000000) * whole * values->window_lost;
	if (share_e9 % values->window_settled == 0)
		return number_put_seconds(end, share_e9 / values->window_settled);
	return number_put_double(end, target_values_loss(values, whole));
}

/* Writes a metric's only number; nothing if it is unknown. */
static inline char *put_value(char *end, const struct metric *metric, const void *values)
{
	const void *at = metric_at(metric, values);
	const uint64_t *word = at;
	switch (metric->value) {
	case VALUE_COUNT:
		return metric_is_unknown(metric, *word) ? end : number_put_unsigned(end, *word);
	case VALUE_SECONDS:
		return metric_is_unknown(metric, *word) ? end : number_put_seconds(end, *word);
	case VALUE_FLAG:
		return number_put_unsigned(end, *(const bool *)at);
	case VALUE_IN_FLIGHT:
		return number_put_unsigned(end, target_values_in_flight(values));
	case VALUE_LOSS_PERCENT:
		return put_loss(end, values, 100);
	case VALUE_LOSS_RATIO:
		return put_loss(end, values, 1);
	case VALUE_REAL_SECONDS:
	case VALUE_REAL_PERCENT:
	case VALUE_COUNTS:
	case VALUE_SECONDS_EACH:
	case VALUE_HISTOGRAM:
	case VALUE_DISTRIBUTIONS:
	case VALUE_ADDRESSES:
	case VALUE_BUILD:
		break;
	}
	__builtin_unreachable();
}

static void write_target_values(struct writer *writer, const struct metric *metric)
{
	const struct head head = make_head(metric, "");
	/* Text that is written cannot alias a copy, so its fields are read once. */
	const struct metric row = *metric;
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		const struct label *label = &writer->labels[i];
		char *start = begin_lines(writer, label, 1);
		if (!start)
			return;
		char *number = put_line(start, &head, label, &plain_tail);
		const struct target_values *values = &writer->snapshot->targets[i].values;
		char *end =
			metric_is_absent(&row, values) ? number : put_value(number, &row, values);
		if (end == number)
			continue;
		*end++ = '\n';
		end_lines(writer, end);
	}
}

static void write_target_addresses(struct writer *writer, const struct metric *metric)
{
	const struct head head = make_head(metric, "");
	const struct tail tail = {10, ",address=\""};
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		char *start = begin_lines(writer, &writer->labels[i], 1);
		if (!start)
			return;
		end_lines(writer, put_line(start, &head, &writer->labels[i], &tail));
		append_escaped(writer->buffer, writer->snapshot->targets[i].address);
		buffer_append_text(writer->buffer, "\",peer=\"");
		append_escaped(writer->buffer, writer->snapshot->targets[i].peer);
		buffer_append_text(writer->buffer, "\"} 1\n");
	}
}

static void write_target_histograms(struct writer *writer, const struct metric *metric)
{
	const struct head bucket = make_head(metric, "_bucket");
	const struct head sum = make_head(metric, "_sum");
	const struct head count = make_head(metric, "_count");
	struct tail tails[HISTOGRAM_BUCKETS];
	make_bucket_tails(metric, tails);
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		const struct target_values *values = &writer->snapshot->targets[i].values;
		const struct histogram *histogram = metric_at(metric, values);
		const struct label *label = &writer->labels[i];
		char *end = begin_lines(writer, label, HISTOGRAM_BUCKETS + 2);
		if (!end)
			return;
		uint64_t below = 0;
		for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) {
			below += histogram->counts[k];
			end = put_count_line(end, &bucket, label, &tails[k], below);
		}
		end = put_line(end, &sum, label, &plain_tail);
		end = number_put_seconds(end, histogram->sum_ns);
		*end++ = '\n';
		end_lines(writer, put_count_line(end, &count, label, &plain_tail, below));
	}
}

/* The values of the metric's own label. */
static void make_label_tails(const struct metric_label *label, struct tail *tails)
{
	for (unsigned k = 0; k < label->count; k++)
		tails[k] = make_tail(label->name, label->value(k));
}

static void write_target_labelled(struct writer *writer, const struct metric *metric)
{
	const struct head head = make_head(metric, "");
	const struct metric row = *metric;
	const unsigned count = row.label->count;
	struct tail tails[METRIC_NUMBERS_MAX];
	make_label_tails(row.label, tails);
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		const struct target_values *values = &writer->snapshot->targets[i].values;
		const uint64_t *words = metric_at(&row, values);
		const struct label *label = &writer->labels[i];
		if (metric_is_absent(&row, values))
			continue;
		char *end = begin_lines(writer, label, count);
		if (!end)
			return;
		for (unsigned k = 0; k < count; k++) {
			if (metric_is_unknown(&row, words[k]) ||
				exposition_leaves_out(writer->exposition, &row, words[k]))
				continue;
			end = put_line(end, &head, label, &tails[k]);
			end = row.value == VALUE_COUNTS ? number_put_unsigned(end, words[k])
							: number_put_seconds(end, words[k]);
			*end++ = '\n';
		}
		end_lines(writer, end);
	}
}

/* A metric of each target. */
static void write_of_targets(struct writer *writer, const struct metric *metric)
{
	assert(writer->labels || writer->snapshot->target_count == 0);
	begin_family(writer, metric);
	if (metric->value == VALUE_ADDRESSES)
		write_target_addresses(writer, metric);
	else if (metric->value == VALUE_HISTOGRAM)
		write_target_histograms(writer, metric);
	else if (metric->label)
		write_target_labelled(writer, metric);
	else
		write_target_values(writer, metric);
	end_family(writer);
}

/* What follows is not of a target: few lines, written in the plain way. */

static void append_name(struct writer *writer, const struct metric *metric, const char *suffix)
{
	buffer_append_text(writer->buffer, metric->name);
	buffer_append_text(writer->buffer, metric_suffix(metric));
	buffer_append_text(writer->buffer, suffix);
}

/* Without the label that a tail is made to follow, its comma has no place. */
static void append_only_label(struct writer *writer, const struct tail *tail)
{
	buffer_append_text(writer->buffer, "{");
	buffer_append(writer->buffer, tail->text + 1, tail->length - 1);
}

static void append_count(struct writer *writer, uint64_t count)
{
	buffer_append_unsigned(writer->buffer, count);
	buffer_append_text(writer->buffer, "\n");
}

static void append_seconds(struct writer *writer, uint64_t ns)
{
	char text[NUMBER_TEXT_MAX];
	buffer_append(writer->buffer, text, (size_t)(number_put_seconds(text, ns) - text));
	buffer_append_text(writer->buffer, "\n");
}

static void write_value(struct writer *writer, const struct metric *metric, const void *values)
{
	char text[NUMBER_TEXT_MAX];
	size_t length = (size_t)(put_value(text, metric, values) - text);
	if (length == 0)
		return;
	append_name(writer, metric, " ");
	buffer_append(writer->buffer, text, length);
	buffer_append_text(writer->buffer, "\n");
}

static void write_build(struct writer *writer, const struct metric *metric)
{
	append_name(writer, metric, "{version=\"");
	append_escaped(writer->buffer, writer->exposition->build->version);
	buffer_append_text(writer->buffer, "\",revision=\"");
	append_escaped(writer->buffer, writer->exposition->build->revision);
	buffer_append_text(writer->buffer, "\",compiler=\"");
	append_escaped(writer->buffer, writer->exposition->build->compiler);
	buffer_append_text(writer->buffer, "\"} 1\n");
}

static void write_histogram(struct writer *writer, const struct metric *metric, const void *values)
{
	const struct histogram *histogram = metric_at(metric, values);
	struct tail tails[HISTOGRAM_BUCKETS];
	make_bucket_tails(metric, tails);
	uint64_t below = 0;
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) {
		below += histogram->counts[k];
		append_name(writer, metric, "_bucket");
		append_only_label(writer, &tails[k]);
		append_count(writer, below);
	}
	append_name(writer, metric, "_sum ");
	append_seconds(writer, histogram->sum_ns);
	append_name(writer, metric, "_count ");
	append_count(writer, below);
}

static void write_counts(struct writer *writer, const struct metric *metric, const void *values)
{
	const uint64_t *counts = metric_at(metric, values);
	struct tail tails[METRIC_NUMBERS_MAX];
	make_label_tails(metric->label, tails);
	for (unsigned k = 0; k < metric->label->count; k++) {
		append_name(writer, metric, "");
		append_only_label(writer, &tails[k]);
		append_count(writer, counts[k]);
	}
}

/* A metric there is one of. values: the struct of its subject. */
static void write_single(struct writer *writer, const struct metric *metric, const void *values)
{
	if (metric_is_absent(metric, values))
		return;
	begin_family(writer, metric);
	if (metric->value == VALUE_BUILD)
		write_build(writer, metric);
	else if (metric->value == VALUE_HISTOGRAM)
		write_histogram(writer, metric, values);
	else if (metric->value == VALUE_COUNTS)
		write_counts(writer, metric, values);
	else
		write_value(writer, metric, values);
	end_family(writer);
}

static void write_of_sources(struct writer *writer, const struct metric *metric)
{
	begin_family(writer, metric);
	for (size_t i = 0; i < writer->exposition->source_count; i++) {
		const struct source_values *values = &writer->exposition->sources[i];
		char text[NUMBER_TEXT_MAX];
		size_t length = (size_t)(put_value(text, metric, values) - text);
		if (length == 0)
			continue;
		append_name(writer, metric, "{source=\"");
		append_escaped(writer->buffer, values->source);
		buffer_append_text(writer->buffer, "\"} ");
		buffer_append(writer->buffer, text, length);
		buffer_append_text(writer->buffer, "\n");
	}
	end_family(writer);
}

static void write_metric(struct writer *writer, const struct metric *metric)
{
	const void *values;
	if (metric->value == VALUE_DISTRIBUTIONS)
		return;
	switch (exposition_presence(writer->exposition, metric, &values)) {
	case EXPOSITION_HAS_NONE:
		return;
	case EXPOSITION_HAS_ONE:
		write_single(writer, metric, values);
		return;
	case EXPOSITION_HAS_EACH_TARGETS:
		write_of_targets(writer, metric);
		return;
	case EXPOSITION_HAS_EACH_SOURCES:
		write_of_sources(writer, metric);
		return;
	}
	__builtin_unreachable();
}

/*
 * Each name and value has a NUL, and comes with four characters of its own: `,name="value"`.
 * Escaped, a value is at most twice as long. So this many times their size is enough.
 */
#define LABELS_GROWTH 3

/* Writes the labels that a user gave. */
static char *put_labels(char *end, const struct labels *labels)
{
	const char *value;
	const char *name = NULL;
	while ((name = labels_next(labels, name, &value))) {
		*end++ = ',';
		end = text_put(end, name);
		*end++ = '=';
		*end++ = '"';
		end = put_escaped(end, value);
		*end++ = '"';
	}
	return end;
}

/* Escapes the targets' names and labels, once for all their lines. Returns 0 or -ENOMEM. */
static int make_labels(struct writer *writer)
{
	const struct snapshot *snapshot = writer->snapshot;
	size_t room = 0;
	for (size_t i = 0; i < snapshot->target_count; i++)
		room += 2 * strlen(snapshot->targets[i].name) + 1 +
			LABELS_GROWTH * snapshot->targets[i].labels.size + LABEL_BLOCK;
	writer->labels = calloc(snapshot->target_count, sizeof(*writer->labels));
	writer->label_text = calloc(room, 1);
	if (!writer->labels || !writer->label_text)
		return -ENOMEM;
	char *end = writer->label_text;
	for (size_t i = 0; i < snapshot->target_count; i++) {
		struct label *label = &writer->labels[i];
		label->text = end;
		end = put_escaped(end, snapshot->targets[i].name);
		*end++ = '"';
		end = put_labels(end, &snapshot->targets[i].labels);
		label->length = (size_t)(end - label->text);
		writer->labels_length += label->length;
		/* Whole blocks are read: the next label, or what was kept as surplus. */
	}
	return 0;
}

/* How many lines one target has, where all is known. */
static size_t lines_of_target(const struct exposition *exposition)
{
	size_t lines = 0;
	const void *values;
	for (size_t i = 0; i < metric_table_size; i++)
		if (exposition_presence(exposition, &metric_table[i], &values) ==
			EXPOSITION_HAS_EACH_TARGETS)
			lines += metric_numbers(&metric_table[i]);
	return lines;
}

static int reserve_text(struct writer *writer)
{
	size_t lines = lines_of_target(writer->exposition);
	size_t line_text = writer->snapshot->target_count * LINE_TEXT + writer->labels_length;
	return buffer_reserve(writer->buffer, FIXED_TEXT + lines * line_text);
}

int exposition_write_text(const struct exposition *exposition, struct buffer *buffer)
{
	struct writer writer = {
		.buffer = buffer,
		.exposition = exposition,
		.snapshot = exposition->snapshot,
	};
	int error = 0;
	if (writer.snapshot->has_prober && writer.snapshot->target_count > 0)
		error = make_labels(&writer);
	if (!error)
		error = reserve_text(&writer);
	if (error)
		goto out;
	for (size_t i = 0; i < metric_table_size; i++)
		write_metric(&writer, &metric_table[i]);
	if (exposition->format == EXPOSITION_OPENMETRICS)
		buffer_append_text(buffer, "# EOF\n");
out:
	free(writer.labels);
	free(writer.label_text);
	return error || buffer->failed ? -ENOMEM : 0;
}
