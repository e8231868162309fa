/* SPDX-License-Identifier: MIT */
#include "history/bucket_counts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* Room grows by so many buckets. */
#define GROWTH 4

static bool is_used(const struct bucket_counts *kept, unsigned bucket)
{
	return kept->used[bucket / 8] >> bucket % 8 & 1;
}

static int make_room(struct bucket_counts *kept, unsigned used)
{
	unsigned room = (used + GROWTH - 1) / GROWTH * GROWTH;
	if (used <= kept->room)
		return 0;
	uint32_t *grown = realloc(kept->counts, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	kept->counts = grown;
	kept->room = (uint8_t)room;
	return 0;
}

int bucket_counts_advance(struct bucket_counts *kept, const struct distribution *now,
	uint32_t difference[DISTRIBUTION_BUCKETS])
{
	const uint32_t *before = kept->counts;
	unsigned used = 0;
	for (unsigned i = 0; i < DISTRIBUTION_BUCKETS; i++) {
		difference[i] = (uint32_t)now->counts[i];
		if (is_used(kept, i))
			difference[i] -= *before++;
		used += now->counts[i] != 0;
	}
	int error = make_room(kept, used);
	if (error)
		return error;
	uint32_t *next = kept->counts;
	for (unsigned i = 0; i < DISTRIBUTION_BUCKETS; i++) {
		if (now->counts[i] == 0)
			continue;
		kept->used[i / 8] |= (uint8_t)(1U << i % 8);
		*next++ = (uint32_t)now->counts[i];
	}
	return 0;
}

void bucket_counts_clear(struct bucket_counts *kept)
{
	free(kept->counts);
	*kept = (struct bucket_counts){0};
}
