/* SPDX-License-Identifier: MIT */
/* Which changes of targets become notifications, and in what words. Pure. */
#ifndef COLLECTD_NOTICES_H
#define COLLECTD_NOTICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "collectd/outbox.h"
#include "collectd/standing.h"
#include "config/target_list.h"

/* With the NUL: collectd's NOTIF_MAX_MSG_LEN. */
#define NOTICE_TEXT_MAX 256

enum notice_severity {
	NOTICE_OKAY,
	NOTICE_WARNING,
	NOTICE_FAILURE,
};

struct notice {
	enum notice_severity severity;
	/* What it is about, and an OKAY calls off: no type of any value, so that nobody takes it for
	 * what collectd's plugin threshold says of one. Static. */
	const char *type;
	int64_t time_ns;  /* Monotonic. */
	int64_t since_ns; /* Likewise: when what it reports or calls off began; 0 if not known. */
	char target[TARGET_NAME_MAX + 1];
	char address[ENDPOINT_TEXT_MAX]; /* As configured; "" if it is no longer probed. */
	char peer[ADDRESS_TEXT_MAX];  /* The address in use or last in use; "" before the first. */
	char reason[NOTICE_TEXT_MAX]; /* What is wrong, or why nobody knows; else "". */
	char text[NOTICE_TEXT_MAX];
};

/* Stored by the caller. */
struct notices {
	bool okay_at_start;	  /* Also notify of targets that are up from the start on. */
	struct standing standing; /* The targets reported as down. All zero at first. */
};

/*
 * Takes any letter but a LETTER_LOG. Returns whether notice was filled and should be sent. When out of
 * memory a target's outage is reported, but not its end.
 */
bool notices_take(struct notices *notices, const struct letter *letter, struct notice *notice);

/*
 * Forgets the targets that are no longer in the list, and hands out an OKAY for each: otherwise
 * their FAILURE would never be called off. now_ns: monotonic. The notice is borrowed until on_notice
 * returns.
 */
void notices_keep(struct notices *notices, const struct target_list *targets, int64_t now_ns,
	void (*on_notice)(const struct notice *notice));

/* Frees what it holds; empty afterwards. */
void notices_clear(struct notices *notices);

#endif
