/* SPDX-License-Identifier: MIT */
/* Where a thread waits until it is wanted, by other threads or by the clock, or until a descriptor becomes readable. */
#ifndef DISCOVER_BELL_H
#define DISCOVER_BELL_H

#include <stdbool.h>
#include <stdint.h>

struct bell;

/* How many descriptors one takes. */
#define BELL_DESCRIPTORS 5

/* fd: the descriptor, borrowed; -1: none. Returns 0 with *bell owned by the caller, or a negative errno. */
int bell_new(int fd, struct bell **bell);

/* NULL is accepted. */
void bell_free(struct bell *bell);

/* Ends the wait that goes on, or the next. Any thread. */
void bell_ring(struct bell *bell);

/*
 * Waits until it is rung, until_ns (monotonic; INT64_MAX: never) or, if heeds_fd, the descriptor is readable. Returns
 * whether that was it; also returns without any reason.
 */
bool bell_wait(struct bell *bell, int64_t until_ns, bool heeds_fd);

#endif
