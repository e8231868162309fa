/* SPDX-License-Identifier: MIT */
#include "collectd/value_lists.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(LIST_SOURCE_NAME_MAX <= DATA_MAX_NAME_LEN, "collectd has room for the names");

void value_lists_describe(
	enum metric_list list, data_source_t sources[LIST_SOURCES_MAX], data_set_t *set)
{
	struct list_source described[LIST_SOURCES_MAX];
	size_t count = list_type_sources(list, described);
	for (size_t i = 0; i < count; i++) {
		sources[i] = (data_source_t){
			.type = described[i].is_derive ? DS_TYPE_DERIVE : DS_TYPE_GAUGE,
			.min = 0,
			.max = described[i].max,
		};
		memcpy(sources[i].name, described[i].name, sizeof(described[i].name));
	}
	*set = (data_set_t){.ds_num = count, .ds = sources};
	snprintf(set->type, sizeof(set->type), "%s", list_type_name(list));
}

/* The values of one list. */
struct row {
	value_t values[LIST_SOURCES_MAX];
	size_t count;
	bool has_unknown;
};

static void add_metric(struct row *row, const struct metric *metric, const void *values)
{
	union metric_number numbers[METRIC_NUMBERS_MAX];
	metric_read(metric, values, numbers);
	for (unsigned k = 0; k < metric_numbers(metric); k++) {
		value_t *value = &row->values[row->count++];
		if (metric_is_count(metric, k)) {
			value->derive = (derive_t)numbers[k].count;
		} else {
			value->gauge = numbers[k].value;
			row->has_unknown |= isnan(numbers[k].value) != 0;
		}
	}
}

/* values: the struct that all metrics of the list are about. */
static void fill(struct row *row, enum metric_list list, const void *values)
{
	*row = (struct row){0};
	for (size_t i = 0; i < metric_table_size; i++)
		if (metric_table[i].list == list)
			add_metric(row, &metric_table[i], values);
}

struct maker {
	void (*on_list)(void *context, value_list_t *list);
	void *context;
};

/* Hands out a row. instance: the target, or "". */
static void emit(const struct maker *maker, enum metric_list list, struct row *row,
	const char *instance, const char *type_instance)
{
	value_list_t made = {
		.values = row->values,
		.values_len = row->count,
		.plugin = VALUE_LISTS_PLUGIN,
	};
	snprintf(made.plugin_instance, sizeof(made.plugin_instance), "%s", instance);
	snprintf(made.type, sizeof(made.type), "%s", list_type_name(list));
	snprintf(made.type_instance, sizeof(made.type_instance), "%s", type_instance);
	maker->on_list(maker->context, &made);
}

static void make_list(const struct maker *maker, enum metric_list list, const void *values,
	const char *type_instance)
{
	struct row row;
	fill(&row, list, values);
	emit(maker, list, &row, "", type_instance);
}

static void make_target_list(const struct maker *maker, enum metric_list list,
	const struct target_snapshot *target, const char *type_instance)
{
	struct row row;
	fill(&row, list, &target->values);
	if (!row.has_unknown)
		emit(maker, list, &row, target->name, type_instance);
}

/* Half an address of a peer would be a wrong one; the configured one is cut where it must be. */
static void format_addresses(const struct target_snapshot *target, char *text, size_t size)
{
	int length = snprintf(text, size, "%s %s", target->address, target->peer);
	if ((size_t)length >= size)
		snprintf(text, size, "%.*s ", (int)size - 2, target->address);
}

static void make_target(const struct maker *maker, const struct target_snapshot *target)
{
	char addresses[DATA_MAX_NAME_LEN];
	format_addresses(target, addresses, sizeof(addresses));
	make_target_list(maker, LIST_TARGET, target, "");
	make_target_list(maker, LIST_LAST_RTT, target, "");
	make_target_list(maker, LIST_JITTER, target, "");
	make_target_list(maker, LIST_LAST_CONNECT, target, "");
	make_target_list(maker, LIST_TCP, target, "");
	make_target_list(maker, LIST_ADDRESSES, target, addresses);
}

void value_lists_make(const struct value_lists_input *input,
	void (*on_list)(void *context, value_list_t *list), void *context)
{
	const struct maker maker = {on_list, context};
	const struct snapshot *snapshot = input->snapshot;
	char build[DATA_MAX_NAME_LEN];
	snprintf(build, sizeof(build), "%s %s", input->version, input->compiler);
	for (size_t i = 0; i < snapshot->target_count; i++)
		make_target(&maker, &snapshot->targets[i]);
	if (snapshot->has_prober)
		make_list(&maker, LIST_SEND_LAG, snapshot, "");
	if (snapshot->has_server)
		make_list(&maker, LIST_SERVER, &snapshot->server, "");
	make_list(&maker, LIST_HTTP, input->process, "");
	make_list(&maker, LIST_PROCESS, input->process, "");
	make_list(&maker, LIST_BUILD, input->process, build);
}
