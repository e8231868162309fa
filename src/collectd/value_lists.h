/* SPDX-License-Identifier: MIT */
/* A snapshot as collectd's value lists, one value each, and their types. Pure. */
#ifndef COLLECTD_VALUE_LISTS_H
#define COLLECTD_VALUE_LISTS_H

#include <collectd/core/daemon/plugin.h>

#include "collectd/list_types.h"
#include "collectd/plugin_config.h"
#include "measure/period_values.h"
#include "measure/snapshot.h"
#include "metrics/process_values.h"

/* The plugin's name in its value lists. */
#define VALUE_LISTS_PLUGIN METRIC_PREFIX

/* Hands out each type once. set is borrowed until on_type() returns. */
void value_lists_describe(void (*on_type)(const data_set_t *set));

/* What value lists are made of. All borrowed. */
struct value_lists_input {
	const struct plugin_config *config; /* Which of them are wanted. */
	const struct snapshot *snapshot;
	/* One for each of its targets, since the last reading. */
	const struct period_values *periods;
	const struct process_values *process;
	const struct source_values *sources; /* Where the targets come from. */
	size_t source_count;
	const struct mesh_values *mesh; /* NULL: there is none. */
	const char *version;
	const char *revision;
	const char *compiler;
};

/*
 * Hands out all value lists of one moment. list is borrowed until on_list() returns; host, time and
 * interval are left for on_list() or the daemon to set. The plugin instance is the target's name, the
 * type instance a reason, or the source that a value is of. What is not known is left out, as one NAN makes every average and sum over
 * targets a NAN. So are all times of a target that is down, and whether it is connected before the
 * first attempt has come to an end.
 *
 * With dispatch_info there are also "address peer", or "address" before the first peer or where both
 * do not fit, and "version revision compiler", as type instances of a 1. With standard_types there is also
 * what collectd's plugin ping makes of a host: plugin "ping", no plugin instance, the target as type
 * instance, milliseconds, and NAN where no probe was answered.
 */
void value_lists_make(const struct value_lists_input *input,
	void (*on_list)(void *context, value_list_t *list), void *context);

#endif
