/* SPDX-License-Identifier: MIT */
/* The program from its start to the signal that ends it. */
#ifndef EXPORTER_RUN_H
#define EXPORTER_RUN_H

#include "base/text_error.h"
#include "exporter/options.h"

/* Where it runs. */
struct run_place {
	int log_fd; /* A descriptor, or what log/output.h has instead. Borrowed. */
	void (*on_ready)(
		void); /* Its listeners are bound, its targets loaded. NULL: nobody asks. */
};

/*
 * Starts what options ask for, serves until it is asked to end, and ends within a second of it (see
 * exporter/process.h for how it is asked). A request to reload reads the targets file again; a bad
 * one changes nothing. place: NULL for stderr. Blocks the signals that it is asked by for good,
 * ignores SIGPIPE and raises the limit of open files to what is allowed. options: targets are
 * loaded. Returns 0 after a clean end, or a negative errno with error and nothing left running.
 */
int run(const struct options *options, const struct run_place *place, struct text_error *error);

#endif
