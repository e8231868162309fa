/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../unit.h"
#include "base/le64.h"
#include "scrape/exposition.h"

/*
 * Turns an exposition into text, by the numbers of the fields in metrics.proto: a line a family, such as
 * `name counter {target="a"} 7`, with what a histogram has in parentheses.
 */
struct reader {
	const char *at;
	const char *end;
};

struct field {
	unsigned number;
	uint64_t value;	     /* Of a varint, */
	double real;	     /* or of a double. */
	struct reader bytes; /* Otherwise. */
};

static uint64_t read_varint(struct reader *reader)
{
	uint64_t value = 0;
	unsigned shift = 0;
	unsigned char byte;
	do {
		ck_assert(reader->at < reader->end && shift < 64);
		byte = (unsigned char)*reader->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static struct reader read_bytes(struct reader *reader)
{
	uint64_t length = read_varint(reader);
	ck_assert_uint_le(length, (uint64_t)(reader->end - reader->at));
	struct reader bytes = {reader->at, reader->at + length};
	reader->at += length;
	return bytes;
}

static double read_double(struct reader *reader)
{
	unsigned char bytes[8];
	memcpy(bytes, reader->at, sizeof(bytes));
	reader->at += sizeof(bytes);
	uint64_t bits = le64_get(bytes);
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static bool next_field(struct reader *reader, struct field *field)
{
	if (reader->at == reader->end)
		return false;
	uint64_t tag = read_varint(reader);
	*field = (struct field){.number = (unsigned)(tag >> 3)};
	switch (tag & 7) {
	case 0:
		field->value = read_varint(reader);
		break;
	case 1:
		ck_assert(reader->end - reader->at >= 8);
		field->real = read_double(reader);
		break;
	case 2:
		field->bytes = read_bytes(reader);
		break;
	default:
		ck_abort_msg("wire type %d", (int)(tag & 7));
	}
	return true;
}

static int64_t unfold(uint64_t number)
{
	return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

static void show_bytes(struct buffer *text, struct reader bytes)
{
	buffer_append(text, bytes.at, (size_t)(bytes.end - bytes.at));
}

static void show_pair(struct buffer *text, struct reader pair, const char *format)
{
	struct field first;
	struct field second;
	ck_assert(next_field(&pair, &first) && next_field(&pair, &second));
	ck_assert(pair.at == pair.end && first.number == 1 && second.number == 2);
	if (strcmp(format, "label") == 0) {
		show_bytes(text, first.bytes);
		buffer_append_text(text, "=");
		show_bytes(text, second.bytes);
	} else if (strcmp(format, "bucket") == 0) {
		buffer_append_format(text, " %g:%" PRIu64, second.real, first.value);
	} else {
		buffer_append_format(
			text, " span %" PRId64 "+%" PRIu64, unfold(first.value), second.value);
	}
}

static void show_histogram(struct buffer *text, struct reader histogram)
{
	struct field field;
	while (next_field(&histogram, &field)) {
		if (field.number == 1)
			buffer_append_format(text, " count %" PRIu64, field.value);
		else if (field.number == 2)
			buffer_append_format(text, " sum %g", field.real);
		else if (field.number == 3)
			show_pair(text, field.bytes, "bucket");
		else if (field.number == 5)
			buffer_append_format(text, " schema %" PRId64, unfold(field.value));
		else if (field.number == 6)
			buffer_append_format(text, " threshold %g", field.real);
		else if (field.number == 7)
			buffer_append_format(text, " zero %" PRIu64, field.value);
		else if (field.number == 12)
			show_pair(text, field.bytes, "span");
		else if (field.number == 13)
			while (field.bytes.at < field.bytes.end)
				buffer_append_format(
					text, " %+" PRId64, unfold(read_varint(&field.bytes)));
		else
			ck_abort_msg("field %u of a histogram", field.number);
	}
}

static void show_metric(struct buffer *text, struct reader metric)
{
	struct field field;
	const char *comma = "";
	buffer_append_text(text, "{");
	while (next_field(&metric, &field)) {
		if (field.number == 1) {
			buffer_append_text(text, comma);
			show_pair(text, field.bytes, "label");
			comma = ",";
			continue;
		}
		buffer_append_text(text, "}");
		if (field.number == 7) {
			show_histogram(text, field.bytes);
			continue;
		}
		struct field value;
		ck_assert(field.number == 2 || field.number == 3);
		ck_assert(next_field(&field.bytes, &value) && value.number == 1);
		buffer_append_format(text, " %g", value.real);
	}
}

static void show_family(struct buffer *text, struct reader family)
{
	static const char *const types[] = {"counter", "gauge", "?", "?", "histogram"};
	struct field field;
	while (next_field(&family, &field)) {
		if (field.number == 1) {
			show_bytes(text, field.bytes);
		} else if (field.number == 2) {
			ck_assert(field.bytes.at < field.bytes.end);
		} else if (field.number == 3) {
			buffer_append_format(text, " %s", types[field.value]);
		} else if (field.number == 4) {
			buffer_append_text(text, " ");
			show_metric(text, field.bytes);
		} else if (field.number == 5) {
			buffer_append_text(text, " in ");
			show_bytes(text, field.bytes);
		} else {
			ck_abort_msg("field %u of a family", field.number);
		}
	}
	buffer_append_text(text, "\n");
}

static const struct build_info build = {"1.2.3", "abc", "cc"};
static const struct process_values process = {
	-1, -1, -1, -1, -1, -1, true, {0}, true, 1500000000, {0}};
static struct target_snapshot targets[2];
static struct snapshot snapshot;
static struct distribution distributions[3];
static char *text;

static void set_up(void)
{
	memset(distributions, 0, sizeof(distributions));
	for (int i = 0; i < 2; i++)
		targets[i] = (struct target_snapshot){
			.name = i == 0 ? "a" : "b\"\n",
			.address = "host:4000",
			.peer = "192.0.2.1:4000",
			.values = {.last_rtt_ns = -1, .stamped = -1, .one_way_ns = {-1, -1}},
			.distribution = &distributions[0],
		};
	snapshot = (struct snapshot){.has_prober = true, .targets = targets, .target_count = 1};
	text = NULL;
}

static void tear_down(void)
{
	free(text);
}

static const struct source_values sources[] = {
	{"/etc/a.json", 3, 1, 1500000000000000000},
	{"dns:\"x\":1", 0, 2, -1},
};

static const struct mesh_values mesh = {30, 5, 7090260401002555};

static void render(bool is_lean, bool is_native)
{
	const struct exposition exposition = {EXPOSITION_PROTOBUF, is_lean, false, is_native,
		&snapshot, &process, &build, sources, 2, &mesh};
	struct buffer bytes = {0};
	struct buffer shown = {0};
	ck_assert_int_eq(exposition_write(&exposition, &bytes), 0);
	struct reader reader = {bytes.data, bytes.data + bytes.length};
	while (reader.at < reader.end)
		show_family(&shown, read_bytes(&reader));
	buffer_append(&shown, "", 1);
	size_t length;
	free(text);
	text = buffer_release(&shown, &length);
	buffer_clear(&bytes);
}

static void check_has(const char *line)
{
	ck_assert_msg(strstr(text, line), "lacks: %s\n%s", line, text);
}

static void check_lacks(const char *part)
{
	ck_assert_msg(!strstr(text, part), "has: %s\n%s", part, text);
}

START_TEST(has_numbers_of_all_kinds)
{
	targets[0].values.sent = 5000000000;
	targets[0].values.connect_failures[CONNECT_FAILURE_REFUSED] = 7;
	targets[0].values.last_connect_ns = 1500000;
	targets[0].values.connected = true;
	snapshot.target_count = 2;
	render(false, false);
	check_has("tcp_echo_up gauge {} 1\n");
	check_has("tcp_echo_build_info gauge {version=1.2.3,revision=abc,compiler=cc} 1\n");
	check_has("tcp_echo_target_info gauge {target=a,address=host:4000,peer=192.0.2.1:4000} 1"
		  " {target=b\"\n,address=host:4000,peer=192.0.2.1:4000} 1\n");
	check_has("tcp_echo_sent_total counter {target=a} 5e+09 {target=b\"\n} 0\n");
	check_has("tcp_echo_connected gauge {target=a} 1 {target=b\"\n} 0\n");
	check_has("{target=a,reason=refused} 7 {target=a,reason=unreachable} 0");
	check_has("tcp_echo_last_connect_seconds gauge in seconds {target=a} 0.0015 {");
	check_lacks("last_rtt_seconds");
	check_lacks("reading");
	check_lacks("direction");
}
END_TEST

START_TEST(has_labels_of_the_user)
{
	ck_assert_int_eq(labels_append(&targets[0].labels, "site", "Z\xc3\xbcrich"), 0);
	render(false, false);
	check_has("tcp_echo_sent_total counter {target=a,site=Z\xc3\xbcrich} 0\n");
	labels_clear(&targets[0].labels);
}
END_TEST

#define NO_BUCKETS                                                                                 \
	" 0.0001:2 0.0002:2 0.0004:2 0.0008:2 0.0016:2 0.0032:2 0.0064:2 0.0128:2 0.0256:2"        \
	" 0.0512:2 0.1024:2 0.2048:2 0.4096:2 0.8192:2 1.6384:2"

START_TEST(has_classic_histograms)
{
	targets[0].values.rtt = (struct histogram){.counts = {2, [15] = 1}, .sum_ns = 2500000000};
	render(false, false);
	check_has("tcp_echo_rtt_seconds histogram in seconds {target=a} count 3 sum 2.5" NO_BUCKETS
		  "\n");
}
END_TEST

/* Indexes are those of Prometheus: of the upper bound 2^(index / 8). */
static const struct {
	const char *says;
	uint64_t counts[DISTRIBUTION_BUCKETS];
	const char *native;
} natives[] = {
	{"nothing", {0}, " zero 0\n"},
	{"only what is too short", {[0] = 5}, " zero 5\n"},
	{"one bucket, up to 1 s", {[132] = 7}, " zero 0 span 0+1 +7\n"},
	{"the first and the last", {[1] = 1, [180] = 2}, " zero 0 span -131+1 span 178+1 +1 +1\n"},
	{"neighbours", {[131] = 4, [132] = 1, [133] = 9}, " zero 0 span -1+3 +4 -3 +8\n"},
	{"a gap of two is filled", {[131] = 4, [134] = 4}, " zero 0 span -1+4 +4 -4 +0 +4\n"},
	{"a gap of three is not", {[131] = 4, [135] = 4}, " zero 0 span -1+1 span 3+1 +4 +0\n"},
	{"counts beyond 32 bits", {[132] = UINT64_C(1) << 40}, " zero 0 span 0+1 +1099511627776\n"},
};

START_TEST(has_native_histograms_if_asked_to)
{
	memcpy(distributions[0].counts, natives[_i].counts, sizeof(distributions[0].counts));
	render(false, false);
	check_lacks("schema");
	render(false, true);
	struct buffer line = {0};
	buffer_append_text(&line, " schema 3 threshold 1.07896e-05");
	buffer_append_text(&line, natives[_i].native);
	buffer_append(&line, "", 1);
	check_has(line.data);
	buffer_clear(&line);
}
END_TEST

/* Each bucket with another count, none next to another: nothing overflows. */
START_TEST(has_room_for_the_largest)
{
	for (unsigned k = 0; k < DISTRIBUTION_BUCKETS; k += 4)
		distributions[0].counts[k] = k % 8 ? UINT64_MAX / 2 : 1;
	targets[0].values.rtt.counts[0] = UINT64_MAX / 2;
	render(false, true);
	check_has(" span 3+1");
	for (unsigned k = 0; k < DISTRIBUTION_BUCKETS; k++)
		distributions[0].counts[k] = k % 2 ? UINT64_MAX / 2 : 0;
	render(false, true);
	check_has(" span -131+179");
}
END_TEST

START_TEST(has_the_excess_of_each_direction)
{
	distributions[1].counts[132] = 3;
	distributions[2].counts[0] = 4;
	targets[0].excess[DIRECTION_OUT] = &distributions[1];
	targets[0].excess[DIRECTION_BACK] = &distributions[2];
	targets[0].values.stamped = 0;
	targets[0].values.excess_ns[DIRECTION_OUT] = 1500000000;
	render(false, false);
	check_lacks("direction_excess");
	render(false, true);
	check_has(
		"tcp_echo_direction_excess_seconds histogram in seconds "
		"{target=a,direction=out} count 3 sum 1.5 schema 3 threshold 1.07896e-05 zero 0 "
		"span 0+1 +3 "
		"{target=a,direction=back} count 4 sum 0 schema 3 threshold 1.07896e-05 zero 4\n");
	targets[0].values.stamped = -1;
	render(false, true);
	check_lacks("direction_excess");
}
END_TEST

START_TEST(has_the_probers_native_histogram)
{
	snapshot.send_lag.counts[0] = 1;
	snapshot.send_lag_distribution.counts[0] = 1;
	render(false, true);
	check_has("tcp_echo_send_lag_seconds histogram in seconds {} count 1 sum 0 1e-05:1");
	check_has("0.16384:1 schema 3 threshold 1.07896e-05 zero 1\n");
	check_lacks("tx_delay");
}
END_TEST

START_TEST(tells_of_each_source)
{
	render(true, false);
	check_has("tcp_echo_source_targets gauge {source=/etc/a.json} 3 {source=dns:\"x\":1} 0\n");
	check_has(
		"tcp_echo_source_failures_total counter {source=/etc/a.json} 1 {source=dns:\"x\":1} 2\n");
	check_has("timestamp_seconds gauge in seconds {source=/etc/a.json} 1.5e+09\n");
}
END_TEST

START_TEST(tells_of_the_mesh)
{
	render(true, false);
	check_has("tcp_echo_mesh_members gauge {} 30\n");
	check_has("tcp_echo_mesh_targets gauge {} 5\n");
}
END_TEST

START_TEST(is_lean_if_asked_to)
{
	targets[0].values.connect_failures[CONNECT_FAILURE_REFUSED] = 7;
	render(true, false);
	check_has("tcp_echo_connect_failures_total counter {target=a,reason=refused} 7\n");
	check_has("tcp_echo_sent_total counter {target=a} 0\n");
	check_lacks("disconnects");
	check_lacks("loss");
	check_has("tcp_echo_http_rejected_total counter {reason=limit} 0 {");
}
END_TEST

START_TEST(fails_when_out_of_memory)
{
	const struct exposition exposition = {EXPOSITION_PROTOBUF, false, false, false, &snapshot,
		&process, &build, sources, 2, &mesh};
	struct buffer buffer = {.failed = true};
	ck_assert_int_eq(exposition_write(&exposition, &buffer), -ENOMEM);
	buffer_clear(&buffer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("exposition_protobuf");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, has_numbers_of_all_kinds);
	tcase_add_test(tcase, has_labels_of_the_user);
	tcase_add_test(tcase, has_classic_histograms);
	tcase_add_loop_test(tcase, has_native_histograms_if_asked_to, 0, ROWS(natives));
	tcase_add_test(tcase, has_room_for_the_largest);
	tcase_add_test(tcase, has_the_excess_of_each_direction);
	tcase_add_test(tcase, has_the_probers_native_histogram);
	tcase_add_test(tcase, tells_of_each_source);
	tcase_add_test(tcase, tells_of_the_mesh);
	tcase_add_test(tcase, is_lean_if_asked_to);
	tcase_add_test(tcase, fails_when_out_of_memory);
	return unit_run("scrape/exposition_protobuf", tcase);
}
