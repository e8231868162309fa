/* SPDX-License-Identifier: MIT */
/* A snapshot as collectd's value lists, and their types as collectd describes them. Pure. */
#ifndef COLLECTD_VALUE_LISTS_H
#define COLLECTD_VALUE_LISTS_H

#include <collectd/core/daemon/plugin.h>

#include "collectd/list_types.h"
#include "measure/snapshot.h"
#include "metrics/process_values.h"

/* The plugin's name in every value list. */
#define VALUE_LISTS_PLUGIN METRIC_PREFIX

/* Describes a type. sources: the caller's; set->ds will point to them. */
void value_lists_describe(
	enum metric_list list, data_source_t sources[LIST_SOURCES_MAX], data_set_t *set);

/* What value lists are made of. All borrowed. */
struct value_lists_input {
	const struct snapshot *snapshot;
	const struct process_values *process;
	const char *version;
	const char *compiler;
};

/*
 * Hands out all value lists of one moment. list is borrowed until on_list() returns; host, time
 * and interval are left for on_list() or the daemon to set. The plugin instance is the target's
 * name. The type instance is what the labels of information say: "address peer" as far as it fits,
 * or "version compiler". A target's list with an unknown value is left out; unknown values of the
 * process are NAN.
 */
void value_lists_make(const struct value_lists_input *input,
	void (*on_list)(void *context, value_list_t *list), void *context);

#endif
