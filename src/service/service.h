/* SPDX-License-Identifier: MIT */
/* -svc: this program as a service of the machine, whichever service manager that has. */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "base/buffer.h"
#include "base/text_error.h"
#include "service/service_request.h"

/*
 * Installs, uninstalls, starts or stops the service that the request names. Appends to said one
 * line that says what was done. Returns 0, or a negative errno with error; then everything is as it
 * was before. From then on SIGINT, SIGTERM and SIGHUP are blocked, so that it can undo what it
 * began.
 */
int service_act(
	const struct service_request *request, struct buffer *said, struct text_error *error);

#endif
