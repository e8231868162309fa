/* SPDX-License-Identifier: MIT */
/* The TCP echo server: a thread that returns whole frames to whatever connects. */
#ifndef ECHO_ECHO_SERVER_H
#define ECHO_ECHO_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/networks.h"
#include "measure/server_peers.h"
#include "measure/snapshot.h"
#include "net/listener.h"

struct echo_server;

/* How many peers there may be at once. */
struct echo_server_limits {
	size_t peers;
	size_t peers_per_address; /* See admission_limit(). */
	bool is_wanted;		  /* As many as the user wants, not as descriptors allow. */
};

/* What does not change. */
struct echo_server_rules {
	const struct networks *allow; /* Who may use it; empty: everyone. Copied. */
	bool reflects_dscp;	      /* Replies are marked as the connection's SYN was. */
	bool gives_stamps;	      /* Those who ask are told when their frames came. */
};

/*
 * Starts serving on what listeners_open() has opened. Takes the sockets over, even on failure, and
 * leaves listeners empty. log is borrowed until
 * echo_server_stop() returns, and called in the server's thread. Returns 0 with *server owned by the
 * caller, or a negative errno.
 */
int echo_server_start(struct listeners *listeners, const struct echo_server_rules *rules,
	const struct echo_server_limits *limits, const struct log *log,
	struct echo_server **server);

/* Changes the limits; ends the youngest connections that are too many. One caller at a time. */
void echo_server_limit(struct echo_server *server, const struct echo_server_limits *limits);

/* Reads the present values; *values is overwritten. From any thread, until echo_server_stop(). */
void echo_server_read(const struct echo_server *server, struct server_values *values);

/*
 * Tells who uses it, limit connections at most, and who was turned away lately. Any thread. Returns 0 with *peers to be
 * cleared by the caller, or -ENOMEM.
 */
int echo_server_read_peers(struct echo_server *server, size_t limit, struct server_peers *peers);

/* Whether its thread comes round: see heartbeat_ask(). Any thread, until echo_server_stop(). */
bool echo_server_is_alive(struct echo_server *server, int64_t now_ns);

/* Closes every connection, ends the thread and frees the server. NULL is accepted. */
void echo_server_stop(struct echo_server *server);

#endif
