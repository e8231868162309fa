/* SPDX-License-Identifier: MIT */
/* What was measured, in a few lines for the terminal, as ping and mtr end. Pure. */
#ifndef EXPORTER_SUMMARY_H
#define EXPORTER_SUMMARY_H

#include "base/buffer.h"
#include "measure/snapshot.h"

/* With more targets there is none. */
#define SUMMARY_TARGETS_MAX 10

/*
 * Appends a line a target, below a heading: counts, loss, and round-trip times to 5 %. Nothing without targets, or
 * with too many of them. snapshot: with distributions.
 */
void summary_append(const struct snapshot *snapshot, struct buffer *buffer);

#endif
