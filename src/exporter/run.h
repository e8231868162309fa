/* SPDX-License-Identifier: MIT */
/* The program from its start to the signal that ends it. */
#ifndef EXPORTER_RUN_H
#define EXPORTER_RUN_H

#include "base/text_error.h"
#include "exporter/options.h"

/*
 * Starts what options ask for, serves until SIGINT or SIGTERM, and ends within a second of it.
 * SIGHUP reads the targets file again; a bad one changes nothing. Logs to stderr. Blocks those
 * signals for good, ignores SIGPIPE and raises the limit of open files to what is allowed. options:
 * targets are loaded. Returns 0 after a clean end, or a negative errno with error and nothing left
 * running.
 */
int run(const struct options *options, struct text_error *error);

#endif
