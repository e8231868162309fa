/* SPDX-License-Identifier: MIT */
/* Running one of the system's own commands, from its own folders and without our environment. */
#ifndef EXPORTER_COMMAND_H
#define EXPORTER_COMMAND_H

#include "base/buffer.h"
#include "base/text_error.h"

#define COMMAND_WORDS_MAX 8

/*
 * Runs a command and waits for its end. words: end in NULL, at most COMMAND_WORDS_MAX; the first is
 * a name without folder. said: gets what it writes, up to 64 KiB; NULL to drop it. Returns 0 where
 * it ended with status 0; else -ENOENT where there is no such command, -EIO where it failed, or
 * another negative errno, with error (`systemctl enable x.service: what it wrote, in one line`).
 * Signals that are blocked here are not blocked in it.
 */
int command_run(const char *const *words, struct buffer *said, struct text_error *error);

/*
 * From now on SIGINT, SIGTERM and SIGHUP end the commands that run, and not this process, which can
 * then undo what it began.
 */
void command_hold_signals(void);

#endif
