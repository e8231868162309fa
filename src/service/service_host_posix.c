/* SPDX-License-Identifier: MIT */
#include "service/service_host.h"

#include <unistd.h>

/* systemd and launchd start a process like any other, and end it by SIGTERM. */
int service_host_run(const struct service_program *program, struct text_error *error)
{
	return program->run(program->context, STDERR_FILENO, NULL, error);
}
