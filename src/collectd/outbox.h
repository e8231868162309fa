/* SPDX-License-Identifier: MIT */
/* Queues what measuring threads have for the daemon, since calls to the daemon may block. */
#ifndef COLLECTD_OUTBOX_H
#define COLLECTD_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "collectd/loss_watch.h"
#include "probe/target_watcher.h"

/* At most this many letters wait. */
#define OUTBOX_MAX 20000

enum letter_kind {
	LETTER_LOG,
	LETTER_UP,
	LETTER_DOWN,
	LETTER_LOSS, /* As in struct loss_change. */
};

/* A log line or a change of a target. One block of memory: free() frees its texts, too. */
struct letter {
	struct letter *next; /* Private. */
	enum letter_kind kind;
	enum log_level level; /* Of LETTER_LOG. */
	int64_t time_ns;      /* Monotonic: when it was posted. */
	int64_t since_ns;     /* Since when it was or is down or lossy; 0 if that is not known. */
	bool is_lossy;
	double percent; /* Of loss. */
	double limit;
	/* All in the letter. */
	const char *target;  /* NULL if it is about none. */
	const char *address; /* NULL in a LETTER_LOG, and so is the peer. */
	const char *peer;
	const char *text; /* NULL in a LETTER_LOSS. */
};

/* A queue for many writers and one reader. */
struct outbox;

/* Returns 0 with *outbox owned by the caller, or -ENOMEM. */
int outbox_new(struct outbox **outbox);

/* No thread may use it any more. Letters that were not taken are lost. NULL is accepted. */
void outbox_free(struct outbox *outbox);

/*
 * A log's sink; context is the outbox. From any thread. Copies the texts. Never blocks: without room
 * or memory the letter is lost, and counted.
 */
void outbox_log(void *context, enum log_level level, const char *target, const char *message);

/* The on_change of a struct target_watcher; otherwise the same. */
void outbox_change(void *context, const struct target_change *change);

/* The on_change of a struct loss_watch; likewise. */
void outbox_loss(void *context, const struct loss_change *change);

/* Waits for a letter, for outbox_wake(), or until the monotonic clock shows until_ns, >= 0. */
void outbox_wait(struct outbox *outbox, int64_t until_ns);

/* Ends the current outbox_wait(), or the next one. From any thread. */
void outbox_wake(struct outbox *outbox);

/* Takes the oldest letter, owned by the caller from then on. NULL if there is none. */
struct letter *outbox_take(struct outbox *outbox);

/* How many letters were lost since the last call. */
uint64_t outbox_take_lost(struct outbox *outbox);

#endif
