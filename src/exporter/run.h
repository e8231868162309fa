/* SPDX-License-Identifier: MIT */
/* The program from its start to the signal that ends it. */
#ifndef EXPORTER_RUN_H
#define EXPORTER_RUN_H

#include "base/text_error.h"
#include "exporter/options.h"

/*
 * Starts what the options ask for, serves until it is asked to end (exporter/process.h), and ends
 * within a second of that. A request to reload reads the targets file again; a bad file changes
 * nothing. options: with targets loaded. log_fd: a descriptor, or what log/output.h has in place of
 * one; borrowed. on_ready: called once its listeners are bound and it probes; NULL: nobody asks.
 * Blocks the signals that ask it, for good, ignores SIGPIPE, and raises the limit of open files as
 * far as is allowed. Returns 0 after a clean end, or a negative errno with error and nothing left
 * running.
 */
int run(const struct options *options, int log_fd, void (*on_ready)(void),
	struct text_error *error);

#endif
