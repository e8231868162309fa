/* SPDX-License-Identifier: MIT */
/* Who uses the echo server at one moment, and who may not: plain data. */
#ifndef MEASURE_SERVER_PEERS_H
#define MEASURE_SERVER_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "measure/reasons.h"

/* How many refusals are remembered. */
#define SERVER_REFUSALS_MAX 20

struct server_peer {
	int64_t since_unix_ns; /* When it connected. */
	uint64_t frames;       /* Whole frames that it was returned. */
	char address[ADDRESS_TEXT_MAX];
};

struct server_refusal {
	int64_t unix_ns; /* Of the last time. */
	uint64_t count;	 /* Since it is remembered. */
	enum server_reject reason;
	char address[ADDRESS_TEXT_MAX]; /* Without the port. */
};

/* All zero is empty. */
struct server_peers {
	struct server_peer *peers; /* Owned. Those with the most frames, the most first. */
	size_t peer_count;
	struct server_refusal refusals[SERVER_REFUSALS_MAX]; /* The newest first. */
	size_t refusal_count;
};

/* Frees what it holds; empty afterwards. */
void server_peers_clear(struct server_peers *peers);

#endif
