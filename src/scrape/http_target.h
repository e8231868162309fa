/* SPDX-License-Identifier: MIT */
/* What a request asks for: the target of its first line (RFC 9112 section 3.2). */
#ifndef SCRAPE_HTTP_TARGET_H
#define SCRAPE_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

enum http_target {
	HTTP_TARGET_PATH,      /* "/metrics?x=y" or "http://host:2112/metrics" */
	HTTP_TARGET_ASTERISK,  /* "*", for OPTIONS. */
	HTTP_TARGET_AUTHORITY, /* "host:2112", for CONNECT. */
	HTTP_TARGET_INVALID,
};

/*
 * Reads a target and makes its path comparable in place (RFC 3986 section 6.2.2): without the
 * query, and escapes of unreserved characters decoded. Other escapes stay, in upper case: "%2F" is
 * a character of a name, not a separator. *path, *query: NUL-terminated within text if there is a
 * path; the query is without its question mark and as it came, "" if there is none.
 * text: length bytes, of any values; the byte behind them is overwritten.
 */
enum http_target http_target_read(char *text, size_t length, const char **path, const char **query);

/* The byte that an escape at text ("%2F") stands for, or -1 if there is none. */
int http_escaped_byte(const char *text, size_t length);

/* Whether this is a host with or without a port (RFC 3986 section 3.2), or empty. */
bool http_authority_is_valid(const char *text, size_t length);

#endif
