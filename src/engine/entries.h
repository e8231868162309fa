/* SPDX-License-Identifier: MIT */
/* The targets that are probed, each by one of the probers: lists of them, and what becomes of a list. */
#ifndef ENGINE_ENTRIES_H
#define ENGINE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/labels.h"
#include "config/target_list.h"
#include "engine/reload_report.h"
#include "measure/snapshot.h"
#include "probe/prober.h"

/* One prober and what it has to do. */
struct share {
	struct prober *prober;
	uint64_t load; /* Probes in 10^9 s. */
};

/* A target that is being probed. */
struct entry {
	struct probed_target *probed; /* The prober's. */
	const struct target *target;  /* Its part that any thread may read. */
	uint64_t id;		      /* As snapshots have it. */
	struct share *share;
	struct labels labels; /* Owned. */
	/* During a change of the list: */
	bool is_named; /* A target of that name is in the new list, */
	bool is_kept;  /* and is probed in the same way. */
};

struct entries {
	struct entry *entries; /* Owned. */
	size_t count;
};

/* Who probes, and what all targets have in common. */
struct crew {
	struct share shares[OPTION_THREADS_MAX];
	unsigned share_count;
	bool keeps_excess;
	uint64_t last_id;
};

/* Makes a target for the prober with the least to do, which does not have it yet. Returns 0 with *entry, or -ENOMEM. */
int entry_make(struct crew *crew, const struct target_config *config, struct entry *entry);

/* How much it is for its prober. */
uint64_t entry_load(const struct target_options *options);

/*
 * Makes another list: those of the present one that are probed as before, and newly made ones. What differs is added to
 * report. Returns 0 with *changed, after which comes entries_remove() of the present one and entries_start() of the
 * other; or -ENOMEM, and the present one is as it was.
 */
int entries_change(struct crew *crew, struct entries *present, const struct target_list *targets,
	struct reload_report *report, struct entries *changed);

/* Ends those that another list does not have, and frees the rest. */
void entries_remove(struct entries *entries);

/* Hands those that are new to their probers. */
void entries_start(struct entries *entries);

/* Copies targets, all or some, with or without their distributions. Returns 0 or -ENOMEM; *snapshot is the caller's to
 * clear in any case. */
int entries_snapshot(const struct crew *crew, const struct entries *entries,
	bool with_distributions, struct snapshot *snapshot);

/* Frees what it holds but for the targets, which are the probers'; empty afterwards. */
void entries_clear(struct entries *entries);

#endif
