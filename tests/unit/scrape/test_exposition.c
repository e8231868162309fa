/* SPDX-License-Identifier: MIT */
#include "scrape/exposition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "config/label_rules.h"
#include "metrics/table.h"

static const struct build_info build = {"1.2.3", "abc", "cc \"9\""};

static const struct process_values no_process = {
	-1, -1, -1, -1, -1, -1, true, {0}, true, 1500000000, {0}};

/* A target before its first connection. */
static struct target_snapshot fresh_target(const char *name)
{
	return (struct target_snapshot){
		.name = name,
		.address = "host:4000",
		.peer = "",
		.values = {.last_rtt_ns = -1,
			.last_connect_ns = -1,
			.tcp_rtt_ns = -1,
			.tcp_min_rtt_ns = -1},
	};
}

/* A target with every value set. */
static struct target_snapshot busy_target(const char *name)
{
	return (struct target_snapshot){
		.name = name,
		.address = "host:4000",
		.peer = "192.0.2.1:4000",
		.values = {.sent = 110,
			.received = 100,
			.timeouts = 7,
			.late = 2,
			.unsent = 4,
			.duplicates = 1,
			.missed_slots = 12,
			.connects = 3,
			.connect_failures = {1, 2, 3, 4, 0, 5},
			.disconnects = {6, 7, 8, 9, 10},
			.tcp_retransmits = 11,
			.rtt = {.counts = {90, 9, [HISTOGRAM_BOUNDS] = 1}, .sum_ns = 2012345678},
			.last_rtt_ns = 123456,
			.jitter_ns = 1000,
			.timeout_ns = 100000000,
			.last_connect_ns = 250000,
			.tcp_rtt_ns = 90000,
			.tcp_min_rtt_ns = 45000,
			.window_settled = 8,
			.window_lost = 1,
			.connected = true},
	};
}

static struct snapshot of_targets(struct target_snapshot *targets, size_t count)
{
	return (struct snapshot){.has_prober = true, .targets = targets, .target_count = count};
}

/* Renders to text that the caller frees. */
static char *render_exposition(const struct exposition *exposition)
{
	struct buffer buffer = {0};
	ck_assert_int_eq(exposition_write(exposition, &buffer), 0);
	buffer_append(&buffer, "", 1);
	size_t length;
	char *text = buffer_release(&buffer, &length);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text) + 1, length);
	return text;
}

static char *render(const struct snapshot *snapshot, const struct process_values *process,
	enum exposition_format format)
{
	const struct exposition exposition = {
		.format = format, .snapshot = snapshot, .process = process, .build = &build};
	return render_exposition(&exposition);
}

/* Removes the lines that begin with start. */
static void drop_lines(char *text, const char *start)
{
	char *to = text;
	while (*text != '\0') {
		size_t length = strcspn(text, "\n") + 1;
		if (strncmp(text, start, strlen(start)) != 0) {
			memmove(to, text, length);
			to += length;
		}
		text += length;
	}
	*to = '\0';
}

/* Compares all except the HELP lines. */
static void check_text(
	const struct snapshot *snapshot, enum exposition_format format, const char *expected)
{
	char *text = render(snapshot, &no_process, format);
	drop_lines(text, "# HELP ");
	ck_assert_str_eq(text, expected);
	free(text);
}

/* The value of the sample with this name and these labels, or NULL. */
static const char *find_sample(const char *text, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strncmp(line, name, length) == 0 && line[length] == ' ')
			return line + length + 1;
	return NULL;
}

static uint64_t sample(const char *text, const char *name)
{
	const char *value = find_sample(text, name);
	ck_assert_msg(value, "there is no %s", name);
	return strtoull(value, NULL, 10);
}

#define UP_AND_BUILD_TEXT                                                                          \
	"# TYPE tcp_echo_up gauge\n"                                                               \
	"tcp_echo_up 1\n"                                                                          \
	"# TYPE tcp_echo_build_info gauge\n"                                                       \
	"tcp_echo_build_info{version=\"1.2.3\",revision=\"abc\",compiler=\"cc \\\"9\\\"\"} 1\n"

#define HTTP_REJECTED                                                                              \
	"tcp_echo_http_rejected_total{reason=\"limit\"} 0\n"                                       \
	"tcp_echo_http_rejected_total{reason=\"address_limit\"} 0\n"                               \
	"tcp_echo_http_rejected_total{reason=\"descriptors\"} 0\n"                                 \
	"tcp_echo_http_rejected_total{reason=\"memory\"} 0\n"                                      \
	"tcp_echo_http_rejected_total{reason=\"slow\"} 0\n"                                        \
	"tcp_echo_http_rejected_total{reason=\"stalled\"} 0\n"                                     \
	"tcp_echo_http_rejected_total{reason=\"other\"} 0\n"

#define RELOADED                                                                                   \
	"# TYPE tcp_echo_config_last_reload_successful gauge\n"                                    \
	"tcp_echo_config_last_reload_successful 1\n"                                               \
	"# TYPE tcp_echo_config_last_reload_success_timestamp_seconds gauge\n"                     \
	"tcp_echo_config_last_reload_success_timestamp_seconds 1.5\n"

#define HTTP_TEXT "# TYPE tcp_echo_http_rejected_total counter\n" HTTP_REJECTED RELOADED

