/* SPDX-License-Identifier: MIT */
/* Which changes of targets become notifications, and in what words. Pure. */
#ifndef COLLECTD_NOTICES_H
#define COLLECTD_NOTICES_H

#include <stdbool.h>
#include <stddef.h>

#include "collectd/outbox.h"
#include "config/target_list.h"

/* With the NUL: collectd's NOTIF_MAX_MSG_LEN. */
#define NOTICE_TEXT_MAX 256

struct notice {
	bool is_up; /* OKAY; otherwise FAILURE. */
	char target[TARGET_NAME_MAX + 1];
	char text[NOTICE_TEXT_MAX];
};

struct outage;

/* The targets reported as down. All zero is none. Stored by the caller. */
struct notices {
	struct outage **outages; /* Owned; sorted by name. */
	size_t count;
	size_t capacity;
};

/*
 * Takes a LETTER_UP or LETTER_DOWN. Returns whether notice was filled and should be sent: a target
 * is reported as up only after it was reported as down, since nobody wants to be told at each start
 * that all is well. When out of memory a target's outage is reported, but not its end.
 */
bool notices_take(struct notices *notices, const struct letter *letter, struct notice *notice);

/*
 * Forgets the targets that are no longer in the list, and hands out an OKAY for each: otherwise
 * their FAILURE would never be cleared. The notice is borrowed until on_notice returns.
 */
void notices_keep(struct notices *notices, const struct target_list *targets,
	void (*on_notice)(const struct notice *notice));

/* Frees what it holds; empty afterwards. */
void notices_clear(struct notices *notices);

#endif
