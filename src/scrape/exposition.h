/* SPDX-License-Identifier: MIT */
/* A snapshot as text for Prometheus. Pure, and fast: a target has some 45 samples, 3 KB. */
#ifndef SCRAPE_EXPOSITION_H
#define SCRAPE_EXPOSITION_H

#include "base/buffer.h"
#include "measure/snapshot.h"
#include "metrics/process_values.h"

enum exposition_format {
	EXPOSITION_TEXT,	/* Prometheus text format 0.0.4. */
	EXPOSITION_OPENMETRICS, /* OpenMetrics 1.0.0. */
};

/* What is running. The texts are borrowed. */
struct build_info {
	const char *version;
	const char *compiler;
};

/* The Content-Type of a format. Static. */
const char *exposition_content_type(enum exposition_format format);

/*
 * Appends the whole exposition: metrics in the order of their table, targets in the snapshot's.
 * Unknown values are left out, and so are metrics without any sample. Returns 0, or -ENOMEM: the
 * buffer's contents are then useless.
 */
int exposition_write(const struct snapshot *snapshot, const struct process_values *process,
	const struct build_info *build, enum exposition_format format, struct buffer *buffer);

#endif
