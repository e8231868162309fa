/* SPDX-License-Identifier: MIT */
/* Callback for whoever has to know at once when a target goes down or comes back. */
#ifndef PROBE_TARGET_WATCHER_H
#define PROBE_TARGET_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

/* A change of a target's state. Its texts are borrowed until the callback returns. */
struct target_change {
	const char *target;  /* Its name. */
	const char *address; /* As configured. */
	const char *peer;    /* The address in use or last in use; "" before the first. */
	bool is_up;	     /* Replies come again, or for the first time; else it went down. */
	int64_t outage_ns;   /* How long it was down; 0 when it went down or was never up before. */
	const char *text;    /* What happened, e.g. "connection refused by 192.0.2.1:4000". */
};

/* Stored by the caller; a NULL callback wants to know nothing. */
struct target_watcher {
	/* Called on a prober's thread, several at once: must be quick, and must not block. */
	void (*on_change)(void *context, const struct target_change *change);
	void *context; /* Borrowed. */
};

#endif
