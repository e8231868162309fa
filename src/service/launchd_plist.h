/* SPDX-License-Identifier: MIT */
/* The text of a property list for launchd, by launchd.plist(5). */
#ifndef SERVICE_LAUNCHD_PLIST_H
#define SERVICE_LAUNCHD_PLIST_H

#include "base/buffer.h"
#include "base/text_error.h"
#include "service/service_command.h"

/*
 * Whether a property list can hold the command. Returns 0, or -EILSEQ with an error that quotes the
 * word.
 */
int launchd_plist_check(const struct service_command *command, struct text_error *error);

/*
 * Appends the property list, with SERVICE_MARK near its beginning. command: one that
 * launchd_plist_check() accepts. log: the path of the file that gets the log; UTF-8.
 */
void launchd_plist_append(const char *name, const struct service_command *command, const char *log,
	struct buffer *text);

#endif
