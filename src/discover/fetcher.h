/* SPDX-License-Identifier: MIT */
/* A thread that asks one source in the network again and again. */
#ifndef DISCOVER_FETCHER_H
#define DISCOVER_FETCHER_H

#include "discover/fetch.h"

/* How many descriptors one may need: an event loop, name servers by UDP and TCP, or a connection. */
#define FETCHER_DESCRIPTORS 16

struct fetcher;

/* What came of asking once. */
struct fetcher_news {
	int failure;		 /* 0, or a negative errno; */
	struct text_error error; /* why, without the source's name. */
	struct fetched fetched;	 /* The taker's, without a failure. */
};

/*
 * How long to wait before asking again: while answers hold, or after so many failures in a row, 1 or more (0: none).
 * valid_ns: as in struct fetched. Pure.
 */
int64_t fetcher_pause_ns(int64_t refresh_ns, int64_t valid_ns, unsigned failures);

/*
 * Begins to ask. fetch: copied, but for is_over; what it points to is borrowed until fetcher_stop() returns. on_news:
 * called on its thread when there is news to take. Returns 0 or a negative errno.
 */
int fetcher_start(const struct fetch *fetch, void (*on_news)(void *context), void *context,
	struct fetcher **fetcher);

/* Asks again at once. */
void fetcher_hurry(struct fetcher *fetcher);

/* Takes the latest news, if there is any that was not taken. Any thread. Returns whether. */
bool fetcher_take(struct fetcher *fetcher, struct fetcher_news *news);

/* Tells it to end; fetcher_stop() then takes less long. NULL is accepted. */
void fetcher_end(struct fetcher *fetcher);

/* Ends it within a second. NULL is accepted. */
void fetcher_stop(struct fetcher *fetcher);

#endif
