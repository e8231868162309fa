/* SPDX-License-Identifier: MIT */
#include "collectd/value_lists.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "scrape/families.h"

/* What every metric begins with but those of the process. */
#define PREFIX_LENGTH (sizeof("tcp_echo_") - 1)

/*
 * One pass over the values of a type. The same pass names the data sources and fills in their
 * values, so that the two cannot get out of step.
 */
struct row {
	data_source_t *sources; /* NULL where names are not asked for. */
	value_t values[VALUE_LISTS_SOURCES_MAX];
	size_t count;
};

static void name_source(
	struct row *row, int type, double max, const char *format, va_list arguments)
{
	data_source_t *source = &row->sources[row->count];
	*source = (data_source_t){.type = type, .min = 0, .max = max};
	int length = vsnprintf(source->name, sizeof(source->name), format, arguments);
	assert(length > 0 && (size_t)length < sizeof(source->name));
	(void)length;
}

/* A value that only grows. */
static void add_count(struct row *row, uint64_t count, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add_count(struct row *row, uint64_t count, const char *format, ...)
{
	assert(row->count < VALUE_LISTS_SOURCES_MAX);
	if (row->sources != NULL) {
		va_list arguments;
		va_start(arguments, format);
		name_source(row, DS_TYPE_DERIVE, NAN, format, arguments);
		va_end(arguments);
	}
	row->values[row->count++].derive = (derive_t)count;
}

/* A value of the moment; max: the highest that there can be, or NAN. */
static void add_gauge(struct row *row, double value, double max, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void add_gauge(struct row *row, double value, double max, const char *format, ...)
{
	assert(row->count < VALUE_LISTS_SOURCES_MAX);
	if (row->sources != NULL) {
		va_list arguments;
		va_start(arguments, format);
		name_source(row, DS_TYPE_GAUGE, max, format, arguments);
		va_end(arguments);
	}
	row->values[row->count++].gauge = value;
}

/* What is not known is NAN, and only the macro: a computed one prints with a sign. */
static double seconds_of(int64_t ns)
{
	return ns < 0 ? (double)NAN : (double)ns / (double)NS_PER_S;
}

static double number_of(int64_t number)
{
	return number < 0 ? (double)NAN : (double)number;
}

/* "0_0001" for 100 us: a bound in seconds, with what a name may have for the point. */
static void format_bound(int64_t bound_ns, char *text, size_t size)
{
	snprintf(text, size, "%lld_%09lld", (long long)(bound_ns / NS_PER_S),
		(long long)(bound_ns % NS_PER_S));
	size_t length = strlen(text);
	while (length > 3 && text[length - 1] == '0' && text[length - 2] != '_')
		text[--length] = '\0';
}

/* name: e.g. "rtt_seconds". */
static void add_histogram(
	struct row *row, const struct histogram *histogram, int64_t first_ns, const char *name)
{
	uint64_t below = 0;
	for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) {
		below += histogram->counts[k];
		char bound[32] = "inf";
		if (row->sources != NULL && k < HISTOGRAM_BOUNDS)
			format_bound(histogram_bound_ns(first_ns, k), bound, sizeof(bound));
		add_count(row, below, "%s_bucket_le_%s", name, bound);
	}
	add_count(row, below, "%s_count", name);
	/* Not a DERIVE: those have no fractions. */
	add_gauge(row, (double)histogram->sum_ns / (double)NS_PER_S, NAN, "%s_sum", name);
}

/* Whether it is always known. The others have types of their own. */
static bool is_always_known(const struct target_family *family)
{
	return family->kind != VALUE_SECONDS ||
	       family->offset == offsetof(struct target_values, jitter_ns);
}

/* One of the families with one value a target. */
static void add_family(
	struct row *row, const struct target_values *values, const struct target_family *family)
{
	const char *name = family->family.name + PREFIX_LENGTH;
	uint64_t word = 0;
	memcpy(&word, (const char *)values + family->offset, sizeof(word));
	switch (family->kind) {
	case VALUE_COUNT:
	case VALUE_TCP_COUNT:
		add_count(row, word, "%s", name);
		return;
	case VALUE_SECONDS:
		add_gauge(row, seconds_of((int64_t)word), NAN, "%s", name);
		return;
	case VALUE_CONNECTED:
		add_gauge(row, values->connected ? 1 : 0, 1, "%s", name);
		return;
	case VALUE_IN_FLIGHT:
		add_gauge(row, (double)target_values_in_flight(values), NAN, "%s", name);
		return;
	case VALUE_LOSS:
		add_gauge(row, target_values_loss_percent(values), 100, "%s", name);
		return;
	}
	__builtin_unreachable();
}

static void fill_target(struct row *row, const struct target_values *values)
{
	for (size_t i = 0; i < TARGET_FAMILIES; i++)
		if (is_always_known(&target_families[i]))
			add_family(row, values, &target_families[i]);
	for (unsigned k = 0; k < CONNECT_FAILURES; k++)
		add_count(row, values->connect_failures[k], "connect_failures_%s",
			connect_failure_name((enum connect_failure)k));
	for (unsigned k = 0; k < DISCONNECTS; k++)
		add_count(row, values->disconnects[k], "disconnects_%s",
			disconnect_name((enum disconnect)k));
	add_histogram(row, &values->rtt, HISTOGRAM_RTT_FIRST_NS, "rtt_seconds");
}

static void fill_seconds(struct row *row, int64_t ns)
{
	add_gauge(row, seconds_of(ns), NAN, "seconds");
}

static void fill_tcp(struct row *row, const struct target_values *values)
{
	add_gauge(row, seconds_of(values->tcp_rtt_ns), NAN, "rtt_seconds");
	add_gauge(row, seconds_of(values->tcp_min_rtt_ns), NAN, "min_rtt_seconds");
}

static void fill_send_lag(struct row *row, const struct histogram *lag)
{
	add_histogram(row, lag, HISTOGRAM_LAG_FIRST_NS, "seconds");
}

static void fill_server(struct row *row, const struct server_values *server)
{
	add_gauge(row, (double)server->connections, NAN, "connections");
	add_count(row, server->accepted, "accepted");
	add_count(row, server->frames, "frames");
	for (unsigned k = 0; k < SERVER_CLOSES; k++)
		add_count(row, server->closed[k], "closed_%s",
			server_close_name((enum server_close)k));
	for (unsigned k = 0; k < SERVER_REJECTS; k++)
		add_count(row, server->rejected[k], "rejected_%s",
			server_reject_name((enum server_reject)k));
}

static void fill_process(struct row *row, const struct process_values *process)
{
	add_gauge(row, 1, 1, "up");
	/* It only grows, but a DERIVE has no fractions. */
	add_gauge(row, seconds_of(process->cpu_ns), NAN, "cpu_seconds");
	add_gauge(row, number_of(process->open_fds), NAN, "open_fds");
	add_gauge(row, number_of(process->max_fds), NAN, "max_fds");
	add_gauge(row, number_of(process->virtual_bytes), NAN, "virtual_memory_bytes");
	add_gauge(row, number_of(process->resident_bytes), NAN, "resident_memory_bytes");
	add_gauge(row, seconds_of(process->start_time_ns), NAN, "start_time_seconds");
}

/* Of which only the instance tells anything. */
static void fill_info(struct row *row)
{
	add_gauge(row, 1, 1, "info");
}

static const char *const type_names[VALUE_LISTS_TYPES] = {
	[VALUE_LISTS_TARGET] = VALUE_LISTS_PLUGIN,
	[VALUE_LISTS_LAST_RTT] = VALUE_LISTS_PLUGIN "_last_rtt",
	[VALUE_LISTS_LAST_CONNECT] = VALUE_LISTS_PLUGIN "_last_connect",
	[VALUE_LISTS_TCP] = VALUE_LISTS_PLUGIN "_tcp",
	[VALUE_LISTS_ADDRESS] = VALUE_LISTS_PLUGIN "_target",
	[VALUE_LISTS_SEND_LAG] = VALUE_LISTS_PLUGIN "_send_lag",
	[VALUE_LISTS_SERVER] = VALUE_LISTS_PLUGIN "_server",
	[VALUE_LISTS_PROCESS] = VALUE_LISTS_PLUGIN "_process",
	[VALUE_LISTS_BUILD] = VALUE_LISTS_PLUGIN "_build",
};

static void describe_row(enum value_lists_type type, struct row *row)
{
	static const struct target_values no_target;
	static const struct histogram no_lag;
	static const struct server_values no_server;
	static const struct process_values no_process;
	switch (type) {
	case VALUE_LISTS_TARGET:
		fill_target(row, &no_target);
		return;
	case VALUE_LISTS_LAST_RTT:
	case VALUE_LISTS_LAST_CONNECT:
		fill_seconds(row, 0);
		return;
	case VALUE_LISTS_TCP:
		fill_tcp(row, &no_target);
		return;
	case VALUE_LISTS_SEND_LAG:
		fill_send_lag(row, &no_lag);
		return;
	case VALUE_LISTS_SERVER:
		fill_server(row, &no_server);
		return;
	case VALUE_LISTS_PROCESS:
		fill_process(row, &no_process);
		return;
	case VALUE_LISTS_ADDRESS:
	case VALUE_LISTS_BUILD:
		fill_info(row);
		return;
	case VALUE_LISTS_TYPES:
		break;
	}
	__builtin_unreachable();
}

void value_lists_describe(enum value_lists_type type, data_source_t *sources, data_set_t *set)
{
	struct row row = {.sources = sources};
	describe_row(type, &row);
	*set = (data_set_t){.ds_num = row.count, .ds = sources};
	snprintf(set->type, sizeof(set->type), "%s", type_names[type]);
}

struct maker {
	void (*on_list)(void *context, value_list_t *list);
	void *context;
};

/* Hands out a row. instance: the target, or "". */
static void emit(const struct maker *maker, enum value_lists_type type, struct row *row,
	const char *instance, const char *type_instance)
{
	value_list_t list = {
		.values = row->values,
		.values_len = row->count,
		.plugin = VALUE_LISTS_PLUGIN,
	};
	snprintf(list.plugin_instance, sizeof(list.plugin_instance), "%s", instance);
	snprintf(list.type, sizeof(list.type), "%s", type_names[type]);
	snprintf(list.type_instance, sizeof(list.type_instance), "%s", type_instance);
	maker->on_list(maker->context, &list);
}

/* A list of one number of seconds, if it is known. */
static void make_seconds(
	const struct maker *maker, enum value_lists_type type, const char *target, int64_t ns)
{
	if (ns < 0)
		return;
	struct row row = {0};
	fill_seconds(&row, ns);
	emit(maker, type, &row, target, "");
}

static void make_tcp(
	const struct maker *maker, const char *target, const struct target_values *values)
{
	if (values->tcp_rtt_ns < 0 || values->tcp_min_rtt_ns < 0)
		return;
	struct row row = {0};
	fill_tcp(&row, values);
	emit(maker, VALUE_LISTS_TCP, &row, target, "");
}

static void make_address(const struct maker *maker, const struct target_snapshot *target)
{
	/* Half an address of a peer would be a wrong one; the configured one is cut where it must.
	 */
	char address[DATA_MAX_NAME_LEN];
	int length = snprintf(address, sizeof(address), "%s %s", target->address, target->peer);
	if ((size_t)length >= sizeof(address))
		snprintf(address, sizeof(address), "%.*s ", (int)sizeof(address) - 2,
			target->address);
	struct row row = {0};
	fill_info(&row);
	emit(maker, VALUE_LISTS_ADDRESS, &row, target->name, address);
}

static void make_target(const struct maker *maker, const struct target_snapshot *target)
{
	const struct target_values *values = &target->values;
	struct row row = {0};
	fill_target(&row, values);
	emit(maker, VALUE_LISTS_TARGET, &row, target->name, "");
	make_seconds(maker, VALUE_LISTS_LAST_RTT, target->name, values->last_rtt_ns);
	make_seconds(maker, VALUE_LISTS_LAST_CONNECT, target->name, values->last_connect_ns);
	make_tcp(maker, target->name, values);
	make_address(maker, target);
}

static void make_build(const struct maker *maker, const char *version, const char *compiler)
{
	char text[DATA_MAX_NAME_LEN];
	snprintf(text, sizeof(text), "%s %s", version, compiler);
	struct row row = {0};
	fill_info(&row);
	emit(maker, VALUE_LISTS_BUILD, &row, "", text);
}

void value_lists_make(const struct value_lists_input *input,
	void (*on_list)(void *context, value_list_t *list), void *context)
{
	const struct maker maker = {on_list, context};
	const struct snapshot *snapshot = input->snapshot;
	for (size_t i = 0; i < snapshot->target_count; i++)
		make_target(&maker, &snapshot->targets[i]);
	if (snapshot->has_prober) {
		struct row row = {0};
		fill_send_lag(&row, &snapshot->send_lag);
		emit(&maker, VALUE_LISTS_SEND_LAG, &row, "", "");
	}
	if (snapshot->has_server) {
		struct row row = {0};
		fill_server(&row, &snapshot->server);
		emit(&maker, VALUE_LISTS_SERVER, &row, "", "");
	}
	struct row row = {0};
	fill_process(&row, input->process);
	emit(&maker, VALUE_LISTS_PROCESS, &row, "", "");
	make_build(&maker, input->version, input->compiler);
}
