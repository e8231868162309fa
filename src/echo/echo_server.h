/* SPDX-License-Identifier: MIT */
/* The TCP echo server: a thread that returns whole frames to whatever connects. */
#ifndef ECHO_ECHO_SERVER_H
#define ECHO_ECHO_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "measure/snapshot.h"
#include "net/listener.h"

struct echo_server;

/*
 * Starts serving on what listeners_open() has opened. Takes the sockets over, even on failure, and
 * leaves listeners empty. log is borrowed until echo_server_stop() returns, and called in the
 * server's thread. Returns 0 with *server owned by the caller, or a negative errno.
 */
int echo_server_start(
	struct listeners *listeners, const struct log *log, struct echo_server **server);

/* Reads the present values; *values is overwritten. From any thread, until echo_server_stop(). */
void echo_server_read(const struct echo_server *server, struct server_values *values);

/* Whether its thread comes round: see heartbeat_ask(). Any thread, until echo_server_stop(). */
bool echo_server_is_alive(struct echo_server *server, int64_t now_ns);

/* Closes every connection, ends the thread and frees the server. NULL is accepted. */
void echo_server_stop(struct echo_server *server);

#endif