#define NO_LAG                                                                                     \
	"# TYPE tcp_echo_send_lag_seconds histogram\n"                                             \
	"tcp_echo_send_lag_seconds_bucket{le=\"1e-05\"} 0\n"                                       \
	"tcp_echo_send_lag_seconds_bucket{le=\"2e-05\"} 0\n"                                       \
	"tcp_echo_send_lag_seconds_bucket{le=\"4e-05\"} 0\n"                                       \
	"tcp_echo_send_lag_seconds_bucket{le=\"8e-05\"} 0\n"                                       \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.00016\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.00032\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.00064\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.00128\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.00256\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.00512\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.01024\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.02048\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.04096\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.08192\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"0.16384\"} 0\n"                                     \
	"tcp_echo_send_lag_seconds_bucket{le=\"+Inf\"} 0\n"                                        \
	"tcp_echo_send_lag_seconds_sum 0\n"                                                        \
	"tcp_echo_send_lag_seconds_count 0\n"

/* Each family of expected is there verbatim, in this order; there may be others in between. */
static void check_families(const char *text, const char *expected)
{
	while (*expected != '\0') {
		const char *next = strstr(expected + 1, "# TYPE ");
		size_t length = next ? (size_t)(next - expected) : strlen(expected);
		char *family = strndup(expected, length);
		const char *found = strstr(text, family);
		ck_assert_msg(found, "there is no\n%s", family);
		ck_assert_msg(found[length] == '#' || found[length] == '\0', "more of\n%s", family);
		text = found + length;
		expected += length;
		free(family);
	}
}

START_TEST(writes_a_target_in_the_text_format)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	drop_lines(text, "# HELP ");
	check_families(text, UP_AND_BUILD_TEXT
		"# TYPE tcp_echo_target_info gauge\n"
		"tcp_echo_target_info{target=\"a\",address=\"host:4000\",peer=\"192.0.2.1:4000\"} "
		"1\n"
		"# TYPE tcp_echo_connected gauge\n"
		"tcp_echo_connected{target=\"a\"} 1\n"
		"# TYPE tcp_echo_last_rtt_seconds gauge\n"
		"tcp_echo_last_rtt_seconds{target=\"a\"} 0.000123456\n"
		"# TYPE tcp_echo_jitter_seconds gauge\n"
		"tcp_echo_jitter_seconds{target=\"a\"} 0.000001\n"
		"# TYPE tcp_echo_sent_total counter\n"
		"tcp_echo_sent_total{target=\"a\"} 110\n"
		"# TYPE tcp_echo_received_total counter\n"
		"tcp_echo_received_total{target=\"a\"} 100\n"
		"# TYPE tcp_echo_timeouts_total counter\n"
		"tcp_echo_timeouts_total{target=\"a\"} 7\n"
		"# TYPE tcp_echo_late_total counter\n"
		"tcp_echo_late_total{target=\"a\"} 2\n"
		"# TYPE tcp_echo_unsent_total counter\n"
		"tcp_echo_unsent_total{target=\"a\"} 4\n"
		"# TYPE tcp_echo_duplicates_total counter\n"
		"tcp_echo_duplicates_total{target=\"a\"} 1\n"
		"# TYPE tcp_echo_missed_slots_total counter\n"
		"tcp_echo_missed_slots_total{target=\"a\"} 12\n"
		"# TYPE tcp_echo_loss_ratio gauge\n"
		"tcp_echo_loss_ratio{target=\"a\"} 0.125\n"
		"# TYPE tcp_echo_loss_percent gauge\n"
		"tcp_echo_loss_percent{target=\"a\"} 12.5\n"
		"# TYPE tcp_echo_in_flight gauge\n"
		"tcp_echo_in_flight{target=\"a\"} 3\n"
		"# TYPE tcp_echo_connects_total counter\n"
		"tcp_echo_connects_total{target=\"a\"} 3\n"
		"# TYPE tcp_echo_last_connect_seconds gauge\n"
		"tcp_echo_last_connect_seconds{target=\"a\"} 0.00025\n"
		"# TYPE tcp_echo_tcp_retransmits_total counter\n"
		"tcp_echo_tcp_retransmits_total{target=\"a\"} 11\n"
		"# TYPE tcp_echo_tcp_rtt_seconds gauge\n"
		"tcp_echo_tcp_rtt_seconds{target=\"a\"} 0.00009\n"
		"# TYPE tcp_echo_tcp_min_rtt_seconds gauge\n"
		"tcp_echo_tcp_min_rtt_seconds{target=\"a\"} 0.000045\n"
		"# TYPE tcp_echo_connect_failures_total counter\n"
		"tcp_echo_connect_failures_total{target=\"a\",reason=\"resolve\"} 1\n"
		"tcp_echo_connect_failures_total{target=\"a\",reason=\"refused\"} 2\n"
		"tcp_echo_connect_failures_total{target=\"a\",reason=\"unreachable\"} 3\n"
		"tcp_echo_connect_failures_total{target=\"a\",reason=\"timeout\"} 4\n"
		"tcp_echo_connect_failures_total{target=\"a\",reason=\"local\"} 0\n"
		"tcp_echo_connect_failures_total{target=\"a\",reason=\"other\"} 5\n"
		"# TYPE tcp_echo_disconnects_total counter\n"
		"tcp_echo_disconnects_total{target=\"a\",reason=\"closed\"} 6\n"
		"tcp_echo_disconnects_total{target=\"a\",reason=\"reset\"} 7\n"
		"tcp_echo_disconnects_total{target=\"a\",reason=\"stalled\"} 8\n"
		"tcp_echo_disconnects_total{target=\"a\",reason=\"invalid\"} 9\n"
		"tcp_echo_disconnects_total{target=\"a\",reason=\"other\"} 10\n"
		"# TYPE tcp_echo_rtt_seconds histogram\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0001\"} 90\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0002\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0004\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0008\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0016\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0032\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0064\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0128\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0256\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.0512\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.1024\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.2048\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.4096\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"0.8192\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"1.6384\"} 99\n"
		"tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"+Inf\"} 100\n"
		"tcp_echo_rtt_seconds_sum{target=\"a\"} 2.012345678\n"
		"tcp_echo_rtt_seconds_count{target=\"a\"} 100\n" NO_LAG);
	free(text);
}
END_TEST

