/* SPDX-License-Identifier: MIT */
/* The answer to an HTTP request. */
#ifndef SCRAPE_HTTP_ANSWER_H
#define SCRAPE_HTTP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/labels.h"

/* Stored by the caller; release it with http_answer_clear(). */
struct http_answer {
	unsigned status;
	const char *content_type;     /* Static. */
	const char *policy;	      /* Content-Security-Policy, or NULL. Static. */
	const char *allow;	      /* Methods, or NULL. Static. */
	const char *challenge;	      /* WWW-Authenticate, or NULL. Static. */
	const char *caching;	      /* Cache-Control, or NULL. Static. */
	const char *etag;	      /* A weak one (RFC 9110 section 8.8.3), or NULL. Static. */
	const struct labels *headers; /* More of them, or in place of these; or NULL. Borrowed. */
	bool is_negotiated;	      /* Depends on the request's Accept headers. */
	bool is_compressed;
	struct buffer body; /* Owned. */
};

/* Makes it a line of text; what it was before is released. text: a sentence. */
void http_answer_write_text(struct http_answer *answer, unsigned status, const char *text);

/* Makes it the answer to a client that has this version: 304, without a body. It has an etag. */
void http_answer_write_unchanged(struct http_answer *answer);

/*
 * Appends the status line and the headers. keeps_connection: whether another request may follow.
 * now: for the header Date.
 */
void http_answer_append_head(const struct http_answer *answer, bool keeps_connection,
	struct wall_time now, struct buffer *head);

void http_answer_clear(struct http_answer *answer);

#endif
