/* SPDX-License-Identifier: MIT */
/* The targets in the order in which people want to see them. */
#ifndef PAGE_RANKING_H
#define PAGE_RANKING_H

#include "history/history.h"
#include "measure/snapshot.h"
#include "page/target_state.h"

enum ranking_order {
	RANKING_WORST,	/* By state, then by how bad that is, then by name. */
	RANKING_NAME,	/* By its bytes. */
	RANKING_MEDIAN, /* The greatest first, */
	RANKING_LOSS,	/* and so here. */
	RANKING_ORDERS,
};

/* "worst" and so on. Not for the count, which comes last. Static. */
const char *ranking_order_name(enum ranking_order order);

struct ranked_target {
	const struct target_snapshot *target; /* Borrowed from the snapshot. */
	enum target_state state;
	int64_t median_ns; /* Of the last minute; -1 if unknown. */
	unsigned loss;	   /* As target_state_loss() has it. */
	double badness;	   /* Of two in the same state, the greater is worse. */
};

struct ranking {
	struct ranked_target *targets; /* Those that match, in order. Owned. */
	size_t count;
	size_t states[TARGET_STATES]; /* How many of all targets are in each. */
};

/* Judges a single target. history: as below. */
void ranking_rank(const struct target_snapshot *target, struct history *history,
	struct ranked_target *ranked);

/*
 * Ranks the targets of a snapshot that match text: in name, address, peer, or a label's value, with letters of
 * ASCII in any case; "" matches all. history: of the last minutes; NULL if none is kept: the medians are
 * then of all round trips, if the snapshot has distributions. Returns 0 with *ranking to be cleared by the
 * caller before the snapshot, or -ENOMEM.
 */
int ranking_make(const struct snapshot *snapshot, struct history *history, const char *text,
	enum ranking_order order, struct ranking *ranking);

void ranking_clear(struct ranking *ranking);

/*
 * Chooses which targets to list: the first ones up to limit, and of those behind them the ones that are down,
 * until there are most of them. Moves those forward, in order, and returns how many there are.
 */
size_t ranking_choose(struct ranking *ranking, size_t limit, size_t most);

#endif
