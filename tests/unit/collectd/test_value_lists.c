/* SPDX-License-Identifier: MIT */
#include "collectd/value_lists.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/buffer.h"

static const struct process_values process = {1250000000, 12, 1024, 4096000, 2048000,
	INT64_C(1700000000120000000), true, {1, 2, 3, 4, 5, 6, 7}, false,
	INT64_C(1700000000500000000), {0}};

static const char *source_folder = ".";

/* What was handed out: a line per list, "plugin-instance/type-instance value". */
static struct buffer made;

/* The types there are. */
static struct {
	data_set_t set;
	data_source_t source;
} types[128];
static size_t type_count;

static void on_type(const data_set_t *set)
{
	ck_assert_uint_lt(type_count, ROWS(types));
	ck_assert_uint_eq(set->ds_num, 1);
	types[type_count].set = *set;
	types[type_count].source = *set->ds;
	type_count++;
}

/* Everybody has those of the plugin ping, which are gauges. */
static bool is_derive(const char *type)
{
	for (size_t i = 0; i < type_count; i++)
		if (strcmp(types[i].set.type, type) == 0)
			return types[i].source.type == DS_TYPE_DERIVE;
	ck_assert_msg(strncmp(type, "ping", 4) == 0, "there is no type %s", type);
	return false;
}

static void append_name(const char *name, const char *instance)
{
	buffer_append_format(&made, "%s%s%s", name, instance[0] ? "-" : "", instance);
}

static void on_list(void *context, value_list_t *list)
{
	(void)context;
	ck_assert_uint_eq(list->values_len, 1);
	ck_assert_str_eq(list->host, "");
	ck_assert_uint_eq(list->time, 0);
	ck_assert_uint_eq(list->interval, 0);
	append_name(list->plugin, list->plugin_instance);
	buffer_append_text(&made, "/");
	append_name(list->type, list->type_instance);
	if (is_derive(list->type))
		buffer_append_format(&made, " %lld\n", (long long)list->values->derive);
	else
		buffer_append_format(&made, " %.12g\n", list->values->gauge);
}

/* What is wanted; changed by tests. */
static struct plugin_config config;
static struct period_values period;

static const char *make(const struct snapshot *snapshot, const struct process_values *values)
{
	const struct value_lists_input input = {.config = &config,
		.snapshot = snapshot,
		.periods = &period,
		.process = values,
		.version = "1.2.3",
		.revision = "abc",
		.compiler = "cc 9"};
	made.length = 0;
	value_lists_make(&input, on_list, NULL);
	buffer_append(&made, "", 1);
	return made.data;
}

static void set_up(void)
{
	config = (struct plugin_config){.dispatch = DISPATCH_ALL};
	period = (struct period_values){.loss_percent = 6.25,
		.rtt_mean = 0.002,
		.rtt_min = 0.001,
		.rtt_median = 0.0015,
		.rtt_p90 = 0.003,
		.rtt_p99 = 0.004,
		.rtt_max = 0.005,
		.rtt_deviation = 0.0005};
	value_lists_describe(on_type);
}

static struct target_snapshot fresh_target(const char *name)
{
	return (struct target_snapshot){
		.name = name,
		.address = "localhost:4000",
		.peer = "",
		.values = {.last_rtt_ns = -1,
			.jitter_ns = -1,
			.last_connect_ns = -1,
			.tcp_rtt_ns = -1,
			.tcp_min_rtt_ns = -1,
			.stamped = -1,
			.one_way_ns = {-1, -1},
			.one_way_error_ns = -1,
			.seen_ttl = -1,
			.seen_dscp = -1,
			.seen_mss_bytes = -1},
	};
}

static struct target_snapshot busy_target(const char *name)
{
	return (struct target_snapshot){
		.name = name,
		.address = "localhost:4000",
		.peer = "127.0.0.1:4000",
		.values =
			{
				.sent = 110,
				.received = 100,
				.timeouts = 7,
				.late = 3,
				.unsent = 2,
				.duplicates = 1,
				.missed_slots = 4,
				.connects = 5,
				.moves = 2,
				.connect_failures = {1, 2, 3, 4, 0, 5},
				.disconnects = {6, 7, 8, 9, 10},
				.tcp_retransmits = 11,
				.rtt = {.counts = {10, 20, 30, [15] = 40}, .sum_ns = 12345678},
				.last_rtt_ns = 150000,
				.jitter_ns = 2500,
				.timeout_ns = 120000000,
				.last_connect_ns = 90000,
				.tcp_rtt_ns = 60000,
				.tcp_min_rtt_ns = 50000,
				.window_settled = 8,
				.window_lost = 3,
				.connected = true,
				.stamped = 1,
				.stamps_rejected = 12,
				.peer_ns = 3000000,
				.excess_ns = {1000000, 2000000},
				.slow = {14, 15, 16, 17},
				.peer_tcp_retransmits = 13,
				.one_way_ns = {100000, 200000},
				.one_way_error_ns = 50000,
				.seen_ttl = 57,
				.seen_dscp = 46,
				.seen_mss_bytes = 1400,
			},
	};
}

