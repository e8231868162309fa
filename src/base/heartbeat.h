/* SPDX-License-Identifier: MIT */
/* Whether a thread still comes round, as any number of other threads may ask at any time. */
#ifndef BASE_HEARTBEAT_H
#define BASE_HEARTBEAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* A thread that has not answered for this long hangs. */
#define HEARTBEAT_PATIENCE_NS (2 * NS_PER_S)

/* One that rests for longer is asked all the same: what it was woken for in between may hang. */
#define HEARTBEAT_REST_NS (10 * NS_PER_S)

/* Stored by the thread's owner; all zero at first. */
struct heartbeat {
	_Atomic int64_t asked_ns;	/* Since when an answer is due; 0: none is. */
	_Atomic int64_t rests_until_ns; /* When it will come round by itself; 0: it is awake. */
	_Atomic int64_t rests_since_ns; /* The last rest. */
};

/* The thread itself calls this before it waits, and heartbeat_rise() as soon as it is awake. until_ns: when it will come
 * round by itself; monotonic, INT64_MAX: never. */
static inline void heartbeat_rest(struct heartbeat *heartbeat, int64_t now_ns, int64_t until_ns)
{
	atomic_store_explicit(&heartbeat->rests_since_ns, now_ns, memory_order_relaxed);
	atomic_store_explicit(&heartbeat->rests_until_ns, until_ns, memory_order_relaxed);
}

static inline void heartbeat_rise(struct heartbeat *heartbeat)
{
	atomic_store_explicit(&heartbeat->rests_until_ns, 0, memory_order_relaxed);
}

/* Until when a thread rests; 0 if it does not. Any thread. */
static inline int64_t heartbeat_rests_until(const struct heartbeat *heartbeat)
{
	return atomic_load_explicit(&heartbeat->rests_until_ns, memory_order_relaxed);
}

/* Whether a thread rests, and need not be asked yet. Any thread. */
static inline bool heartbeat_rests(const struct heartbeat *heartbeat, int64_t now_ns)
{
	int64_t since_ns = atomic_load_explicit(&heartbeat->rests_since_ns, memory_order_relaxed);
	return now_ns < heartbeat_rests_until(heartbeat) && now_ns - since_ns < HEARTBEAT_REST_NS;
}

/*
 * Asks whether the thread comes round, and returns whether it has answered whatever was asked more
 * than HEARTBEAT_PATIENCE_NS ago. The caller wakes it, so that it answers soon even if it sleeps.
 * now_ns: monotonic. Any thread.
 */
bool heartbeat_ask(struct heartbeat *heartbeat, int64_t now_ns);

/* The thread itself calls this whenever it comes round. */
static inline void heartbeat_answer(struct heartbeat *heartbeat)
{
	/* Nearly always nobody has asked, and what is not written is not fetched by other CPUs. */
	if (atomic_load_explicit(&heartbeat->asked_ns, memory_order_relaxed) != 0)
		atomic_store_explicit(&heartbeat->asked_ns, 0, memory_order_relaxed);
}

#endif
