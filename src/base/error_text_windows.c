/* SPDX-License-Identifier: MIT */
#include "base/error_text.h"

#include <stdio.h>
#include <string.h>

void error_text(int error, char *text)
{
	/* Winsock's errors that have no errno begin there (net/socket_windows.c). */
	if (error >= 10000 || strerror_s(text, ERROR_TEXT_MAX, error) != 0)
		snprintf(text, ERROR_TEXT_MAX, "unknown error %d", error);
}
