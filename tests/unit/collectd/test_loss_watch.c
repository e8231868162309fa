/* SPDX-License-Identifier: MIT */
#include "collectd/loss_watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"

static char told[200];

static void on_change(void *context, const struct loss_change *change)
{
	size_t length = strlen(told);
	ck_assert_ptr_eq(context, told);
	ck_assert(change->limit == 10);
	snprintf(told + length, sizeof(told) - length, "%s%s=%g@%d ", change->target,
		change->is_lossy ? "!" : "", change->percent, (int)change->since_ns);
}

/*
 * Readings, at times 0, 1, 2 ...: for each target its letter and its loss, "a20"; "?" for unknown, "*" if
 * it is its first. And what is told: "a!" for lossy, its loss, and since which reading.
 */
static const struct {
	const char *says;
	const char *readings[6];
	const char *told;
	bool okay_at_start;
} rows[] = {
	{"all is well", {"a0*", "a10", "a0"}, "", false},
	{"all is well from the start", {"a0*", "a10", "a0"}, "a=0@0 ", true},
	{"lossy and well again", {"a0*", "a20", "a30", "a5"}, "a!=20@1 a=5@1 ", false},
	{"just at the limit is well", {"a10*", "a10.1", "a10"}, "a!=10.1@1 a=10@1 ", false},
	{"lossy from the start", {"a100*", "a100", "a0"}, "a!=100@0 a=0@0 ", true},
	{"nothing is known at first", {"a?", "a?", "a0*"}, "a=0@0 ", true},
	{"nothing is known in between", {"a50*", "a?", "a50", "a?", "a0"}, "a!=50@0 a=0@0 ", true},
	{"again and again", {"a20*", "a0", "a20", "a0"}, "a!=20@0 a=0@0 a!=20@2 a=0@2 ", false},
	{"two of three", {"a20*b0*c30*", "a20b0c0", "a0b90c0"},
		"a!=20@0 c!=30@0 c=0@0 a=0@0 b!=90@2 ", false},
	{"one that is lossy goes", {"a20*b0*", "b0", "a0*b0"}, "a!=20@0 a=nan@0 ", false},
	{"one that is well goes", {"a0*b0*", "b0"}, "", false},
	{"its settings change while it is lossy", {"a20*", "a?", "a0*"}, "a!=20@0 a=0@0 ", true},
};

static void read_targets(const char *text, struct target_snapshot *targets,
	struct period_values *periods, struct snapshot *snapshot)
{
	static const char *const names[] = {"a", "b", "c"};
	snapshot->target_count = 0;
	while (*text != '\0') {
		size_t at = snapshot->target_count++;
		char *end = NULL;
		targets[at] = (struct target_snapshot){
			.name = names[*text - 'a'], .address = "localhost:1", .peer = ""};
		double percent = strtod(text + 1, &end);
		bool is_known = text[1] != '?';
		text = is_known ? end : text + 2;
		periods[at] = (struct period_values){
			.is_first = *text == '*', .loss_percent = is_known ? percent : (double)NAN};
		text += *text == '*';
	}
}

START_TEST(tells_what_has_changed)
{
	struct target_snapshot targets[3];
	struct period_values periods[3];
	struct snapshot snapshot = {.targets = targets};
	struct loss_watch watch = {.limit = 10,
		.okay_at_start = rows[_i].okay_at_start,
		.on_change = on_change,
		.context = told};
	told[0] = '\0';
	for (int i = 0; i < ROWS(rows[_i].readings) && rows[_i].readings[i]; i++) {
		read_targets(rows[_i].readings[i], targets, periods, &snapshot);
		loss_watch_step(&watch, &snapshot, periods, i);
	}
	ck_assert_msg(strcmp(told, rows[_i].told) == 0, "%s: %s", rows[_i].says, told);
	standing_clear(&watch.lossy);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("loss_watch");
	tcase_add_loop_test(tcase, tells_what_has_changed, 0, ROWS(rows));
	return unit_run("collectd/loss_watch", tcase);
}
