/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told: sd_notify(3), over the socket that NOTIFY_SOCKET names. Without
 * one, or in a build without libsystemd, all of this does nothing.
 */
#ifndef EXPORTER_NOTIFY_H
#define EXPORTER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/snapshot.h"

#define NOTIFY_STATUS_MAX 640

/* Stored by the caller. All zero but for the times is nobody who listens. */
struct notify {
	bool is_on;
	/* When the next of each is due, monotonic; INT64_MAX: never. */
	int64_t feed_due_ns;
	int64_t status_due_ns;
	int64_t feed_every_ns;
	char status[NOTIFY_STATUS_MAX]; /* What was told last. */
};

/* Looks into the environment, while there is no other thread. Nothing is due before it is ready. */
void notify_init(struct notify *notify);

/* When there is something to tell next; INT64_MAX: never. */
int64_t notify_due_ns(const struct notify *notify);

/* Listeners are bound and targets loaded, for the first time or again. status: one line. */
void notify_ready(struct notify *notify, const char *status, int64_t now_ns);

/* Targets are read again; notify_ready() ends it. */
void notify_reloading(const struct notify *notify, int64_t now_ns);

void notify_stopping(const struct notify *notify);

/* Tells the status, where it is another one. The next is due 5 s later. status: one line. */
void notify_status(struct notify *notify, const char *status, int64_t now_ns);

/*
 * Feeds the watchdog, for which this is due twice in its time; starves it while the program hangs,
 * and then is due again soon, since a machine that slept needs a moment.
 */
void notify_feed(struct notify *notify, bool is_alive, int64_t now_ns);

/*
 * Writes the status: `probing 12 targets, 11 connected; serving 3 connections`. trouble: goes on
 * behind that, "" for none.
 */
void notify_describe(
	const struct snapshot *snapshot, const char *trouble, char status[NOTIFY_STATUS_MAX]);

#endif
