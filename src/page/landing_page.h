/* SPDX-License-Identifier: MIT */
/* The page that people see at "/": a table, which a script makes a live view of. */
#ifndef PAGE_LANDING_PAGE_H
#define PAGE_LANDING_PAGE_H

#include "base/buffer.h"
#include "page/page_view.h"

/* How many targets and how many peers it lists: it is rendered as a whole. */
#define LANDING_PAGE_ROWS_MAX 200

/*
 * What the page may do: its own script, style and icon, and questions to where it came from
 * (https://www.w3.org/TR/CSP3/).
 */
#define LANDING_PAGE_POLICY                                                                        \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/*
 * Appends a whole HTML document, the worst targets first. Returns 0, or -ENOMEM: the buffer's contents are then
 * useless.
 */
int landing_page_write(const struct page_view *view, struct buffer *buffer);

#endif
