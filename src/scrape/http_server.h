/* SPDX-License-Identifier: MIT */
/* Serves HTTP/1.1 and HTTP/1.0 on a thread of its own, which gives way to those that measure. */
#ifndef SCRAPE_HTTP_SERVER_H
#define SCRAPE_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "measure/reasons.h"
#include "net/listener.h"
#include "scrape/http_connection.h"

struct http_server;

/*
 * Starts serving. listeners: taken over, even on failure; none afterwards. connections_max: 1 or
 * more; half of them may come from one address, or all where there are few. When there is no place for a client,
 * the one that has been without a complete request for longest makes room. handler: copied, and used
 * on the server's thread; *server is set before that starts. log is borrowed until
 * http_server_stop() returns. Returns 0, or a negative errno with *server invalid.
 */
int http_server_start(struct listeners *listeners, unsigned connections_max,
	const struct http_handler *handler, const struct log *log, struct http_server **server);

/* Bytes of answers that wait to be read by clients. On the server's thread: for handlers. */
size_t http_server_unsent(const struct http_server *server);

/* How many clients were turned away, by reason. Any thread. */
void http_server_read(const struct http_server *server, uint64_t rejected[HTTP_REJECTS]);

/* Closes every connection and ends the thread, within a second. NULL is accepted. */
void http_server_stop(struct http_server *server);

#endif
