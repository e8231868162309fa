/* SPDX-License-Identifier: MIT */
/* Opens listening sockets. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <event2/util.h>
#include <stddef.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/text_error.h"

/* The first addresses of a name to listen on; the rest are ignored. */
#define LISTENERS_MAX 16
/* Their text, with its NUL. */
#define LISTENERS_TEXT_MAX (LISTENERS_MAX * (ADDRESS_TEXT_MAX + 2))

/* Listening sockets. Stored by the caller; all zero is none. */
struct listeners {
	evutil_socket_t fds[LISTENERS_MAX]; /* Owned. */
	size_t count;
	/* The bound addresses: "127.0.0.1:4000, [::1]:4000". */
	char text[LISTENERS_TEXT_MAX];
};

/*
 * Opens listening, non-blocking, close-on-exec TCP sockets. An empty host means every address, on
 * one dual-stack socket, or on an IPv4 one if the machine has no IPv6. A name is resolved at once,
 * blocking, and all its addresses are listened on, on the same port, even if that is 0; those that
 * this machine lacks are skipped with a warning in the log, unless there is no other. Returns 0 with
 * *listeners overwritten, or a negative errno with error set, e.g. to
 * `cannot listen on :4000: address already in use`, and *listeners untouched.
 */
int listeners_open(const struct endpoint *endpoint, const struct log *log,
	struct listeners *listeners, struct text_error *error);

/*
 * The same for several endpoints, one or more; together they may have LISTENERS_MAX addresses. On failure
 * nothing is left open.
 */
int listeners_open_all(const struct endpoint *endpoints, size_t count, const struct log *log,
	struct listeners *listeners, struct text_error *error);

/* Closes them; none afterwards. */
void listeners_close(struct listeners *listeners);

#endif
