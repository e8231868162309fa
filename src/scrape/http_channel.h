/* SPDX-License-Identifier: MIT */
/* The bytes of a client's connection, in the clear or by TLS. */
#ifndef SCRAPE_HTTP_CHANNEL_H
#define SCRAPE_HTTP_CHANNEL_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "web/tls.h"

/* Stored by the caller; http_channel_init() fills it. */
struct http_channel {
	evutil_socket_t fd;	 /* Owned. */
	struct tls_session *tls; /* Owned; NULL: in the clear. */
	bool is_begun;		 /* Something came. */
	bool is_misdirected; /* The client speaks plain HTTP where TLS is spoken, and so do we now. */
};

/* fd: non-blocking; taken over. tls: NULL for none. Returns 0, or -ENOMEM with fd untouched. */
int http_channel_init(struct http_channel *channel, evutil_socket_t fd, struct tls_context *tls);

/* As socket_receive() and socket_send(). */
ssize_t http_channel_receive(struct http_channel *channel, void *buffer, size_t size);
ssize_t http_channel_send(struct http_channel *channel, const void *bytes, size_t length);

/* Whether it waits until its socket can be written, to receive. */
bool http_channel_wants_write(const struct http_channel *channel);

/* Whether there is something to receive that its socket does not show. */
bool http_channel_has_pending(const struct http_channel *channel);

/* Nothing more will be sent. */
void http_channel_end_sending(struct http_channel *channel);

/* Closes it. */
void http_channel_close(struct http_channel *channel);

#endif
