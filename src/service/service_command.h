/* SPDX-License-Identifier: MIT */
/* The command line by which a service manager starts the program. */
#ifndef SERVICE_SERVICE_COMMAND_H
#define SERVICE_SERVICE_COMMAND_H

#include <stddef.h>

#include "base/text_error.h"
#include "service/service_request.h"

/* The program, its flags, -svc=run and -name. */
#define SERVICE_WORDS_MAX (SERVICE_FLAGS_MAX + 3)

/* Marks the files of -svc=install. It must never change: there are files with it. */
#define SERVICE_MARK "Written by tcp-echo-metrics -svc=install"

/* Stored by the caller. */
struct service_command {
	char *words[SERVICE_WORDS_MAX]; /* Owned. The first is the program. */
	size_t count;
};

/*
 * Makes the command line of the service: program, the request's flags with absolute paths, -svc=run
 * and the name. *command: all zero; release it in any case. Returns 0, or a negative errno with
 * error.
 */
int service_command_make(const char *program, const struct service_request *request,
	struct service_command *command, struct text_error *error);

/* Adds a word: "text", or "-text=value" where there is a value. Returns 0 or -ENOMEM. */
int service_command_add(struct service_command *command, const char *text, const char *value);

void service_command_clear(struct service_command *command);

#endif