/* Fails unless that line is there. */
static void check_has(const char *lists, const char *line)
{
	char text[400];
	snprintf(text, sizeof(text), "%s\n", line);
	const char *found = strstr(lists, text);
	while (found && found != lists && found[-1] != '\n')
		found = strstr(found + 1, text);
	ck_assert_msg(found, "no \"%s\" in:\n%s", line, lists);
}

static void check_lacks(const char *lists, const char *part)
{
	ck_assert_msg(!strstr(lists, part), "\"%s\" in:\n%s", part, lists);
}

static size_t count_lines(const char *lists)
{
	size_t count = 0;
	for (; *lists != '\0'; lists++)
		count += *lists == '\n';
	return count;
}

/* Lines of the target "server1", without its name. */
static const char *const lines_of_target[] = {"connected 1", "last_rtt_seconds 0.00015",
	"jitter_seconds 2.5e-06", "estimated_timeout_seconds 0.12", "sent 110", "received 100",
	"timeouts 7", "late 3", "unsent 2", "duplicates 1", "missed_slots 4", "loss_ratio 0.375",
	"loss_percent 37.5", "in_flight 3", "connects 5", "moves 2", "last_connect_seconds 9e-05",
	"tcp_retransmits 11", "tcp_rtt_seconds 6e-05", "tcp_min_rtt_seconds 5e-05",
	"connect_failures-resolve 1", "connect_failures-refused 2",
	"connect_failures-unreachable 3", "connect_failures-timeout 4", "connect_failures-local 0",
	"connect_failures-other 5", "disconnects-closed 6", "disconnects-reset 7",
	"disconnects-stalled 8", "disconnects-invalid 9", "disconnects-other 10",
	"rtt_seconds_bucket_le_0_0001 10", "rtt_seconds_bucket_le_0_0002 30",
	"rtt_seconds_bucket_le_0_0004 60", "rtt_seconds_bucket_le_0_0008 60",
	"rtt_seconds_bucket_le_0_0016 60", "rtt_seconds_bucket_le_0_0032 60",
	"rtt_seconds_bucket_le_0_0064 60", "rtt_seconds_bucket_le_0_0128 60",
	"rtt_seconds_bucket_le_0_0256 60", "rtt_seconds_bucket_le_0_0512 60",
	"rtt_seconds_bucket_le_0_1024 60", "rtt_seconds_bucket_le_0_2048 60",
	"rtt_seconds_bucket_le_0_4096 60", "rtt_seconds_bucket_le_0_8192 60",
	"rtt_seconds_bucket_le_1_6384 60", "rtt_seconds_bucket_le_inf 100", "rtt_seconds_count 100",
	"rtt_seconds_sum 0.012345678", "reading_loss_percent 6.25",
	"reading_rtt_mean_seconds 0.002", "reading_rtt_min_seconds 0.001",
	"reading_rtt_median_seconds 0.0015", "reading_rtt_p90_seconds 0.003",
	"reading_rtt_p99_seconds 0.004", "reading_rtt_max_seconds 0.005", "stamped 1",
	"peer_seconds_total 0.003", "excess_seconds_total-out 0.001",
	"excess_seconds_total-back 0.002", "slow-out 14", "slow-back 15", "slow-peer 16",
	"slow-unknown 17", "peer_tcp_retransmits 13", "stamps_rejected 12",
	"one_way_seconds-out 0.0001", "one_way_seconds-back 0.0002", "one_way_error_seconds 5e-05",
	"seen_ttl 57", "seen_dscp 46", "seen_mss_bytes 1400"};

