/* SPDX-License-Identifier: MIT */
#include "collectd/value_lists.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

_Static_assert(LIST_TYPE_NAME_MAX <= DATA_MAX_NAME_LEN, "collectd has room for the types");
_Static_assert(LIST_INSTANCE_MAX <= DATA_MAX_NAME_LEN, "and for the instances");

#define MS_PER_S 1e3

/* Where data sets go. */
struct registrar {
	void (*on_type)(const data_set_t *set);
};

static void make_data_set(void *context, const struct list_type *type)
{
	const struct registrar *registrar = context;
	data_source_t source = {
		.name = LIST_SOURCE,
		.type = type->is_derive ? DS_TYPE_DERIVE : DS_TYPE_GAUGE,
		.min = 0,
		.max = type->max,
	};
	data_set_t set = {.ds_num = 1, .ds = &source};
	text_put(set.type, type->name);
	registrar->on_type(&set);
}

void value_lists_describe(void (*on_type)(const data_set_t *set))
{
	struct registrar registrar = {on_type};
	list_types_each(make_data_set, &registrar);
}

struct maker {
	const struct value_lists_input *input;
	void (*on_list)(void *context, value_list_t *list);
	void *context;
	/* The list that is handed out each time; only what differs is written anew. */
	value_list_t list;
	value_t value;
};

static bool is_of_targets(const struct metric *metric)
{
	return metric->subject == METRIC_OF_TARGET || metric->subject == METRIC_OF_READING;
}

/* How many there are of what a metric is about. */
static size_t count_subjects(const struct maker *maker, const struct metric *metric)
{
	const struct snapshot *snapshot = maker->input->snapshot;
	switch (metric->subject) {
	case METRIC_OF_TARGET:
	case METRIC_OF_READING:
		return snapshot->target_count;
	case METRIC_OF_PROBER:
		return snapshot->has_prober ? 1 : 0;
	case METRIC_OF_SERVER:
		return snapshot->has_server ? 1 : 0;
	case METRIC_OF_SOURCE:
		return maker->input->source_count;
	case METRIC_OF_MESH:
		return maker->input->mesh ? 1 : 0;
	case METRIC_OF_PROCESS:
		return 1;
	}
	__builtin_unreachable();
}

/* The struct of the metric's subject, for metric_read(). */
static const void *values_of(const struct maker *maker, const struct metric *metric, size_t i)
{
	const struct snapshot *snapshot = maker->input->snapshot;
	switch (metric->subject) {
	case METRIC_OF_TARGET:
		return &snapshot->targets[i].values;
	case METRIC_OF_READING:
		return &maker->input->periods[i];
	case METRIC_OF_PROBER:
		return snapshot;
	case METRIC_OF_SERVER:
		return &snapshot->server;
	case METRIC_OF_SOURCE:
		return &maker->input->sources[i];
	case METRIC_OF_MESH:
		return maker->input->mesh;
	case METRIC_OF_PROCESS:
		return maker->input->process;
	}
	__builtin_unreachable();
}

/* Takes over one of a metric's numbers. Returns whether it is known. */
static bool set_value(
	struct maker *maker, const struct metric *metric, unsigned number, const void *values)
{
	union metric_number numbers[METRIC_NUMBERS_MAX];
	if (metric_is_absent(metric, values))
		return false;
	metric_read(metric, values, numbers);
	if (metric_is_count(metric, number)) {
		maker->value.derive = (derive_t)numbers[number].count;
		return true;
	}
	maker->value.gauge = numbers[number].value;
	return !isnan(numbers[number].value);
}

/* Half an address would be a wrong one. */
static void format_addresses(const struct target_snapshot *target, char *text, size_t size)
{
	int length = snprintf(text, size, "%s%s%s", target->address,
		target->peer[0] != '\0' ? " " : "", target->peer);
	if ((size_t)length >= size)
		snprintf(text, size, "%s", target->address);
}

/* The labels of information, as its type instance. target: NULL for the build's. */
static void set_labels(struct maker *maker, const struct target_snapshot *target)
{
	char *text = maker->list.type_instance;
	size_t size = sizeof(maker->list.type_instance);
	if (target)
		format_addresses(target, text, size);
	else
		snprintf(text, size, "%s %s %s", maker->input->version, maker->input->revision,
			maker->input->compiler);
}

