/* SPDX-License-Identifier: MIT */
/*
 * Resolves names, and remembers the answers. A name that hangs holds up no other, and answers that
 * cannot be a remote host's are dropped (remote_address.h).
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "net/resolver_inbox.h"

enum resolver_kind {
	/* The hosts file, then the name servers: no name waits for another. Takes up to 12
	 * descriptors with 3 name servers, to each by UDP and TCP. */
	RESOLVER_DNS,
	/* getaddrinfo() on threads: whatever else the system knows names by. Takes a descriptor or
	 * two for each name under way: an eighth of the limit, or 64, whichever is more. */
	RESOLVER_SYSTEM,
};

/* Shared by all who ask. Safe to use from any thread. */
struct resolver;

/* Returns 0 with *resolver owned by the caller, or a negative errno. */
int resolver_new(enum resolver_kind kind, struct resolver **resolver);

/*
 * Waits at most half a second for look-ups in progress; threads that take longer end by themselves.
 * What has not been answered never is. Inboxes may outlive it. NULL is accepted.
 */
void resolver_free(struct resolver *resolver);

/*
 * Asks; never blocks. Returns 0 with *query, which the resolver owns until it is taken from the
 * inbox, or -ENOMEM.
 */
int resolver_ask(struct resolver *resolver, struct resolver_inbox *inbox,
	const struct resolver_question *question, struct resolver_query **query);

#endif
