/* SPDX-License-Identifier: MIT */
/* The types of the plugin's value lists, made from the table of metrics. Pure: no collectd. */
#ifndef COLLECTD_LIST_TYPES_H
#define COLLECTD_LIST_TYPES_H

#include "metrics/table.h"

/* collectd silently cuts a types.db line with more sources than this. */
#define LIST_SOURCES_MAX 63

/* With its NUL. */
#define LIST_SOURCE_NAME_MAX 64

/*
 * A data source, named as its metric is without what the type says already: "jitter_seconds",
 * "min_rtt_seconds" of tcp_echo_tcp. The value of the label "reason" or "le" comes last:
 * "disconnects_reset", "rtt_seconds_bucket_le_0_0001".
 */
struct list_source {
	char name[LIST_SOURCE_NAME_MAX];
	bool is_derive; /* DERIVE, which has no fractions; else GAUGE. */
	double max;	/* NAN for no limit. The minimum is 0. */
};

/* The type's name, e.g. "tcp_echo_send_lag". Static. */
const char *list_type_name(enum metric_list list);

/* Describes the data sources, in the order of the table. Returns how many there are. */
size_t list_type_sources(enum metric_list list, struct list_source sources[LIST_SOURCES_MAX]);

#endif
