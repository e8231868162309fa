/* SPDX-License-Identifier: MIT */
/* The answers of the API in JSON: docs/api.md says what is in them. Pure but for the history's lock. */
#ifndef PAGE_API_H
#define PAGE_API_H

#include "base/buffer.h"
#include "measure/target_event.h"
#include "page/page_view.h"
#include "page/ranking.h"

/* How many targets are listed, those that are down and beyond the wanted number included. */
#define API_TARGETS_MAX 1000
#define API_TARGETS_DEFAULT 200
/* How many connections of the echo server. */
#define API_PEERS_MAX 1000

struct api_list {
	const char *text; /* As for ranking_make(). */
	enum ranking_order order;
	size_t limit; /* 1 to API_TARGETS_MAX. */
	enum history_scale scale;
	uint64_t since; /* Steps after this one; 0: all. */
};

/* Each appends an answer. Returns 0, or -ENOMEM: the buffer's contents are then useless. */

int api_write_targets(
	const struct page_view *view, const struct api_list *list, struct buffer *buffer);

/* target: of the view's snapshot, with its distribution. events: the newest first. */
int api_write_target(const struct page_view *view, const struct target_snapshot *target,
	const struct target_event *events, size_t event_count, struct buffer *buffer);

/* The view has peers. */
int api_write_peers(const struct page_view *view, struct buffer *buffer);

#endif
