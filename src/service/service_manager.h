/* SPDX-License-Identifier: MIT */
/*
 * The machine's service manager: systemd, launchd or that of Windows. The build decides which.
 * service.c alone uses this, and asks for nothing that the service's state does not allow.
 */
#ifndef SERVICE_SERVICE_MANAGER_H
#define SERVICE_SERVICE_MANAGER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/text_error.h"
#include "service/service_command.h"
#include "service/service_request.h"

enum service_state {
	SERVICE_IS_ABSENT,
	SERVICE_IS_FOREIGN, /* The name is taken, and not by -svc=install. */
	SERVICE_IS_STOPPED,
	SERVICE_IS_RUNNING,
};

/* Each of these returns 0, or a negative errno with error after undoing what it began. */

/*
 * First of all: checks that this service manager is there, and that this process may command it.
 * From then on SIGINT, SIGTERM and SIGHUP do not end this process, so that it can undo what it
 * began; they end the commands it waits for.
 */
int service_manager_open(struct text_error *error);

/* Appends to place where the service is defined, or would be: the path of its file or the like. */
int service_manager_query(const char *name, enum service_state *state, struct buffer *place,
	struct text_error *error);

/* Makes a service that starts with the machine, without starting it now. The name is free. */
int service_manager_install(const struct service_request *request,
	const struct service_command *command, struct text_error *error);

/* is_running: stops the service first. */
int service_manager_uninstall(const char *name, bool is_running, struct text_error *error);

/* Waits until it runs, as far as the service manager can tell. */
int service_manager_start(const char *name, struct text_error *error);

/* Waits until it has ended. */
int service_manager_stop(const char *name, struct text_error *error);

#endif
