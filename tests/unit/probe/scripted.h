/* SPDX-License-Identifier: MIT */
/*
 * The outside world of a link and its probe, scripted: the clock, sockets (pairs of which the peer
 * has one end), the kernel's timestamps and TCP_INFO, and the resolver. A test program that links
 * this gets these instead of the real ones.
 */
#ifndef UNIT_PROBE_SCRIPTED_H
#define UNIT_PROBE_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "net/resolver.h"
#include "net/tcp_info.h"
#include "probe/context.h"
#include "probe/probed_target.h"

/* How far the wall clock is ahead of the monotonic one. */
#define SCRIPT_AHEAD_NS INT64_C(1700000000000000000)
/* Beyond one for each target. */
#define SCRIPT_SPARE_SOCKETS 32
/* When everything begins. */
#define SCRIPT_START_NS (1000 * NS_PER_S)

/* How a peer behaves when it is dialled. Addresses are single letters: see script_address(). */
struct script_peer {
	char address;
	int connect_error; /* What connect() returns: 0, -EINPROGRESS or another negative errno. */
	int pending_error; /* How the handshake ends: 0 or a positive errno. */
	bool is_silent;	   /* The handshake does not end. */
	bool is_itself;	   /* The socket is connected to itself. */
};

struct script {
	int64_t now_ns;
	int64_t tick_ns;      /* How far the clock advances each time it is read. */
	bool has_clock_error; /* The wall clock is synchronised, and that far off at most. */
	uint32_t clock_error_us;
	/* Called on a nap, before until_ns; returns whether time may get there. May be NULL. */
	bool (*on_sleep)(int64_t until_ns);

	const struct script_peer *peers; /* Any other is connected as soon as the loop runs. */
	size_t peer_count;
	/* Errors come later, as over a network; with this, every handshake is over at once. */
	bool is_over_now;
	int open_error;	     /* Of socket_open(): 0 or a negative errno. */
	int bind_error;	     /* Of socket_bind(), likewise. */
	int interface_error; /* Of socket_bind_interface(), likewise. */
	char dialled[64];    /* The letters of those that were dialled first, in this order. */
	unsigned opened;     /* Sockets. */
	unsigned closed;
	bool was_reset;	    /* The last one closed was closed with a reset. */
	int far_fd;	    /* The peer's end of the last one opened. */
	unsigned dscp;	    /* What the last one was marked with. */
	char interface[16]; /* What the last one was bound to. */

	bool has_timestamps;
	int64_t stamped_ns;  /* Monotonic arrival of all bytes; 0: no timestamp. */
	bool has_departures; /* The kernel tells when probes leave: */
	unsigned timed;	     /* so many were asked about, */
	unsigned departures; /* and so many left, the last of these first. */
	int64_t departed_ns[4];
	bool has_facts;
	struct tcp_facts facts;

	int ask_error; /* Of resolver_ask(): 0 or a negative errno. */
	unsigned asked;
	struct resolver_question question; /* The last one. */
	struct resolver_query *query;	   /* Unanswered, or NULL. */
	int64_t valid_ns;		   /* How long answers hold. */

	char log[LOG_MESSAGE_MAX]; /* The last line. */
	unsigned changes;	   /* Reported to the watcher. */
	bool is_up;		   /* The last of them. */
};

extern struct script script;

/* Starts afresh: a context with an event loop, at SCRIPT_START_NS. */
void script_begin(struct probe_context *context);

/* Checks that every socket is closed, and frees the context. */
void script_end(struct probe_context *context);

/* Calls for the peer's end of each open connection. */
void script_each_peer(void (*call)(int far_fd));

/* Runs everything that is ready. */
void script_run(struct probe_context *context);

/* Advances to a time; alarms that are due by then go off in order. */
void script_go_to(struct probe_context *context, int64_t now_ns);

/* A lower-case letter is an IPv4 address, a capital an IPv6 address; port 4000. */
union address script_address(char letter);
char script_letter(const union address *address);

/* Answers the pending query with the addresses of these letters, or, if NULL, with a failure. */
void script_answer(const char *letters, enum resolver_result failure);

/* A target, started. name_and_port: "192.0.2.97:4000" or a name. */
struct probed_target *script_target(struct probe_context *context, const char *name_and_port,
	const struct target_options *options);

/* The options that most tests use: interval 100 ms, timeout 300 ms, the rest as usual. */
struct target_options script_options(enum probe_kind probe);

/* Checks the law of accounting, and returns the values. */
struct target_values script_values(const struct probed_target *target);

#endif
