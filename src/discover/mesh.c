/* SPDX-License-Identifier: MIT */
#include "discover/mesh.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/labels.h"

/* A double has 53 bits for the digits of a number. */
#define LIST_HASH_MASK ((UINT64_C(1) << 53) - 1)

struct prober {
	const struct target_config *member; /* Borrowed. */
	uint64_t state;			    /* What all its weights begin with: name and NUL. */
};

/*
 * This machine and those that it has to compare itself with. Of another group's targets it probes
 * those for which it is the highest of its own group, so no other group's members matter.
 */
struct mesh {
	const struct mesh_settings *settings;
	const char *group; /* Borrowed. */
	struct prober self;
	struct prober *rivals; /* Owned. The others of its group. */
	size_t rival_count;
};

static uint64_t begin_weight(const char *prober)
{
	return fnv1a_64(FNV1A_64_START, prober, strlen(prober) + 1);
}

static uint64_t end_weight(uint64_t state, const char *target, size_t length)
{
	return splitmix64(fnv1a_64(state, target, length));
}

uint64_t mesh_weight(const char *prober, const char *target)
{
	return end_weight(begin_weight(prober), target, strlen(target));
}

/* Returns the member's group, borrowed; "" if there are no groups. */
static const char *group_of(
	const struct target_config *member, const struct mesh_settings *settings)
{
	const char *name = NULL;
	const char *value;
	while (settings->group_label && (name = labels_next(&member->labels, name, &value)))
		if (strcmp(name, settings->group_label) == 0)
			return value;
	return "";
}

/* A sum, so that the order does not matter. */
static uint64_t hash_list(const struct target_list *all, const struct mesh_settings *settings)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct target_config *member = &all->targets[i];
		uint64_t hash = fnv1a_64(FNV1A_64_START, member->name, strlen(member->name));
		const char *group = group_of(member, settings);
		if (*group != '\0') {
			hash = fnv1a_64(hash, "", 1);
			hash = fnv1a_64(hash, group, strlen(group));
		}
		sum += splitmix64(hash);
	}
	return sum & LIST_HASH_MASK;
}

static const struct target_config *find_self(const struct target_list *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->targets[i].name, name) == 0)
			return &all->targets[i];
	return NULL;
}

static void prober_init(struct prober *prober, const struct target_config *member)
{
	*prober = (struct prober){.member = member, .state = begin_weight(member->name)};
}

static int mesh_init(struct mesh *mesh, const struct target_list *all,
	const struct mesh_settings *settings, const struct target_config *self)
{
	*mesh = (struct mesh){.settings = settings, .group = group_of(self, settings)};
	prober_init(&mesh->self, self);
	mesh->rivals = calloc(all->count, sizeof(*mesh->rivals));
	if (!mesh->rivals)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		const struct target_config *member = &all->targets[i];
		if (member != self && strcmp(group_of(member, settings), mesh->group) == 0)
			prober_init(&mesh->rivals[mesh->rival_count++], member);
	}
	return 0;
}

/* Whether fewer than limit of the rivals have a higher weight. A target is no rival for itself. */
static bool is_among_highest(
	const struct mesh *mesh, const struct target_config *target, size_t limit)
{
	size_t length = strlen(target->name);
	uint64_t own = end_weight(mesh->self.state, target->name, length);
	size_t higher = 0;
	for (size_t i = 0; i < mesh->rival_count; i++) {
		const struct prober *rival = &mesh->rivals[i];
		uint64_t weight = end_weight(rival->state, target->name, length);
		if (weight < own || rival->member == target)
			continue;
		if (weight == own && strcmp(rival->member->name, mesh->self.member->name) > 0)
			continue;
		if (++higher >= limit)
			return false;
	}
	return true;
}

static bool is_probed(const struct mesh *mesh, const struct target_config *target)
{
	if (target == mesh->self.member)
		return false;
	size_t limit = 1;
	size_t rival_count = mesh->rival_count;
	if (strcmp(group_of(target, mesh->settings), mesh->group) == 0) {
		limit = mesh->settings->probers_per_target;
		rival_count--; /* The target itself. */
	}
	return rival_count < limit || is_among_highest(mesh, target, limit);
}

static int copy_probed(const struct mesh *mesh, const struct target_list *all,
	struct target_list *own, struct text_error *error)
{
	struct target_list made = {0};
	for (size_t i = 0; i < all->count; i++) {
		if (!is_probed(mesh, &all->targets[i]))
			continue;
		int result = target_list_append(&made, &all->targets[i], error);
		if (result != 0) {
			target_list_clear(&made);
			return result;
		}
	}
	*own = made;
	return 0;
}

int mesh_choose(const struct target_list *all, const struct mesh_settings *settings,
	struct target_list *own, struct mesh_values *values, struct text_error *error)
{
	*values =
		(struct mesh_values){.members = all->count, .list_hash = hash_list(all, settings)};
	const struct target_config *self = find_self(all, settings->self);
	if (!self) {
		text_error_set(error, 0,
			"\"%s\" is not among the %zu targets, so it has no part in their mesh",
			settings->self, all->count);
		return -ENOENT;
	}
	struct mesh mesh;
	if (mesh_init(&mesh, all, settings, self) != 0) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	int result = copy_probed(&mesh, all, own, error);
	free(mesh.rivals);
	if (result == 0)
		values->targets = own->count;
	return result;
}
