/* SPDX-License-Identifier: MIT */
/*
 * What collectd calls each number of the table of metrics: a type for each metric, with one data source,
 * as many a writer takes no more, and a type instance for each reason. Pure: no collectd.
 */
#ifndef COLLECTD_LIST_TYPES_H
#define COLLECTD_LIST_TYPES_H

#include "metrics/table.h"

/* With their NULs. */
#define LIST_TYPE_NAME_MAX 64
#define LIST_INSTANCE_MAX 64

/* The name of the one data source. */
#define LIST_SOURCE "value"

/*
 * Named as Prometheus names the sample, so that only write_prometheus's own prefix has to come off.
 * But it adds "_total" to each DERIVE: their names have none. And each bucket is a type of its own, with
 * its bound: write_prometheus sorts all values of a type at each new one, so that 16 for each target
 * take it minutes, and the daemon's memory, where there are thousands.
 */
struct list_type {
	char name
		[LIST_TYPE_NAME_MAX]; /* "tcp_echo_sent", "tcp_echo_rtt_seconds_bucket_le_0_0001". */
	bool is_derive;		      /* DERIVE, which has no fractions; else GAUGE. */
	double max;		      /* NAN for no limit. The minimum is 0. */
};

/* Describes the type of one of a metric's numbers: those from 0 to metric_numbers() - 1. */
void list_type_describe(const struct metric *metric, unsigned number, struct list_type *type);

/* Writes the type instance of a number: the reason, or "". */
void list_type_instance(
	const struct metric *metric, unsigned number, char instance[LIST_INSTANCE_MAX]);

/* Whether a number is a bucket's. */
bool list_type_is_bucket(const struct metric *metric, unsigned number);

#endif
