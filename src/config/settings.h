/* SPDX-License-Identifier: MIT */
/* What to run, and how: the one thing both fronts fill in and hand to the engine. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/destinations.h"
#include "base/endpoint.h"
#include "base/networks.h"
#include "base/text_error.h"
#include "config/target_list.h"
#include "config/target_options.h"

/* The words of -resolver, from 1. */
enum settings_resolver {
	SETTINGS_RESOLVER_DNS = 1, /* The hosts file, then the name servers. */
	SETTINGS_RESOLVER_SYSTEM,  /* getaddrinfo(). */
};

struct settings {
	bool serve;		/* Run the echo server. */
	struct endpoint listen; /* Its address; an empty host means every address, both families. */
	struct networks allow;	/* Owned. Who may use it; empty: everyone. */
	size_t max_peers;	/* 1 to OPTION_PEERS_MAX, or 0: as many as descriptors allow. */
	size_t max_peers_per_address;	 /* Likewise; 0: a share of those. */
	bool reflects_dscp;		 /* Replies are marked as the connection's SYN was. */
	bool probe;			 /* Run the prober. */
	struct target_list targets;	 /* Owned. */
	struct target_options defaults;	 /* For targets that do not say otherwise; complete. */
	struct destinations probe_allow; /* Owned. What engine_add() may probe; empty: nothing. */
	size_t probe_max;		 /* How many it adds, 1 to OPTION_PROBE_MOST. */
	unsigned threads;		 /* Prober threads, 1 to OPTION_THREADS_MAX. */
	enum settings_resolver resolver;
	bool keep_excess; /* Snapshots have the excess of each direction in fine buckets, too. */
	size_t front_connections; /* Those that the front wants descriptors for; 0: it has none. */
	size_t discovery_descriptors; /* Those that are needed to ask for targets. */
	bool is_guest;		      /* The process is another program's, which needs some, too. */
};

/* The defaults of the table of options; neither server nor prober, no targets. */
void settings_init(struct settings *settings);

/* Frees what it holds. */
void settings_clear(struct settings *settings);

/*
 * Whether all values lie in their ranges, alone and together; not the targets'. Returns 0, or
 * -EINVAL with a reason that names the setting, its value and what is allowed: `interval: 0s is out
 * of range; allowed: 1ms to 24h`. It starts with the setting's name: a front can put its sign
 * before.
 */
int settings_check(const struct settings *settings, struct text_error *error);

/* Checks them, and completes and checks the targets: what engine_start() wants, where targets were
 * asked for before the defaults were known. Returns 0, or -EINVAL with error. */
int settings_complete(struct settings *settings, struct text_error *error);

#endif
