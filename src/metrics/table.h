/* SPDX-License-Identifier: MIT */
/*
 * Every metric there is. Expositions, collectd's types and the documents' tables are all made from
 * this table: a new metric is a new row.
 */
#ifndef METRICS_TABLE_H
#define METRICS_TABLE_H

#include "metrics/metric.h"

/* In the order of an exposition. */
extern const struct metric metric_table[];
extern const size_t metric_table_size;

#endif
