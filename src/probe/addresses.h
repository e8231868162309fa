/* SPDX-License-Identifier: MIT */
/* The addresses of a target, and in which order they are dialled. Pure. */
#ifndef PROBE_ADDRESSES_H
#define PROBE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "net/address_list.h"

/* All zero: none are known. Stored by the caller. */
struct addresses {
	struct address_list list; /* Owned. */
	size_t next;		  /* The one whose turn is next. */
	union address good;	  /* The last that was connected to; AF_UNSPEC before. */
};

/* Forgets the list, but not which one was good. */
void addresses_clear(struct addresses *addresses);

/*
 * Takes over a list, which must not be empty and is afterwards; its first is next. The one that was
 * good comes first, then the others in their order, from the one on that is next in the present list: of
 * many that do not answer, each attempt dials some.
 */
void addresses_take(struct addresses *addresses, struct address_list *list);

/*
 * The same where each probe dials one in turn: the turn stays with the address that has it, if it
 * is in the list. Otherwise those at the end would never be dialled if names are asked for often
 * and probes are rare. There must be a list already.
 */
void addresses_renew(struct addresses *addresses, struct address_list *list);

/* Makes the one that was good the only one. Returns 0 or -ENOMEM. There must be a good one. */
int addresses_take_good(struct addresses *addresses);

/* Whether one was good. */
bool addresses_have_good(const struct addresses *addresses);

/* Takes the next one; returns false, with *address untouched, if all have been taken. */
bool addresses_next(struct addresses *addresses, union address *address);

/* Undoes the last addresses_next(). */
void addresses_put_back(struct addresses *addresses);

/* Whether there are some to take. */
bool addresses_are_left(const struct addresses *addresses);

/* Whether this one is in the list. */
bool addresses_contain(const struct addresses *addresses, const union address *address);

/* The one whose turn it is, in rotation. The list must not be empty. */
const union address *addresses_turn(const struct addresses *addresses);

/* Passes the turn on if this address still has it: another may do better. */
void addresses_pass(struct addresses *addresses, const union address *failed);

#endif
