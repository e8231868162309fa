/* SPDX-License-Identifier: MIT */
/* The text of a unit of systemd, by systemd.unit(5), systemd.service(5) and systemd.exec(5). */
#ifndef SERVICE_SYSTEMD_UNIT_H
#define SERVICE_SYSTEMD_UNIT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/text_error.h"
#include "service/service_command.h"

/* What a unit is made of. Borrowed. */
struct systemd_unit {
	const char *name;
	const struct service_command *command;
	bool notifies; /* This build tells systemd its state: sd_notify(3). */
	/* Anyone may use the files that the command names: so it needs no rights, and gets none. */
	bool is_for_anyone;
	bool low_ports; /* It listens on a port below 1024. */
};

/* Whether a unit can hold the command. Returns 0, or -EILSEQ with an error that quotes the word. */
int systemd_unit_check(const struct service_command *command, struct text_error *error);

/* Appends the unit. It begins with a comment that has SERVICE_MARK. */
void systemd_unit_append(const struct systemd_unit *unit, struct buffer *text);

/* Appends one word of ExecStart=. is_program: its first, in which no variables are expanded. */
void systemd_unit_append_word(const char *word, bool is_program, struct buffer *text);

#endif
