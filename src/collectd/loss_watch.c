/* SPDX-License-Identifier: MIT */
#include "collectd/loss_watch.h"

#include <math.h>

static void report(struct loss_watch *watch, const struct target_snapshot *target, double percent,
	int64_t since_ns)
{
	const struct loss_change change = {
		.target = target->name,
		.address = target->address,
		.peer = target->peer,
		.is_lossy = percent > watch->limit,
		.percent = percent,
		.limit = watch->limit,
		.since_ns = since_ns,
	};
	watch->on_change(watch->context, &change);
}

static void judge(struct loss_watch *watch, const struct target_snapshot *target,
	const struct period_values *period, int64_t begin_ns)
{
	double percent = period->loss_percent;
	bool is_lossy = percent > watch->limit;
	int64_t since_ns = 0;
	bool was_lossy = standing_has(&watch->lossy, target->name, &since_ns);
	if (isnan(percent))
		return;
	if (is_lossy == was_lossy) {
		if (period->is_first && !is_lossy && watch->okay_at_start)
			report(watch, target, percent, 0);
		return;
	}
	if (was_lossy) {
		standing_remove(&watch->lossy, target->name);
	} else {
		since_ns = begin_ns;
		standing_add(&watch->lossy, target->name, since_ns);
	}
	report(watch, target, percent, since_ns);
}

static void on_gone(void *context, const char *name, int64_t since_ns)
{
	struct loss_watch *watch = context;
	const struct target_snapshot target = {.name = name, .address = "", .peer = ""};
	report(watch, &target, (double)NAN, since_ns);
}

void loss_watch_step(struct loss_watch *watch, const struct snapshot *now,
	const struct period_values *periods, int64_t begin_ns)
{
	standing_begin(&watch->lossy);
	for (size_t i = 0; i < now->target_count; i++) {
		standing_keep(&watch->lossy, now->targets[i].name);
		judge(watch, &now->targets[i], &periods[i], begin_ns);
	}
	standing_sweep(&watch->lossy, on_gone, watch);
}
