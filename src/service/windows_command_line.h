/* SPDX-License-Identifier: MIT */
/*
 * A command line of Windows, which is one text: see "Parsing C command-line arguments" in
 * Microsoft's documentation of C.
 */
#ifndef SERVICE_WINDOWS_COMMAND_LINE_H
#define SERVICE_WINDOWS_COMMAND_LINE_H

#include "base/buffer.h"
#include "service/service_command.h"

/* Appends the words as one line, which CommandLineToArgvW() takes apart into the same words. */
void windows_command_line_append(const struct service_command *command, struct buffer *text);

#endif