START_TEST(leaves_out_what_is_unknown_of_a_new_target)
{
	struct target_snapshot target = fresh_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	static const char *const unknown[] = {"tcp_echo_last_rtt_seconds",
		"tcp_echo_last_connect_seconds", "tcp_echo_tcp_rtt_seconds",
		"tcp_echo_tcp_min_rtt_seconds"};
	for (int i = 0; i < ROWS(unknown); i++) {
		char type[64];
		snprintf(type, sizeof(type), "# TYPE %s ", unknown[i]);
		ck_assert_msg(!strstr(text, type), "%s is there", unknown[i]);
	}
	ck_assert_uint_eq(sample(text, "tcp_echo_sent_total{target=\"a\"}"), 0);
	ck_assert_uint_eq(sample(text, "tcp_echo_jitter_seconds{target=\"a\"}"), 0);
	ck_assert_uint_eq(sample(text, "tcp_echo_loss_percent{target=\"a\"}"), 0);
	ck_assert_ptr_nonnull(strstr(text, ",peer=\"\"} 1\n"));
	free(text);
}
END_TEST

START_TEST(leaves_out_only_the_targets_without_the_value)
{
	struct target_snapshot targets[] = {fresh_target("a"), busy_target("b"), fresh_target("c")};
	struct snapshot snapshot = of_targets(targets, 3);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	ck_assert_ptr_nonnull(strstr(text, "# TYPE tcp_echo_last_rtt_seconds gauge\n"
					   "tcp_echo_last_rtt_seconds{target=\"b\"} 0.000123456\n"
					   "# HELP tcp_echo_jitter_seconds "));
	free(text);
}
END_TEST

START_TEST(leaves_out_what_the_system_does_not_count)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	snapshot.lacks_tcp_info = true;
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	ck_assert_ptr_null(strstr(text, "tcp_echo_tcp_retransmits_total{"));
	ck_assert_ptr_nonnull(strstr(text, "tcp_echo_connects_total{target=\"a\"} "));
	free(text);
}
END_TEST

START_TEST(groups_by_family_in_the_order_of_the_targets)
{
	struct target_snapshot targets[] = {busy_target("z"), fresh_target("a"), busy_target("m")};
	struct snapshot snapshot = of_targets(targets, 3);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	ck_assert_ptr_nonnull(strstr(text, "# TYPE tcp_echo_sent_total counter\n"
					   "tcp_echo_sent_total{target=\"z\"} 110\n"
					   "tcp_echo_sent_total{target=\"a\"} 0\n"
					   "tcp_echo_sent_total{target=\"m\"} 110\n"
					   "# HELP tcp_echo_received_total "));
	free(text);
}
END_TEST

#define SERVER_TEXT                                                                                \
	"# TYPE tcp_echo_server_connections gauge\n"                                               \
	"tcp_echo_server_connections 1\n"                                                          \
	"# TYPE tcp_echo_server_accepted_total counter\n"                                          \
	"tcp_echo_server_accepted_total 2\n"                                                       \
	"# TYPE tcp_echo_server_frames_total counter\n"                                            \
	"tcp_echo_server_frames_total 3\n"                                                         \
	"# TYPE tcp_echo_server_closed_total counter\n" SERVER_CLOSED                              \
	"# TYPE tcp_echo_server_rejected_total counter\n" SERVER_REJECTED

#define SERVER_CLOSED                                                                              \
	"tcp_echo_server_closed_total{reason=\"closed\"} 4\n"                                      \
	"tcp_echo_server_closed_total{reason=\"reset\"} 5\n"                                       \
	"tcp_echo_server_closed_total{reason=\"timeout\"} 6\n"                                     \
	"tcp_echo_server_closed_total{reason=\"stalled\"} 7\n"                                     \
	"tcp_echo_server_closed_total{reason=\"invalid\"} 8\n"                                     \
	"tcp_echo_server_closed_total{reason=\"limit\"} 9\n"                                       \
	"tcp_echo_server_closed_total{reason=\"other\"} 10\n"

#define SERVER_REJECTED                                                                            \
	"tcp_echo_server_rejected_total{reason=\"not_allowed\"} 11\n"                              \
	"tcp_echo_server_rejected_total{reason=\"limit\"} 12\n"                                    \
	"tcp_echo_server_rejected_total{reason=\"address_limit\"} 13\n"                            \
	"tcp_echo_server_rejected_total{reason=\"descriptors\"} 14\n"                              \
	"tcp_echo_server_rejected_total{reason=\"memory\"} 15\n"                                   \
	"tcp_echo_server_rejected_total{reason=\"other\"} 16\n"

static const struct snapshot server_alone = {
	.has_server = true,
	.server = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10}, {11, 12, 13, 14, 15, 16}},
};

