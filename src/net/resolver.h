/* SPDX-License-Identifier: MIT */
/*
 * Resolves names with the system's resolver, which blocks, on threads of its own. Lanes keep names
 * that fail or hang from holding up those that work.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/endpoint.h"
#include "net/address_list.h"
#include "net/waker.h"

enum resolver_lane {
	RESOLVER_LANE_KNOWN,  /* Resolved last time. */
	RESOLVER_LANE_FRESH,  /* Not asked before. */
	RESOLVER_LANE_FAILED, /* Failed last time: may take as long as the system's timeouts. */
	RESOLVER_LANES,
};

/* The threads, shared by all who ask. Safe to use from any thread. */
struct resolver;

/* Returns 0 with *resolver owned by the caller, or -ENOMEM. */
int resolver_new(struct resolver **resolver);

/*
 * Waits at most half a second for look-ups in progress; threads that take longer end by themselves.
 * Inboxes may outlive it. NULL is accepted.
 */
void resolver_free(struct resolver *resolver);

/* Where the answers for one asking thread arrive. */
struct resolver_inbox;

/*
 * waker: woken when an answer is there; borrowed until resolver_inbox_free(). Returns 0 with *inbox
 * owned by the caller, or -ENOMEM.
 */
int resolver_inbox_new(struct waker *waker, struct resolver_inbox **inbox);

/* Answers that have not been taken, or come later, are dropped. NULL is accepted. */
void resolver_inbox_free(struct resolver_inbox *inbox);

/* A question and its answer. Made by resolver_ask(), freed once it was taken from the inbox. */
struct resolver_query {
	void *owner;		  /* Who asked. Set to NULL to cancel, by the asking thread. */
	int failure;		  /* 0, or an EAI_ error, as address_list_error() reads it. */
	struct address_list list; /* Owned; empty on failure. */
};

struct resolver_question {
	const struct endpoint *endpoint; /* Copied. */
	int family;			 /* AF_INET, AF_INET6, or AF_UNSPEC for either. */
	enum resolver_lane lane;
	void *owner;
};

/*
 * Asks; never blocks. Returns 0 with *query, which the resolver owns until it is taken from the
 * inbox, -ENOMEM, or -EAGAIN if no thread can be started.
 */
int resolver_ask(struct resolver *resolver, struct resolver_inbox *inbox,
	const struct resolver_question *question, struct resolver_query **query);

/*
 * Takes an answered query, owned by the caller from then on; NULL if there is none. One whose owner
 * is NULL was cancelled.
 */
struct resolver_query *resolver_inbox_take(struct resolver_inbox *inbox);

/* NULL is accepted. */
void resolver_query_free(struct resolver_query *query);

#endif
