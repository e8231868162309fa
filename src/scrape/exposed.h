/* SPDX-License-Identifier: MIT */
/* What an exposition has in it, whatever its format. Pure. */
#ifndef SCRAPE_EXPOSED_H
#define SCRAPE_EXPOSED_H

#include "measure/mesh_values.h"
#include "measure/snapshot.h"
#include "measure/source_values.h"
#include "metrics/metric.h"
#include "metrics/process_values.h"

enum exposition_format {
	EXPOSITION_TEXT,	/* Prometheus text format 0.0.4. */
	EXPOSITION_OPENMETRICS, /* OpenMetrics 1.0.0. */
	EXPOSITION_PROTOBUF,	/* io.prometheus.client.MetricFamily, each after its length. */
};

/* What is running. The texts are borrowed. */
struct build_info {
	const char *version;
	const char *revision;
	const char *compiler;
};

/* What an exposition is made of. All of it is borrowed. */
struct exposition {
	enum exposition_format format;
	bool is_lean; /* Of targets only what metric.is_lean tells, and no label whose count is 0. */
	bool is_of_targets; /* Nothing else is in it. */
	bool is_native;	    /* Histograms have native buckets, too, in the format that can. */
	const struct snapshot *snapshot; /* With distributions, if it is native. */
	const struct process_values *process;
	const struct build_info *build;
	const struct source_values *sources; /* Where the targets come from. */
	size_t source_count;
	const struct mesh_values *mesh; /* NULL: there is none. */
};

/* How often a metric is in an exposition. */
enum exposition_presence {
	EXPOSITION_HAS_NONE,
	EXPOSITION_HAS_ONE,	     /* With *values: the struct of the metric's subject. */
	EXPOSITION_HAS_EACH_TARGETS, /* Where it is not absent. */
	EXPOSITION_HAS_EACH_SOURCES,
};

enum exposition_presence exposition_presence(
	const struct exposition *exposition, const struct metric *metric, const void **values);

/* Whether a label's number is left out: count is 0 in a lean exposition. Of targets alone. */
static inline bool exposition_leaves_out(
	const struct exposition *exposition, const struct metric *metric, uint64_t count)
{
	return exposition->is_lean && count == 0 && metric->value == VALUE_COUNTS;
}

#endif
