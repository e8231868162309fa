/* SPDX-License-Identifier: MIT */
/* Errors of the Windows API, in the system's words. Windows only. */
#ifndef SERVICE_SYSTEM_ERROR_H
#define SERVICE_SYSTEM_ERROR_H

#include "base/text_error.h"

/*
 * Sets `cannot start the service: Access is denied. (Windows error 5)`. what: "start the service";
 * code: as GetLastError() returns it. Returns -EPERM, -ENOMEM or -EIO, whichever is nearest.
 */
int system_error_set(const char *what, unsigned long code, struct text_error *error);

#endif
