/* SPDX-License-Identifier: MIT */
/* One client's connection: requests in, answers out, over a socket that does not block. */
#ifndef SCRAPE_HTTP_CONNECTION_H
#define SCRAPE_HTTP_CONNECTION_H

#include <event2/util.h>
#include <stddef.h>
#include <stdint.h>

#include "base/labels.h"
#include "scrape/http_answer.h"
#include "scrape/http_pace.h"
#include "scrape/http_request.h"
#include "web/tls.h"

struct http_connection;

/* Makes answers. */
struct http_handler {
	/* answer: empty; it may stay so, which is taken as a lack of memory. */
	void (*answer)(
		void *context, const struct http_request *request, struct http_answer *answer);
	/* For a connection that begins: how it is encrypted, or NULL: not at all. May be NULL itself. */
	struct tls_context *(*tls)(void *context);
	/* Headers for every answer. May be NULL. */
	const struct labels *(*headers)(void *context);
	/* Called now and then, whether anything is asked or not. May be NULL. */
	void (*turn)(void *context);
	void *context;
};

/* What a connection waits for. */
enum http_want {
	HTTP_WANT_READ,	 /* That its socket can be read, */
	HTTP_WANT_WRITE, /* or written. */
	HTTP_WANT_TURN,	 /* Nothing: there is another request already. */
	HTTP_WANT_END,	 /* It is over: the caller frees it. */
};

/* fd: non-blocking; owned by the connection. handler: borrowed. Returns NULL when out of memory, with fd
 * untouched. */
struct http_connection *http_connection_new(
	evutil_socket_t fd, const struct http_handler *handler, int64_t now_ns);

/* Closes the socket. NULL is accepted. */
void http_connection_free(struct http_connection *connection);

/* Does what can be done without waiting, once there is what it waits for. At first that is a read. */
enum http_want http_connection_turn(struct http_connection *connection, int64_t now_ns);

/*
 * The deadline has passed: one who has begun a request is told so, before the connection ends.
 */
enum http_want http_connection_expire(struct http_connection *connection, int64_t now_ns);

/* Borrowed. */
const struct http_pace *http_connection_pace(const struct http_connection *connection);

/* Bytes of an answer that its client has not taken yet. */
size_t http_connection_unsent(const struct http_connection *connection);

#endif
