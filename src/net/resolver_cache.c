/* SPDX-License-Identifier: MIT */
#include "net/resolver_cache.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct resolver_cache {
	struct resolver_cache_entry *buckets[BUCKETS];
	size_t size;
	size_t count;
};

struct resolver_cache *resolver_cache_new(size_t size)
{
	struct resolver_cache *cache = calloc(1, sizeof(*cache));
	if (cache)
		cache->size = size;
	return cache;
}

/* Frees the entry at link. */
static void drop(struct resolver_cache *cache, struct resolver_cache_entry **link)
{
	struct resolver_cache_entry *entry = *link;
	*link = entry->next;
	address_list_clear(&entry->list);
	free(entry);
	cache->count--;
}

void resolver_cache_free(struct resolver_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (cache->buckets[i])
			drop(cache, &cache->buckets[i]);
	free(cache);
}

/* Drops what has expired. Returns where the entry is that expires next; NULL if all are busy. */
static struct resolver_cache_entry **sweep(struct resolver_cache *cache, int64_t now_ns)
{
	struct resolver_cache_entry **next = NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct resolver_cache_entry **link = &cache->buckets[i];
		while (*link) {
			struct resolver_cache_entry *entry = *link;
			if (!entry->busy && entry->until_ns <= now_ns) {
				drop(cache, link);
				continue;
			}
			if (!entry->busy && (!next || entry->until_ns < (*next)->until_ns))
				next = link;
			link = &entry->next;
		}
	}
	return next;
}

static void make_room(struct resolver_cache *cache, int64_t now_ns)
{
	if (cache->count < cache->size)
		return;
	struct resolver_cache_entry **next = sweep(cache, now_ns);
	if (next && cache->count >= cache->size)
		drop(cache, next);
}

/* FNV-1a. */
static size_t find_bucket(const char *host, int family)
{
	uint32_t hash = UINT32_C(2166136261) ^ (uint32_t)family;
	for (; *host; host++)
		hash = (hash ^ (unsigned char)*host) * UINT32_C(16777619);
	return hash % BUCKETS;
}

static void copy_in_lower_case(const char *host, char *copy)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t i = 0;
	for (; i < ENDPOINT_HOST_MAX - 1 && host[i]; i++) {
		const char *capital = strchr(capitals, host[i]);
		copy[i] = host[i];
		if (capital)
			copy[i] = letters[capital - capitals];
	}
	copy[i] = '\0';
}

struct resolver_cache_entry *resolver_cache_get(
	struct resolver_cache *cache, const char *host, int family, int64_t now_ns)
{
	char key[ENDPOINT_HOST_MAX];
	copy_in_lower_case(host, key);
	size_t bucket = find_bucket(key, family);
	struct resolver_cache_entry *entry = cache->buckets[bucket];
	while (entry && (entry->family != family || strcmp(entry->host, key) != 0))
		entry = entry->next;
	if (entry)
		return entry;
	make_room(cache, now_ns);
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	memcpy(entry->host, key, sizeof(key));
	entry->family = family;
	entry->next = cache->buckets[bucket];
	cache->buckets[bucket] = entry;
	cache->count++;
	return entry;
}

bool resolver_cache_is_good(
	const struct resolver_cache_entry *entry, int64_t max_age_ns, int64_t now_ns)
{
	return entry->has_answer && now_ns < entry->until_ns && now_ns - entry->at_ns <= max_age_ns;
}

static void add_known(const struct resolver_cache_entry *entry, struct resolver_answer *answer)
{
	for (size_t i = 0; i < entry->list.count; i++) {
		const union address *address = &entry->list.addresses[i];
		if (address->any.sa_family == answer->lacks &&
			address_list_add(&answer->list, address) < 0)
			return;
	}
}

static void remember_list(struct resolver_cache_entry *entry, const struct address_list *list)
{
	struct address_list copy = {0};
	/* An answer without its addresses is none. */
	if (address_list_copy(list, 0, &copy) < 0)
		entry->has_answer = false;
	address_list_clear(&entry->list);
	entry->list = copy;
}

void resolver_cache_store(
	struct resolver_cache_entry *entry, struct resolver_answer *answer, int64_t now_ns)
{
	entry->has_answer = true;
	entry->result = answer->result;
	entry->reason = answer->reason;
	entry->at_ns = now_ns;
	entry->until_ns = now_ns + RESOLVER_CACHE_FAILURE_NS;
	switch (answer->result) {
	case RESOLVER_FOUND:
		if (answer->lacks != AF_UNSPEC)
			add_known(entry, answer);
		entry->until_ns = now_ns + answer->valid_ns;
		entry->place = answer->place;
		remember_list(entry, &answer->list);
		return;
	case RESOLVER_NOT_FOUND:
		address_list_clear(&entry->list);
		entry->place = 0;
		return;
	case RESOLVER_FAILED:
		return;
	}
	__builtin_unreachable();
}

void resolver_cache_expire(struct resolver_cache *cache)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct resolver_cache_entry *entry = cache->buckets[i]; entry;
			entry = entry->next) {
			entry->until_ns = entry->at_ns;
			entry->place = 0;
		}
}

void resolver_cache_visit_busy(
	struct resolver_cache *cache, void (*visit)(struct resolver_cache_entry *entry))
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct resolver_cache_entry *entry = cache->buckets[i]; entry;
			entry = entry->next)
			if (entry->busy)
				visit(entry);
}
