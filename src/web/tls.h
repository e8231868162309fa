/* SPDX-License-Identifier: MIT */
/* TLS on a server's side: what all connections share, and one connection. Of one thread. */
#ifndef WEB_TLS_H
#define WEB_TLS_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text_error.h"
#include "web/web_config.h"

/* Certificate, key and rules. Counted: connections that began with it keep it. */
struct tls_context;

/* config: with has_tls. Returns 0 with *context owned, or a negative errno with error, which does not name the
 * configuration's file. */
int tls_context_new(
	const struct web_config *config, struct tls_context **context, struct text_error *error);

/* NULL is accepted. */
void tls_context_release(struct tls_context *context);

struct tls_session;

/* fd: a non-blocking socket; borrowed. Returns NULL without memory. */
struct tls_session *tls_session_new(struct tls_context *context, evutil_socket_t fd);

/*
 * As socket_receive() and socket_send(), with the handshake before the first byte. -EPROTO: what the other side
 * does is not TLS, or it is not let in. What could not be sent has to be sent again with the same bytes.
 */
ssize_t tls_session_receive(struct tls_session *session, void *buffer, size_t size);
ssize_t tls_session_send(struct tls_session *session, const void *bytes, size_t length);

/* Whether it waits until its socket can be written, after -EAGAIN. */
bool tls_session_wants_write(const struct tls_session *session);

/* Whether there are bytes to receive that its socket no longer shows. */
bool tls_session_has_pending(const struct tls_session *session);

/* Tells the other side that nothing more comes; if that can be sent at once. */
void tls_session_end(struct tls_session *session);

/* NULL is accepted. */
void tls_session_free(struct tls_session *session);

#endif
