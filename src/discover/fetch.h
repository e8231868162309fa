/* SPDX-License-Identifier: MIT */
/*
 * What it takes to ask a source in the network for its targets, once: fetch_http() and fetch_dns(). Both block, and
 * return 0 with *fetched overwritten; or a negative errno with the reason in error, without the source's name, and
 * *fetched untouched.
 */
#ifndef DISCOVER_FETCH_H
#define DISCOVER_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text_error.h"
#include "config/discovery_settings.h"
#include "config/target_list.h"

/* How often to see whether the answer is still wanted. */
#define FETCH_STEP_MS 100

/* What is asked. All of it is borrowed. */
struct fetch {
	const struct target_source *source;
	const struct discovery_settings *settings;
	const struct target_options *defaults; /* Of its targets. */
	const atomic_bool *is_over;	       /* Nobody waits any longer. */
};

/* What came of it. */
struct fetched {
	struct target_list targets; /* The taker's. */
	int64_t valid_ns;	    /* How long they hold; 0 where that is not known. */
	int lacks; /* AF_INET or AF_INET6, of which nothing could be learnt; else AF_UNSPEC. */
};

#endif
