/* SPDX-License-Identifier: MIT */
/* What a scraper wants, according to its request's headers (RFC 9110 section 12.5). */
#ifndef SCRAPE_NEGOTIATION_H
#define SCRAPE_NEGOTIATION_H

#include <stdbool.h>

#include "scrape/exposition.h"

/*
 * The format that an Accept header asks for: OpenMetrics 1.0.0 where it is named (a wildcard does
 * not count) with a weight of at least that of the text format, else the text format. accept: NULL
 * or any text; malformed parts of it are ignored.
 */
enum exposition_format negotiation_format(const char *accept);

/*
 * Whether an Accept-Encoding header allows gzip and does not prefer plain text. accept_encoding:
 * NULL or any text, as above.
 */
bool negotiation_takes_gzip(const char *accept_encoding);

#endif
