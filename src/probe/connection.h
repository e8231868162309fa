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

/* Asks for the name's addresses again, while those of before go on being used. */
void connection_refresh(struct target *target, int64_t now_ns);

/* Takes over what the kernel has counted and measured since the last time. */
void connection_read_tcp_info(struct target *target);

/* The connection ended, or is to be ended: settles, closes, and arranges for the next attempt. */
void connection_lose(struct target *target, enum disconnect reason);

/* Gives up whatever is under way, for good. */
void connection_abort(struct target *target);

#endif
