/* SPDX-License-Identifier: MIT */
/* Which changes of targets people are told of as notifications, and in what words. Pure. */
#ifndef COLLECTD_NOTICES_H
#define COLLECTD_NOTICES_H

#include <stdbool.h>
#include <stddef.h>

#include "collectd/outbox.h"
#include "config/target_list.h"

/* collectd's NOTIF_MAX_MSG_LEN. */
#define NOTICE_TEXT_MAX 256

struct notice {
	bool is_up; /* OKAY; else FAILURE. */
	char target[TARGET_NAME_MAX + 1];
	char text[NOTICE_TEXT_MAX];
};

struct outage;

/* The targets that were told to be down. All zero is none. Stored by the caller. */
struct notices {
	struct outage **outages; /* Owned; sorted by name. */
	size_t count;
	size_t capacity;
};

/*
 * Takes a LETTER_UP or LETTER_DOWN in. Returns whether notice was filled and is to be sent: a
 * target is told to be up only after it was told to be down, as nobody wants to hear at each start
 * that all is well.
 */
bool notices_take(struct notices *notices, const struct letter *letter, struct notice *notice);

/*
 * Forgets the targets that are not in the list any more, and hands out a notice of each: nobody
 * else would ever call their failure off.
 */
void notices_keep(struct notices *notices, const struct target_list *targets,
	void (*on_notice)(const struct notice *notice));

/* Frees what it holds; empty afterwards. */
void notices_clear(struct notices *notices);

#endif
