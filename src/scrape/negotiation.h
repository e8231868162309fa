/* SPDX-License-Identifier: MIT */
/* What a scraper wants, according to its request's headers (RFC 9110 section 12.5). */
#ifndef SCRAPE_NEGOTIATION_H
#define SCRAPE_NEGOTIATION_H

#include <stdbool.h>

#include "scrape/exposition.h"
#include "scrape/span.h"

/* The weights that a request gives to what there is to choose from, in thousandths. */
struct negotiation {
	/* Of media types. */
	int protobuf;
	int openmetrics;
	int text;
	int any_text;
	int anything;
	/* Of codings. */
	int gzip;
	int identity;
	int any_coding;
};

#define NEGOTIATION_UNSET (-1)
/* Of a request without such headers. */
#define NEGOTIATION_NOTHING                                                                        \
	((struct negotiation){NEGOTIATION_UNSET, NEGOTIATION_UNSET, NEGOTIATION_UNSET,             \
		NEGOTIATION_UNSET, NEGOTIATION_UNSET, NEGOTIATION_UNSET, NEGOTIATION_UNSET,        \
		NEGOTIATION_UNSET})

/*
 * Read one header line each; several of one name are one list (RFC 9110 section 5.3). list: its
 * value, any text; malformed parts of it are ignored.
 */
void negotiation_read_accept(struct negotiation *wishes, struct span list);
void negotiation_read_accept_encoding(struct negotiation *wishes, struct span list);

/*
 * The format that Accept asks for: of protobuf and OpenMetrics 1.0.0, where they are named (a wildcard
 * does not count), the one with the greater weight, or protobuf with the same one; if that is at least
 * the text format's, which is the answer otherwise.
 */
enum exposition_format negotiation_format(const struct negotiation *wishes);

/* Whether Accept-Encoding allows gzip and does not prefer plain text. */
bool negotiation_takes_gzip(const struct negotiation *wishes);

/*
 * Whether If-None-Match says that the client has this version, by the weak comparison of RFC 9110 section
 * 8.8.3.2. list: the header's value, empty without one. etag: W/"..."; with letters, digits and dashes.
 */
bool negotiation_has_version(struct span list, const char *etag);

#endif