START_TEST(writes_a_server_in_the_text_format)
{
	check_text(&server_alone, EXPOSITION_TEXT, UP_AND_BUILD_TEXT SERVER_TEXT HTTP_TEXT);
}
END_TEST

START_TEST(writes_a_server_in_openmetrics)
{
	check_text(&server_alone, EXPOSITION_OPENMETRICS,
		"# TYPE tcp_echo_up gauge\n"
		"tcp_echo_up 1\n"
		"# TYPE tcp_echo_build info\n"
		"tcp_echo_build_info{version=\"1.2.3\",revision=\"abc\",compiler=\"cc \\\"9\\\"\"} 1\n"
		"# TYPE tcp_echo_server_connections gauge\n"
		"tcp_echo_server_connections 1\n"
		"# TYPE tcp_echo_server_accepted counter\n"
		"tcp_echo_server_accepted_total 2\n"
		"# TYPE tcp_echo_server_frames counter\n"
		"tcp_echo_server_frames_total 3\n"
		"# TYPE tcp_echo_server_closed counter\n" SERVER_CLOSED
		"# TYPE tcp_echo_server_rejected counter\n" SERVER_REJECTED
		"# TYPE tcp_echo_http_rejected counter\n" HTTP_REJECTED
		"# TYPE tcp_echo_config_last_reload_successful gauge\n"
		"tcp_echo_config_last_reload_successful 1\n"
		"# TYPE tcp_echo_config_last_reload_success_timestamp_seconds gauge\n"
		"# UNIT tcp_echo_config_last_reload_success_timestamp_seconds seconds\n"
		"tcp_echo_config_last_reload_success_timestamp_seconds 1.5\n"
		"# EOF\n");
}
END_TEST

START_TEST(has_the_same_samples_in_both_formats)
{
	struct target_snapshot targets[] = {busy_target("a"), fresh_target("b")};
	struct snapshot snapshot = of_targets(targets, 2);
	char *plain = render(&snapshot, &no_process, EXPOSITION_TEXT);
	char *openmetrics = render(&snapshot, &no_process, EXPOSITION_OPENMETRICS);
	ck_assert_ptr_nonnull(strstr(openmetrics, "# TYPE tcp_echo_target info\n"));
	ck_assert_ptr_nonnull(strstr(openmetrics, "# TYPE tcp_echo_sent counter\n"));
	ck_assert_str_eq(openmetrics + strlen(openmetrics) - strlen("\n# EOF\n"), "\n# EOF\n");
	drop_lines(plain, "# ");
	drop_lines(openmetrics, "# ");
	ck_assert_str_eq(plain, openmetrics);
	free(plain);
	free(openmetrics);
}
END_TEST

START_TEST(has_nothing_about_targets_without_a_prober)
{
	char *text = render(&server_alone, &no_process, EXPOSITION_TEXT);
	ck_assert_ptr_null(strstr(text, "target="));
	ck_assert_ptr_null(strstr(text, "send_lag"));
	free(text);
}
END_TEST

START_TEST(has_no_empty_families_without_targets)
{
	struct snapshot snapshot = of_targets(NULL, 0);
	check_text(&snapshot, EXPOSITION_TEXT, UP_AND_BUILD_TEXT NO_LAG HTTP_TEXT);
}
END_TEST

START_TEST(writes_the_process)
{
	static const struct process_values process = {1250000000, 12, 1024, 4096000, 2048000,
		INT64_C(1700000000120000000), true, {0}, true, 1500000000, {0}};
	struct snapshot snapshot = {0};
	char *text = render(&snapshot, &process, EXPOSITION_TEXT);
	drop_lines(text, "# HELP ");
	ck_assert_str_eq(text,
		UP_AND_BUILD_TEXT HTTP_TEXT "# TYPE process_cpu_seconds_total counter\n"
					    "process_cpu_seconds_total 1.25\n"
					    "# TYPE process_open_fds gauge\n"
					    "process_open_fds 12\n"
					    "# TYPE process_max_fds gauge\n"
					    "process_max_fds 1024\n"
					    "# TYPE process_virtual_memory_bytes gauge\n"
					    "process_virtual_memory_bytes 4096000\n"
					    "# TYPE process_resident_memory_bytes gauge\n"
					    "process_resident_memory_bytes 2048000\n"
					    "# TYPE process_start_time_seconds gauge\n"
					    "process_start_time_seconds 1700000000.12\n");
	free(text);
}
END_TEST

static const struct {
	const char *says;
	const char *name;
	const char *label;
} escapes[] = {
	{"nothing to escape", "server1", "server1"},
	{"quote", "a\"b", "a\\\"b"},
	{"backslash", "a\\b", "a\\\\b"},
	{"line break", "a\nb", "a\\nb"},
	{"all of them, at both ends", "\\\"\n\\", "\\\\\\\"\\n\\\\"},
	{"a letter after a backslash", "\\n", "\\\\n"},
	{"braces, commas and equals signs stay", "{a=\"b\",}", "{a=\\\"b\\\",}"},
	{"UTF-8 stays", "s\xc3\xa9rveur \xe2\x9c\x93", "s\xc3\xa9rveur \xe2\x9c\x93"},
	{"apostrophe and tab stay", "a'\tb", "a'\tb"},
};

