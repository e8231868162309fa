/* SPDX-License-Identifier: MIT */
#include "engine/entries.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

uint64_t entry_load(const struct target_options *options)
{
	assert(options->interval_ns > 0);
	return UINT64_C(1000000000000000000) / (uint64_t)options->interval_ns;
}

/* The share with the least to do. */
static struct share *choose_share(struct crew *crew)
{
	struct share *chosen = &crew->shares[0];
	for (unsigned i = 1; i < crew->share_count; i++)
		if (crew->shares[i].load < chosen->load)
			chosen = &crew->shares[i];
	return chosen;
}

int entry_make(struct crew *crew, const struct target_config *config, struct entry *entry)
{
	struct entry made = {.share = choose_share(crew)};
	int error = labels_copy(&config->labels, &made.labels);
	if (!error)
		error = probed_target_new(
			config->name, &config->address, &config->options, &made.probed);
	if (!error)
		made.target = &made.probed->link.target;
	if (!error && crew->keeps_excess)
		error = target_stats_keep_excess(made.target->stats);
	if (error) {
		probed_target_free(made.probed);
		labels_clear(&made.labels);
		return error;
	}
	made.id = ++crew->last_id;
	made.share->load += entry_load(&config->options);
	*entry = made;
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *const *a = left;
	const struct entry *const *b = right;
	return strcmp((*a)->target->name, (*b)->target->name);
}

static int compare_name(const void *name, const void *element)
{
	const struct entry *const *entry = element;
	return strcmp(name, (*entry)->target->name);
}

/* Finds the present entries by name. */
struct finder {
	struct entries *entries;
	struct entry **sorted; /* Owned; by name. NULL until that is needed. */
	size_t next;	       /* Mostly lists keep their order: the one behind the last found. */
};

static void finder_init(struct finder *finder, struct entries *entries)
{
	*finder = (struct finder){.entries = entries};
	for (size_t i = 0; i < entries->count; i++) {
		entries->entries[i].is_named = false;
		entries->entries[i].is_kept = false;
	}
}

static int sort_entries(struct finder *finder)
{
	size_t count = finder->entries->count;
	finder->sorted = calloc(count + 1, sizeof(struct entry *));
	if (!finder->sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		finder->sorted[i] = &finder->entries->entries[i];
	qsort(finder->sorted, count, sizeof(struct entry *), compare_entries);
	return 0;
}

/* Returns 0 with *found, which is NULL if there is none of that name, or -ENOMEM. */
static int find_named(struct finder *finder, const char *name, struct entry **found)
{
	const struct entries *all = finder->entries;
	*found = NULL;
	if (finder->next < all->count &&
		strcmp(all->entries[finder->next].target->name, name) == 0) {
		*found = &all->entries[finder->next++];
		return 0;
	}
	if (all->count == 0)
		return 0;
	if (!finder->sorted && sort_entries(finder) != 0)
		return -ENOMEM;
	struct entry **at =
		bsearch(name, finder->sorted, all->count, sizeof(struct entry *), compare_name);
	if (!at)
		return 0;
	*found = *at;
	finder->next = (size_t)(*at - all->entries) + 1;
	return 0;
}

/* Whether it is probed just like that. Labels do not matter to it. */
static bool is_probed_alike(const struct entry *entry, const struct target_config *config)
{
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(&config->address, address);
	return strcmp(entry->target->address, address) == 0 &&
	       target_options_are_equal(&entry->target->options, &config->options);
}

/* Makes an entry of the new list out of one of the old. */
static int keep_entry(struct entry *same, const struct target_config *config, struct entry *entry)
{
	struct entry kept = *same;
	kept.is_kept = true;
	int error = labels_copy(&config->labels, &kept.labels);
	if (error)
		return error;
	same->is_kept = true;
	*entry = kept;
	return 0;
}

/* Undoes fill_entries(): frees what it made. */
static void drop_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->entries[i];
		labels_clear(&entry->labels);
		if (entry->is_kept)
			continue;
		entry->share->load -= entry_load(&entry->target->options);
		probed_target_free(entry->probed);
	}
	free(entries->entries);
	*entries = (struct entries){0};
}

/* Puts together the entries of a new list: those that stay (is_kept) and newly made ones. */
static int fill_entries(struct crew *crew, const struct target_list *targets, struct finder *finder,
	struct reload_report *report, struct entries *filled)
{
	filled->entries = calloc(targets->count + 1, sizeof(*filled->entries));
	if (!filled->entries)
		return -ENOMEM;
	for (size_t i = 0; i < targets->count; i++) {
		const struct target_config *config = &targets->targets[i];
		struct entry *named;
		int error = find_named(finder, config->name, &named);
		bool is_alike = named && is_probed_alike(named, config);
		if (!error)
			error = is_alike ? keep_entry(named, config, &filled->entries[i])
					 : entry_make(crew, config, &filled->entries[i]);
		if (named)
			named->is_named = true;
		if (!named)
			reload_report_add(report, RELOAD_NEW, config->name);
		else if (!is_alike || !labels_are_equal(&named->labels, &config->labels))
			reload_report_add(report, RELOAD_CHANGED, config->name);
		if (error) {
			drop_entries(filled);
			return error;
		}
		filled->count++;
	}
	return 0;
}

