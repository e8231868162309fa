/* SPDX-License-Identifier: MIT */
/* -svc: this program as a service of the machine, whichever service manager that has. */
#ifndef EXPORTER_SERVICE_H
#define EXPORTER_SERVICE_H

#include "base/buffer.h"
#include "base/text_error.h"
#include "exporter/options.h"

/*
 * Installs, uninstalls, starts or stops the service of the options' name. Appends to said one line
 * that says what was done. options: its action is OPTIONS_SERVICE, and to install its targets are
 * loaded. Returns 0, or a negative errno with error; then all is as it was before. Blocks SIGINT,
 * SIGTERM and SIGHUP while it changes something, so that it can take back what it has begun.
 */
int service_act(const struct options *options, struct buffer *said, struct text_error *error);

/*
 * What the service manager starts, by -svc=run: loads the targets, then run() (exporter/run.h).
 * Returns 0 after a clean end, or a negative errno with error.
 */
int service_run(struct options *options, struct text_error *error);

#endif
