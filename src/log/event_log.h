/* SPDX-License-Identifier: MIT */
/* The event log of Windows, where a service writes what others write to stderr. Windows only. */
#ifndef LOG_EVENT_LOG_H
#define LOG_EVENT_LOG_H

#include <stddef.h>

#include "base/log.h"

/*
 * Registers a source, so that the event viewer shows its texts and nothing around them. Needs the
 * rights of an administrator. Returns 0 or a Windows error.
 */
unsigned long event_log_register(const char *source);

void event_log_unregister(const char *source);

/* Opens the log for a registered source, before the first event_log_write(). It is never closed. */
void event_log_open(const char *source);

/* Writes one event. text: length bytes of UTF-8. Any thread. An event that fails is lost. */
void event_log_write(enum log_level level, const char *text, size_t length);

#endif
