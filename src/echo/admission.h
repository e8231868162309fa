/* SPDX-License-Identifier: MIT */
/* Who may come in: by address, by how many there are, and by how many of them are one address's. */
#ifndef ECHO_ADMISSION_H
#define ECHO_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/networks.h"
#include "measure/reasons.h"

struct admission;

/* All peers of one address: IPv4, or a /64 network of IPv6, which one customer or host has. */
struct admission_host;

/*
 * allow: copied; empty: everyone. seed: any number that peers cannot guess. Returns 0 with
 * *admission owned by the caller, or -ENOMEM. Nobody is let in before admission_limit().
 */
int admission_new(const struct networks *allow, uint64_t seed, struct admission **admission);

/* Frees it, with all its hosts. NULL is accepted. */
void admission_free(struct admission *admission);

/*
 * Lets in that many peers; those that are there already stay. per_address: of one address.
 * is_wanted: that is as many as the user wants, not just as many as there are descriptors for.
 */
void admission_limit(struct admission *admission, size_t peers, size_t per_address, bool is_wanted);

/*
 * Lets a peer in: returns true with *host, to be handed to admission_leave() when it is gone. Or
 * returns false with *why.
 */
bool admission_enter(struct admission *admission, const union address *address,
	struct admission_host **host, enum server_reject *why);

void admission_leave(struct admission *admission, struct admission_host *host);

/* How many are in beyond the limit, since it fell. */
size_t admission_surplus(const struct admission *admission);

#endif
