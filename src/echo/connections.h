/* SPDX-License-Identifier: MIT */
/*
 * The connections of the echo server: each returns its whole frames. Peers that send little are
 * served as soon as something comes; those that send without end stand in a line, of which a few get
 * a turn each time after all others were served.
 */
#ifndef ECHO_CONNECTIONS_H
#define ECHO_CONNECTIONS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/clock.h"
#include "echo/admission.h"
#include "echo/server_counters.h"
#include "measure/server_peers.h"
#include "net/saved_syn.h"

struct connections;

/*
 * base, admission and counters are borrowed until connections_free(). gives_stamps: to those who ask.
 * Returns 0 with *connections owned by the caller, or -ENOMEM.
 */
int connections_new(struct event_base *base, struct admission *admission,
	struct server_counters *counters, bool gives_stamps, struct connections **connections);

/* Closes all. NULL is accepted. */
void connections_free(struct connections *connections);

/* Whom a connection is from. */
struct newcomer {
	union address address;
	struct wall_time now;
	struct admission_host *host; /* What admission_enter() gave for it. */
	struct saved_syn syn;	     /* As it arrived; all zero if that is not known. */
};

/* Serves fd. newcomer: copied. Returns 0; or -ENOMEM, with fd and host still the caller's. */
int connections_add(
	struct connections *connections, evutil_socket_t fd, const struct newcomer *newcomer);

/*
 * Lists the connections with the most frames, the most first, and of those with as many the oldest ones, limit
 * at most. Any thread; the one that serves waits for it only when a connection comes or goes. Returns 0 with
 * *peers and *count, *peers being the caller's to free, or -ENOMEM.
 */
int connections_list(
	struct connections *connections, size_t limit, struct server_peer **peers, size_t *count);

/* Ends the youngest ones. count: not more than there are. */
void connections_end_youngest(
	struct connections *connections, size_t count, enum server_close reason);

#endif
