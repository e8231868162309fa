/* SPDX-License-Identifier: MIT */
#include "echo/admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A power of two. */
#define BUCKETS_FIRST 64
/* Of an IPv6 address, what tells hosts apart. */
#define V6_PREFIX_BYTES 8

struct admission_host {
	struct admission_host *next; /* In its bucket. */
	unsigned char key[NETWORK_BYTES];
	size_t peers;
};

struct admission {
	struct networks allow;
	uint64_t seed;
	struct admission_host **buckets; /* Owned lists. */
	size_t bucket_count;		 /* A power of two. */
	size_t host_count;
	size_t peers;
	size_t limit;
	size_t limit_per_address;
	bool is_wanted;
};

int admission_new(const struct networks *allow, uint64_t seed, struct admission **admission)
{
	struct admission *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->seed = seed;
	made->bucket_count = BUCKETS_FIRST;
	made->buckets = calloc(made->bucket_count, sizeof(struct admission_host *));
	if (!made->buckets || networks_copy(allow, &made->allow) != 0) {
		admission_free(made);
		return -ENOMEM;
	}
	*admission = made;
	return 0;
}

void admission_free(struct admission *admission)
{
	if (!admission)
		return;
	for (size_t i = 0; admission->buckets && i < admission->bucket_count; i++) {
		struct admission_host *host = admission->buckets[i];
		while (host) {
			struct admission_host *next = host->next;
			free(host);
			host = next;
		}
	}
	free(admission->buckets);
	networks_clear(&admission->allow);
	free(admission);
}

void admission_limit(struct admission *admission, size_t peers, size_t per_address, bool is_wanted)
{
	admission->limit = peers;
	admission->limit_per_address = per_address;
	admission->is_wanted = is_wanted;
}

static void make_key(const union address *address, unsigned char key[NETWORK_BYTES])
{
	network_bytes(address, key);
	if (!network_is_v4(key))
		memset(key + V6_PREFIX_BYTES, 0, NETWORK_BYTES - V6_PREFIX_BYTES);
}

/* The finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t mix(uint64_t word)
{
	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return word ^ word >> 31;
}

static struct admission_host **bucket_of(
	const struct admission *admission, const unsigned char key[NETWORK_BYTES])
{
	uint64_t words[2];
	memcpy(words, key, sizeof(words));
	uint64_t hash = mix(mix(words[0] ^ admission->seed) + words[1]);
	return &admission->buckets[hash & (admission->bucket_count - 1)];
}

/* Without memory it stays as it is, which is slower, but right. */
static void grow(struct admission *admission)
{
	size_t old_count = admission->bucket_count;
	struct admission_host **old = admission->buckets;
	struct admission_host **grown = calloc(2 * old_count, sizeof(struct admission_host *));
	if (!grown)
		return;
	admission->buckets = grown;
	admission->bucket_count = 2 * old_count;
	for (size_t i = 0; i < old_count; i++) {
		struct admission_host *host = old[i];
		while (host) {
			struct admission_host *next = host->next;
			struct admission_host **bucket = bucket_of(admission, host->key);
			host->next = *bucket;
			*bucket = host;
			host = next;
		}
	}
	free(old);
}

static struct admission_host *find(
	const struct admission *admission, const unsigned char key[NETWORK_BYTES])
{
	struct admission_host *host = *bucket_of(admission, key);
	while (host && memcmp(host->key, key, NETWORK_BYTES) != 0)
		host = host->next;
	return host;
}

static struct admission_host *add(
	struct admission *admission, const unsigned char key[NETWORK_BYTES])
{
	struct admission_host *host = calloc(1, sizeof(*host));
	if (!host)
		return NULL;
	if (admission->host_count >= admission->bucket_count)
		grow(admission);
	struct admission_host **bucket = bucket_of(admission, key);
	memcpy(host->key, key, NETWORK_BYTES);
	host->next = *bucket;
	*bucket = host;
	admission->host_count++;
	return host;
}

bool admission_enter(struct admission *admission, const union address *address,
	struct admission_host **host, enum server_reject *why)
{
	*why = SERVER_REJECT_NOT_ALLOWED;
	if (admission->allow.count > 0 && !networks_contain(&admission->allow, address))
		return false;
	*why = admission->is_wanted ? SERVER_REJECT_LIMIT : SERVER_REJECT_DESCRIPTORS;
	if (admission->peers >= admission->limit)
		return false;
	unsigned char key[NETWORK_BYTES];
	make_key(address, key);
	struct admission_host *found = find(admission, key);
	*why = SERVER_REJECT_ADDRESS_LIMIT;
	if (found && found->peers >= admission->limit_per_address)
		return false;
	*why = SERVER_REJECT_MEMORY;
	if (!found)
		found = add(admission, key);
	if (!found)
		return false;
	found->peers++;
	admission->peers++;
	*host = found;
	return true;
}

void admission_leave(struct admission *admission, struct admission_host *host)
{
	admission->peers--;
	if (--host->peers > 0)
		return;
	struct admission_host **at = bucket_of(admission, host->key);
	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	admission->host_count--;
	free(host);
}

size_t admission_surplus(const struct admission *admission)
{
	return admission->peers > admission->limit ? admission->peers - admission->limit : 0;
}
