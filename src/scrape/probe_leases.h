/* SPDX-License-Identifier: MIT */
/*
 * How long targets that are probed on request stay: until nobody has asked for them for five minutes, or for three
 * times the longest that anybody waited between two requests, whichever is longer. Pure: time is passed in.
 */
#ifndef SCRAPE_PROBE_LEASES_H
#define SCRAPE_PROBE_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define PROBE_LEASE_LEAST_NS (300 * NS_PER_S)
#define PROBE_LEASE_GAPS 3
/* Whoever asks ever more rarely does not keep a place for ever. */
#define PROBE_LEASE_MOST_NS (10800 * NS_PER_S)

struct probe_leases;

/* most: how many there may be, 1 or more. Returns 0 or -ENOMEM. */
int probe_leases_new(size_t most, struct probe_leases **leases);

/* NULL is accepted. */
void probe_leases_free(struct probe_leases *leases);

/* Finds the lease of a key, and renews it. Returns false if there is none. */
bool probe_leases_renew(struct probe_leases *leases, const char *key, int64_t now_ns, uint64_t *id);

/*
 * Begins a lease of a key that has none. id: of its target. Returns 0; -ENOSPC if there are as many as there may be,
 * or -ENOMEM.
 */
int probe_leases_begin(struct probe_leases *leases, const char *key, uint64_t id, int64_t now_ns);

/* Takes out a lease that has ended by now_ns; returns false if there is none. */
bool probe_leases_take_ended(struct probe_leases *leases, int64_t now_ns, uint64_t *id);

/* How many there are. */
size_t probe_leases_count(const struct probe_leases *leases);

#endif
