/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"

static struct {
	unsigned lines;
	char line[LOG_MESSAGE_MAX];
	unsigned changes;
	struct target_change change;
	char text[LOG_MESSAGE_MAX];
} told;

static void keep_line(void *context, enum log_level level, const char *subject, const char *message)
{
	(void)context;
	(void)level;
	ck_assert_str_eq(subject, "server1");
	told.lines++;
	snprintf(told.line, sizeof(told.line), "%s", message);
}

static void keep_change(void *context, const struct target_change *change)
{
	ck_assert_ptr_eq(context, &told);
	ck_assert_str_eq(change->target, "server1");
	told.changes++;
	told.change = *change;
	snprintf(told.text, sizeof(told.text), "%s", change->text);
}

static const struct log log_to_test = {.sink = keep_line, .threshold = LOG_LEVEL_WARNING + 1};

static void make(struct target *target, struct probe_context *context, const char *address)
{
	struct target_options options;
	struct endpoint endpoint;
	const char *reason;
	memset(&told, 0, sizeof(told));
	target_options_init(&options);
	ck_assert_int_eq(endpoint_parse(address, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	ck_assert_int_eq(target_init(target, "server1", &endpoint, &options), 0);
	*context = (struct probe_context){
		.log = &log_to_test,
		.watcher = {.on_change = keep_change, .context = &told},
	};
	target->context = context;
}

static union address some_peer(void)
{
	union address peer = {
		.v4 = {.sin_family = AF_INET, .sin_port = htons(4000)},
	};
	inet_pton(AF_INET, "192.0.2.1", &peer.v4.sin_addr);
	return peer;
}

static const char *const addresses[] = {
	"server1.example:4000", "192.0.2.1:4000", "[2001:db8::1]:4000", ":4000"};

START_TEST(a_target_is_what_was_configured)
{
	struct target target;
	struct probe_context context;
	make(&target, &context, addresses[_i]);
	ck_assert_str_eq(target.name, "server1");
	ck_assert_str_eq(target.address, addresses[_i]);
	struct endpoint endpoint;
	char text[ENDPOINT_TEXT_MAX];
	target_endpoint(&target, &endpoint);
	endpoint_format(&endpoint, text);
	ck_assert_str_eq(text, addresses[_i]);
	ck_assert(!target.counts_unsent);
	target_clear(&target);
	target_clear(&target);
}
END_TEST

START_TEST(a_slot_is_unsent_once_start_up_is_over)
{
	struct target target;
	struct probe_context context;
	struct target_values values;
	make(&target, &context, ":4000");
	target_count_unsent(&target);
	target_stats_read(target.stats, &values);
	ck_assert_uint_eq(values.sent, 0);
	target.counts_unsent = true;
	target_count_unsent(&target);
	target_stats_read(target.stats, &values);
	ck_assert_uint_eq(values.sent, 1);
	ck_assert_uint_eq(values.timeouts, 1);
	ck_assert_uint_eq(values.unsent, 1);
	target_clear(&target);
}
END_TEST

START_TEST(each_change_is_reported_once_to_log_and_watcher)
{
	struct target target;
	struct probe_context context;
	union address peer = some_peer();
	make(&target, &context, ":4000");
	target_report_up(&target, &peer, 10 * NS_PER_S);
	target_report_up(&target, &peer, 11 * NS_PER_S);
	ck_assert_uint_eq(told.lines, 1);
	ck_assert_str_eq(told.line, "up: 192.0.2.1:4000 answers");
	ck_assert_uint_eq(told.changes, 1);
	ck_assert(told.change.is_up);
	ck_assert_int_eq(told.change.outage_ns, 0);
	ck_assert_str_eq(told.text, "192.0.2.1:4000 answers");
	target_report_down(&target, "some reason", 20 * NS_PER_S);
	target_report_down(&target, "another reason", 21 * NS_PER_S);
	ck_assert_uint_eq(told.lines, 2);
	ck_assert_str_eq(told.line, "down: some reason");
	ck_assert_uint_eq(told.changes, 2);
	ck_assert(!told.change.is_up);
	ck_assert_int_eq(told.change.outage_ns, 0);
	ck_assert_str_eq(told.text, "some reason");
	target_report_up(&target, &peer, 27 * NS_PER_S);
	ck_assert_str_eq(told.line, "up: 192.0.2.1:4000 answers again after 7s");
	ck_assert_int_eq(told.change.outage_ns, 7 * NS_PER_S);
	/* Its events are the changes. */
	struct target_event events[TARGET_EVENTS_MAX];
	ck_assert_uint_eq(target_stats_read_events(target.stats, events), 3);
	ck_assert_int_eq(events[0].kind, TARGET_EVENT_UP);
	ck_assert_int_eq(events[1].kind, TARGET_EVENT_DOWN);
	ck_assert_int_eq(events[2].kind, TARGET_EVENT_UP);
	ck_assert_int_ge(events[0].unix_ns, events[2].unix_ns);
	target_clear(&target);
}
END_TEST

START_TEST(without_a_watcher_changes_are_only_logged)
{
	struct target target;
	struct probe_context context;
	make(&target, &context, ":4000");
	context.watcher.on_change = NULL;
	target_report_down(&target, "some reason", NS_PER_S);
	ck_assert_uint_eq(told.lines, 1);
	ck_assert_uint_eq(told.changes, 0);
	target_clear(&target);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target");
	tcase_add_loop_test(tcase, a_target_is_what_was_configured, 0, ROWS(addresses));
	tcase_add_test(tcase, a_slot_is_unsent_once_start_up_is_over);
	tcase_add_test(tcase, each_change_is_reported_once_to_log_and_watcher);
	tcase_add_test(tcase, without_a_watcher_changes_are_only_logged);
	return unit_run("probe/target", tcase);
}