/* All of the process. */
static const char *const lines_of_process[] = {"tcp_echo_up 1", "tcp_echo_http_rejected-limit 1",
	"tcp_echo_http_rejected-address_limit 2", "tcp_echo_http_rejected-descriptors 3",
	"tcp_echo_http_rejected-memory 4", "tcp_echo_http_rejected-slow 5",
	"tcp_echo_http_rejected-stalled 6", "tcp_echo_http_rejected-other 7",
	"tcp_echo_config_last_reload_successful 0",
	"tcp_echo_config_last_reload_success_timestamp_seconds 1700000000.5",
	"process_cpu_seconds_total 1.25", "process_open_fds 12", "process_max_fds 1024",
	"process_virtual_memory_bytes 4096000", "process_resident_memory_bytes 2048000",
	"process_start_time_seconds 1700000000.12"};

static void check_lines(const char *lists, const char *before, const char *const *lines, int count)
{
	for (int i = 0; i < count; i++) {
		char line[200];
		snprintf(line, sizeof(line), "%s%s", before, lines[i]);
		check_has(lists, line);
	}
}

START_TEST(makes_a_list_of_each_value)
{
	struct target_snapshot target = busy_target("server1");
	struct snapshot snapshot = {.has_prober = false, .targets = &target, .target_count = 1};
	const char *lists = make(&snapshot, &process);
	check_lines(lists, "tcp_echo-server1/tcp_echo_", lines_of_target, ROWS(lines_of_target));
	check_lines(lists, "tcp_echo/", lines_of_process, ROWS(lines_of_process));
	ck_assert_uint_eq(count_lines(lists), ROWS(lines_of_target) + ROWS(lines_of_process));
}
END_TEST

START_TEST(leaves_out_what_is_not_known)
{
	static const char *const unknown[] = {"last_rtt", "jitter", "estimated", "last_connect",
		"tcp_rtt", "tcp_min_rtt", "stamped", "stamps", "peer_", "excess", "echo_slow",
		"one_way", "seen", "reading_", "cpu_seconds", "_fds", "_memory_", "start_time",
		"nan"};
	struct target_snapshot target = fresh_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1, .lacks_tcp_info = true};
	const struct process_values nothing = {-1, -1, -1, -1, -1, -1, true, {0}, true, 1, {0}};
	period = (struct period_values){false, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	const char *lists = make(&snapshot, &nothing);
	for (int i = 0; i < ROWS(unknown); i++)
		check_lacks(lists, unknown[i]);
	check_lacks(lists, "retransmits");
	check_has(lists, "tcp_echo-a/tcp_echo_loss_percent 0");
	check_has(lists, "tcp_echo-a/tcp_echo_sent 0");
}
END_TEST

START_TEST(leaves_out_the_times_of_a_target_that_is_down)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	target.values.connected = false;
	target.values.jitter_ns = target.values.tcp_rtt_ns = target.values.tcp_min_rtt_ns = -1;
	const char *lists = make(&snapshot, &process);
	check_has(lists, "tcp_echo-a/tcp_echo_connected 0");
	check_lacks(lists, "last_rtt");
	check_lacks(lists, "last_connect");
	/* Some of the reading's probes were answered even so. */
	check_has(lists, "tcp_echo-a/tcp_echo_reading_rtt_max_seconds 0.005");
	ck_assert_uint_eq(count_lines(lists), ROWS(lines_of_target) - 12 + ROWS(lines_of_process));
}
END_TEST

START_TEST(knows_if_a_target_is_connected_once_it_was_tried)
{
	struct target_snapshot target = fresh_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	const char *lists = make(&snapshot, &process);
	check_lacks(lists, "connected");
	check_has(lists, "tcp_echo-a/tcp_echo_connects 0");
	target.values.connect_failures[CONNECT_FAILURE_OTHER] = 1;
	check_has(make(&snapshot, &process), "tcp_echo-a/tcp_echo_connected 0");
	target.values.connect_failures[CONNECT_FAILURE_OTHER] = 0;
	target.values.connects = 1;
	check_has(make(&snapshot, &process), "tcp_echo-a/tcp_echo_connected 0");
	target.values.connected = true;
	check_has(make(&snapshot, &process), "tcp_echo-a/tcp_echo_connected 1");
}
END_TEST

