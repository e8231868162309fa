/* SPDX-License-Identifier: MIT */
#include "collectd/value_lists.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/buffer.h"

static const struct process_values process = {1250000000, 12, 1024, 4096000, 2048000,
	INT64_C(1700000000120000000), true, {1, 2, 3, 4, 5, 6, 7}};

static const char *source_folder = ".";

/* What was handed out: a line per list, "plugin-instance/type-instance name=value..." */
static struct buffer made;

static void describe(enum metric_list type, data_source_t *sources, data_set_t *set)
{
	memset(sources, 0, LIST_SOURCES_MAX * sizeof(*sources));
	value_lists_describe(type, sources, set);
}

/* Finds the type of a list by its name. */
static enum metric_list type_of(const char *name, data_source_t *sources, data_set_t *set)
{
	for (int type = 0; type < LISTS; type++) {
		describe((enum metric_list)type, sources, set);
		if (strcmp(set->type, name) == 0)
			return (enum metric_list)type;
	}
	ck_abort_msg("there is no type %s", name);
	return LISTS;
}

static void on_list(void *context, value_list_t *list)
{
	(void)context;
	data_source_t sources[LIST_SOURCES_MAX];
	data_set_t set;
	type_of(list->type, sources, &set);
	ck_assert_uint_eq(list->values_len, set.ds_num);
	ck_assert_str_eq(list->host, "");
	ck_assert_uint_eq(list->time, 0);
	ck_assert_uint_eq(list->interval, 0);
	buffer_append_format(&made, "%s-%s/%s-%s", list->plugin, list->plugin_instance, list->type,
		list->type_instance);
	for (size_t i = 0; i < list->values_len; i++) {
		if (set.ds[i].type == DS_TYPE_DERIVE)
			buffer_append_format(&made, " %s=%lld", set.ds[i].name,
				(long long)list->values[i].derive);
		else
			buffer_append_format(
				&made, " %s=%.12g", set.ds[i].name, list->values[i].gauge);
	}
	buffer_append_text(&made, "\n");
}

static const char *make(const struct snapshot *snapshot, const struct process_values *values)
{
	const struct value_lists_input input = {snapshot, values, "1.2.3", "cc 9"};
	made.length = 0;
	value_lists_make(&input, on_list, NULL);
	buffer_append(&made, "", 1);
	return made.data;
}

static struct target_snapshot fresh_target(const char *name)
{
	return (struct target_snapshot){
		.name = name,
		.address = "localhost:4000",
		.peer = "",
		.values = {.last_rtt_ns = -1,
			.last_connect_ns = -1,
			.tcp_rtt_ns = -1,
			.tcp_min_rtt_ns = -1},
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
				.last_connect_ns = 90000,
				.tcp_rtt_ns = 60000,
				.tcp_min_rtt_ns = 50000,
				.window_settled = 8,
				.window_lost = 3,
				.connected = true,
			},
	};
}

/* Fails unless the lists contain text. */
static void check_has(const char *lists, const char *text)
{
	ck_assert_msg(strstr(lists, text), "no \"%s\" in:\n%s", text, lists);
}

/* Each word of expected is there, in this order; there may be others in between. */
static void check_words(const char *lists, const char *expected)
{
	const char *at = lists;
	while (*expected != '\0') {
		char word[128];
		size_t length = strcspn(expected, " \n");
		snprintf(word, sizeof(word), "%.*s%c", (int)length, expected, expected[length]);
		const char *found = strstr(at, word);
		ck_assert_msg(found, "no \"%s\" in its place in:\n%s", word, lists);
		at = found + length + 1;
		expected += length + 1;
	}
}

#define PROCESS_AND_BUILD                                                                          \
	"tcp_echo-/tcp_echo_http- rejected_limit=1 rejected_address_limit=2 "                      \
	"rejected_descriptors=3 rejected_memory=4 rejected_slow=5 rejected_stalled=6 "             \
	"rejected_other=7\n"                                                                       \
	"tcp_echo-/tcp_echo_process- up=1 cpu_seconds=1.25 open_fds=12 max_fds=1024 "              \
	"virtual_memory_bytes=4096000 resident_memory_bytes=2048000 "                              \
	"start_time_seconds=1700000000.12\n"                                                       \
	"tcp_echo-/tcp_echo_build-1.2.3 cc 9 info=1\n"

