/* SPDX-License-Identifier: MIT */
#include "page/ranking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define MEDIAN_PERCENT 50

const char *ranking_order_name(enum ranking_order order)
{
	static const char *const names[RANKING_ORDERS] = {
		[RANKING_WORST] = "worst",
		[RANKING_NAME] = "name",
		[RANKING_MEDIAN] = "median",
		[RANKING_LOSS] = "loss",
	};
	return names[order];
}

static bool contains(const char *text, const char *part)
{
	size_t length = strlen(part);
	for (size_t left = strlen(text); left >= length; left--, text++)
		if (strncasecmp(text, part, length) == 0)
			return true;
	return false;
}

static bool matches(const struct target_snapshot *target, const char *text)
{
	if (contains(target->name, text) || contains(target->address, text) ||
		contains(target->peer, text))
		return true;
	const char *value;
	const char *name = NULL;
	while ((name = labels_next(&target->labels, name, &value)))
		if (contains(value, text))
			return true;
	return false;
}

/* bucket: of a history, 0 if unknown. */
static int64_t time_of(unsigned bucket)
{
	return bucket > 0 ? (int64_t)(distribution_middle(bucket - 1) * (double)NS_PER_S) : -1;
}

static int64_t median_of_all(const struct distribution *distribution)
{
	uint64_t count = distribution ? distribution_count(distribution) : 0;
	if (count == 0)
		return -1;
	uint64_t rank = distribution_rank(MEDIAN_PERCENT, count);
	return (int64_t)(distribution_ranked(distribution, rank) * (double)NS_PER_S);
}

static double badness_of(const struct ranked_target *ranked, int64_t usual_ns)
{
	switch (ranked->state) {
	case TARGET_STATE_DOWN:
		/* The longer, the worse. */
		return -(double)ranked->target->values.latest.unix_ns;
	case TARGET_STATE_LOSSY:
		return ranked->loss;
	case TARGET_STATE_SLOW:
		return (double)ranked->median_ns / (double)(usual_ns > 0 ? usual_ns : 1);
	case TARGET_STATE_STARTING:
	case TARGET_STATE_UP:
	case TARGET_STATES:
		return 0;
	}
	__builtin_unreachable();
}

/* With the history's lock held, if there is one. */
static struct ranked_target rank(
	const struct target_snapshot *target, const struct history *history)
{
	int64_t usual_ns = -1;
	struct ranked_target ranked = {
		.target = target,
		.loss = target_state_loss(&target->values),
	};
	if (history) {
		ranked.median_ns = time_of(history_recent_median(history, target->id));
		usual_ns = time_of(history_usual_median(history, target->id));
	} else {
		ranked.median_ns = median_of_all(target->distribution);
	}
	ranked.state = target_state_of(&target->values, ranked.median_ns, usual_ns);
	ranked.badness = badness_of(&ranked, usual_ns);
	return ranked;
}

void ranking_rank(
	const struct target_snapshot *target, struct history *history, struct ranked_target *ranked)
{
	if (history)
		history_lock(history);
	*ranked = rank(target, history);
	if (history)
		history_unlock(history);
}

static int compare_names(const void *left, const void *right)
{
	const struct ranked_target *a = left;
	const struct ranked_target *b = right;
	return strcmp(a->target->name, b->target->name);
}

static int compare_worst(const void *left, const void *right)
{
	const struct ranked_target *a = left;
	const struct ranked_target *b = right;
	if (a->state != b->state)
		return a->state < b->state ? -1 : 1;
	if (a->badness > b->badness || a->badness < b->badness)
		return a->badness > b->badness ? -1 : 1;
	return compare_names(left, right);
}

static int compare_medians(const void *left, const void *right)
{
	const struct ranked_target *a = left;
	const struct ranked_target *b = right;
	if (a->median_ns != b->median_ns)
		return a->median_ns > b->median_ns ? -1 : 1;
	return compare_names(left, right);
}

static int compare_losses(const void *left, const void *right)
{
	const struct ranked_target *a = left;
	const struct ranked_target *b = right;
	if (a->loss != b->loss)
		return a->loss > b->loss ? -1 : 1;
	return compare_names(left, right);
}

int ranking_make(const struct snapshot *snapshot, struct history *history, const char *text,
	enum ranking_order order, struct ranking *ranking)
{
	static int (*const compare[RANKING_ORDERS])(const void *, const void *) = {
		[RANKING_WORST] = compare_worst,
		[RANKING_NAME] = compare_names,
		[RANKING_MEDIAN] = compare_medians,
		[RANKING_LOSS] = compare_losses,
	};
	*ranking = (struct ranking){0};
	ranking->targets = calloc(snapshot->target_count + 1, sizeof(*ranking->targets));
	if (!ranking->targets)
		return -ENOMEM;
	if (history)
		history_lock(history);
	for (size_t i = 0; i < snapshot->target_count; i++) {
		struct ranked_target ranked = rank(&snapshot->targets[i], history);
		ranking->states[ranked.state]++;
		if (matches(ranked.target, text))
			ranking->targets[ranking->count++] = ranked;
	}
	if (history)
		history_unlock(history);
	qsort(ranking->targets, ranking->count, sizeof(*ranking->targets), compare[order]);
	return 0;
}

void ranking_clear(struct ranking *ranking)
{
	free(ranking->targets);
	*ranking = (struct ranking){0};
}

size_t ranking_choose(struct ranking *ranking, size_t limit, size_t most)
{
	size_t chosen = ranking->count < limit ? ranking->count : limit;
	for (size_t i = chosen; i < ranking->count && chosen < most; i++)
		if (ranking->targets[i].state == TARGET_STATE_DOWN)
			ranking->targets[chosen++] = ranking->targets[i];
	return chosen;
}
