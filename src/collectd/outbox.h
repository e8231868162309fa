/* SPDX-License-Identifier: MIT */
/* What goes from measuring threads to the daemon, which may keep whoever calls it waiting. */
#ifndef COLLECTD_OUTBOX_H
#define COLLECTD_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "probe/target_watcher.h"

/* So many letters wait at most. */
#define OUTBOX_MAX 20000

enum letter_kind {
	LETTER_LOG,
	LETTER_UP,
	LETTER_DOWN,
};

/* Freed with free(), texts and all. */
struct letter {
	struct letter *next; /* Private. */
	enum letter_kind kind;
	enum log_level level; /* Of LETTER_LOG. */
	int64_t time_ns;      /* Monotonic: when it was posted. */
	int64_t outage_ns;    /* Of LETTER_UP, as struct target_change has it. */
	const char *target;   /* NULL where it is about none. Lies in the letter. */
	const char *text;     /* Lies in the letter. */
};

struct outbox;

/* Returns 0 with *outbox owned, or -ENOMEM. */
int outbox_new(struct outbox **outbox);

/* Nobody may use it any more. What was not taken is lost. NULL is accepted. */
void outbox_free(struct outbox *outbox);

/* A log's sink; context is the outbox. Any thread. Never waits; without room the letter is lost. */
void outbox_log(void *context, enum log_level level, const char *target, const char *message);

/* The on_change of a struct target_watcher, in the same way. */
void outbox_change(void *context, const struct target_change *change);

/* Waits for a letter, for outbox_wake(), or for the monotonic clock to show until_ns. */
void outbox_wait(struct outbox *outbox, int64_t until_ns);

/* Ends the present outbox_wait() or the next one. */
void outbox_wake(struct outbox *outbox);

/* Takes the oldest letter, owned by the caller. NULL where there is none. */
struct letter *outbox_take(struct outbox *outbox);

/* How many letters found no room since the last call. */
uint64_t outbox_take_lost(struct outbox *outbox);

#endif
