/* SPDX-License-Identifier: MIT */
#include "scrape/exposition.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "scrape/families.h"
#include "scrape/number.h"

/*
 * Nearly all of an exposition is lines of one shape:
 *
 *	tcp_echo_disconnects_total{target="server1",reason="reset"} 0
 *	<--------- head ----------><-label-><------- tail -------->
 *
 * Heads and tails are made once, labels once a target. They are copied in blocks of a fixed size,
 *which compilers turn into a few moves; what is copied beyond the length is overwritten by what
 *follows.
 */
#define HEAD_SIZE 48
#define LABEL_BLOCK 32
#define TAIL_SIZE 32
/* A number and the line's end. */
#define VALUE_SIZE (NUMBER_TEXT_MAX + 1)

/* What a target takes at most while its numbers are small, and what everything else takes, to begin
 * with. */
#define TARGET_LINES 46
#define TARGET_TEXT 2600
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
	enum exposition_format format;
	const struct snapshot *snapshot;
	struct label *labels; /* Owned; one a target. */
	char *label_text;     /* Owned; what they point to. */
	size_t labels_length; /* Of all together. */
	size_t family_start;  /* Where the family under way starts, and where its samples do. */
	size_t samples_start;
};

const char *exposition_content_type(enum exposition_format format)
{
	if (format == EXPOSITION_OPENMETRICS)
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	return "text/plain; version=0.0.4; charset=utf-8";
}

static void append_metadata(
	struct writer *writer, const char *keyword, const struct family *family, const char *text)
{
	struct buffer *buffer = writer->buffer;
	buffer_append_text(buffer, keyword);
	buffer_append_text(buffer, family->name);
	if (writer->format == EXPOSITION_TEXT)
		buffer_append_text(buffer, family_suffix(family->type));
	buffer_append_text(buffer, " ");
	buffer_append_text(buffer, text);
	buffer_append_text(buffer, "\n");
}

static void begin_family(struct writer *writer, const struct family *family)
{
	/* The older format has no type for information. */
	bool as_gauge = writer->format == EXPOSITION_TEXT && family->type == FAMILY_INFO;
	enum family_type type = as_gauge ? FAMILY_GAUGE : family->type;
	writer->family_start = writer->buffer->length;
	append_metadata(writer, "# HELP ", family, family->help);
	append_metadata(writer, "# TYPE ", family, family_type_name(type));
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

static struct head make_head(const struct family *family, const char *suffix)
{
	struct head head = {0};
	int length = snprintf(head.text, sizeof(head.text), "%s%s%s{target=\"", family->name,
		family_suffix(family->type), suffix);
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
static void make_bucket_tails(int64_t first_ns, struct tail tails[HISTOGRAM_BUCKETS])
{
	for (unsigned k = 0; k < HISTOGRAM_BOUNDS; k++) {
		char text[NUMBER_TEXT_MAX + 1];
		double bound_s = (double)histogram_bound_ns(first_ns, k) / (double)NS_PER_S;
		*number_put_double(text, bound_s) = '\0';
		tails[k] = make_tail("le", text);
	}
	tails[HISTOGRAM_BOUNDS] = make_tail("le", "+Inf");
}

/* Makes room for so many lines of one target. Returns where they go, or NULL. */
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

static char *put_loss(char *end, const struct target_values *values)
{
	if (values->window_lost == 0)
		return number_put_unsigned(end, 0);
	/* With most windows the share has few decimals, and needs no floating point. */
	uint64_t percent_e9 = UINT64_C(100000000000) * values->window_lost;
	if (percent_e9 % values->window_settled == 0)
		return number_put_seconds(end, percent_e9 / values->window_settled);
	return number_put_double(end, target_values_loss_percent(values));
}

/* Writes the value; nothing where it is not known. */
static inline char *put_value(
	char *end, const struct target_values *values, const struct target_family *family)
{
	uint64_t word = 0;
	memcpy(&word, (const char *)values + family->offset, sizeof(word));
	switch (family->kind) {
	case VALUE_COUNT:
	case VALUE_TCP_COUNT:
		return number_put_unsigned(end, word);
	case VALUE_SECONDS:
		return (int64_t)word < 0 ? end : number_put_seconds(end, word);
	case VALUE_CONNECTED:
		return number_put_unsigned(end, values->connected);
	case VALUE_IN_FLIGHT:
		return number_put_unsigned(end, target_values_in_flight(values));
	case VALUE_LOSS:
		return put_loss(end, values);
	}
	__builtin_unreachable();
}

static void write_target_family(struct writer *writer, const struct target_family *family)
{
	const struct head head = make_head(&family->family, "");
	begin_family(writer, &family->family);
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		const struct label *label = &writer->labels[i];
		char *start = begin_lines(writer, label, 1);
		if (start == NULL)
			return;
		char *number = put_line(start, &head, label, &plain_tail);
		char *end = put_value(number, &writer->snapshot->targets[i].values, family);
		if (end == number)
			continue;
		*end++ = '\n';
		end_lines(writer, end);
	}
	end_family(writer);
}

static void write_target_info(struct writer *writer)
{
	const struct head head = make_head(&families[FAMILY_TARGET], "");
	const struct tail tail = {10, ",address=\""};
	begin_family(writer, &families[FAMILY_TARGET]);
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		char *start = begin_lines(writer, &writer->labels[i], 1);
		if (start == NULL)
			return;
		end_lines(writer, put_line(start, &head, &writer->labels[i], &tail));
		append_escaped(writer->buffer, writer->snapshot->targets[i].address);
		buffer_append_text(writer->buffer, "\",peer=\"");
		append_escaped(writer->buffer, writer->snapshot->targets[i].peer);
		buffer_append_text(writer->buffer, "\"} 1\n");
	}
	end_family(writer);
}

