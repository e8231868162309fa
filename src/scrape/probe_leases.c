/* SPDX-License-Identifier: MIT */
#include "scrape/probe_leases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/hash.h"
#include "probe/alarms.h"

struct lease {
	struct lease *next; /* In its chain. */
	struct alarm end;
	int64_t asked_ns; /* When it was asked for last. */
	int64_t gap_ns;	  /* The longest from one request to the next. */
	uint64_t id;
	char key[];
};

struct probe_leases {
	struct alarms ends;
	size_t most;
	size_t mask;
	struct lease *chains[]; /* By hash of the key; the leases are owned. */
};

int probe_leases_new(size_t most, struct probe_leases **leases)
{
	size_t size = 1;
	while (size < most)
		size *= 2;
	struct probe_leases *made = calloc(1, sizeof(*made) + size * sizeof(struct lease *));
	if (!made)
		return -ENOMEM;
	made->most = most;
	made->mask = size - 1;
	if (alarms_reserve(&made->ends, most) != 0) {
		free(made);
		return -ENOMEM;
	}
	*leases = made;
	return 0;
}

static struct lease **chain_of(struct probe_leases *leases, const char *key)
{
	uint64_t hash = fnv1a_64(FNV1A_64_START, key, strlen(key));
	return &leases->chains[(size_t)(hash ^ hash >> 32) & leases->mask];
}

static void set_end(struct probe_leases *leases, struct lease *lease, int64_t now_ns)
{
	int64_t lasts_ns = PROBE_LEASE_GAPS * lease->gap_ns;
	if (lasts_ns < PROBE_LEASE_LEAST_NS)
		lasts_ns = PROBE_LEASE_LEAST_NS;
	if (lasts_ns > PROBE_LEASE_MOST_NS)
		lasts_ns = PROBE_LEASE_MOST_NS;
	lease->asked_ns = now_ns;
	alarms_set(&leases->ends, &lease->end, now_ns + lasts_ns);
}

bool probe_leases_renew(struct probe_leases *leases, const char *key, int64_t now_ns, uint64_t *id)
{
	struct lease *lease = *chain_of(leases, key);
	while (lease && strcmp(lease->key, key) != 0)
		lease = lease->next;
	if (!lease)
		return false;
	if (now_ns - lease->asked_ns > lease->gap_ns)
		lease->gap_ns = now_ns - lease->asked_ns;
	set_end(leases, lease, now_ns);
	*id = lease->id;
	return true;
}

int probe_leases_begin(struct probe_leases *leases, const char *key, uint64_t id, int64_t now_ns)
{
	if (leases->ends.count == leases->most)
		return -ENOSPC;
	size_t size = strlen(key) + 1;
	struct lease *made = calloc(1, sizeof(*made) + size);
	if (!made)
		return -ENOMEM;
	struct lease **chain = chain_of(leases, key);
	memcpy(made->key, key, size);
	made->id = id;
	made->next = *chain;
	*chain = made;
	alarm_init(&made->end);
	set_end(leases, made, now_ns);
	return 0;
}

bool probe_leases_take_ended(struct probe_leases *leases, int64_t now_ns, uint64_t *id)
{
	struct alarm *end = alarms_take(&leases->ends, now_ns);
	if (!end)
		return false;
	struct lease *lease = container_at(end, offsetof(struct lease, end));
	struct lease **link = chain_of(leases, lease->key);
	while (*link != lease)
		link = &(*link)->next;
	*link = lease->next;
	*id = lease->id;
	free(lease);
	return true;
}

size_t probe_leases_count(const struct probe_leases *leases)
{
	return leases->ends.count;
}

void probe_leases_free(struct probe_leases *leases)
{
	uint64_t id;
	if (!leases)
		return;
	/* All have ended before that. */
	while (probe_leases_take_ended(leases, ALARM_NEVER - 1, &id))
		;
	alarms_clear(&leases->ends);
	free(leases);
}
