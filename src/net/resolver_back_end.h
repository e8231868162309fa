/* SPDX-License-Identifier: MIT */
/* What the resolver hands to the back end that looks names up, and gets back. */
#ifndef NET_RESOLVER_BACK_END_H
#define NET_RESOLVER_BACK_END_H

#include <stdbool.h>

#include "base/endpoint.h"
#include "net/resolver_answer.h"

struct resolver;

/* Where answers go: called on threads of the back end. Stored by value. */
struct resolver_sink {
	/*
	 * An answer to a question: a final one, which comes last, or one to go on with until then.
	 * Its list is taken over.
	 */
	void (*take)(void *context, void *token, struct resolver_answer *answer, bool is_final);
	void *context;
};

struct resolver_task {
	char host[ENDPOINT_HOST_MAX]; /* In lower case. */
	int family;		      /* AF_INET, AF_INET6, or AF_UNSPEC for both. */
	/* The place of the answer before, or 0. If nothing could be learnt of that place or one
	 * before it, what there is farther away may be another host: that is a failure. */
	size_t known_place;
	void *token; /* Comes back with the answers. */
};

struct resolver_back_end {
	/* Looks a name up; never blocks. From any thread. Returns 0 or a negative errno. */
	int (*look_up)(struct resolver_back_end *back_end, const struct resolver_task *task);
	/*
	 * Ends it within half a second, and frees it. Nothing comes from it any longer; what has
	 * not been answered never is.
	 */
	void (*stop)(struct resolver_back_end *back_end);
};

/* config: the back end's own. Returns 0 with *back_end owned by the caller, or a negative errno. */
typedef int resolver_back_end_start(
	const void *config, const struct resolver_sink *sink, struct resolver_back_end **back_end);

/* Makes a resolver with any back end. Returns as resolver_new() does. */
int resolver_new_with(
	resolver_back_end_start *start, const void *config, struct resolver **resolver);

#endif
