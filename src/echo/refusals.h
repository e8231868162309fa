/* SPDX-License-Identifier: MIT */
/* Who was turned away lately. Pure. */
#ifndef ECHO_REFUSALS_H
#define ECHO_REFUSALS_H

#include "base/address.h"
#include "base/clock.h"
#include "measure/server_peers.h"

/* All zero at first. Stored by the caller. */
struct refusals {
	struct server_refusal list[SERVER_REFUSALS_MAX]; /* The newest first. */
	size_t count;
};

/*
 * Notes one. The same address with the same reason counts up; the oldest is forgotten for a new one.
 */
void refusals_note(struct refusals *refusals, enum server_reject reason, const union address *peer,
	struct wall_time now);

#endif
