/* SPDX-License-Identifier: MIT */
/* What a request for /probe asks for: "target=host:4000&interval=1s". Pure. */
#ifndef SCRAPE_PROBE_REQUEST_H
#define SCRAPE_PROBE_REQUEST_H

#include "base/clock.h"
#include "base/text_error.h"
#include "config/target_list.h"

/* Whoever may ask must not wear out the machine: the shortest interval, */
#define PROBE_REQUEST_INTERVAL_NS (100 * NS_PER_MS)
/* the longest window, */
#define PROBE_REQUEST_WINDOW 10000
/* the largest probe in bytes, which fits a segment of Ethernet, */
#define PROBE_REQUEST_SIZE 1500
/* and how many probes of a target may be unanswered: of connect probes each has a socket. */
#define PROBE_REQUEST_RECORDS 1000
#define PROBE_REQUEST_HANDSHAKES 64

#define PROBE_REQUEST_KEY_MAX 1024

/* Stored by the caller, at one place: target points into it. */
struct probe_request {
	struct target_config
		target; /* Complete and checked; its name is the address as asked for. Not owned. */
	char name[ENDPOINT_TEXT_MAX];
	char key[PROBE_REQUEST_KEY_MAX]; /* The same for all that ask for the same. */
};

/*
 * Reads a query, as in struct http_request: a target, and keys of its options. defaults: of what is not given; complete.
 * Returns 0, or -EINVAL with one line that names the culprit and what is allowed.
 */
int probe_request_read(const char *query, const struct target_options *defaults,
	struct probe_request *request, struct text_error *error);

#endif
