/* SPDX-License-Identifier: MIT */
/* A target with the probe of its kind, and its place in a prober's lists. */
#ifndef PROBE_PROBED_TARGET_H
#define PROBE_PROBED_TARGET_H

#include "probe/connect_probe.h"
#include "probe/echo_probe.h"
#include "probe/link.h"
#include "probe/schedule.h"

struct probed_target {
	/* By the kind of probe; the link is the first part of each. */
	union {
		struct link link;
		struct echo_probe echo;
		struct connect_probe connect;
	};

	/* Its prober's. */
	struct schedule_place place; /* Of its slots. */
	struct probed_target *next;  /* Among all of a prober's. */
	struct probed_target *previous;
	struct probed_target *next_to_add; /* In the prober's mailbox, or its backlog. */
	struct probed_target *next_to_remove;
	bool is_admitted; /* It was in the mailbox, and is among the prober's now. */
	bool is_gone;	  /* It was taken away before that. */
};

/*
 * Makes a target that no prober has yet. options: complete, and checked against the endpoint. Returns 0
 * with *made owned by the caller until prober_add(), or -ENOMEM.
 */
int probed_target_new(const char *name, const struct endpoint *endpoint,
	const struct target_options *options, struct probed_target **made);

/* Ends whatever is under way, and frees the target. One that a prober has is freed on that prober's
 * thread alone. NULL is accepted. */
void probed_target_free(struct probed_target *target);

#endif
