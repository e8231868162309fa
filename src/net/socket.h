/* SPDX-License-Identifier: MIT */
/* Sockets as this program needs them, and socket addresses as text. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/network.h"
#include "base/text_error.h"

/* "[" + IPv6 + "%" + interface + "]:65535" + NUL. */
#define SOCKET_ADDRESS_TEXT_MAX 80

/* Writes a socket address as "192.0.2.1:4000" or "[2001:db8::1]:4000"; "" for another family. */
void socket_address_format(const struct sockaddr *address, char *text);

/*
 * Opens a listening, non-blocking, close-on-exec TCP socket. An empty host means every address, by
 * one dual-stack socket (IPv4 alone where the machine has no IPv6). A name is resolved here and
 * now, blocking, and its first address taken. Returns 0 with *fd (owned by the caller) and the
 * bound address in bound (SOCKET_ADDRESS_TEXT_MAX bytes), or a negative errno with error, e.g.
 * `cannot listen on :4000: address already in use`.
 */
int socket_listen(const struct endpoint *endpoint, evutil_socket_t *fd, char *bound,
	struct text_error *error);

/* Whether an errno (positive) of a send or receive only says: not now. */
bool socket_is_busy(int error);

/*
 * TCP_NODELAY, keep-alive probes after 30 s of silence, and never more than 4 s between
 * retransmissions where the kernel can do that. Failures are ignored: the socket works.
 */
void socket_tune(evutil_socket_t fd);

#endif
