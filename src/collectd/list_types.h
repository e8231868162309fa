/* SPDX-License-Identifier: MIT */
/*
 * What collectd calls each number of the table of metrics: a type for each metric, with a single data
 * source, as many of its writers take no more; and a type instance for each value of a label. Pure: no collectd.
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
 * Named as Prometheus names the sample, so that only write_prometheus's own prefix has to come off; but
 * without the "_total" that it adds to each DERIVE. Each bucket is a type of its own, with its bound in the
 * name: write_prometheus sorts all values of a type at each new one, and with 16 for each of some thousand
 * targets it would do so for minutes, while values pile up in the daemon.
 */
struct list_type {
	char name[LIST_TYPE_NAME_MAX]; /* "tcp_echo_sent". */
	bool is_derive;		       /* DERIVE, which has no fractions; else GAUGE. */
	double max;		       /* NAN for no limit. The minimum is 0. */
};

/* Describes the type of one of a metric's numbers: those from 0 to metric_numbers() - 1. */
void list_type_describe(const struct metric *metric, unsigned number, struct list_type *type);

/* Hands out each type once, in the order of the table. type is borrowed until on_type() returns. */
void list_types_each(void (*on_type)(void *context, const struct list_type *type), void *context);

/* Writes the type instance of a number: the value of its label, or "". */
void list_type_instance(
	const struct metric *metric, unsigned number, char instance[LIST_INSTANCE_MAX]);

/* Whether a number is a bucket's. */
bool list_type_is_bucket(const struct metric *metric, unsigned number);

#endif