START_TEST(makes_one_list_of_all_that_is_always_known_about_a_target)
{
	struct target_snapshot target = busy_target("server1");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	check_words(make(&snapshot, &process),
		"tcp_echo-server1/tcp_echo- connected=1 "
		"sent=110 received=100 timeouts=7 late=3 unsent=2 "
		"duplicates=1 missed_slots=4 loss_percent=37.5 in_flight=3 connects=5 moves=2 "
		"tcp_retransmits=11 connect_failures_resolve=1 connect_failures_refused=2 "
		"connect_failures_unreachable=3 connect_failures_timeout=4 "
		"connect_failures_local=0 connect_failures_other=5 disconnects_closed=6 disconnects_reset=7 "
		"disconnects_stalled=8 disconnects_invalid=9 disconnects_other=10 "
		"rtt_seconds_bucket_le_0_0001=10 rtt_seconds_bucket_le_0_0002=30 "
		"rtt_seconds_bucket_le_0_0004=60 rtt_seconds_bucket_le_0_0008=60 "
		"rtt_seconds_bucket_le_0_0016=60 rtt_seconds_bucket_le_0_0032=60 "
		"rtt_seconds_bucket_le_0_0064=60 rtt_seconds_bucket_le_0_0128=60 "
		"rtt_seconds_bucket_le_0_0256=60 rtt_seconds_bucket_le_0_0512=60 "
		"rtt_seconds_bucket_le_0_1024=60 rtt_seconds_bucket_le_0_2048=60 "
		"rtt_seconds_bucket_le_0_4096=60 rtt_seconds_bucket_le_0_8192=60 "
		"rtt_seconds_bucket_le_1_6384=60 rtt_seconds_bucket_le_inf=100 "
		"rtt_seconds_count=100 rtt_seconds_sum=0.012345678\n"
		"tcp_echo-server1/tcp_echo_last_rtt- seconds=0.00015\n"
		"tcp_echo-server1/tcp_echo_jitter- seconds=2.5e-06\n"
		"tcp_echo-server1/tcp_echo_last_connect- seconds=9e-05\n"
		"tcp_echo-server1/tcp_echo_tcp- rtt_seconds=6e-05 min_rtt_seconds=5e-05\n"
		"tcp_echo-server1/tcp_echo_target-localhost:4000 127.0.0.1:4000 "
		"info=1\n" PROCESS_AND_BUILD);
}
END_TEST

START_TEST(leaves_out_what_is_not_known)
{
	struct target_snapshot target = fresh_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	const struct process_values unknown = {-1, -1, -1, -1, -1, -1, true, {0}};
	const char *lists = make(&snapshot, &unknown);
	ck_assert_ptr_null(strstr(lists, "tcp_echo_last_rtt"));
	ck_assert_ptr_null(strstr(lists, "tcp_echo_last_connect"));
	ck_assert_ptr_null(strstr(lists, "tcp_echo_tcp"));
	check_has(lists, "tcp_echo_target-localhost:4000  info=1\n");
	check_has(lists, " loss_percent=0 ");
	check_has(lists, " cpu_seconds=nan open_fds=nan max_fds=nan virtual_memory_bytes=nan "
			 "resident_memory_bytes=nan start_time_seconds=nan\n");
	ck_assert_ptr_null(strstr(lists, "-nan"));
}
END_TEST

START_TEST(has_the_server_and_the_lag_if_there_are_any)
{
	struct snapshot snapshot = {
		.has_prober = true,
		.send_lag = {.counts = {1, 2, [15] = 3}, .sum_ns = 1500000000},
		.has_server = true,
		.server = {7, 8, 9, {1, 2, 3, 4, 5, 6, 7}, {8, 9, 10, 11, 12, 13}},
	};
	const char *lists = make(&snapshot, &process);
	check_has(lists, "tcp_echo-/tcp_echo_send_lag- seconds_bucket_le_0_00001=1 "
			 "seconds_bucket_le_0_00002=3 seconds_bucket_le_0_00004=3 ");
	check_has(lists, " seconds_bucket_le_0_16384=3 seconds_bucket_le_inf=6 seconds_count=6 "
			 "seconds_sum=1.5\n");
	check_has(lists, "tcp_echo-/tcp_echo_server- connections=7 accepted=8 frames=9 "
			 "closed_closed=1 closed_reset=2 closed_timeout=3 closed_stalled=4 "
			 "closed_invalid=5 closed_limit=6 closed_other=7 "
			 "rejected_not_allowed=8 rejected_limit=9 rejected_address_limit=10 "
			 "rejected_descriptors=11 rejected_memory=12 rejected_other=13\n");
	struct snapshot neither = {0};
	ck_assert_str_eq(make(&neither, &process), PROCESS_AND_BUILD);
}
END_TEST

