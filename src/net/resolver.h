/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses with the system's resolver, which blocks: on threads of its own. Lanes keep
 * names that fail or hang from holding up those that work.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/endpoint.h"
#include "net/address_list.h"
#include "net/waker.h"

enum resolver_lane {
	RESOLVER_LANE_KNOWN,  /* Answered the last time. */
	RESOLVER_LANE_FRESH,  /* Not asked before. */
	RESOLVER_LANE_FAILED, /* Failed the last time: may take as long as the system's time-outs.
			       */
	RESOLVER_LANES,
};

/* The threads; shared by everyone who asks. Safe to use from any thread. */
struct resolver;
int resolver_new(struct resolver **resolver);
/* Waits for at most half a second for look-ups under way; what takes longer ends on its own,
 * unseen. */
void resolver_free(struct resolver *resolver);

/* One asking thread's letter box. */
struct resolver_inbox;
/* waker: woken when an answer is there; borrowed until resolver_inbox_free(). Returns 0 or -ENOMEM.
 */
int resolver_inbox_new(struct waker *waker, struct resolver_inbox **inbox);
/* Answers that come later are dropped. */
void resolver_inbox_free(struct resolver_inbox *inbox);

/* One question. Made by resolver_ask(), freed by resolver_query_free() once taken from the inbox.
 */
struct resolver_query {
	void *owner; /* Whoever asked; NULL once cancelled: set by the asking thread alone. */
	int failure; /* 0, or an error of getaddrinfo(), as address_list_error() reads it. */
	struct address_list list; /* Owned; empty on failure. */
};

struct resolver_question {
	const struct endpoint *endpoint; /* Copied. */
	int family;			 /* AF_INET, AF_INET6, or AF_UNSPEC for either. */
	enum resolver_lane lane;
	void *owner;
};

/* Returns 0 with *query, which the resolver holds until it is taken; or -ENOMEM or -EAGAIN. */
int resolver_ask(struct resolver *resolver, struct resolver_inbox *inbox,
	const struct resolver_question *question, struct resolver_query **query);

/* Takes an answered query, or returns NULL. The caller frees it, and ignores it when its owner is
 * NULL. */
struct resolver_query *resolver_inbox_take(struct resolver_inbox *inbox);

void resolver_query_free(struct resolver_query *query);

#endif
