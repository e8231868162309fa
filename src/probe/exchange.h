/* SPDX-License-Identifier: MIT */
/* What goes to and fro on a target's connection: probes out, replies in, and their settling. */
#ifndef PROBE_EXCHANGE_H
#define PROBE_EXCHANGE_H

#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/target.h"

/*
 * Sends the probe of a slot. Returns false when it could not be handed to the kernel: the
 * connection is gone, or its send buffer is full.
 */
bool exchange_send(struct target *target, int64_t due_ns);

/* Callback of the event loop: replies are there, or the connection's end. context: the target. */
void exchange_on_readable(evutil_socket_t fd, short what, void *context);

/* Times out what is overdue, drops a stalled connection, and sets the next alarm. */
void exchange_settle(struct target *target, int64_t now_ns);

#endif