static void write_rtt(struct writer *writer)
{
	const struct family *family = &families[FAMILY_RTT];
	const struct head bucket = make_head(family, "_bucket");
	const struct head sum = make_head(family, "_sum");
	const struct head count = make_head(family, "_count");
	struct tail tails[HISTOGRAM_BUCKETS];
	make_bucket_tails(HISTOGRAM_RTT_FIRST_NS, tails);
	begin_family(writer, family);
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		const struct histogram *rtt = &writer->snapshot->targets[i].values.rtt;
		const struct label *label = &writer->labels[i];
		char *end = begin_lines(writer, label, HISTOGRAM_BUCKETS + 2);
		if (end == NULL)
			return;
		uint64_t below = 0;
		for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) {
			below += rtt->counts[k];
			end = put_count_line(end, &bucket, label, &tails[k], below);
		}
		end = put_line(end, &sum, label, &plain_tail);
		end = number_put_seconds(end, rtt->sum_ns);
		*end++ = '\n';
		end_lines(writer, put_count_line(end, &count, label, &plain_tail, below));
	}
	end_family(writer);
}

/* Counters by reason. offset: of the array of reasons' counts in struct target_values. */
static void write_reasons(struct writer *writer, enum family_id id, const struct tail *tails,
	unsigned reasons, size_t offset)
{
	const struct head head = make_head(&families[id], "");
	begin_family(writer, &families[id]);
	for (size_t i = 0; i < writer->snapshot->target_count; i++) {
		const struct target_values *values = &writer->snapshot->targets[i].values;
		const struct label *label = &writer->labels[i];
		char *end = begin_lines(writer, label, reasons);
		if (end == NULL)
			return;
		for (unsigned k = 0; k < reasons; k++) {
			uint64_t count = 0;
			memcpy(&count, (const char *)values + offset + k * sizeof(count),
				sizeof(count));
			end = put_count_line(end, &head, label, &tails[k], count);
		}
		end_lines(writer, end);
	}
	end_family(writer);
}

static void write_connect_failures(struct writer *writer)
{
	struct tail tails[CONNECT_FAILURES];
	for (unsigned k = 0; k < CONNECT_FAILURES; k++)
		tails[k] = make_tail("reason", connect_failure_name((enum connect_failure)k));
	write_reasons(writer, FAMILY_CONNECT_FAILURES, tails, CONNECT_FAILURES,
		offsetof(struct target_values, connect_failures));
}

static void write_disconnects(struct writer *writer)
{
	struct tail tails[DISCONNECTS];
	for (unsigned k = 0; k < DISCONNECTS; k++)
		tails[k] = make_tail("reason", disconnect_name((enum disconnect)k));
	write_reasons(writer, FAMILY_DISCONNECTS, tails, DISCONNECTS,
		offsetof(struct target_values, disconnects));
}

/* What follows is not of a target: few lines, written in the plain way. */

static void append_name(struct writer *writer, const struct family *family, const char *suffix)
{
	buffer_append_text(writer->buffer, family->name);
	buffer_append_text(writer->buffer, family_suffix(family->type));
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

/* A family of one count; left out where that is negative: not known. */
static void write_count(struct writer *writer, enum family_id id, int64_t count)
{
	if (count < 0)
		return;
	begin_family(writer, &families[id]);
	append_name(writer, &families[id], " ");
	append_count(writer, (uint64_t)count);
}

/* The same of nanoseconds. */
static void write_seconds(struct writer *writer, enum family_id id, int64_t ns)
{
	if (ns < 0)
		return;
	begin_family(writer, &families[id]);
	append_name(writer, &families[id], " ");
	append_seconds(writer, (uint64_t)ns);
}

static void write_build(struct writer *writer, const struct build_info *build)
{
	begin_family(writer, &families[FAMILY_BUILD]);
	append_name(writer, &families[FAMILY_BUILD], "{version=\"");
	append_escaped(writer->buffer, build->version);
	buffer_append_text(writer->buffer, "\",compiler=\"");
	append_escaped(writer->buffer, build->compiler);
	buffer_append_text(writer->buffer, "\"} 1\n");
}

static void write_send_lag(struct writer *writer, const struct histogram *lag)
{
	const struct family *family = &families[FAMILY_SEND_LAG];
	struct tail tails[HISTOGRAM_BUCKETS];
	make_bucket_tails(HISTOGRAM_LAG_FIRST_NS, tails);
	begin_family(writer, family);
	uint64_t below = 0;
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) {
		below += lag->counts[k];
		append_name(writer, family, "_bucket");
		append_only_label(writer, &tails[k]);
		append_count(writer, below);
	}
	append_name(writer, family, "_sum ");
	append_seconds(writer, lag->sum_ns);
	append_name(writer, family, "_count ");
	append_count(writer, below);
}

