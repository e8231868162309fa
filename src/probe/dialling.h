/* SPDX-License-Identifier: MIT */
/*
 * Dials the addresses of a target until one of them is connected to: the next one as soon as one has
 * failed, or 250 ms after it was dialled, while its handshake goes on (RFC 8305 section 5). So those
 * that do not answer cost next to nothing. The first to be connected to wins; the others are dropped.
 */
#ifndef PROBE_DIALLING_H
#define PROBE_DIALLING_H

#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "probe/addresses.h"
#include "probe/target.h"

/* For one address to complete the handshake. */
#define DIALLING_TIMEOUT_NS (3 * NS_PER_S)

/* Handshakes of one target at a time. */
#define DIALLING_MAX 8

struct dialling;

/* A handshake that is done. */
struct dialled {
	evutil_socket_t fd; /* Owned by who is told, if that returns 0. */
	union address peer;
	int64_t begun_ns;
};

struct dialling_operations {
	/* An address was connected to. Returns 0, or a negative errno: then it has failed after all.
	 * Otherwise all others are dropped. */
	int (*connected)(struct dialling *dialling, const struct dialled *dialled, int64_t now_ns);
	/* One address failed, or several. is_spent: none is left, neither to dial nor under way. */
	void (*failed)(struct dialling *dialling, bool is_spent, int64_t now_ns);
	/* due_ns was changed. */
	void (*rescheduled)(struct dialling *dialling);
};

struct handshake_under_way;

/* Stored by the caller. */
struct dialling {
	const struct dialling_operations *operations;
	const struct target *target; /* Borrowed. */
	struct addresses *addresses; /* Borrowed. */
	int64_t due_ns;	 /* When to call dialling_on_alarm(); ALARM_NEVER: not at all. */
	int64_t next_ns; /* When the next address may be dialled; likewise. */
	bool is_beside;	 /* A connection, which has the descriptor that is sure. */

	struct handshake_under_way *first; /* Owned; a list, the oldest first. */
	struct handshake_under_way **last; /* Where the next one goes. */
	unsigned count;

	/* The failure that tells the most: that of the good address, else the last one. */
	int error; /* 0: none has failed. */
	union address failed;
	bool has_failed; /* Not told yet. */
};

void dialling_init(struct dialling *dialling, const struct dialling_operations *operations,
	const struct target *target, struct addresses *addresses);

/*
 * Goes through the addresses from the next one on, except those that are being dialled already. Calls
 * operations before it returns, if an address fails or is connected to at once. is_beside: there is a
 * connection already.
 */
void dialling_begin(struct dialling *dialling, bool is_beside, int64_t now_ns);

/* There are other addresses now: goes on with those. */
void dialling_go_on(struct dialling *dialling, int64_t now_ns);

/* due_ns has come. */
void dialling_on_alarm(struct dialling *dialling, int64_t now_ns);

/* Dials no further address. Handshakes that are under way may still succeed. */
void dialling_pause(struct dialling *dialling);

/* Drops everything. */
void dialling_end(struct dialling *dialling);

/* Whether a handshake is under way or an address left to dial. */
bool dialling_is_active(const struct dialling *dialling);

/* Says what the failure that tells the most was. why: size bytes; DIAL_WHY_MAX are enough. There was
 * one. */
void dialling_describe(const struct dialling *dialling, char *why, size_t size);

#endif
