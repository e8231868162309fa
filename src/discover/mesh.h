/* SPDX-License-Identifier: MIT */
/* Who probes whom, where every machine has the same list of targets and nobody assigns them (pure). */
#ifndef DISCOVER_MESH_H
#define DISCOVER_MESH_H

#include <stddef.h>
#include <stdint.h>

#include "base/text_error.h"
#include "config/target_list.h"
#include "measure/mesh_values.h"

/*
 * Each member of the list is a machine, and so a target and a prober. A machine probes those targets
 * for which it is among the probers of the highest weight (rendezvous hashing: D. Thaler and
 * C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998). When a member comes or
 * goes, nothing but its own pairs and as many others that take their places change hands. All
 * borrowed.
 */
struct mesh_settings {
	const char *self; /* This machine's name in the list. */
	/* From 1. Of as many members or more, everybody probes everybody. */
	size_t probers_per_target;
	/*
	 * NULL, or the label whose value is a member's group; members without it are the group "". Then
	 * the probers of a target are that many members of its own group and the highest one of each
	 * other group.
	 */
	const char *group_label;
};

/*
 * How much a prober is meant for a target: splitmix64(FNV-1a(prober's name, NUL, target's name)). Of
 * equal weights, that of the name that sorts first, byte by byte, counts as the higher one. All
 * machines have to agree on it, so it never changes.
 */
uint64_t mesh_weight(const char *prober, const char *target);

/*
 * Copies the targets that this machine probes, in the order of the list and never itself. Among
 * 10,000 members that takes some 20 ms with 20 probers per target, and 1.5 s in the worst case, of
 * nearly all.
 * own: overwritten on success, else untouched; what it held is not released. values: complete on
 * success; with -ENOENT its targets is 0. error may be NULL.
 * Returns 0, or -ENOENT if no member is called self, or -ENOMEM, with the reason in error.
 */
int mesh_choose(const struct target_list *all, const struct mesh_settings *settings,
	struct target_list *own, struct mesh_values *values, struct text_error *error);

#endif
