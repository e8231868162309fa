/* SPDX-License-Identifier: MIT */
/* How a target's connection is made and unmade: resolving, dialling one address after another,
 * closing. */
#ifndef PROBE_CONNECTION_H
#define PROBE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/target.h"

/* Begins an attempt. */
void connection_dial(struct target *target, int64_t now_ns);

/* The resolver answered; takes over what the query holds and frees the query. */
void connection_on_resolved(struct target *target, struct resolver_query *query);

/* Resolving takes suspiciously long, or the address dialled does not answer. */
void connection_on_time_up(struct target *target, int64_t now_ns);

/*
 * The attempt or the connection is over: reports why, and sets the alarm for the next attempt.
 * event: LINK_RESOLVE_FAILED, LINK_ADDRESSES_SPENT or LINK_LOST.
 */
void connection_fail(struct target *target, enum link_event event, const char *why);

/* Closes the socket, if there is one. is_abortive: with a reset, dropping what is still to be sent.
 */
void connection_close(struct target *target, bool is_abortive);

/* Gives up whatever is under way, for good. */
void connection_abort(struct target *target);

#endif
