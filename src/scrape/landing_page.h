/* SPDX-License-Identifier: MIT */
/* The page at "/": what is running, and how its targets are, for people. Pure. */
#ifndef SCRAPE_LANDING_PAGE_H
#define SCRAPE_LANDING_PAGE_H

#include "base/buffer.h"
#include "measure/snapshot.h"

/* More targets than this are counted, but not shown: browsers and people have their limits. */
#define LANDING_PAGE_ROWS_MAX 1000

/* The Content-Security-Policy that the page keeps: its own styles, nothing else at all. */
#define LANDING_PAGE_POLICY                                                                        \
	"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "     \
	"frame-ancestors 'none'"

/*
 * Appends an HTML page, UTF-8. Returns 0, or -ENOMEM (what the buffer holds is then of no use).
 * version: of this program, borrowed.
 */
int landing_page_write(const struct snapshot *snapshot, const char *version, struct buffer *buffer);

#endif
