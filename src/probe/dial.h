/* SPDX-License-Identifier: MIT */
/* How a target is dialled, by either kind of probe, and what it means when that fails. */
#ifndef PROBE_DIAL_H
#define PROBE_DIAL_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/reasons.h"
#include "probe/target.h"

/*
 * Opens a non-blocking socket as the target's options want it, and begins the handshake. Returns 0
 * where that is done already, EINPROGRESS, or another errno. *fd: owned by the caller, -1 where
 * there is none.
 */
int dial_begin(const struct target *target, const union address *address, evutil_socket_t *fd);

/* How the handshake ended, once the socket is writable: 0 or an errno. */
int dial_result(evutil_socket_t fd);

/* The reason that an errno of a handshake is counted as. */
enum connect_failure dial_failure(int error);

/*
 * Says what an errno means, e.g. "connection refused by 192.0.2.1:4000". patience_ns: how long was
 * waited for an answer.
 */
void dial_describe(const struct target *target, const union address *address, int error,
	int64_t patience_ns, char *why, size_t size);

#endif
