/* SPDX-License-Identifier: MIT */
/* Sockets that wait for connections. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <event2/util.h>

#include "base/endpoint.h"
#include "base/text_error.h"

/*
 * Opens a listening, non-blocking, close-on-exec TCP socket. An empty host means every address, by
 * one dual-stack socket (IPv4 alone where the machine has no IPv6). A name is resolved here and
 * now, blocking, and its first address taken. Returns 0 with *fd (owned by the caller) and the
 * bound address in bound (ADDRESS_TEXT_MAX bytes), or a negative errno with error, e.g.
 * `cannot listen on :4000: address already in use`.
 */
int listener_open(const struct endpoint *endpoint, evutil_socket_t *fd, char *bound,
	struct text_error *error);

#endif
