/* SPDX-License-Identifier: MIT */
#include "fake_daemon.h"

#include <check.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define TYPES_MAX 16
#define LISTS_MAX 64
#define TEXT_MAX 65536

struct fake_daemon fake_daemon;

static char hostname[] = "testhost";
char *hostname_g = hostname;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char logged[TEXT_MAX];
static char notified[TEXT_MAX];

static struct {
	data_set_t set;
	data_source_t sources[64];
} types[TYPES_MAX];

static struct {
	char type[DATA_MAX_NAME_LEN];
	char instance[DATA_MAX_NAME_LEN];
	unsigned count;
	value_t values[64];
} lists[LISTS_MAX];

static unsigned type_count;
static unsigned list_count;

void fake_daemon_reset(void)
{
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

static int will_hold(const char *text, const char *part, double seconds)
{
	int64_t until_ns = clock_monotonic_ns() + (int64_t)(seconds * (double)NS_PER_S);
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

int fake_daemon_will_log(const char *text, double seconds)
{
	return will_hold(logged, text, seconds);
}

int fake_daemon_will_notify(const char *text, double seconds)
{
	return will_hold(notified, text, seconds);
}

const char *fake_daemon_log(void)
{
	return logged;
}

static double number(const data_source_t *source, value_t value)
{
	return source->type == DS_TYPE_DERIVE ? (double)value.derive : value.gauge;
}

static const data_set_t *find_type(const char *name)
{
	for (unsigned i = 0; i < type_count; i++)
		if (strcmp(types[i].set.type, name) == 0)
			return &types[i].set;
	ck_abort_msg("type %s was not registered", name);
	return NULL;
}

unsigned fake_daemon_lists(
	const char *type, const char *instance, const char *source, double *value)
{
	for (unsigned i = 0; i < list_count; i++) {
		if (strcmp(lists[i].type, type) != 0 || strcmp(lists[i].instance, instance) != 0)
			continue;
		const data_set_t *set = find_type(type);
		for (size_t k = 0; value != NULL && k < set->ds_num; k++)
			if (strcmp(set->ds[k].name, source) == 0)
				*value = number(&set->ds[k], lists[i].values[k]);
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
	for (unsigned i = 0; i < type_count; i++)
		if (strcmp(types[i].set.type, set->type) == 0)
			return 0;
	ck_assert_uint_lt(type_count, TYPES_MAX);
	types[type_count].set = *set;
	memcpy(types[type_count].sources, set->ds, set->ds_num * sizeof(*set->ds));
	types[type_count].set.ds = types[type_count].sources;
	type_count++;
	return 0;
}

int plugin_dispatch_values(const value_list_t *list)
{
	fake_daemon.lists++;
	fake_daemon.last_time = list->time;
	ck_assert_str_eq(list->plugin, "tcp_echo");
	ck_assert_uint_eq(list->values_len, find_type(list->type)->ds_num);
	unsigned at = 0;
	while (at < list_count && (strcmp(lists[at].type, list->type) != 0 ||
					  strcmp(lists[at].instance, list->plugin_instance) != 0))
		at++;
	ck_assert_uint_lt(at, LISTS_MAX);
	if (at == list_count) {
		list_count++;
		lists[at].count = 0;
		snprintf(lists[at].type, DATA_MAX_NAME_LEN, "%s", list->type);
		snprintf(lists[at].instance, DATA_MAX_NAME_LEN, "%s", list->plugin_instance);
	}
	memcpy(lists[at].values, list->values, list->values_len * sizeof(*list->values));
	lists[at].count++;
	return 0;
}

int plugin_dispatch_notification(const notification_t *notification)
{
	ck_assert_uint_ne(notification->time, 0);
	append(notified, "%d %s %s-%s/%s %s\n", notification->severity, notification->host,
		notification->plugin, notification->plugin_instance, notification->type,
		notification->message);
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

cdtime_t cdtime(void)
{
	return NS_TO_CDTIME_T(clock_wall().unix_ns);
}
