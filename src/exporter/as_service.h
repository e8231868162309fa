/* SPDX-License-Identifier: MIT */
/* -svc: the command line as a request to the service manager, and this program as its service. */
#ifndef EXPORTER_AS_SERVICE_H
#define EXPORTER_AS_SERVICE_H

#include "base/buffer.h"
#include "base/text_error.h"
#include "exporter/options.h"
#include "service/service_request.h"

/* What the options ask for. Borrows from them, and from guard, of the web configuration; NULL for none. */
struct service_request as_service_request(
	const struct options *options, const struct web_guard *guard);

/*
 * Does what -svc asks for, other than to run: service_act(). What would not run is not installed:
 * so VERB_INSTALL loads the targets and the web configuration first. Appends to said one line that says what was done.
 * Returns 0, or a negative errno with error.
 */
int as_service_act(struct options *options, struct buffer *said, struct text_error *error);

/*
 * What the service manager starts, by -svc=run: loads the targets, then run(). Returns 0 after a
 * clean end, or a negative errno with error.
 */
int as_service_run(struct options *options, struct text_error *error);

#endif