START_TEST(escapes_labels)
{
	struct target_snapshot target = busy_target(escapes[_i].name);
	target.address = escapes[_i].name;
	target.peer = escapes[_i].name;
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	const char *label = escapes[_i].label;
	char name[256];
	snprintf(name, sizeof(name), "tcp_echo_sent_total{target=\"%s\"}", label);
	ck_assert_msg(find_sample(text, name), "%s", escapes[_i].says);
	snprintf(name, sizeof(name), "tcp_echo_rtt_seconds_bucket{target=\"%s\",le=\"0.0001\"}",
		label);
	ck_assert_msg(find_sample(text, name), "%s", escapes[_i].says);
	snprintf(name, sizeof(name),
		"tcp_echo_target_info{target=\"%s\",address=\"%s\",peer=\"%s\"}", label, label,
		label);
	ck_assert_msg(find_sample(text, name), "%s", escapes[_i].says);
	free(text);
}
END_TEST

START_TEST(accepts_names_of_every_length)
{
	/* Labels are copied in blocks: every length around the edges of a block matters. */
	char name[300];
	memset(name, '"', sizeof(name));
	name[_i] = '\0';
	struct target_snapshot targets[] = {busy_target(name), busy_target("next")};
	struct snapshot snapshot = of_targets(targets, 2);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	const char *line = strstr(text, "\ntcp_echo_sent_total{target=\"");
	ck_assert_ptr_nonnull(line);
	line += strlen("\ntcp_echo_sent_total{target=\"");
	for (int i = 0; i < _i; i++, line += 2)
		ck_assert_msg(strncmp(line, "\\\"", 2) == 0, "byte %d of %d", i, _i);
	ck_assert_msg(strncmp(line, "\"} 110\n", 7) == 0, "%d bytes", _i);
	ck_assert_uint_eq(sample(text, "tcp_echo_sent_total{target=\"next\"}"), 110);
	free(text);
}
END_TEST

static void add_label(struct target_snapshot *target, const char *name, const char *value)
{
	ck_assert_int_eq(labels_append(&target->labels, name, value), 0);
}

static void check_sample(const char *text, const char *name)
{
	ck_assert_msg(find_sample(text, name), "there is no %s", name);
}

START_TEST(each_sample_of_a_target_has_its_labels_in_order)
{
	struct target_snapshot targets[] = {busy_target("a"), busy_target("b")};
	add_label(&targets[0], "site", "ams");
	add_label(&targets[0], "a_role", "web");
	struct snapshot snapshot = of_targets(targets, 2);
	enum exposition_format format = _i ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
	char *text = render(&snapshot, &no_process, format);
	check_sample(text, "tcp_echo_sent_total{target=\"a\",site=\"ams\",a_role=\"web\"}");
	check_sample(text, "tcp_echo_disconnects_total{target=\"a\",site=\"ams\",a_role=\"web\","
			   "reason=\"reset\"}");
	check_sample(text, "tcp_echo_rtt_seconds_bucket{target=\"a\",site=\"ams\","
			   "a_role=\"web\",le=\"+Inf\"}");
	check_sample(text, "tcp_echo_target_info{target=\"a\",site=\"ams\",a_role=\"web\","
			   "address=\"host:4000\",peer=\"192.0.2.1:4000\"}");
	check_sample(text, "tcp_echo_sent_total{target=\"b\"}");
	static const char start[] = "{target=\"a\",site=\"ams\",a_role=\"web\"";
	size_t of_a = 0;
	size_t labelled = 0;
	for (const char *at = text; (at = strstr(at, "{target=\"a\"")); at++) {
		of_a++;
		labelled += strncmp(at, start, strlen(start)) == 0;
	}
	ck_assert_uint_gt(of_a, 40);
	ck_assert_uint_eq(labelled, of_a);
	labels_clear(&targets[0].labels);
	free(text);
}
END_TEST

START_TEST(escapes_the_values_of_labels)
{
	struct target_snapshot target = busy_target("a");
	add_label(&target, "x", "\\\"\\");
	add_label(&target, "y", "{a=\"b\",} \xe2\x9c\x93");
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	check_sample(text, "tcp_echo_sent_total{target=\"a\",x=\"\\\\\\\"\\\\\","
			   "y=\"{a=\\\"b\\\",} \xe2\x9c\x93\"}");
	labels_clear(&target.labels);
	free(text);
}
END_TEST

/* As many and as long as possible, all escaped: they fit, and what follows is intact. */
START_TEST(has_room_for_the_longest_labels)
{
	struct target_snapshot targets[] = {busy_target("a"), busy_target("next")};
	char name[LABEL_NAME_MAX + 1];
	char value[LABEL_VALUE_MAX + 1];
	memset(name, 'n', sizeof(name));
	memset(value, '"', sizeof(value));
	name[LABEL_NAME_MAX] = value[LABEL_VALUE_MAX] = '\0';
	for (int i = 0; i < LABELS_MAX; i++) {
		name[0] = (char)('A' + i % 26);
		name[1] = (char)('A' + i / 26);
		add_label(&targets[0], name, value);
	}
	struct snapshot snapshot = of_targets(targets, 2);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	const char *line = strstr(text, "\ntcp_echo_sent_total{target=\"a\",AA");
	ck_assert_ptr_nonnull(line);
	size_t length = strlen("tcp_echo_sent_total{target=\"a\"} 110");
	length += LABELS_MAX * (LABEL_NAME_MAX + 2 * LABEL_VALUE_MAX + strlen(",=\"\""));
	ck_assert_uint_eq(strcspn(line + 1, "\n"), length);
	ck_assert_uint_eq(sample(text, "tcp_echo_sent_total{target=\"next\"}"), 110);
	labels_clear(&targets[0].labels);
	free(text);
}
END_TEST

