/* SPDX-License-Identifier: MIT */
/*
 * The machine's service manager: systemd, launchd or Windows'. Which one it is, the build decides;
 * service.c alone uses this, and asks for nothing that the service's state does not allow.
 */
#ifndef EXPORTER_SERVICE_MANAGER_H
#define EXPORTER_SERVICE_MANAGER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/text_error.h"
#include "exporter/service_command.h"

enum service_state {
	SERVICE_IS_ABSENT,
	SERVICE_IS_FOREIGN, /* The name is taken, and not by -svc=install. */
	SERVICE_IS_STOPPED,
	SERVICE_IS_RUNNING,
};

/* What to install. Borrowed. */
struct service_plan {
	const char *name;
	const struct service_command *command;
	const char *targets; /* The file, seen from the working directory; or NULL. */
	bool low_ports;	     /* It listens on a port below 1024. */
};

/*
 * Each of these returns 0, or a negative errno with error, and then has undone what it began.
 */

/*
 * First of all: whether there is this service manager, and the rights to command it. From then on
 * this process does not end by SIGINT, SIGTERM or SIGHUP, so that it can undo what it began: what
 * it waits for does.
 */
int service_manager_open(struct text_error *error);

/* place: gets the file, or the like, by which the service is known; also where it is to be. */
int service_manager_query(const char *name, enum service_state *state, struct buffer *place,
	struct text_error *error);

/* Makes a service that starts with the machine, and does not start it now. The name is free. */
int service_manager_install(const struct service_plan *plan, struct text_error *error);

/* Stops the service first where it is_running. */
int service_manager_uninstall(const char *name, bool is_running, struct text_error *error);

/* Waits until it runs, as far as the service manager can tell. */
int service_manager_start(const char *name, struct text_error *error);

/* Waits until it has ended. */
int service_manager_stop(const char *name, struct text_error *error);

#endif
