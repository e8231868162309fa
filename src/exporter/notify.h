/* SPDX-License-Identifier: MIT */
/*
 * Tells the service manager the program's state: sd_notify(3), over the socket that NOTIFY_SOCKET
 * names. Without a socket, or in a build without libsystemd, all of this does nothing.
 */
#ifndef EXPORTER_NOTIFY_H
#define EXPORTER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/snapshot.h"

#define NOTIFY_STATUS_MAX 640

/* Stored by the caller. */
struct notify {
	bool is_on; /* There is a service manager that listens. */
	/* When the next of each is due, monotonic; INT64_MAX: never. */
	int64_t feed_due_ns;
	int64_t status_due_ns;
	int64_t feed_every_ns;
	char status[NOTIFY_STATUS_MAX]; /* The last one that was sent. */
};

/* Reads the environment, while there is no other thread. Nothing is due before notify_ready(). */
void notify_init(struct notify *notify);

/* When to look again at what is due; INT64_MAX: never. The status waits up to 15 s for a feed, to share its wake-up. */
int64_t notify_due_ns(const struct notify *notify);

/* Listeners are bound and targets loaded, at the start or after a reload. status: one line. */
void notify_ready(struct notify *notify, const char *status, int64_t now_ns);

/* Targets are being reloaded, until notify_ready(). */
void notify_reloading(const struct notify *notify, int64_t now_ns);

void notify_stopping(const struct notify *notify);

/* Sends the status if it has changed. The next is due 15 s later. status: one line. */
void notify_status(struct notify *notify, const char *status, int64_t now_ns);

/*
 * Feeds the watchdog, twice in its time. While the program is not alive it does not, and is due
 * again soon, since a machine that slept needs a moment.
 */
void notify_feed(struct notify *notify, bool is_alive, int64_t now_ns);

/*
 * Writes the status: `probing 12 targets, 11 connected; serving 3 connections`. trouble: is
 * appended to that; "": none.
 */
void notify_describe(
	const struct snapshot *snapshot, const char *trouble, char status[NOTIFY_STATUS_MAX]);

#endif