/* Labels are copied in blocks: every length around the edges of a block matters. */
START_TEST(accepts_labels_of_every_length)
{
	char value[200];
	memset(value, 'v', sizeof(value));
	value[_i] = '\0';
	struct target_snapshot targets[] = {busy_target("a"), busy_target("next")};
	add_label(&targets[0], "l", value);
	struct snapshot snapshot = of_targets(targets, 2);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	char expected[300];
	snprintf(expected, sizeof(expected), "tcp_echo_sent_total{target=\"a\",l=\"%s\"}", value);
	ck_assert_uint_eq(sample(text, expected), 110);
	ck_assert_uint_eq(sample(text, "tcp_echo_sent_total{target=\"next\"}"), 110);
	labels_clear(&targets[0].labels);
	free(text);
}
END_TEST

static const struct {
	const char *says;
	uint32_t lost;
	uint32_t settled;
	const char *text;
} losses[] = {
	{"an empty window", 0, 0, "0\n"},
	{"nothing lost", 0, 100, "0\n"},
	{"all lost", 7, 7, "100\n"},
	{"one of a hundred", 1, 100, "1\n"},
	{"one of a thousand", 1, 1000, "0.1\n"},
	{"three of eight", 3, 8, "37.5\n"},
	{"a third", 1, 3, "33.333333333333336\n"},
	{"two thirds", 2, 3, "66.66666666666667\n"},
	{"one of the largest window", 1, LOSS_WINDOW_MAX, "0.0001\n"},
	{"nearly all of the largest window", 999999, LOSS_WINDOW_MAX, "99.9999\n"},
};

START_TEST(writes_loss_in_its_shortest_form)
{
	struct target_snapshot target = fresh_target("a");
	target.values.window_lost = losses[_i].lost;
	target.values.window_settled = losses[_i].settled;
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	const char *value = find_sample(text, "tcp_echo_loss_percent{target=\"a\"}");
	ck_assert_msg(value && strncmp(value, losses[_i].text, strlen(losses[_i].text)) == 0,
		"%s: %.20s", losses[_i].says, value);
	free(text);
}
END_TEST

START_TEST(shows_the_law_of_accounting)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	uint64_t sent = sample(text, "tcp_echo_sent_total{target=\"a\"}");
	uint64_t received = sample(text, "tcp_echo_received_total{target=\"a\"}");
	uint64_t timeouts = sample(text, "tcp_echo_timeouts_total{target=\"a\"}");
	ck_assert_uint_eq(
		sent, received + timeouts + sample(text, "tcp_echo_in_flight{target=\"a\"}"));
	ck_assert_uint_eq(received, sample(text, "tcp_echo_rtt_seconds_count{target=\"a\"}"));
	ck_assert_uint_eq(
		received, sample(text, "tcp_echo_rtt_seconds_bucket{target=\"a\",le=\"+Inf\"}"));
	free(text);
}
END_TEST

/* Hands each TYPE line to check, with the line before it. */
static void each_type_line(
	const char *text, void (*check)(const char *help, const char *name, const char *type))
{
	const char *before = "";
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		char name[64];
		char type[16];
		if (sscanf(line, "# TYPE %63s %15s", name, type) == 2)
			check(before, name, type);
		before = line;
	}
}

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void check_help(const char *help, const char *name, const char *type)
{
	(void)type;
	char start[80];
	int length = snprintf(start, sizeof(start), "# HELP %s ", name);
	ck_assert_msg(strncmp(help, start, (size_t)length) == 0, "%s has no help", name);
	size_t end = strcspn(help, "\n");
	ck_assert_msg(end > (size_t)length + 10, "%s has no help", name);
	ck_assert_msg(strcspn(help, "\\\"") >= end, "the help of %s needs escaping", name);
	ck_assert_msg(help[end - 1] == '.', "the help of %s does not end", name);
}

static void check_total(const char *help, const char *name, const char *type)
{
	(void)help;
	ck_assert_msg(ends_with(name, "_total") == (strcmp(type, "counter") == 0), "%s", name);
}

static void check_openmetrics_name(const char *help, const char *name, const char *type)
{
	(void)help;
	(void)type;
	ck_assert_msg(!ends_with(name, "_total") && !ends_with(name, "_info"), "%s", name);
}

START_TEST(names_and_explains_every_family)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	snapshot.has_server = true;
	struct process_values process = {1, 1, 1, 1, 1, 1, true, {0}, true, 1500000000, {0}};
	char *text = render(&snapshot, &process, EXPOSITION_TEXT);
	each_type_line(text, check_help);
	each_type_line(text, check_total);
	free(text);
	text = render(&snapshot, &process, EXPOSITION_OPENMETRICS);
	each_type_line(text, check_help);
	each_type_line(text, check_openmetrics_name);
	free(text);
}
END_TEST

static const enum exposition_format formats_of_targets[] = {
	EXPOSITION_TEXT, EXPOSITION_OPENMETRICS, EXPOSITION_PROTOBUF};

