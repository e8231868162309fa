/* SPDX-License-Identifier: MIT */
/*
 * Whole fleets choose who probes whom, each machine for itself and with the code of the program. The
 * names are the same in each run, and so are all numbers. Prints the table of docs/fleet.md, and
 * compares it with the one there.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file_text.h"
#include "base/labels.h"
#include "base/text_error.h"
#include "discover/mesh.h"

#define MACHINES 1000
#define MANY_MACHINES 10000
#define SAMPLED_MACHINES 100
#define SAMPLED_TARGETS 5
#define PROBERS_PER_TARGET 20
#define RACKS 40
#define MACHINES_PER_RACK (MACHINES / RACKS)
#define NOBODY (-1)
#define DOCUMENT_MAX ((size_t)1 << 20)

static int failures;

__attribute__((format(printf, 2, 3))) static void check(bool holds, const char *format, ...)
{
	if (holds)
		return;
	failures++;
	va_list arguments;
	va_start(arguments, format);
	printf("FAILED: ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
}

/* docs/fleet.md, where it is known; empty otherwise. */
static struct buffer document;

/* Prints a line, which the document has to have. */
__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	printf("%s\n", line);
	check(document.length == 0 || strstr(document.data, line), "docs/fleet.md lacks that line");
}

/* What only a lack of memory or a bug in this file can break. */
static void need(bool holds)
{
	if (!holds)
		abort();
}

/* The machines as DNS names them, by the address; the racks in order. missing: one of them, or NOBODY. */
static struct target_list list_of(int machines, int missing)
{
	struct target_list list = {0};
	for (int i = 0; i < machines; i++) {
		char name[32], rack[32];
		struct labels labels = {0};
		snprintf(name, sizeof(name), "10.0.%d.%d:4000", i / 256, i % 256);
		snprintf(rack, sizeof(rack), "r%02d", i / MACHINES_PER_RACK);
		need(labels_append(&labels, "rack", rack) == 0);
		const struct target_request request = {
			.name = name, .address = name, .labels = &labels};
		need(i == missing || target_list_request(&list, &request, NULL) == 0);
		labels_clear(&labels);
	}
	return list;
}

static int number_of(const struct target_config *target)
{
	int high = 0, low = 0;
	need(sscanf(target->name, "10.0.%d.%d:", &high, &low) == 2);
	return high * 256 + low;
}

/* What one machine chooses; the caller clears it. */
static struct target_list choose(const struct target_list *all, const struct target_config *self,
	size_t probers_per_target, const char *group_label)
{
	const struct mesh_settings settings = {self->name, probers_per_target, group_label};
	struct target_list own;
	struct mesh_values summary;
	need(mesh_choose(all, &settings, &own, &summary, NULL) == 0);
	return own;
}

/* Who probes whom: [prober][target]. */
struct fleet {
	bool probes[MACHINES][MACHINES];
};

static void fleet_choose(
	struct fleet *fleet, int missing, size_t probers_per_target, const char *group_label)
{
	*fleet = (struct fleet){0};
	struct target_list all = list_of(MACHINES, missing);
	for (size_t i = 0; i < all.count; i++) {
		struct target_list own =
			choose(&all, &all.targets[i], probers_per_target, group_label);
		for (size_t j = 0; j < own.count; j++)
			fleet->probes[number_of(&all.targets[i])][number_of(&own.targets[j])] =
				true;
		target_list_clear(&own);
	}
	target_list_clear(&all);
}

/* Numbers of which the least, the median and the most are told. */
struct spread {
	int values[RACKS * RACKS];
	int count;
};

