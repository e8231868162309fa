/* SPDX-License-Identifier: MIT */
#include "fake_daemon.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"

#define TYPES_MAX 128
#define LISTS_MAX 1024
#define TEXT_MAX 65536

struct fake_daemon fake_daemon;

static char hostname[] = "testhost";
char *hostname_g = hostname;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char logged[TEXT_MAX];
static char notified[TEXT_MAX];

static struct {
	data_set_t set;
	data_source_t source;
} types[TYPES_MAX];

static struct {
	char identity[5 * DATA_MAX_NAME_LEN];
	unsigned count;
	double value;
} lists[LISTS_MAX];

static unsigned type_count;
static unsigned list_count;

void fake_daemon_reset(void)
{
	plugin_set_ctx((plugin_ctx_t){.interval = FAKE_DAEMON_INTERVAL});
	fake_daemon = (struct fake_daemon){0};
	logged[0] = notified[0] = '\0';
	type_count = list_count = 0;
}

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	pthread_mutex_lock(&mutex);
	size_t length = strlen(text);
	vsnprintf(text + length, TEXT_MAX - length, format, arguments);
	pthread_mutex_unlock(&mutex);
	va_end(arguments);
}

static int holds(const char *text, const char *part)
{
	pthread_mutex_lock(&mutex);
	int found = strstr(text, part) != NULL;
	pthread_mutex_unlock(&mutex);
	return found;
}

static int will_hold(const char *text, const char *part)
{
	int64_t until_ns = clock_monotonic_ns() + UNIT_PATIENCE_MS * NS_PER_MS;
	while (!holds(text, part)) {
		if (clock_monotonic_ns() > until_ns)
			return 0;
		clock_sleep_until(clock_monotonic_ns() + 5 * NS_PER_MS);
	}
	return 1;
}

int fake_daemon_logged(const char *text)
{
	return holds(logged, text);
}

int fake_daemon_notified(const char *text)
{
	return holds(notified, text);
}

int fake_daemon_will_log(const char *text)
{
	return will_hold(logged, text);
}

int fake_daemon_will_notify(const char *text)
{
	return will_hold(notified, text);
}

const char *fake_daemon_log(void)
{
	return logged;
}

/* Those of the plugin ping are everybody's. */
static const data_set_t *find_type(const char *name)
{
	static data_source_t source = {.name = "value", .type = DS_TYPE_GAUGE};
	static const data_set_t standard = {.ds_num = 1, .ds = &source};
	for (unsigned i = 0; i < type_count; i++)
		if (strcmp(types[i].set.type, name) == 0)
			return &types[i].set;
	ck_assert_msg(strncmp(name, "ping", 4) == 0, "type %s was not registered", name);
	return &standard;
}

unsigned fake_daemon_lists(const char *identity, double *value)
{
	for (unsigned i = 0; i < list_count; i++) {
		if (strcmp(lists[i].identity, identity) != 0)
			continue;
		if (value)
			*value = lists[i].value;
		return lists[i].count;
	}
	return 0;
}

/* From here on: what the daemon offers to its plugins. */

int plugin_register_complex_config(const char *type, int (*callback)(oconfig_item_t *))
{
	ck_assert_str_eq(type, "tcp_echo");
	fake_daemon.config = callback;
	return 0;
}

int plugin_register_init(const char *name, plugin_init_cb callback)
{
	ck_assert_str_eq(name, "tcp_echo");
	fake_daemon.init = callback;
	return 0;
}

int plugin_register_read(const char *name, int (*callback)(void))
{
	ck_assert_str_eq(name, "tcp_echo");
	fake_daemon.read = callback;
	return 0;
}

int plugin_register_shutdown(const char *name, plugin_shutdown_cb callback)
{
	ck_assert_str_eq(name, "tcp_echo");
	fake_daemon.shutdown = callback;
	return 0;
}

int plugin_register_data_set(const data_set_t *set)
{
	fake_daemon.types++;
	ck_assert_uint_eq(set->ds_num, 1);
	for (unsigned i = 0; i < type_count; i++)
		if (strcmp(types[i].set.type, set->type) == 0)
			return 0;
	ck_assert_uint_lt(type_count, TYPES_MAX);
	types[type_count].set = *set;
	types[type_count].source = *set->ds;
	types[type_count].set.ds = &types[type_count].source;
	type_count++;
	return 0;
}

static void format_identity(const value_list_t *list, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s/%s%s%s", list->plugin, list->plugin_instance[0] ? "-" : "",
		list->plugin_instance, list->type, list->type_instance[0] ? "-" : "",
		list->type_instance);
}

int plugin_dispatch_values(const value_list_t *list)
{
	const data_set_t *set = find_type(list->type);
	char identity[sizeof(lists[0].identity)];
	format_identity(list, identity, sizeof(identity));
	fake_daemon.lists++;
	fake_daemon.last_time = list->time;
	ck_assert_uint_eq(list->values_len, 1);
	unsigned at = 0;
	while (at < list_count && strcmp(lists[at].identity, identity) != 0)
		at++;
	ck_assert_uint_lt(at, LISTS_MAX);
	if (at == list_count) {
		list_count++;
		lists[at].count = 0;
		snprintf(lists[at].identity, sizeof(lists[at].identity), "%s", identity);
	}
	lists[at].value = set->ds->type == DS_TYPE_DERIVE ? (double)list->values->derive
							  : list->values->gauge;
	lists[at].count++;
	return 0;
}

int plugin_dispatch_notification(const notification_t *notification)
{
	char metadata[1024] = "";
	ck_assert_uint_eq(plugin_get_ctx().interval, FAKE_DAEMON_INTERVAL);
	ck_assert_uint_ne(notification->time, 0);
	for (const notification_meta_t *meta = notification->meta; meta; meta = meta->next) {
		size_t length = strlen(metadata);
		ck_assert_int_eq(meta->type, NM_TYPE_STRING);
		snprintf(metadata + length, sizeof(metadata) - length, "; %s=%s", meta->name,
			meta->nm_value.nm_string);
	}
	append(notified, "%d %s %s-%s/%s %s%s\n", notification->severity, notification->host,
		notification->plugin, notification->plugin_instance, notification->type,
		notification->message, metadata);
	return 0;
}

int plugin_notification_meta_add_string(
	notification_t *notification, const char *name, const char *value)
{
	notification_meta_t *meta = calloc(1, sizeof(*meta));
	ck_assert_ptr_nonnull(meta);
	snprintf(meta->name, sizeof(meta->name), "%s", name);
	meta->type = NM_TYPE_STRING;
	meta->nm_value.nm_string = strdup(value);
	notification_meta_t **end = &notification->meta;
	while (*end)
		end = &(*end)->next;
	*end = meta;
	return 0;
}

int plugin_notification_meta_free(notification_meta_t *meta)
{
	while (meta) {
		notification_meta_t *next = meta->next;
		free((char *)(uintptr_t)meta->nm_value.nm_string);
		free(meta);
		meta = next;
	}
	return 0;
}

void plugin_log(int level, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	append(logged, "%d %s\n", level, line);
}

/* Of each thread. Dispatching needs one. */
static _Thread_local plugin_ctx_t plugin_context;

plugin_ctx_t plugin_get_ctx(void)
{
	return plugin_context;
}

plugin_ctx_t plugin_set_ctx(plugin_ctx_t context)
{
	plugin_ctx_t before = plugin_context;
	plugin_context = context;
	return before;
}

cdtime_t cdtime(void)
{
	return NS_TO_CDTIME_T(clock_wall().unix_ns);
}