/* Whatever else there is to tell, and even if nothing of it is known. */
START_TEST(may_have_nothing_but_targets)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	snapshot.has_server = true;
	const struct exposition exposition = {
		.format = formats_of_targets[_i], .is_of_targets = true, .snapshot = &snapshot};
	struct buffer buffer = {0};
	ck_assert_int_eq(exposition_write(&exposition, &buffer), 0);
	for (size_t i = 0; i < metric_table_size; i++) {
		const struct metric *metric = &metric_table[i];
		bool is_there = memmem(buffer.data, buffer.length, metric->name,
					strlen(metric->name)) != NULL;
		if (metric->subject != METRIC_OF_TARGET && metric->subject != METRIC_OF_READING)
			ck_assert_msg(!is_there, "%s", metric->name);
	}
	ck_assert_ptr_nonnull(memmem(buffer.data, buffer.length, "tcp_echo_sent", 13));
	buffer_clear(&buffer);
}
END_TEST

START_TEST(has_every_metric_of_the_table_once_and_in_order)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	snapshot.has_server = true;
	snapshot.tx_delay.counts[0] = 1;
	struct process_values process = {
		1, 1, 1, 1, 1, 1, true, {0}, true, 1500000000, {.is_on = true}};
	static const struct source_values source = {"a", 1, 1, 1};
	static const struct mesh_values mesh = {30, 5, 7090260401002555};
	const struct exposition exposition = {.format = EXPOSITION_OPENMETRICS,
		.snapshot = &snapshot,
		.process = &process,
		.build = &build,
		.sources = &source,
		.source_count = 1,
		.mesh = &mesh};
	char *text = render_exposition(&exposition);
	size_t count = 0;
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		char name[64];
		char type[16];
		if (sscanf(line, "# TYPE %63s %15s", name, type) != 2)
			continue;
		/* Those of readings are collectd's; others are native alone. */
		while (count < metric_table_size &&
			(metric_table[count].subject == METRIC_OF_READING ||
				metric_table[count].value == VALUE_DISTRIBUTIONS))
			count++;
		ck_assert_uint_lt(count, metric_table_size);
		ck_assert_str_eq(name, metric_table[count].name);
		ck_assert_str_eq(type, metric_type_name(metric_table[count].type));
		count++;
	}
	ck_assert_uint_eq(count, metric_table_size);
	/* Exactly, though it has 53 bits. */
	ck_assert_ptr_nonnull(strstr(text, "\ntcp_echo_mesh_list_hash 7090260401002555\n"));
	free(text);
}
END_TEST

START_TEST(has_room_for_the_largest_numbers)
{
	struct target_snapshot target = busy_target("a");
	struct target_values *values = &target.values;
	memset(values, 0xff, sizeof(*values));
	values->connected = true;
	values->stamped = 1;
	values->window_lost = 1;
	values->window_settled = 3;
	values->last_rtt_ns = INT64_MAX;
	values->jitter_ns = INT64_MAX;
	values->last_connect_ns = INT64_MAX;
	values->tcp_rtt_ns = INT64_MAX;
	values->tcp_min_rtt_ns = INT64_MAX;
	struct snapshot snapshot = of_targets(&target, 1);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	ck_assert_uint_eq(sample(text, "tcp_echo_sent_total{target=\"a\"}"), UINT64_MAX);
	ck_assert_ptr_nonnull(
		strstr(text, "tcp_echo_last_rtt_seconds{target=\"a\"} 9223372036.854775807\n"));
	free(text);
}
END_TEST

START_TEST(grows_with_the_targets)
{
	enum { COUNT = 3000 };
	static char names[COUNT][16];
	struct target_snapshot *targets = calloc(COUNT, sizeof(*targets));
	ck_assert_ptr_nonnull(targets);
	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "t%d", i);
		targets[i] = busy_target(names[i]);
		targets[i].values.sent = 1000U + (unsigned)i;
	}
	struct snapshot snapshot = of_targets(targets, COUNT);
	char *text = render(&snapshot, &no_process, EXPOSITION_TEXT);
	const char *line = strstr(text, "# TYPE tcp_echo_sent_total");
	for (int i = 0; i < COUNT; i++) {
		char expected[64];
		snprintf(expected, sizeof(expected), "tcp_echo_sent_total{target=\"t%d\"} %d\n", i,
			1000 + i);
		line += strcspn(line, "\n") + 1;
		ck_assert_msg(strncmp(line, expected, strlen(expected)) == 0, "%.60s", line);
	}
	free(text);
	free(targets);
}
END_TEST

