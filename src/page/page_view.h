/* SPDX-License-Identifier: MIT */
/* What page and API are made of: everything of one moment. */
#ifndef PAGE_PAGE_VIEW_H
#define PAGE_PAGE_VIEW_H

#include "base/clock.h"
#include "history/history.h"
#include "measure/server_peers.h"
#include "measure/snapshot.h"

/* All borrowed. */
struct page_view {
	const struct snapshot *snapshot;  /* With distributions where there is no history. */
	struct history *history;	  /* NULL: none is kept. */
	const struct server_peers *peers; /* NULL: not asked for, or no echo server. */
	const char *listening;		  /* The echo server's addresses; "" without one. */
	const char *version;		  /* Of the program. */
	struct wall_time now;
	int64_t now_ns; /* The same moment, monotonic. */
};

#endif
