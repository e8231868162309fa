/* SPDX-License-Identifier: MIT */
/* Runs the system's own commands, from its own folders and without our environment. */
#ifndef SERVICE_COMMAND_H
#define SERVICE_COMMAND_H

#include "base/buffer.h"
#include "base/text_error.h"

#define COMMAND_WORDS_MAX 8

/*
 * Runs a command and waits for it to end. words: at most COMMAND_WORDS_MAX, then NULL; the first is
 * a name without its folder. said: gets what the command writes, up to 64 KiB; NULL drops it.
 * Returns 0 if it exits with status 0; otherwise -ENOENT if there is no such command, -EIO if it
 * fails, or another negative errno, with error (`systemctl enable x.service: what it wrote, in one
 * line`). Signals that are blocked here are not blocked in the command.
 */
int command_run(const char *const *words, struct buffer *said, struct text_error *error);

/*
 * From now on SIGINT, SIGTERM and SIGHUP end the commands that run, but not this process, which can
 * then undo what it began.
 */
void command_hold_signals(void);

#endif