void entries_start(struct entries *entries)
{
	size_t added = 0;
	for (size_t i = 0; i < entries->count; i++)
		added += !entries->entries[i].is_kept;
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->entries[i];
		if (!entry->is_kept) {
			entry->probed->link.target.report.is_one_of_many =
				added > ENGINE_MANY_TARGETS;
			prober_add(entry->share->prober, entry->probed);
		}
		entry->is_kept = false;
	}
}

void entries_remove(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->entries[i];
		labels_clear(&entry->labels);
		if (entry->is_kept)
			continue;
		entry->share->load -= entry_load(&entry->target->options);
		prober_remove(entry->share->prober, entry->probed);
	}
	free(entries->entries);
}

/* Those that no new target has the name of. */
static void report_gone(const struct entries *entries, struct reload_report *report)
{
	for (size_t i = 0; i < entries->count; i++)
		if (!entries->entries[i].is_named)
			reload_report_add(report, RELOAD_GONE, entries->entries[i].target->name);
}

int entries_change(struct crew *crew, struct entries *present, const struct target_list *targets,
	struct reload_report *report, struct entries *changed)
{
	struct finder finder;
	struct entries filled = {0};
	finder_init(&finder, present);
	int error = fill_entries(crew, targets, &finder, report, &filled);
	free(finder.sorted);
	if (error)
		return error;
	report_gone(present, report);
	*changed = filled;
	return 0;
}

void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		labels_clear(&entries->entries[i].labels);
	free(entries->entries);
	*entries = (struct entries){0};
}

/* Copies name, address and labels one after another; returns where the next strings go. */
static char *copy_strings(const struct entry *entry, struct target_snapshot *snapshot, char *text)
{
	snapshot->name = text;
	text = text_put(text, entry->target->name) + 1;
	snapshot->address = text;
	text = text_put(text, entry->target->address) + 1;
	snapshot->labels = (struct labels){.text = text, .size = entry->labels.size};
	if (entry->labels.size > 0)
		memcpy(text, entry->labels.text, entry->labels.size);
	return text + entry->labels.size;
}

/* What each target has in snapshot->distributions. */
static size_t distributions_each(const struct crew *crew)
{
	return crew->keeps_excess ? 1 + DIRECTIONS : 1;
}

/* Makes room for entries->count targets. */
static int make_room(const struct crew *crew, const struct entries *entries,
	bool with_distributions, struct snapshot *snapshot)
{
	size_t text_size = 1;
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->entries[i];
		text_size += strlen(entry->target->name) + strlen(entry->target->address) + 2 +
			     entry->labels.size;
	}
	size_t count = entries->count + 1;
	snapshot->text = malloc(text_size);
	snapshot->targets = malloc(count * sizeof(*snapshot->targets));
	if (with_distributions)
		snapshot->distributions =
			malloc(count * distributions_each(crew) * sizeof(struct distribution));
	bool has_all = snapshot->text && snapshot->targets &&
		       (snapshot->distributions || !with_distributions);
	return has_all ? 0 : -ENOMEM;
}

/* next: NULL, or where its distributions go. */
static void copy_target(
	const struct entry *entry, struct distribution *next, struct target_snapshot *copy)
{
	struct target_distributions distributions = {.rtt = next};
	copy->distribution = next;
	for (unsigned i = 0; i < DIRECTIONS; i++) {
		bool is_kept = next && target_stats_keeps_excess(entry->target->stats);
		distributions.excess[i] = is_kept ? next + 1 + i : NULL;
		copy->excess[i] = distributions.excess[i];
	}
	target_stats_read_all(entry->target->stats, &copy->values, &distributions);
	copy->id = entry->id;
	copy->peer = copy->values.peer;
}

int entries_snapshot(const struct crew *crew, const struct entries *entries,
	bool with_distributions, struct snapshot *snapshot)
{
	int error = make_room(crew, entries, with_distributions, snapshot);
	if (error)
		return error;
	char *text = snapshot->text;
	struct distribution *next = snapshot->distributions;
	for (size_t i = 0; i < entries->count; i++) {
		text = copy_strings(&entries->entries[i], &snapshot->targets[i], text);
		copy_target(&entries->entries[i], next, &snapshot->targets[i]);
		if (next)
			next += distributions_each(crew);
	}
	snapshot->target_count = entries->count;
	return 0;
}
