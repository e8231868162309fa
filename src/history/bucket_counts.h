/* SPDX-License-Identifier: MIT */
/*
 * How much was in each bucket of a distribution at some moment: only those in use, of which most targets have
 * a dozen out of 181. Pure.
 */
#ifndef HISTORY_BUCKET_COUNTS_H
#define HISTORY_BUCKET_COUNTS_H

#include "measure/distribution.h"

/* All zero is a moment at which nothing had been counted. Stored by the caller. */
struct bucket_counts {
	uint32_t *counts; /* Owned: of the buckets in use, in order. They wrap. */
	uint8_t room;
	uint8_t used[(DISTRIBUTION_BUCKETS + 7) / 8]; /* A bit for each bucket. */
};

/*
 * Takes a later moment in its place. difference: how much came since in each bucket. Returns 0; or -ENOMEM
 * with the earlier moment kept, and difference useless.
 */
int bucket_counts_advance(struct bucket_counts *kept, const struct distribution *now,
	uint32_t difference[DISTRIBUTION_BUCKETS]);

/* Frees what it holds; all zero afterwards. */
void bucket_counts_clear(struct bucket_counts *kept);

#endif