static bool is_wanted(const struct maker *maker, const struct metric *metric, unsigned number)
{
	const struct plugin_config *config = maker->input->config;
	if (metric->known == KNOWN_WITH_TCP_INFO && maker->input->snapshot->lacks_tcp_info)
		return false;
	if (metric->type == METRIC_INFO)
		return config->dispatch_info;
	return config->dispatch == DISPATCH_ALL || !list_type_is_bucket(metric, number);
}

/* Neither connected yet, nor has any attempt failed. */
static bool is_starting(const struct target_values *values)
{
	uint64_t attempts = values->connects;
	for (unsigned k = 0; k < CONNECT_FAILURES; k++)
		attempts += values->connect_failures[k];
	return attempts == 0;
}

/*
 * Whether a value would be taken for what it is not: a time of the past, while a target is down, for one of
 * now; and a 0 at the daemon's start, when it reads at once, for an outage.
 */
static bool is_misleading(const struct metric *metric, const struct target_snapshot *target)
{
	if (!target || target->values.connected)
		return false;
	return metric->known == KNOWN_UNLESS_NEGATIVE ||
	       (metric->value == VALUE_FLAG && is_starting(&target->values));
}

/* Hands out one of a metric's numbers, of all that the metric is about. */
static void emit_number(struct maker *maker, const struct metric *metric, unsigned number)
{
	value_list_t *list = &maker->list;
	struct list_type type;
	list_type_describe(metric, number, &type);
	text_put(list->type, type.name);
	list_type_instance(metric, number, list->type_instance);
	for (size_t i = 0; i < count_subjects(maker, metric); i++) {
		const struct target_snapshot *target =
			is_of_targets(metric) ? &maker->input->snapshot->targets[i] : NULL;
		if (is_misleading(metric, target) ||
			!set_value(maker, metric, number, values_of(maker, metric, i)))
			continue;
		if (metric->type == METRIC_INFO)
			set_labels(maker, target);
		else if (metric->subject == METRIC_OF_SOURCE)
			snprintf(list->type_instance, sizeof(list->type_instance), "%s",
				maker->input->sources[i].source);
		snprintf(list->plugin_instance, sizeof(list->plugin_instance), "%s",
			target ? target->name : "");
		maker->on_list(maker->context, list);
	}
}

static void emit_metric(struct maker *maker, const struct metric *metric)
{
	for (unsigned k = 0; k < metric_numbers(metric); k++)
		if (is_wanted(maker, metric, k))
			emit_number(maker, metric, k);
}

static void emit_ping(struct maker *maker, const char *type, const char *target, double value)
{
	value_list_t *list = &maker->list;
	text_put(list->plugin, "ping");
	text_put(list->plugin_instance, "");
	text_put(list->type, type);
	snprintf(list->type_instance, sizeof(list->type_instance), "%s", target);
	maker->value.gauge = value;
	maker->on_list(maker->context, list);
}

/* What was not probed since the last reading has no values; what was, and did not answer, has a NAN. */
static void emit_standard_types(struct maker *maker)
{
	const struct value_lists_input *input = maker->input;
	for (size_t i = 0; i < input->snapshot->target_count; i++) {
		const char *name = input->snapshot->targets[i].name;
		const struct period_values *period = &input->periods[i];
		if (isnan(period->loss_percent))
			continue;
		bool is_known = !isnan(period->rtt_mean);
		emit_ping(
			maker, "ping", name, is_known ? period->rtt_mean * MS_PER_S : (double)NAN);
		emit_ping(maker, "ping_stddev", name,
			is_known ? period->rtt_deviation * MS_PER_S : (double)NAN);
		emit_ping(maker, "ping_droprate", name, period->loss_percent / 100);
	}
}

void value_lists_make(const struct value_lists_input *input,
	void (*on_list)(void *context, value_list_t *list), void *context)
{
	struct maker maker = {
		.input = input,
		.on_list = on_list,
		.context = context,
		.list = {.values_len = 1, .plugin = VALUE_LISTS_PLUGIN},
	};
	maker.list.values = &maker.value;
	if (input->config->dispatch != DISPATCH_NONE)
		for (size_t i = 0; i < metric_table_size; i++)
			emit_metric(&maker, &metric_table[i]);
	if (input->config->standard_types)
		emit_standard_types(&maker);
}
