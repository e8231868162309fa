/* SPDX-License-Identifier: MIT */
/* What comes of looking up a name. Pure. */
#ifndef NET_RESOLVER_ANSWER_H
#define NET_RESOLVER_ANSWER_H

#include <stdint.h>

#include "base/clock.h"
#include "net/address_list.h"

/* How long an answer holds whose time to live is unknown. */
#define RESOLVER_VALID_NS (30 * NS_PER_S)

enum resolver_result {
	RESOLVER_FOUND,
	/* The name has no usable address: there is no such name, it has none of that family, or only
	 * some that cannot be a remote host's. */
	RESOLVER_NOT_FOUND,
	/* No word from the name servers: silence, SERVFAIL, REFUSED, ...: may pass. */
	RESOLVER_FAILED,
};

/* Stored by the caller, who clears the list. */
struct resolver_answer {
	enum resolver_result result;
	const char *reason;	  /* Why not, in English; static. NULL if found. */
	struct address_list list; /* Owned; ports are 0. Empty unless found. */
	int64_t valid_ns;	  /* If found: how long it holds, 0 or more. */
	int lacks; /* If found: the family that nothing could be learnt of; else AF_UNSPEC. */
	/* If found in a domain of the search list: in which one, from 1; the later, the farther. */
	size_t place;
};

/* Drops addresses that cannot be a remote host's; with none left it is RESOLVER_NOT_FOUND. */
void resolver_answer_keep_possible(struct resolver_answer *answer);

/*
 * What the answers for the two families come to. The addresses of `first` are before those of
 * `second`. Both lists are taken over. first_family: AF_INET or AF_INET6; the other one is that of
 * `second`. Without memory for the list it is RESOLVER_FAILED.
 */
void resolver_answer_join(struct resolver_answer *first, int first_family,
	struct resolver_answer *second, struct resolver_answer *joined);

#endif
