/* SPDX-License-Identifier: MIT */
/* How the process's limit of file descriptors is shared out, so that nobody takes another's. */
#ifndef ENGINE_DESCRIPTORS_H
#define ENGINE_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has to be open in any case, at least; with it a start is refused if the limit is lower. */
#define DESCRIPTORS_BESIDES 32

/* What a target that connects with each probe takes with the default options. */
#define DESCRIPTORS_LONE 8

struct descriptor_wishes {
	int64_t limit;	     /* Of the process; INT64_MAX for none. */
	bool is_shared;	     /* Others in the process need descriptors, too: collectd's plugins. */
	unsigned threads;    /* Of the prober; 0: none runs. */
	size_t targets;	     /* The descriptors that they may hold at once. */
	size_t front;	     /* Connections that the front wants; 0: it has none. */
	bool front_is_fixed; /* It was promised them before, and keeps them. */
	bool serves;	     /* There is an echo server. */
	size_t peers;	     /* Peers that it wants at most. */
	bool asks_system;    /* Names are looked up by the system's means: RESOLVER_SYSTEM. */
	size_t lone; /* Targets that may yet be added one by one: as many as there is room for. */
	size_t sources;	   /* What it takes to ask for targets. */
	size_t added;	   /* Targets that were added one by one, and */
	size_t added_have; /* what they may take beyond one each, which is among those of targets. */
};

struct descriptor_shares {
	size_t front; /* Connections of the front. */
	size_t peers; /* Of the echo server. */
	size_t dials; /* Sockets of the targets beyond one each. */
	size_t lone;  /* For targets that are added one by one. */
};

/*
 * Shares the limit out: to the process itself and to the targets what they need; to the front at
 * least a few; to those that may be added one each, and up to DESCRIPTORS_LONE where there are many; to the
 * targets some more, for several dials at a time; to the front a quarter of what
 * is left, and the rest to the echo server. A shared process keeps half of what is left. Returns 0;
 * or -EMFILE with *needed, how many are needed at least, and *shares untouched.
 */
int descriptors_share(
	const struct descriptor_wishes *wishes, struct descriptor_shares *shares, size_t *needed);

#endif
