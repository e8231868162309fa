/* SPDX-License-Identifier: MIT */
/* The page at "/", for people: what is running, and how its targets are. Pure. */
#ifndef SCRAPE_LANDING_PAGE_H
#define SCRAPE_LANDING_PAGE_H

#include "base/buffer.h"
#include "measure/snapshot.h"

/* Targets beyond this are counted but not shown: browsers and people have their limits. */
#define LANDING_PAGE_ROWS_MAX 1000

/* The page's Content-Security-Policy: its own styles and nothing else. */
#define LANDING_PAGE_POLICY                                                                        \
	"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "     \
	"frame-ancestors 'none'"

/*
 * Appends an HTML page in UTF-8. snapshot: with distributions. version: of this program, borrowed. Returns 0, or -ENOMEM: the
 * buffer's contents are then useless.
 */
int landing_page_write(const struct snapshot *snapshot, const char *version, struct buffer *buffer);

#endif
