/* SPDX-License-Identifier: MIT */
/* The HTTP front: /metrics, a page for people, /-/healthy and /-/ready, on a thread of its own. */
#ifndef SCRAPE_HTTP_FRONT_H
#define SCRAPE_HTTP_FRONT_H

#include "base/endpoint.h"
#include "base/log.h"
#include "base/text_error.h"
#include "engine/engine.h"

struct http_front;

/* As many connections as are of any use. */
#define HTTP_FRONT_CONNECTIONS_MAX 512

/*
 * Binds the address and starts serving, as many connections at once as
 * engine_front_connections(). engine and log are borrowed until http_front_stop()
 * returns. Returns 0, or a negative errno with error, e.g. `cannot listen on :2112: address already
 * in use`.
 */
int http_front_start(const struct endpoint *listen, struct engine *engine, const struct log *log,
	struct http_front **front, struct text_error *error);

/* The bound address as text, e.g. "[::]:2112". Borrowed from the front. */
const char *http_front_address(const struct http_front *front);

/* Closes every connection and ends the thread, within a second. NULL is accepted. */
void http_front_stop(struct http_front *front);

#endif