START_TEST(keeps_the_law_of_accounting)
{
	struct target_snapshot target = busy_target("a");
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	const char *lists = make(&snapshot, &process);
	check_has(lists, " sent=110 received=100 timeouts=7 ");
	check_has(lists, " in_flight=3 ");
	check_has(lists, " rtt_seconds_bucket_le_inf=100 rtt_seconds_count=100 ");
}
END_TEST

START_TEST(leaves_out_half_an_address)
{
	struct target_snapshot target = busy_target("a");
	char address[300];
	memset(address, 'x', sizeof(address));
	address[120] = '\0';
	target.address = address;
	struct snapshot snapshot = {.targets = &target, .target_count = 1};
	char expected[400];
	snprintf(expected, sizeof(expected), "/tcp_echo_target-%s  info=1", address);
	check_has(make(&snapshot, &process), expected);

	address[120] = 'x';
	address[sizeof(address) - 1] = '\0';
	snprintf(expected, sizeof(expected), "/tcp_echo_target-%.126s  info=1", address);
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
	snprintf(expected, sizeof(expected), "tcp_echo-%s/tcp_echo- connected", name);
	check_has(make(&snapshot, &process), expected);
}
END_TEST

START_TEST(has_sources_that_any_daemon_accepts)
{
	data_source_t sources[LIST_SOURCES_MAX];
	data_set_t set;
	describe((enum metric_list)_i, sources, &set);
	ck_assert_uint_ge(set.ds_num, 1);
	ck_assert_uint_le(set.ds_num, LIST_SOURCES_MAX);
	for (size_t i = 0; i < set.ds_num; i++) {
		const char *name = set.ds[i].name;
		ck_assert_uint_eq(
			strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen(name));
		ck_assert(set.ds[i].min == 0);
		ck_assert(set.ds[i].type == DS_TYPE_DERIVE || set.ds[i].type == DS_TYPE_GAUGE);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(name, set.ds[k].name);
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
	buffer_append_format(buffer, "%s\t", set->type);
	for (size_t i = 0; i < set->ds_num; i++) {
		const data_source_t *source = &set->ds[i];
		buffer_append_format(buffer, "%s%s:%s:", i > 0 ? ", " : "", source->name,
			source->type == DS_TYPE_DERIVE ? "DERIVE" : "GAUGE");
		append_limit(buffer, source->min);
		buffer_append_text(buffer, ":");
		append_limit(buffer, source->max);
	}
	buffer_append(buffer, "\n", 2);
}

START_TEST(matches_the_shipped_types_db)
{
	/* `make check` runs in the build folder, and says where the sources are. */
	char path[4096];
	snprintf(path, sizeof(path), "%s/src/collectd/types.db", source_folder);
	FILE *file = fopen(path, "r");
	ck_assert_msg(file, "cannot open %s", path);
	/* As long as the daemon's own buffer for a line. */
	char line[4096];
	int type = 0;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		ck_assert_int_lt(type, LISTS);
		data_source_t sources[LIST_SOURCES_MAX];
		data_set_t set;
		describe((enum metric_list)type++, sources, &set);
		struct buffer expected = {0};
		append_line(&expected, &set);
		ck_assert_str_eq(line, expected.data);
		buffer_clear(&expected);
	}
	fclose(file);
	ck_assert_int_eq(type, LISTS);
}
END_TEST

static void tear_down(void)
{
	buffer_clear(&made);
}

int main(void)
{
	/* There is no other thread yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *folder = getenv("srcdir");
	if (folder)
		source_folder = folder;
	TCase *tcase = tcase_create("value_lists");
	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_test(tcase, makes_one_list_of_all_that_is_always_known_about_a_target);
	tcase_add_test(tcase, leaves_out_what_is_not_known);
	tcase_add_test(tcase, has_the_server_and_the_lag_if_there_are_any);
	tcase_add_test(tcase, keeps_the_law_of_accounting);
	tcase_add_test(tcase, leaves_out_half_an_address);
	tcase_add_test(tcase, has_room_for_the_longest_name);
	tcase_add_loop_test(tcase, has_sources_that_any_daemon_accepts, 0, LISTS);
	tcase_add_test(tcase, matches_the_shipped_types_db);
	return unit_run("collectd/value_lists", tcase);
}
