/* SPDX-License-Identifier: MIT */
/* What is asked of the API: the parameters of docs/api.md, checked. Pure. */
#ifndef SCRAPE_API_REQUESTS_H
#define SCRAPE_API_REQUESTS_H

#include "page/api.h"

/* Longer texts match nothing that there is. */
#define API_TEXT_MAX 256
/* The longest name of a target, with its NUL. */
#define API_NAME_MAX 128

/*
 * Reads a request for the list of targets. query: as in struct http_request. text: API_TEXT_MAX bytes, which list
 * refers to. Returns NULL, or a static sentence that says what is wrong.
 */
const char *api_requests_read_list(const char *query, char *text, struct api_list *list);

/* Reads which target is asked for. name: API_NAME_MAX bytes. Returns likewise. */
const char *api_requests_read_name(const char *query, char *name);

#endif