static void write_server_reason(
	struct writer *writer, enum family_id id, const char *reason, uint64_t count)
{
	struct tail tail = make_tail("reason", reason);
	append_name(writer, &families[id], "");
	append_only_label(writer, &tail);
	append_count(writer, count);
}

static void write_server(struct writer *writer, const struct server_values *server)
{
	write_count(writer, FAMILY_SERVER_CONNECTIONS, (int64_t)server->connections);
	write_count(writer, FAMILY_SERVER_ACCEPTED, (int64_t)server->accepted);
	write_count(writer, FAMILY_SERVER_FRAMES, (int64_t)server->frames);
	begin_family(writer, &families[FAMILY_SERVER_CLOSED]);
	for (unsigned k = 0; k < SERVER_CLOSES; k++)
		write_server_reason(writer, FAMILY_SERVER_CLOSED,
			server_close_name((enum server_close)k), server->closed[k]);
	begin_family(writer, &families[FAMILY_SERVER_REJECTED]);
	for (unsigned k = 0; k < SERVER_REJECTS; k++)
		write_server_reason(writer, FAMILY_SERVER_REJECTED,
			server_reject_name((enum server_reject)k), server->rejected[k]);
}

static void write_process(struct writer *writer, const struct process_values *process)
{
	write_seconds(writer, FAMILY_PROCESS_CPU, process->cpu_ns);
	write_count(writer, FAMILY_PROCESS_OPEN_FDS, process->open_fds);
	write_count(writer, FAMILY_PROCESS_MAX_FDS, process->max_fds);
	write_count(writer, FAMILY_PROCESS_VIRTUAL_MEMORY, process->virtual_bytes);
	write_count(writer, FAMILY_PROCESS_RESIDENT_MEMORY, process->resident_bytes);
	write_seconds(writer, FAMILY_PROCESS_START_TIME, process->start_time_ns);
}

static void write_prober(struct writer *writer)
{
	write_target_info(writer);
	for (unsigned i = 0; i < TARGET_FAMILIES; i++)
		if (target_families[i].kind != VALUE_TCP_COUNT || !writer->snapshot->lacks_tcp_info)
			write_target_family(writer, &target_families[i]);
	write_connect_failures(writer);
	write_disconnects(writer);
	write_rtt(writer);
	write_send_lag(writer, &writer->snapshot->send_lag);
}

/* Each name and value has a NUL, and comes with four characters of its own: `,name="value"`.
 * Escaped, a value is twice as long at most. */
#define LABELS_ROOM(size) (3 * (size))

/* Writes the labels that a user gave. */
static char *put_labels(char *end, const struct labels *labels)
{
	const char *value;
	const char *name = NULL;
	while ((name = labels_next(labels, name, &value)) != NULL) {
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
			LABELS_ROOM(snapshot->targets[i].labels.size) + LABEL_BLOCK;
	writer->labels = calloc(snapshot->target_count, sizeof(*writer->labels));
	writer->label_text = calloc(room, 1);
	if (writer->labels == NULL || writer->label_text == NULL)
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

int exposition_write(const struct snapshot *snapshot, const struct process_values *process,
	const struct build_info *build, enum exposition_format format, struct buffer *buffer)
{
	struct writer writer = {.buffer = buffer, .format = format, .snapshot = snapshot};
	int error = 0;
	if (snapshot->has_prober && snapshot->target_count > 0)
		error = make_labels(&writer);
	if (error == 0)
		error = buffer_reserve(buffer, FIXED_TEXT + snapshot->target_count * TARGET_TEXT +
						       writer.labels_length * TARGET_LINES);
	if (error != 0)
		goto out;
	write_count(&writer, FAMILY_UP, 1);
	write_build(&writer, build);
	if (snapshot->has_prober)
		write_prober(&writer);
	if (snapshot->has_server)
		write_server(&writer, &snapshot->server);
	write_process(&writer, process);
	if (format == EXPOSITION_OPENMETRICS)
		buffer_append_text(buffer, "# EOF\n");
out:
	free(writer.labels);
	free(writer.label_text);
	return error != 0 || buffer->failed ? -ENOMEM : 0;
}
