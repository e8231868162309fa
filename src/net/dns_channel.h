/* SPDX-License-Identifier: MIT */
/* Asks the hosts file and the name servers, with c-ares, in an event loop. Of one thread. */
#ifndef NET_DNS_CHANNEL_H
#define NET_DNS_CHANNEL_H

#include <event2/event.h>
#include <stdbool.h>

#include "net/dns_search.h"
#include "net/resolver_answer.h"
#include "net/srv_answer.h"

struct dns_channel;

/* For tests. Stored by value, its texts borrowed. All zero: as the system is configured. */
struct dns_config {
	const char *servers;	 /* "127.0.0.1:53053,..."; NULL: the system's. */
	const char *resolv_conf; /* Path; NULL: the system's. */
	int timeout_ms;		 /* Of each server in the first round; 0: 1 s. */
};

/*
 * Reads the system's configuration. base: borrowed until dns_channel_free(). Returns 0 with *channel
 * owned by the caller, or a negative errno.
 */
int dns_channel_new(
	struct event_base *base, const struct dns_config *config, struct dns_channel **channel);

/* What was asked is answered with a failure first. NULL is accepted. */
void dns_channel_free(struct dns_channel *channel);

/* The domains in which names are searched. Borrowed from the channel. */
const struct dns_search *dns_channel_search(const struct dns_channel *channel);

/*
 * Looks into the hosts file. family: AF_INET, AF_INET6, or AF_UNSPEC for both. Returns whether the
 * name is there; *answer is overwritten, its list the caller's.
 */
bool dns_channel_read_hosts(
	struct dns_channel *channel, const char *host, int family, struct resolver_answer *answer);

/* What a name server said. */
struct dns_reply {
	struct resolver_answer answer; /* The list is the taker's. */
	bool is_silence; /* A failure without a word from a name server: others would be silent, too. */
};

/*
 * Asks the name servers for a name that ends with a dot. family: AF_INET or AF_INET6. Each server
 * has 1 s, in further rounds 2 s and 4 s to answer.
 *
 * take: called exactly once, perhaps before this returns, with the reply.
 */
void dns_channel_ask(struct dns_channel *channel, const char *name, int family,
	void (*take)(void *context, struct dns_reply *reply), void *context);

/* What a name server said of a service. */
struct dns_services {
	enum resolver_result result;
	const char *reason;   /* Why not, in English; static. NULL if found. */
	struct srv_list list; /* The taker's. Empty unless found. */
	bool is_silence;      /* As in struct dns_reply. */
};

/* Asks the name servers for the SRV records of a name that ends with a dot. As dns_channel_ask() otherwise. */
void dns_channel_ask_services(struct dns_channel *channel, const char *name,
	void (*take)(void *context, struct dns_services *services), void *context);

#endif
