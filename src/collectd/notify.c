/* SPDX-License-Identifier: MIT */
#include "collectd/notify.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <collectd/core/daemon/plugin.h>

#include "base/clock.h"
#include "base/text.h"
#include "collectd/value_lists.h"

static int severity_of(enum notice_severity severity)
{
	switch (severity) {
	case NOTICE_OKAY:
		return NOTIF_OKAY;
	case NOTICE_WARNING:
		return NOTIF_WARNING;
	case NOTICE_FAILURE:
		return NOTIF_FAILURE;
	}
	__builtin_unreachable();
}

/* Of a moment on the monotonic clock. */
static cdtime_t daemon_time(int64_t time_ns)
{
	return cdtime() - NS_TO_CDTIME_T(clock_monotonic_ns() - time_ns);
}

static void add(notification_t *notification, const char *name, const char *value)
{
	if (value[0] != '\0')
		plugin_notification_meta_add_string(notification, name, value);
}

static void add_since(notification_t *notification, int64_t since_ns)
{
	if (since_ns == 0)
		return;
	time_t seconds = CDTIME_T_TO_TIME_T(daemon_time(since_ns));
	struct tm utc;
	char text[32];
	if (gmtime_r(&seconds, &utc) &&
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
		add(notification, "since", text);
}

void notify(const struct notice *notice)
{
	notification_t notification = {
		.severity = severity_of(notice->severity),
		.time = daemon_time(notice->time_ns),
		.plugin = VALUE_LISTS_PLUGIN,
	};
	_Static_assert(sizeof(notification.message) >= sizeof(notice->text), "messages fit");
	_Static_assert(sizeof(notification.plugin_instance) >= sizeof(notice->target), "names fit");
	text_put(notification.message, notice->text);
	text_put(notification.plugin_instance, notice->target);
	text_put(notification.type, notice->type);
	snprintf(notification.host, sizeof(notification.host), "%s", hostname_g);
	add(&notification, "address", notice->address);
	add(&notification, "peer", notice->peer);
	add(&notification, "reason", notice->reason);
	add_since(&notification, notice->since_ns);
	plugin_dispatch_notification(&notification);
	plugin_notification_meta_free(notification.meta);
}