/* What is left of a target, and that other things keep all they have. */
START_TEST(is_lean_if_asked_to)
{
	struct target_snapshot target = busy_target("a");
	target.values.connect_failures[CONNECT_FAILURE_RESOLVE] = 0;
	struct snapshot snapshot = of_targets(&target, 1);
	snapshot.has_server = true;
	const struct exposition exposition = {
		.is_lean = true, .snapshot = &snapshot, .process = &no_process, .build = &build};
	struct buffer buffer = {0};
	ck_assert_int_eq(exposition_write(&exposition, &buffer), 0);
	buffer_append(&buffer, "", 1);
	static const char *const has[] = {"tcp_echo_target_info{", "tcp_echo_connected{",
		"tcp_echo_sent_total{", "tcp_echo_received_total{", "tcp_echo_timeouts_total{",
		"tcp_echo_late_total{", "tcp_echo_unsent_total{", "tcp_echo_missed_slots_total{",
		"tcp_echo_tcp_retransmits_total{", "tcp_echo_rtt_seconds_bucket{",
		"failures_total{target=\"a\",reason=\"refused\"}",
		"tcp_echo_server_closed_total{reason=\"reset\"} 0",
		"tcp_echo_send_lag_seconds_sum "};
	static const char *const lacks[] = {"loss_", "jitter", "last_rtt", "in_flight",
		"failures_total{target=\"a\",reason=\"resolve\"}",
		"failures_total{target=\"a\",reason=\"local\"}"};
	for (int i = 0; i < ROWS(has); i++)
		ck_assert_msg(strstr(buffer.data, has[i]), "lacks %s", has[i]);
	for (int i = 0; i < ROWS(lacks); i++)
		ck_assert_msg(!strstr(buffer.data, lacks[i]), "has %s", lacks[i]);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(tells_of_each_source)
{
	static const struct source_values sources[] = {
		{"/etc/a.json", 3, 1, 1500000000000000000},
		{"C:\\t\".json", 0, 2, -1},
	};
	struct snapshot snapshot = {0};
	const struct exposition exposition = {.snapshot = &snapshot,
		.process = &no_process,
		.build = &build,
		.sources = sources,
		.source_count = ROWS(sources)};
	struct buffer buffer = {0};
	ck_assert_int_eq(exposition_write(&exposition, &buffer), 0);
	buffer_append(&buffer, "", 1);
	ck_assert_ptr_nonnull(
		strstr(buffer.data, "# TYPE tcp_echo_source_targets gauge\n"
				    "tcp_echo_source_targets{source=\"/etc/a.json\"} 3\n"
				    "tcp_echo_source_targets{source=\"C:\\\\t\\\".json\"} 0\n"
				    "# HELP tcp_echo_source_failures_total "));
	ck_assert_ptr_nonnull(strstr(
		buffer.data, "\ntcp_echo_source_failures_total{source=\"/etc/a.json\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(buffer.data,
		"_timestamp_seconds gauge\n"
		"tcp_echo_source_last_success_timestamp_seconds{source=\"/etc/a.json\"} 1500000000\n#"));
	buffer_clear(&buffer);
}
END_TEST

START_TEST(appends_to_what_is_there)
{
	struct buffer buffer = {0};
	buffer_append_text(&buffer, "before");
	struct snapshot snapshot = {0};
	const struct exposition exposition = {
		.snapshot = &snapshot, .process = &no_process, .build = &build};
	ck_assert_int_eq(exposition_write(&exposition, &buffer), 0);
	ck_assert_int_eq(memcmp(buffer.data, "before# HELP ", strlen("before# HELP ")), 0);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(fails_when_out_of_memory)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = of_targets(&target, 1);
	struct buffer buffer = {.failed = true};
	const struct exposition exposition = {
		.snapshot = &snapshot, .process = &no_process, .build = &build};
	ck_assert_int_eq(exposition_write(&exposition, &buffer), -ENOMEM);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(names_its_content_types)
{
	ck_assert_str_eq(exposition_content_type(EXPOSITION_TEXT),
		"text/plain; version=0.0.4; charset=utf-8");
	ck_assert_str_eq(exposition_content_type(EXPOSITION_OPENMETRICS),
		"application/openmetrics-text; version=1.0.0; charset=utf-8");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("exposition");
	tcase_add_test(tcase, writes_a_target_in_the_text_format);
	tcase_add_test(tcase, leaves_out_what_is_unknown_of_a_new_target);
	tcase_add_test(tcase, leaves_out_only_the_targets_without_the_value);
	tcase_add_test(tcase, leaves_out_what_the_system_does_not_count);
	tcase_add_test(tcase, groups_by_family_in_the_order_of_the_targets);
	tcase_add_test(tcase, writes_a_server_in_the_text_format);
	tcase_add_test(tcase, writes_a_server_in_openmetrics);
	tcase_add_test(tcase, has_the_same_samples_in_both_formats);
	tcase_add_test(tcase, has_nothing_about_targets_without_a_prober);
	tcase_add_test(tcase, has_no_empty_families_without_targets);
	tcase_add_test(tcase, writes_the_process);
	tcase_add_loop_test(tcase, escapes_labels, 0, ROWS(escapes));
	tcase_add_loop_test(tcase, each_sample_of_a_target_has_its_labels_in_order, 0, 2);
	tcase_add_test(tcase, escapes_the_values_of_labels);
	tcase_add_test(tcase, has_room_for_the_longest_labels);
	tcase_add_loop_test(tcase, accepts_labels_of_every_length, 1, 140);
	tcase_add_loop_test(tcase, accepts_names_of_every_length, 1, 130);
	tcase_add_loop_test(tcase, writes_loss_in_its_shortest_form, 0, ROWS(losses));
	tcase_add_test(tcase, shows_the_law_of_accounting);
	tcase_add_test(tcase, names_and_explains_every_family);
	tcase_add_loop_test(tcase, may_have_nothing_but_targets, 0, ROWS(formats_of_targets));
	tcase_add_test(tcase, has_every_metric_of_the_table_once_and_in_order);
	tcase_add_test(tcase, has_room_for_the_largest_numbers);
	tcase_add_test(tcase, grows_with_the_targets);
	tcase_add_test(tcase, is_lean_if_asked_to);
	tcase_add_test(tcase, tells_of_each_source);
	tcase_add_test(tcase, appends_to_what_is_there);
	tcase_add_test(tcase, fails_when_out_of_memory);
	tcase_add_test(tcase, names_its_content_types);
	return unit_run("scrape/exposition", tcase);
}
