/* SPDX-License-Identifier: MIT */
#include "scrape/http_pace.h"

static void enter(
	struct http_pace *pace, enum http_phase phase, int64_t now_ns, int64_t patience_ns)
{
	pace->phase = phase;
	pace->deadline_ns = now_ns + patience_ns;
}

void http_pace_start(struct http_pace *pace, int64_t now_ns)
{
	pace->since_ns = now_ns;
	enter(pace, HTTP_PHASE_RECEIVING, now_ns, HTTP_REQUEST_NS);
}

void http_pace_receive(struct http_pace *pace, int64_t now_ns)
{
	if (pace->phase == HTTP_PHASE_IDLE)
		enter(pace, HTTP_PHASE_RECEIVING, now_ns, HTTP_REQUEST_NS);
}

void http_pace_answer(struct http_pace *pace, int64_t now_ns)
{
	pace->since_ns = now_ns;
	enter(pace, HTTP_PHASE_SENDING, now_ns, HTTP_SILENCE_NS);
}

void http_pace_progress(struct http_pace *pace, int64_t now_ns)
{
	pace->deadline_ns = now_ns + HTTP_SILENCE_NS;
}

void http_pace_rest(struct http_pace *pace, int64_t now_ns)
{
	pace->since_ns = now_ns;
	enter(pace, HTTP_PHASE_IDLE, now_ns, HTTP_IDLE_NS);
}

void http_pace_linger(struct http_pace *pace, int64_t now_ns)
{
	enter(pace, HTTP_PHASE_LINGERING, now_ns, HTTP_LINGER_NS);
}

/* Lower ranks go first. */
static int rank(enum http_phase phase)
{
	switch (phase) {
	case HTTP_PHASE_LINGERING:
		return 0;
	case HTTP_PHASE_IDLE:
	case HTTP_PHASE_RECEIVING:
		return 1;
	case HTTP_PHASE_SENDING:
		return 2;
	}
	__builtin_unreachable();
}

bool http_pace_goes_before(const struct http_pace *a, const struct http_pace *b)
{
	int difference = rank(a->phase) - rank(b->phase);
	return difference != 0 ? difference < 0 : a->since_ns < b->since_ns;
}

bool http_pace_may_go(const struct http_pace *pace, int64_t now_ns)
{
	return pace->phase != HTTP_PHASE_SENDING || now_ns - pace->since_ns >= HTTP_REQUEST_NS;
}
