/* SPDX-License-Identifier: MIT */
/* How long an HTTP connection may take for what it does: time is passed in. */
#ifndef SCRAPE_HTTP_PACE_H
#define SCRAPE_HTTP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* For a request in all, from its first byte or from the start of the connection. */
#define HTTP_REQUEST_NS (10 * NS_PER_S)
/* Between an answer and the first byte of the next request. */
#define HTTP_IDLE_NS (20 * NS_PER_S)
/* While an answer is sent: since the client last took some of it. */
#define HTTP_SILENCE_NS (20 * NS_PER_S)
/* After the last answer, for the client to read it and to close. */
#define HTTP_LINGER_NS (2 * NS_PER_S)

enum http_phase {
	HTTP_PHASE_IDLE,      /* Between two requests. */
	HTTP_PHASE_RECEIVING, /* A request is due, or has begun. */
	HTTP_PHASE_SENDING,
	HTTP_PHASE_LINGERING, /* After the last answer. */
};

/* Stored by the caller. */
struct http_pace {
	enum http_phase phase;
	int64_t deadline_ns; /* The connection ends then. */
	int64_t since_ns;    /* When it began to wait for a request, or to be answered. */
};

/* Times are of the monotonic clock. */
void http_pace_start(struct http_pace *pace, int64_t now_ns);

/* Bytes of a request came; once it has begun, more of them gain no time. */
void http_pace_receive(struct http_pace *pace, int64_t now_ns);

void http_pace_answer(struct http_pace *pace, int64_t now_ns);

/* The client took some of the answer. */
void http_pace_progress(struct http_pace *pace, int64_t now_ns);

/* The answer is sent: another request may follow, or none. */
void http_pace_rest(struct http_pace *pace, int64_t now_ns);
void http_pace_linger(struct http_pace *pace, int64_t now_ns);

/*
 * Whether the connection of a should make room for a new client rather than that of b: those that
 * have had their last answer go first, then those that have been without a complete request for
 * longest, and then those that have read an answer for longest.
 */
bool http_pace_goes_before(const struct http_pace *a, const struct http_pace *b);

/* Whether it may make room at all: not in the first seconds of an answer. */
bool http_pace_may_go(const struct http_pace *pace, int64_t now_ns);

#endif
