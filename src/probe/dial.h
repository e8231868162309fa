/* SPDX-License-Identifier: MIT */
/* How an address is dialled, by either kind of probe, and what it means when that fails. */
#ifndef PROBE_DIAL_H
#define PROBE_DIAL_H

#include <errno.h>
#include <event2/util.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/destinations.h"
#include "config/target_options.h"
#include "measure/reasons.h"

/* Room for what dial_describe() writes, with its NUL. */
#define DIAL_WHY_MAX 256

/* Instead of an errno: the address was not dialled, since it is not allowed. No call on sockets fails with this one. */
#define DIAL_NOT_ALLOWED (-EDOM)

/* Which addresses of a name can be dialled with these options: AF_INET, AF_INET6 or AF_UNSPEC. */
int dial_family(const struct target_options *options);

/*
 * Opens a non-blocking socket as the options want it, and begins the handshake. allowed: which addresses may
 * be dialled; NULL: all. Returns 0 if that is done already, -EINPROGRESS, DIAL_NOT_ALLOWED, or another
 * negative errno. *fd: owned by the caller, -1 if there is none.
 */
int dial_begin(const struct target_options *options, const struct destinations *allowed,
	const union address *address, evutil_socket_t *fd);

/* How the handshake ended, once the socket is writable: 0 or a negative errno. One that connected
 * the socket to itself was refused. */
int dial_result(evutil_socket_t fd);

/* The reason that a negative errno of a handshake is counted as. */
enum connect_failure dial_failure(int error);

/*
 * Says what a negative errno means, e.g. "connection refused by 192.0.2.1:4000". patience_ns: how
 * long an answer was waited for. why: size bytes; DIAL_WHY_MAX are enough.
 */
void dial_describe(const struct target_options *options, const union address *address, int error,
	int64_t patience_ns, char *why, size_t size);

#endif
