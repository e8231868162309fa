/* SPDX-License-Identifier: MIT */
/* -svc=run: this process as the service that the service manager has started. */
#ifndef SERVICE_SERVICE_HOST_H
#define SERVICE_SERVICE_HOST_H

#include "base/text_error.h"

/* What runs as the service. Borrowed until service_host_run() returns. */
struct service_program {
	const char *name; /* The service's. */
	/*
	 * Runs until it is asked to end. log_fd: where its log goes (log/output.h). on_ready: to be
	 * called once it serves; NULL: nobody asks. Returns 0 after a clean end, or a negative
	 * errno with error.
	 */
	int (*run)(void *context, int log_fd, void (*on_ready)(void), struct text_error *error);
	void *context; /* For run(). */
	/* Asks run() to end. Called from any thread. by: what asks; static. */
	void (*ask_to_end)(const char *by);
};

/*
 * Runs the program as a service, which on Windows means in a thread of its own. Returns what its
 * run() does, or a negative errno with error where no service manager has started this process
 * though it must.
 */
int service_host_run(const struct service_program *program, struct text_error *error);

#endif
