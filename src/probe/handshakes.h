/* SPDX-License-Identifier: MIT */
/*
 * Probing by handshakes: each probe opens a TCP connection and closes it, and its RTT is the
 * handshake's, as the kernel timed it. For targets that run no echo server.
 *
 * A refusal is a reply as well, as it comes from the host. A handshake that is not done within the
 * timeout goes on for TARGET_GRACE_NS: long enough to tell a SYN that was lost, and sent again
 * after a second, from a host that does not answer.
 */
#ifndef PROBE_HANDSHAKES_H
#define PROBE_HANDSHAKES_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/target.h"

/* Begins the handshake of a slot. Returns false when that was not possible: nothing was sent. */
bool handshakes_send(struct target *target, int64_t due_ns);

/* Times out and gives up what is overdue, and sets the next alarm. */
void handshakes_settle(struct target *target, int64_t now_ns);

/* Gives up all, for good. */
void handshakes_abort(struct target *target);

/*
 * When to look for the ends of handshakes again, at the latest; INT64_MAX while none is under way.
 * The kernel does not tell when a refusal came, so that the moment it is seen has to do: nobody
 * looks away for more than an eighth of the time that the youngest has taken so far, within
 * bounds.
 */
int64_t handshakes_look_ns(const struct probe_context *context, int64_t now_ns);

#endif