static void spread_add(struct spread *spread, int value)
{
	need(spread->count < (int)(sizeof(spread->values) / sizeof(spread->values[0])));
	spread->values[spread->count++] = value;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int spread_least(const struct spread *spread)
{
	return spread->values[0];
}

static int spread_median(const struct spread *spread)
{
	return spread->values[spread->count / 2];
}

static int spread_most(const struct spread *spread)
{
	return spread->values[spread->count - 1];
}

static void spread_sort(struct spread *spread)
{
	need(spread->count > 0);
	qsort(spread->values, (size_t)spread->count, sizeof(spread->values[0]), compare);
}

static int targets_of(const struct fleet *fleet, int prober)
{
	int count = 0;
	for (int target = 0; target < MACHINES; target++)
		count += fleet->probes[prober][target];
	return count;
}

static int probers_of(const struct fleet *fleet, int target, int rack)
{
	int count = 0;
	for (int prober = 0; prober < MACHINES; prober++)
		if (rack == NOBODY || prober / MACHINES_PER_RACK == rack)
			count += fleet->probes[prober][target];
	return count;
}

static struct spread loads_of(const struct fleet *fleet)
{
	struct spread loads = {.count = 0};
	for (int prober = 0; prober < MACHINES; prober++)
		spread_add(&loads, targets_of(fleet, prober));
	spread_sort(&loads);
	return loads;
}

/* How many pairs lead from each rack to each other one. */
static struct spread rack_pairs_of(const struct fleet *fleet)
{
	struct spread pairs = {.count = 0};
	for (int from = 0; from < RACKS; from++) {
		for (int to = 0; to < RACKS; to++) {
			int count = 0;
			for (int i = 0; i < MACHINES_PER_RACK; i++)
				count += probers_of(fleet, to * MACHINES_PER_RACK + i, from);
			if (from != to)
				spread_add(&pairs, count);
		}
	}
	spread_sort(&pairs);
	return pairs;
}

static int pairs_of(const struct fleet *fleet)
{
	int count = 0;
	for (int prober = 0; prober < MACHINES; prober++)
		count += targets_of(fleet, prober);
	return count;
}

/* pairs: of all machines. rack_pairs: NULL where they were not looked at. */
static void print_row(
	const char *says, int pairs, const struct spread *loads, const struct spread *rack_pairs)
{
	char racks[64] = "";
	if (rack_pairs)
		snprintf(racks, sizeof(racks), "%d, %d, %d", spread_least(rack_pairs),
			spread_median(rack_pairs), spread_most(rack_pairs));
	tell("| %s | %d,%03d | %d, %d, %d | %s |", says, pairs / 1000, pairs % 1000,
		spread_least(loads), spread_median(loads), spread_most(loads), racks);
}

static void check_plain(const struct fleet *fleet)
{
	for (int target = 0; target < MACHINES; target++) {
		int probers = probers_of(fleet, target, NOBODY);
		check(probers == PROBERS_PER_TARGET, "target %d has %d probers", target, probers);
		check(!fleet->probes[target][target], "%d probes itself", target);
	}
	/* A binomial distribution: mean 20, standard deviation 4.4. */
	struct spread loads = loads_of(fleet);
	check(spread_least(&loads) >= 5 && spread_least(&loads) <= 12, "least load: %d",
		spread_least(&loads));
	check(spread_median(&loads) >= 19 && spread_median(&loads) <= 21, "median load: %d",
		spread_median(&loads));
	check(spread_most(&loads) >= 30 && spread_most(&loads) <= 42, "most load: %d",
		spread_most(&loads));
	struct spread rack_pairs = rack_pairs_of(fleet);
	print_row("1,000 machines, 20 probers per target", pairs_of(fleet), &loads, &rack_pairs);
}

/* Returns how many pairs of machines that stay are new; none of them may end. */
static int count_new_pairs(const struct fleet *before, const struct fleet *after, int lost)
{
	int ended = 0, begun = 0;
	for (int prober = 0; prober < MACHINES; prober++) {
		for (int target = 0; target < MACHINES; target++) {
			if (prober == lost || target == lost)
				continue;
			bool was = before->probes[prober][target];
			bool is = after->probes[prober][target];
			ended += was && !is;
			begun += !was && is;
		}
	}
	check(ended == 0, "%d pairs end that the loss of %d does not concern", ended, lost);
	return begun;
}

static void check_losses(const struct fleet *fleet)
{
	static struct fleet after;
	struct spread begun = {.count = 0};
	for (int lost = 250; lost < MACHINES; lost += 500) {
		fleet_choose(&after, lost, PROBERS_PER_TARGET, NULL);
		int count = count_new_pairs(fleet, &after, lost);
		check(count == targets_of(fleet, lost), "%d lost: %d new pairs", lost, count);
		check(count >= 5 && count <= 42, "%d lost: %d new pairs", lost, count);
		spread_add(&begun, count);
	}
	spread_sort(&begun);
	tell("One of 1,000 lost: %d and %d new pairs in two cases.", spread_least(&begun),
		spread_most(&begun));
}

static void check_racks(const struct fleet *fleet)
{
	for (int target = 0; target < MACHINES; target++) {
		for (int rack = 0; rack < RACKS; rack++) {
			bool is_own = target / MACHINES_PER_RACK == rack;
			int expected = is_own ? PROBERS_PER_TARGET : 1;
			int probers = probers_of(fleet, target, rack);
			check(probers == expected, "target %d has %d probers in rack %d", target,
				probers, rack);
		}
		check(!fleet->probes[target][target], "%d probes itself", target);
	}
	struct spread loads = loads_of(fleet);
	check(spread_median(&loads) >= 57 && spread_median(&loads) <= 61, "median load: %d",
		spread_median(&loads));
	check(spread_least(&loads) > 30 && spread_most(&loads) < 90, "loads: %d to %d",
		spread_least(&loads), spread_most(&loads));
	struct spread rack_pairs = rack_pairs_of(fleet);
	check(spread_least(&rack_pairs) == MACHINES_PER_RACK &&
			spread_most(&rack_pairs) == MACHINES_PER_RACK,
		"pairs of racks: %d to %d", spread_least(&rack_pairs), spread_most(&rack_pairs));
	print_row(
		"1,000 machines, 20 probers per target of the same rack, and one of each other rack",
		pairs_of(fleet), &loads, &rack_pairs);
}

struct candidate {
	const struct target_config *member;
	uint64_t weight;
};

static int compare_candidates(const void *a, const void *b)
{
	uint64_t one = ((const struct candidate *)a)->weight;
	uint64_t other = ((const struct candidate *)b)->weight;
	return one < other ? 1 : one > other ? -1 : 0;
}

static bool has(const struct target_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->targets[i].name, name) == 0)
			return true;
	return false;
}

