/* SPDX-License-Identifier: MIT */
/* A snapshot as collectd's value lists, and the types that these are of. Pure. */
#ifndef COLLECTD_VALUE_LISTS_H
#define COLLECTD_VALUE_LISTS_H

#include <collectd/core/daemon/plugin.h>

#include "measure/snapshot.h"
#include "scrape/process_values.h"

/* The plugin's name in every value list. */
#define VALUE_LISTS_PLUGIN "tcp_echo"

/* A types.db line of more is cut without a word. */
#define VALUE_LISTS_SOURCES_MAX 63

/*
 * The types, one a value list. Their data sources have the names that the metrics have, without
 * what the type says already and without "_total"; where a metric has a label "reason" or "le",
 * its value stands at the end (`disconnects_reset`, `rtt_seconds_bucket_le_0_0001`). Numbers of a
 * target that may not be known have types of their own, so that their lists can stay out: where
 * one is NAN, so are all averages and sums that Prometheus makes over targets.
 */
enum value_lists_type {
	VALUE_LISTS_TARGET,   /* tcp_echo: all numbers of a target, by which the list is named. */
	VALUE_LISTS_LAST_RTT, /* tcp_echo_last_rtt: from the first reply on. */
	VALUE_LISTS_LAST_CONNECT, /* tcp_echo_last_connect: from the first connection on. */
	VALUE_LISTS_TCP,	  /* tcp_echo_tcp: as soon as the kernel has told. */
	VALUE_LISTS_ADDRESS,  /* tcp_echo_target: 1; instance "address peer" as far as it fits. */
	VALUE_LISTS_SEND_LAG, /* tcp_echo_send_lag */
	VALUE_LISTS_SERVER,   /* tcp_echo_server */
	VALUE_LISTS_PROCESS,  /* tcp_echo_process: of the whole daemon. */
	VALUE_LISTS_BUILD,    /* tcp_echo_build: 1; instance "version compiler". */
	VALUE_LISTS_TYPES,    /* How many there are. */
};

/* Describes a type. sources: VALUE_LISTS_SOURCES_MAX of them, to which set->ds will point. */
void value_lists_describe(enum value_lists_type type, data_source_t *sources, data_set_t *set);

/* What value lists are made of. All borrowed. */
struct value_lists_input {
	const struct snapshot *snapshot;
	const struct process_values *process;
	const char *version;
	const char *compiler;
};

/*
 * Hands out all value lists of one moment. list is borrowed until on_list() returns; host, time
 * and interval are left for on_list() or the daemon to set. What is not known is left out, or, of
 * the process, NAN.
 */
void value_lists_make(const struct value_lists_input *input,
	void (*on_list)(void *context, value_list_t *list), void *context);

#endif
