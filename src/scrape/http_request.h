/* SPDX-License-Identifier: MIT */
/* Reads the head of an HTTP/1.x request: its first line and its header lines (RFC 9112). */
#ifndef SCRAPE_HTTP_REQUEST_H
#define SCRAPE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "scrape/negotiation.h"

/* Browsers send the cookies of all ports of a host, so a head may be long. */
#define HTTP_HEAD_MAX ((size_t)64 * 1024)
/* The first line of it, with its end. */
#define HTTP_LINE_MAX ((size_t)8 * 1024)

enum http_method {
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_POST,
	HTTP_METHOD_OTHER, /* One that exists, but is not allowed anywhere. */
};

struct http_request {
	enum http_method method;
	/* Comparable, see http_target_read(); NULL for "*" and the like. In head. */
	const char *path;
	const char *query; /* "" without one. In head. */
	struct negotiation wishes;
	/* Values of headers, in head; empty where there is none. */
	struct span authorization;
	struct span none_match; /* If-None-Match: the last, as caches send one. */
	bool keeps_connection;	/* More requests may follow. */
};

/* Why a request is refused. */
struct http_refusal {
	unsigned status;  /* Of the answer; 0: it is not refused. */
	const char *text; /* A sentence for the answer. Static. */
};

/* How many bytes of text are empty lines, which may come before a request. */
size_t http_empty_lines(const char *text, size_t length);

/*
 * The length of a head with the empty line that ends it; 0 if that has not come. *searched: how
 * much of text earlier calls have looked at, 0 at first.
 */
size_t http_head_length(const char *text, size_t length, size_t *searched);

/* Whether what has come of a head, which does not begin with an empty line, can become one. */
struct http_refusal http_head_check(const char *text, size_t length);

/*
 * Reads a whole head, which is overwritten; request points into it. length: 1 or more; the bytes
 * may have any values. A refused request is filled in only as far as it was read: the connection
 * ends after the answer.
 */
struct http_refusal http_request_read(char *head, size_t length, struct http_request *request);

#endif