/* The probers of the highest weights, and no further one, have the target. */
static void check_probers(const struct target_list *all, const struct target_config *target)
{
	static struct candidate candidates[MANY_MACHINES];
	size_t count = 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct target_config *member = &all->targets[i];
		if (member != target)
			candidates[count++] =
				(struct candidate){member, mesh_weight(member->name, target->name)};
	}
	qsort(candidates, count, sizeof(candidates[0]), compare_candidates);
	for (size_t i = 0; i < PROBERS_PER_TARGET + 1; i++) {
		struct target_list own =
			choose(all, candidates[i].member, PROBERS_PER_TARGET, NULL);
		check(has(&own, target->name) == (i < PROBERS_PER_TARGET),
			"%s and its prober number %zu, %s", target->name, i + 1,
			candidates[i].member->name);
		target_list_clear(&own);
	}
}

static void check_many(void)
{
	struct target_list all = list_of(MANY_MACHINES, NOBODY);
	struct spread loads = {.count = 0};
	for (size_t i = 0; i < all.count; i += MANY_MACHINES / SAMPLED_MACHINES) {
		struct target_list own = choose(&all, &all.targets[i], PROBERS_PER_TARGET, NULL);
		check(!has(&own, all.targets[i].name), "%zu probes itself", i);
		spread_add(&loads, (int)own.count);
		target_list_clear(&own);
	}
	spread_sort(&loads);
	check(spread_median(&loads) >= 18 && spread_median(&loads) <= 22, "median load: %d",
		spread_median(&loads));
	check(spread_least(&loads) >= 4 && spread_most(&loads) <= 44, "loads: %d to %d",
		spread_least(&loads), spread_most(&loads));
	for (size_t i = 0; i < SAMPLED_TARGETS; i++)
		check_probers(&all, &all.targets[i * (MANY_MACHINES / SAMPLED_TARGETS)]);
	print_row("10,000 machines, 20 probers per target (a hundred machines)",
		MANY_MACHINES * PROBERS_PER_TARGET, &loads, NULL);
	target_list_clear(&all);
}

static void check_everybody(const struct fleet *fleet)
{
	struct spread loads = loads_of(fleet);
	struct spread rack_pairs = rack_pairs_of(fleet);
	check(spread_least(&loads) == MACHINES - 1 && spread_most(&loads) == MACHINES - 1,
		"loads: %d to %d", spread_least(&loads), spread_most(&loads));
	print_row("1,000 machines, each with each", pairs_of(fleet), &loads, &rack_pairs);
}

/* srcdir: as make check tells. */
static void read_document(void)
{
	char path[1024];
	/* There is no other thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *srcdir = getenv("srcdir");
	struct text_error error = {.reason = ""};
	if (!srcdir)
		return;
	snprintf(path, sizeof(path), "%s/docs/fleet.md", srcdir);
	check(file_text_read(path, DOCUMENT_MAX, &document, &error) == 0, "%s", error.reason);
}

int main(void)
{
	static struct fleet fleet;
	read_document();
	tell("| | pairs | targets of a machine | pairs from a rack to another |");
	tell("| --- | --- | --- | --- |");
	fleet_choose(&fleet, NOBODY, MACHINES - 1, NULL);
	check_everybody(&fleet);
	fleet_choose(&fleet, NOBODY, PROBERS_PER_TARGET, "rack");
	check_racks(&fleet);
	fleet_choose(&fleet, NOBODY, PROBERS_PER_TARGET, NULL);
	check_plain(&fleet);
	check_many();
	check_losses(&fleet);
	buffer_clear(&document);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
