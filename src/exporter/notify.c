/* SPDX-License-Identifier: MIT */
#include "exporter/notify.h"

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/clock.h"
#include "base/utf8.h"

#define STATUS_EVERY_NS (15 * NS_PER_S)

/* While the watchdog is not fed, its feed is due this many times as often. */
#define HUNGRY_PARTS 8

static void send_state(const struct notify *notify, const char *state)
{
	if (!notify->is_on)
		return;
#ifdef HAVE_SYSTEMD
	/* A manager that does not hear of it has timeouts of its own. */
	sd_notify(0, state);
#else
	(void)state;
#endif
}

/* How often to feed the watchdog: twice in its time, by sd_watchdog_enabled(3); 0: never. */
static int64_t watchdog_ns(void)
{
	uint64_t us = 0;
#ifdef HAVE_SYSTEMD
	if (sd_watchdog_enabled(0, &us) <= 0)
		return 0;
#endif
	return us / 2 < INT64_MAX / NS_PER_US ? (int64_t)us * NS_PER_US / 2 : 0;
}

void notify_init(struct notify *notify)
{
	*notify = (struct notify){.feed_due_ns = INT64_MAX, .status_due_ns = INT64_MAX};
#ifdef HAVE_SYSTEMD
	/* There is no other thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *socket = getenv("NOTIFY_SOCKET");
	notify->is_on = socket && socket[0] != '\0';
#endif
	if (notify->is_on)
		notify->feed_every_ns = watchdog_ns();
}

int64_t notify_due_ns(const struct notify *notify)
{
	bool is_feed_far = notify->status_due_ns < notify->feed_due_ns - STATUS_EVERY_NS;
	return is_feed_far ? notify->status_due_ns : notify->feed_due_ns;
}

/* Takes over the status, as one line. Returns whether it has changed. */
static bool take_status(struct notify *notify, const char *status, int64_t now_ns)
{
	char before[NOTIFY_STATUS_MAX];
	memcpy(before, notify->status, sizeof(before));
	snprintf(notify->status, sizeof(notify->status), "%s", status);
	/* A newline would begin another variable of the protocol. */
	utf8_sanitize(notify->status);
	if (notify->is_on)
		notify->status_due_ns = now_ns + STATUS_EVERY_NS;
	return strcmp(before, notify->status) != 0;
}

static void send_with_status(const struct notify *notify, const char *before)
{
	char state[NOTIFY_STATUS_MAX + 64];
	snprintf(state, sizeof(state), "%sSTATUS=%s", before, notify->status);
	send_state(notify, state);
}

void notify_ready(struct notify *notify, const char *status, int64_t now_ns)
{
	take_status(notify, status, now_ns);
	send_with_status(notify, "READY=1\n");
	if (notify->feed_every_ns > 0 && notify->feed_due_ns == INT64_MAX)
		notify->feed_due_ns = now_ns;
}

void notify_reloading(const struct notify *notify, int64_t now_ns)
{
	char state[64];
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now_ns / NS_PER_US);
	send_state(notify, state);
}

void notify_stopping(const struct notify *notify)
{
	send_state(notify, "STOPPING=1\nSTATUS=shutting down");
}

void notify_status(struct notify *notify, const char *status, int64_t now_ns)
{
	if (take_status(notify, status, now_ns))
		send_with_status(notify, "");
}

void notify_feed(struct notify *notify, bool is_alive, int64_t now_ns)
{
	if (is_alive)
		send_state(notify, "WATCHDOG=1");
	notify->feed_due_ns =
		now_ns + (is_alive ? notify->feed_every_ns : notify->feed_every_ns / HUNGRY_PARTS);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void notify_describe(
	const struct snapshot *snapshot, const char *trouble, char status[NOTIFY_STATUS_MAX])
{
	char prober[80] = "";
	char server[80] = "";
	if (snapshot->has_prober) {
		size_t connected = 0;
		for (size_t i = 0; i < snapshot->target_count; i++)
			connected += snapshot->targets[i].values.connected;
		snprintf(prober, sizeof(prober), "probing %zu target%s, %zu connected",
			snapshot->target_count, plural(snapshot->target_count), connected);
	}
	if (snapshot->has_server)
		snprintf(server, sizeof(server), "%sserving %" PRIu64 " connection%s",
			snapshot->has_prober ? "; " : "", snapshot->server.connections,
			plural(snapshot->server.connections));
	snprintf(status, NOTIFY_STATUS_MAX, "%s%s%s%s", prober, server,
		trouble[0] != '\0' ? "; " : "", trouble);
}
