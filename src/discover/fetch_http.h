/* SPDX-License-Identifier: MIT */
/* Asks for targets over HTTP, as Prometheus's http_sd_configs does, with libcurl. */
#ifndef DISCOVER_FETCH_HTTP_H
#define DISCOVER_FETCH_HTTP_H

#include "base/buffer.h"
#include "discover/fetch.h"

/* Whether this program can. To be called before any thread asks. */
bool fetch_has_http(void);

/* An empty list is an answer. */
int fetch_http(const struct fetch *fetch, struct fetched *fetched, struct text_error *error);

/* Appends ", libcurl 7.88.1", or nothing. */
void fetch_http_append_library(struct buffer *buffer);

#endif
