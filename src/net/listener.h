/* SPDX-License-Identifier: MIT */
/* Opens listening sockets. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <event2/util.h>

#include "base/endpoint.h"
#include "base/text_error.h"

/*
 * Opens a listening, non-blocking, close-on-exec TCP socket. An empty host means every address, on
 * one dual-stack socket, or on an IPv4 one if the machine has no IPv6. A name is resolved at once,
 * blocking, and its first address taken. Returns 0 with *fd (owned by the caller) and the bound
 * address in bound (ADDRESS_TEXT_MAX bytes), or a negative errno with error set, e.g. to
 * `cannot listen on :4000: address already in use`, and *fd and bound untouched.
 */
int listener_open(const struct endpoint *endpoint, evutil_socket_t *fd, char *bound,
	struct text_error *error);

#endif