START_TEST(has_the_loss_of_a_target_that_does_not_answer)
{
	struct target_snapshot target = fresh_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	period = (struct period_values){false, 100, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	const char *lists = make(&snapshot, &process);
	check_has(lists, "tcp_echo-a/tcp_echo_reading_loss_percent 100");
	check_lacks(lists, "reading_rtt");
}
END_TEST

START_TEST(has_the_server_and_the_lag_if_there_are_any)
{
	static const char *const lines[] = {"send_lag_seconds_bucket_le_0_00001 1",
		"send_lag_seconds_bucket_le_0_00002 3", "send_lag_seconds_bucket_le_0_16384 3",
		"send_lag_seconds_bucket_le_inf 6", "send_lag_seconds_count 6",
		"send_lag_seconds_sum 1.5", "server_connections 7", "server_accepted 8",
		"server_frames 9", "server_closed-closed 1", "server_closed-other 7",
		"server_rejected-not_allowed 8", "server_rejected-other 13"};
	struct snapshot snapshot = {
		.has_prober = true,
		.send_lag = {.counts = {1, 2, [15] = 3}, .sum_ns = 1500000000},
		.has_server = true,
		.server = {7, 8, 9, {1, 2, 3, 4, 5, 6, 7}, {8, 9, 10, 11, 12, 13}},
	};
	check_lines(make(&snapshot, &process), "tcp_echo/tcp_echo_", lines, ROWS(lines));
	struct snapshot neither = {0};
	ck_assert_uint_eq(count_lines(make(&neither, &process)), ROWS(lines_of_process));
}
END_TEST

START_TEST(leaves_out_buckets_if_only_basics_are_wanted)
{
	struct target_snapshot target = busy_target("server1");
	struct snapshot snapshot = {.has_prober = true, .targets = &target, .target_count = 1};
	config.dispatch = DISPATCH_BASIC;
	const char *lists = make(&snapshot, &process);
	check_lacks(lists, "_bucket");
	check_has(lists, "tcp_echo-server1/tcp_echo_rtt_seconds_count 100");
	check_has(lists, "tcp_echo-server1/tcp_echo_reading_rtt_p99_seconds 0.004");
	check_has(lists, "tcp_echo/tcp_echo_send_lag_seconds_count 0");
	ck_assert_uint_eq(count_lines(lists),
		ROWS(lines_of_target) - HISTOGRAM_BUCKETS + ROWS(lines_of_process) + 2);
}
END_TEST

START_TEST(makes_nothing_if_nothing_is_wanted)
{
	struct target_snapshot target = busy_target("server1");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	config.dispatch = DISPATCH_NONE;
	config.dispatch_info = true;
	ck_assert_str_eq(make(&snapshot, &process), "");
}
END_TEST

START_TEST(makes_what_the_plugin_ping_makes)
{
	struct target_snapshot target = busy_target("server1");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	config.dispatch = DISPATCH_NONE;
	config.standard_types = true;
	ck_assert_str_eq(make(&snapshot, &process), "ping/ping-server1 2\n"
						    "ping/ping_stddev-server1 0.5\n"
						    "ping/ping_droprate-server1 0.0625\n");
	/* As it does: a NAN, not a gap, where there was no answer. */
	period = (struct period_values){false, 100, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	ck_assert_str_eq(make(&snapshot, &process), "ping/ping-server1 nan\n"
						    "ping/ping_stddev-server1 nan\n"
						    "ping/ping_droprate-server1 1\n");
	period.loss_percent = NAN;
	ck_assert_str_eq(make(&snapshot, &process), "");
	/* Beside its own. */
	config.dispatch = DISPATCH_ALL;
	period.loss_percent = 50;
	const char *lists = make(&snapshot, &process);
	check_has(lists, "ping/ping_droprate-server1 0.5");
	check_has(lists, "tcp_echo-server1/tcp_echo_sent 110");
}
END_TEST

START_TEST(has_labels_as_type_instances_if_wanted)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	config.dispatch_info = true;
	const char *lists = make(&snapshot, &process);
	check_has(lists, "tcp_echo-a/tcp_echo_target_info-localhost:4000 127.0.0.1:4000 1");
	check_has(lists, "tcp_echo/tcp_echo_build_info-1.2.3 abc cc 9 1");
	/* Without a blank at its end. */
	target = fresh_target("a");
	check_has(make(&snapshot, &process), "tcp_echo-a/tcp_echo_target_info-localhost:4000 1");
}
END_TEST

START_TEST(leaves_out_half_an_address)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	char address[300];
	char expected[400];
	config.dispatch_info = true;
	memset(address, 'x', sizeof(address));
	address[120] = '\0';
	target.address = address;
	snprintf(expected, sizeof(expected), "tcp_echo-a/tcp_echo_target_info-%s 1", address);
	check_has(make(&snapshot, &process), expected);

	address[120] = 'x';
	address[sizeof(address) - 1] = '\0';
	snprintf(expected, sizeof(expected), "tcp_echo-a/tcp_echo_target_info-%.127s 1", address);
	check_has(make(&snapshot, &process), expected);
}
END_TEST

