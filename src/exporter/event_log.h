/* SPDX-License-Identifier: MIT */
/* Windows' event log, where a service says what others say on stderr. Windows only. */
#ifndef EXPORTER_EVENT_LOG_H
#define EXPORTER_EVENT_LOG_H

#include <stddef.h>

#include "base/log.h"

/*
 * Makes source known, so that the event viewer shows its texts and nothing around them; for this
 * the rights of an administrator are needed. Returns 0 or a Windows error.
 */
unsigned long event_log_register(const char *source);

void event_log_unregister(const char *source);

/* Before the first event_log_write(). Source: a registered one. It is never closed. */
void event_log_open(const char *source);

/* Writes one event. text: UTF-8 of so many bytes. Any thread. What fails is lost. */
void event_log_write(enum log_level level, const char *text, size_t length);

#endif
