/* SPDX-License-Identifier: MIT */
/* The command line of a service, and what service managers want to read of it. */
#ifndef EXPORTER_SERVICE_COMMAND_H
#define EXPORTER_SERVICE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/text_error.h"
#include "exporter/options.h"

/* The program, and -svc and -name besides what may be given. */
#define SERVICE_WORDS_MAX (OPTIONS_GIVEN_MAX + 3)

/* By these words files are known as this program's own. */
#define SERVICE_MARK "Written by tcp-echo-metrics -svc=install"

/* Stored by the caller. */
struct service_command {
	char *words[SERVICE_WORDS_MAX]; /* Owned. The first is the program. */
	size_t count;
};

/*
 * Makes the command line that a service runs: program, then what was given, files by their absolute
 * paths, then -svc=run and the name. *command: all zero. Release it in any case. Returns 0, or a
 * negative errno with error.
 */
int service_command_make(const char *program, const struct options *options,
	struct service_command *command, struct text_error *error);

/* Adds a word: "text", or "-text=value" where there is a value. Returns 0 or -ENOMEM. */
int service_command_add(struct service_command *command, const char *text, const char *value);

void service_command_clear(struct service_command *command);

/* What a unit is made of. */
struct service_unit {
	const char *name;
	const struct service_command *command;
	bool notifies; /* This build tells systemd how it goes. */
	/* Anyone may read the files that the words name: so it needs no rights, and gets none. */
	bool is_for_anyone;
	bool low_ports;
};

/* Appends the text of a unit of systemd, which begins with a comment with SERVICE_MARK. */
void service_unit_append(const struct service_unit *unit, struct buffer *text);

/* Appends one word of ExecStart=, by the rules of systemd.service(5). */
void service_systemd_word_append(const char *word, bool is_program, struct buffer *text);

/* Appends a property list for launchd, with SERVICE_MARK. Words: UTF-8 without control
 * characters. log: the path of a file for what is logged. */
void service_plist_append(const char *name, const struct service_command *command, const char *log,
	struct buffer *text);

/* Appends the words as one line that CommandLineToArgvW() of Windows takes apart again. */
void service_windows_line_append(const struct service_command *command, struct buffer *text);

#endif
