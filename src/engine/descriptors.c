/* SPDX-License-Identifier: MIT */
#include "engine/descriptors.h"

#include <errno.h>

/*
 * What the process has open: standard streams, log, event loops with their pipes and wakers,
 * listeners, sockets of the resolver, the service manager's, and files while they are read.
 */
#define OWN 40
/* For each prober thread beyond the first: an event loop, its pipe, its timer, its waker. */
#define OWN_OF_THREAD 6

/* What the front and the echo server have even if that is beyond what is left. */
#define FRONT_LEAST 4
#define PEERS_LEAST 4
/* What the front has before others have more than they need. */
#define FRONT_ENOUGH 16
/* Of what is left then, the front has one in so many. */
#define FRONT_PART 4

/* Targets that are added one by one have one in so many of what is left, beyond one each. */
#define LONE_PART 4

/* For dials to several addresses of a name at a time, and names that move. */
#define DIALS_LEAST 8
#define DIALS_PART 8

/* The system's look-ups take one in so many of the limit, within bounds (net/resolver.h). */
#define LOOK_UPS_PART 8
#define LOOK_UPS_LEAST 64
#define LOOK_UPS_MOST 512

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Takes as many as wanted, if they are there. */
static size_t take(size_t *left, size_t wanted)
{
	size_t taken = least(*left, wanted);
	*left -= taken;
	return taken;
}

static size_t besides(const struct descriptor_wishes *wishes, size_t at_first)
{
	return at_first + wishes->sources +
	       (wishes->threads > 1 ? (wishes->threads - 1) * OWN_OF_THREAD : 0);
}

static size_t look_ups(int64_t limit)
{
	int64_t part = limit / LOOK_UPS_PART;
	if (part < LOOK_UPS_LEAST)
		return LOOK_UPS_LEAST;
	return part < LOOK_UPS_MOST ? (size_t)part : LOOK_UPS_MOST;
}

/* What those that are added one by one have beyond one each: a part of what is left, of which they may have some
 * already. */
static size_t more_for_lone(const struct descriptor_wishes *wishes, size_t left)
{
	size_t all = (wishes->lone + wishes->added) * (DESCRIPTORS_LONE - 1);
	size_t part = least((left + wishes->added_have) / LONE_PART, all);
	return part > wishes->added_have ? part - wishes->added_have : 0;
}

/* Shares out what is there beyond the process itself and what the targets need. */
static void share_rest(
	const struct descriptor_wishes *wishes, size_t left, struct descriptor_shares *shares)
{
	size_t peers_wanted = wishes->serves ? wishes->peers : 0;
	size_t enough = wishes->front_is_fixed ? wishes->front : least(wishes->front, FRONT_ENOUGH);
	size_t front = take(&left, enough);
	size_t peers = take(&left, least(peers_wanted, PEERS_LEAST));
	size_t lone = take(&left, wishes->lone);
	if (wishes->asks_system)
		take(&left, look_ups(wishes->limit));
	size_t dials = 0;
	if (wishes->threads > 0)
		dials = take(&left, DIALS_LEAST + (wishes->targets + lone) / DIALS_PART);
	if (wishes->is_shared)
		left /= 2;
	lone += take(&left, more_for_lone(wishes, left));
	front += take(&left, least(left / FRONT_PART, wishes->front - front));
	peers += take(&left, peers_wanted - peers);
	front += take(&left, wishes->front - front);
	size_t front_least = least(wishes->front, FRONT_LEAST);
	size_t peers_least = least(peers_wanted, PEERS_LEAST);
	*shares = (struct descriptor_shares){
		.front = front > front_least ? front : front_least,
		.peers = peers > peers_least ? peers : peers_least,
		.dials = dials,
		.lone = lone,
	};
}

int descriptors_share(
	const struct descriptor_wishes *wishes, struct descriptor_shares *shares, size_t *needed)
{
	*needed = wishes->targets + besides(wishes, DESCRIPTORS_BESIDES);
	if (wishes->limit < 0 || *needed > (uint64_t)wishes->limit)
		return -EMFILE;
	/* No more than can be wanted, so that size_t holds it everywhere. */
	size_t limit = wishes->limit < INT32_MAX ? (size_t)wishes->limit : INT32_MAX;
	size_t own = wishes->targets + besides(wishes, OWN);
	share_rest(wishes, limit > own ? limit - own : 0, shares);
	return 0;
}
