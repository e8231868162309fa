/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of names: the last answer of each for as long as it holds, the addresses it had
 * even longer, and whether it is being looked up. Pure: time is passed in.
 */
#ifndef NET_RESOLVER_CACHE_H
#define NET_RESOLVER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "net/resolver_answer.h"

/* How long a failure is remembered: the next retry asks again. */
#define RESOLVER_CACHE_FAILURE_NS NS_PER_S

struct resolver_cache;

/* A name, with a family of addresses. */
struct resolver_cache_entry {
	char host[ENDPOINT_HOST_MAX]; /* In lower case. */
	int family;
	void *busy;	 /* The caller's. While it is not NULL the entry stays. */
	bool has_answer; /* One came, however old. */
	enum resolver_result result;
	const char *reason;	  /* Static; NULL if found. */
	struct address_list list; /* Of the last good answer, even if a failure came since. */
	size_t place;		  /* Likewise, where it was found. */
	int64_t at_ns;		  /* When the answer came. */
	int64_t until_ns;	  /* Until when it holds. */
	struct resolver_cache_entry *next; /* The cache's. */
};

/*
 * size: how many names it remembers, above 0; those that are busy may be more. Returns it, owned by
 * the caller, or NULL without memory.
 */
struct resolver_cache *resolver_cache_new(size_t size);

/* NULL is accepted. */
void resolver_cache_free(struct resolver_cache *cache);

/*
 * The entry of a name, in any case. family: AF_INET, AF_INET6 or AF_UNSPEC. Returns it, made if there
 * was none; unless it is busy, it is borrowed until the next call. NULL without memory.
 */
struct resolver_cache_entry *resolver_cache_get(
	struct resolver_cache *cache, const char *host, int family, int64_t now_ns);

/* Whether the answer still holds, and came no longer than max_age_ns ago. */
bool resolver_cache_is_good(
	const struct resolver_cache_entry *entry, int64_t max_age_ns, int64_t now_ns);

/*
 * Remembers an answer. Before that, the addresses that the name had are added to it where it lacks
 * a family. Without memory the entry remembers less.
 */
void resolver_cache_store(
	struct resolver_cache_entry *entry, struct resolver_answer *answer, int64_t now_ns);

/* No answer holds any longer. */
void resolver_cache_expire(struct resolver_cache *cache);

/* Calls visit for each busy entry. */
void resolver_cache_visit_busy(
	struct resolver_cache *cache, void (*visit)(struct resolver_cache_entry *entry));

#endif
