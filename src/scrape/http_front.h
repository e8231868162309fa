/* SPDX-License-Identifier: MIT */
/* The HTTP front: /metrics, a page for people with its API, /config and /-/..., on a thread of its own. */
#ifndef SCRAPE_HTTP_FRONT_H
#define SCRAPE_HTTP_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/text_error.h"
#include "config/reloads.h"
#include "discover/discovery.h"
#include "engine/engine.h"
#include "measure/probe_values.h"
#include "measure/reasons.h"
#include "scrape/probe_targets.h"
#include "web/web_guard.h"

struct http_front;

/* As many connections as are of any use. */
#define HTTP_FRONT_CONNECTIONS_MAX 512

/* How many addresses it may be given. */
#define HTTP_FRONT_ADDRESSES_MAX 8

/* The word of -metrics-set, from 1, that makes it lean. */
#define METRICS_SET_LEAN 2

/* Carries a reload out. */
struct http_reload {
	/* Returns 0 or a negative errno, with what happened, one line, in *said. On the HTTP thread. */
	int (*run)(void *context, struct text_error *said);
	void *context;
};

struct http_front_settings {
	struct endpoint listen[HTTP_FRONT_ADDRESSES_MAX];
	size_t listen_count;
	bool is_lean;	    /* As in struct exposition. */
	bool is_native;	    /* Likewise; the engine's settings then have keep_excess. */
	int64_t history_ns; /* How far back the page's history reaches; 0: there is none. */
	/* Borrowed until http_front_stop(). */
	struct reloads *reloads;
	struct discovery *discovery; /* Where the targets come from; NULL: nowhere else. */
	struct web_guard *guard;     /* NULL: plain HTTP for everyone. */
	struct probe_rules probe;    /* What /probe does; all zero: it is refused. */
	struct http_reload reload;   /* What POST /-/reload does; all zero: it is refused. */
};

/*
 * Binds the addresses: what can fail for what others do, and so comes before anything is started. Who connects waits
 * until http_front_start(). settings are copied; log is borrowed until http_front_stop() returns. Returns 0, or a
 * negative errno with error, e.g. `cannot listen on :2112: address already in use`.
 */
int http_front_open(const struct http_front_settings *settings, const struct log *log,
	struct http_front **front, struct text_error *error);

/*
 * Starts serving, as many connections at once as engine_front_connections(). engine is borrowed until
 * http_front_stop() returns. Once. Returns 0, or a negative errno with error; then the caller calls http_front_stop().
 */
int http_front_start(struct http_front *front, struct engine *engine, struct text_error *error);

/* How many clients were turned away, by reason. Any thread. */
void http_front_read(const struct http_front *front, uint64_t rejected[HTTP_REJECTS]);

/* What is known of the targets that are probed on request. Any thread. */
void http_front_read_probes(const struct http_front *front, struct probe_values *values);

/*
 * Where the metrics are, by bound address: "http://127.0.0.1:2112/metrics,
 * http://[::1]:2112/metrics". Borrowed from the front.
 */
const char *http_front_urls(const struct http_front *front);

/* Where the page is, as a browser on this machine finds it: "http://localhost:2112/". Borrowed likewise. */
const char *http_front_page(const struct http_front *front);

/* Closes every connection and ends the thread, within a second. NULL is accepted. */
void http_front_stop(struct http_front *front);

#endif