START_TEST(has_room_for_the_longest_name)
{
	char name[128];
	memset(name, 'n', sizeof(name) - 1);
	name[127] = '\0';
	struct target_snapshot target = busy_target(name);
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	char expected[200];
	config.standard_types = true;
	snprintf(expected, sizeof(expected), "tcp_echo-%s/tcp_echo_connected 1", name);
	check_has(make(&snapshot, &process), expected);
	snprintf(expected, sizeof(expected), "ping/ping-%s 2", name);
	check_has(make(&snapshot, &process), expected);
}
END_TEST

START_TEST(has_types_that_any_daemon_accepts)
{
	ck_assert_uint_gt(type_count, 40);
	for (size_t i = 0; i < type_count; i++) {
		const data_source_t *source = &types[i].source;
		ck_assert_str_eq(source->name, "value");
		ck_assert(source->min == 0);
		ck_assert(source->type == DS_TYPE_DERIVE || source->type == DS_TYPE_GAUGE);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(types[i].set.type, types[k].set.type);
	}
}
END_TEST

static void append_limit(struct buffer *buffer, double limit)
{
	if (isnan(limit))
		buffer_append_text(buffer, "U");
	else
		buffer_append_format(buffer, "%g", limit);
}

/* Writes a type as a line of a types.db. */
static void append_line(struct buffer *buffer, const data_set_t *set)
{
	buffer_append_format(buffer, "%s\tvalue:%s:", set->type,
		set->ds->type == DS_TYPE_DERIVE ? "DERIVE" : "GAUGE");
	append_limit(buffer, set->ds->min);
	buffer_append_text(buffer, ":");
	append_limit(buffer, set->ds->max);
	buffer_append(buffer, "\n", 2);
}

START_TEST(matches_the_shipped_types_db)
{
	/* `make check` runs in the build folder, and says where the sources are. */
	char path[4096];
	snprintf(path, sizeof(path), "%s/src/collectd/types.db", source_folder);
	FILE *file = fopen(path, "r");
	ck_assert_msg(file, "cannot open %s", path);
	char line[200];
	size_t type = 0;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		ck_assert_uint_lt(type, type_count);
		data_set_t set = types[type].set;
		set.ds = &types[type++].source;
		struct buffer expected = {0};
		append_line(&expected, &set);
		ck_assert_str_eq(line, expected.data);
		buffer_clear(&expected);
	}
	fclose(file);
	ck_assert_uint_eq(type, type_count);
}
END_TEST

static void tear_down(void)
{
	buffer_clear(&made);
	type_count = 0;
}

int main(void)
{
	/* There is no other thread yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *folder = getenv("srcdir");
	if (folder)
		source_folder = folder;
	TCase *tcase = tcase_create("value_lists");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, makes_a_list_of_each_value);
	tcase_add_test(tcase, leaves_out_what_is_not_known);
	tcase_add_test(tcase, leaves_out_the_times_of_a_target_that_is_down);
	tcase_add_test(tcase, knows_if_a_target_is_connected_once_it_was_tried);
	tcase_add_test(tcase, has_the_loss_of_a_target_that_does_not_answer);
	tcase_add_test(tcase, has_the_server_and_the_lag_if_there_are_any);
	tcase_add_test(tcase, leaves_out_buckets_if_only_basics_are_wanted);
	tcase_add_test(tcase, makes_nothing_if_nothing_is_wanted);
	tcase_add_test(tcase, makes_what_the_plugin_ping_makes);
	tcase_add_test(tcase, has_labels_as_type_instances_if_wanted);
	tcase_add_test(tcase, leaves_out_half_an_address);
	tcase_add_test(tcase, has_room_for_the_longest_name);
	tcase_add_test(tcase, has_types_that_any_daemon_accepts);
	tcase_add_test(tcase, matches_the_shipped_types_db);
	return unit_run("collectd/value_lists", tcase);
}
