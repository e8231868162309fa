/* SPDX-License-Identifier: MIT */
/* A metric: its name, what it tells, and where its value is. */
#ifndef METRICS_METRIC_H
#define METRICS_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "measure/histogram.h"
#include "measure/target_stats.h"
#include "metrics/process_values.h"

/* What the names of all metrics begin with, except those of the process. */
#define METRIC_PREFIX "tcp_echo"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

/* What a metric is about, and so the struct that has its value. */
enum metric_subject {
	METRIC_OF_TARGET, /* struct target_values; each target has one. */
	METRIC_OF_READING, /* struct period_values; likewise. In collectd alone, which reads at intervals. */
	METRIC_OF_PROBER,  /* struct snapshot, if targets are probed. */
	METRIC_OF_SERVER,  /* struct server_values, if an echo server runs. */
	METRIC_OF_SOURCE,  /* struct source_values; each source of targets has one. */
	METRIC_OF_MESH,	   /* struct mesh_values, of a mesh. */
	METRIC_OF_PROCESS, /* struct process_values. */
};

/* How the value is read. */
enum metric_value {
	VALUE_COUNT,	    /* The uint64_t at offset. */
	VALUE_SECONDS,	    /* The int64_t at offset, in nanoseconds. */
	VALUE_FLAG,	    /* The bool at offset: 1 or 0. */
	VALUE_REAL_SECONDS, /* The double at offset; NAN while it is unknown. */
	VALUE_REAL_PERCENT, /* Likewise, 0 to 100. */
	VALUE_COUNTS,	    /* The array of uint64_t at offset, one for each value of the label. */
	VALUE_SECONDS_EACH, /* Likewise of int64_t, in nanoseconds. */
	VALUE_HISTOGRAM,    /* The struct histogram at offset. */
	/* Nothing but native histograms, one for each value of the label: see fine. At offset is an array
	 * of int64_t, their sums in nanoseconds. */
	VALUE_DISTRIBUTIONS,
	VALUE_IN_FLIGHT,    /* target_values_in_flight() */
	VALUE_LOSS_RATIO,   /* target_values_loss(), of 1. */
	VALUE_LOSS_PERCENT, /* The same, of 100. */
	VALUE_ADDRESSES,    /* 1; its labels tell the target's addresses. */
	VALUE_BUILD,	    /* 1; its labels tell version, revision and compiler. */
};

enum metric_known {
	KNOWN_ALWAYS,
	KNOWN_WITH_TCP_INFO,   /* If the system tells what its TCP counts. */
	KNOWN_UNLESS_NEGATIVE, /* The word at offset is negative while the value is unknown. */
	KNOWN_UNLESS_ZERO, /* The word at offset, or a histogram's count, is 0 where there is none. */
	KNOWN_WHERE_STAMPED, /* If the target's peer stamps, or did. */
	KNOWN_WHERE_ALLOWED, /* Of the process: if targets may be probed on request. */
};

/* A label that tells a metric's numbers apart, such as "reason". */
struct metric_label {
	const char *name;
	unsigned count;
	const char *(*value)(unsigned number); /* number: 0 to count - 1. Static. */
};

struct metric {
	const char *name; /* As OpenMetrics has it: without "_total" and "_info". */
	const char *help; /* Whole sentences; nothing in them needs escaping. */
	enum metric_type type;
	enum metric_subject subject;
	enum metric_value value;
	enum metric_known known;
	size_t offset;			  /* In the subject's struct. */
	const struct metric_label *label; /* Of VALUE_COUNTS and VALUE_SECONDS_EACH. */
	int64_t first_bound_ns;		  /* Of VALUE_HISTOGRAM. */
	/*
	 * Where a histogram's fine buckets are; 0: it has none. A metric of targets has one or more
	 * const struct distribution * there in struct target_snapshot, one of the prober a struct
	 * distribution in struct snapshot.
	 */
	size_t fine;
	bool is_lean; /* Of a metric of targets: large fleets want it, too. */
};

/* Where the value is. values: the struct of the metric's subject. */
static inline const void *metric_at(const struct metric *metric, const void *values)
{
	return (const char *)values + metric->offset;
}

/* Whether there is none of its numbers. values: as for metric_at(). */
static inline bool metric_is_absent(const struct metric *metric, const void *values)
{
	if (metric->known == KNOWN_WHERE_STAMPED)
		return ((const struct target_values *)values)->stamped < 0;
	if (metric->known == KNOWN_WHERE_ALLOWED)
		return !((const struct process_values *)values)->probes.is_on;
	return metric->known == KNOWN_UNLESS_ZERO && metric->value == VALUE_HISTOGRAM &&
	       histogram_count(metric_at(metric, values)) == 0;
}

/* Whether there is no value: word is what lies there, of VALUE_COUNT, VALUE_SECONDS or
 * VALUE_SECONDS_EACH. */
static inline bool metric_is_unknown(const struct metric *metric, uint64_t word)
{
	return (metric->known == KNOWN_UNLESS_NEGATIVE && (int64_t)word < 0) ||
	       (metric->known == KNOWN_UNLESS_ZERO && word == 0);
}

/* What follows the name in samples: "_total", "_info" or "". Static. */
const char *metric_suffix(const struct metric *metric);

/* What OpenMetrics calls a type: "counter" and so on. Static. */
const char *metric_type_name(enum metric_type type);

/* The name's unit, as OpenMetrics has it: "seconds" and so on, or "". Static. */
const char *metric_unit(const struct metric *metric);

/* The type in the text format, which has none for information and makes it a gauge. */
enum metric_type metric_text_type(const struct metric *metric);

/*
 * A metric's numbers: a single one; one for each value of its label; or those of a histogram: its buckets, each
 * including the ones below it, then its count and its sum in seconds.
 */
#define METRIC_NUMBERS_MAX (HISTOGRAM_BUCKETS + 2)
#define METRIC_HISTOGRAM_COUNT HISTOGRAM_BUCKETS
#define METRIC_HISTOGRAM_SUM (HISTOGRAM_BUCKETS + 1)

union metric_number {
	uint64_t count;
	double value; /* NAN while unknown. */
};

/* How many numbers a metric has: 1 to METRIC_NUMBERS_MAX, or 0 of VALUE_DISTRIBUTIONS. */
unsigned metric_numbers(const struct metric *metric);

/* Whether a number is whole and only grows: then count holds it, else value. */
bool metric_is_count(const struct metric *metric, unsigned number);

/* The highest value that it can have, or NAN for no limit. */
double metric_max(const struct metric *metric);

/* Reads all of them. values: as for metric_at(); not absent. */
void metric_read(const struct metric *metric, const void *values,
	union metric_number numbers[METRIC_NUMBERS_MAX]);

#endif
