/* SPDX-License-Identifier: MIT */
/* What runs between the plugin's init and its shutdown. */
#ifndef COLLECTD_RUNTIME_H
#define COLLECTD_RUNTIME_H

#include <stdint.h>

#include "base/text_error.h"
#include "collectd/plugin_config.h"
#include "collectd/readings.h"
#include "metrics/process_values.h"

struct runtime;

/*
 * Reads the targets file; starts the engine, the HTTP front if it is configured, and a thread that
 * talks to the daemon: it dispatches log lines and notifications, so that no measuring thread ever
 * waits for other plugins, and watches the targets file. To be called in the daemon's context of the
 * plugin, as its callbacks are. config is borrowed until runtime_stop()
 * returns. Returns 0 with *runtime owned by the caller, or a negative errno with error set and
 * nothing left running.
 */
int runtime_start(
	const struct plugin_config *config, struct runtime **runtime, struct text_error *error);

/*
 * Takes a reading, and notifies of loss that it shows. Borrowed until the next one; NULL when out of
 * memory. One caller at a time.
 */
const struct readings *runtime_read(struct runtime *runtime);

/* Tells of the mesh. Returns false where there is none. */
bool runtime_read_mesh(const struct runtime *runtime, struct mesh_values *mesh);

/* Tells of each source of targets. values: TARGET_SOURCES_MAX. Returns how many there are. */
size_t runtime_read_sources(const struct runtime *runtime, struct source_values *values);

/* Fills in what process_values_read() leaves to the caller. */
void runtime_read_process(const struct runtime *runtime, struct process_values *process);

/* Ends every thread, dispatches what is still queued, and frees it all. NULL is accepted. */
void runtime_stop(struct runtime *runtime);

#endif
