/* SPDX-License-Identifier: MIT */
/* The TCP echo server: a thread that returns whole frames to whoever connects. */
#ifndef ECHO_ECHO_SERVER_H
#define ECHO_ECHO_SERVER_H

#include <event2/util.h>

#include "base/log.h"
#include "measure/snapshot.h"

struct echo_server;

/*
 * Starts serving on a listening, non-blocking socket. Takes listen_fd over, also on failure. log is
 * borrowed until echo_server_stop() returns. Returns 0 or a negative errno.
 */
int echo_server_start(
	evutil_socket_t listen_fd, const struct log *log, struct echo_server **server);

/* Any thread, at any time. */
void echo_server_read(const struct echo_server *server, struct server_values *values);

/* Closes every connection and ends the thread. NULL is accepted. */
void echo_server_stop(struct echo_server *server);

#endif
