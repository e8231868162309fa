/* SPDX-License-Identifier: MIT */
#include "base/error_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void error_text(int error, char *text)
{
	/* strerror() is not safe in threads; strerror_r() and %m are not the same everywhere. */
#ifdef __APPLE__
	if (strerror_r(error, text, ERROR_TEXT_MAX) != 0)
		snprintf(text, ERROR_TEXT_MAX, "unknown error %d", error);
#else
	errno = error;
	snprintf(text, ERROR_TEXT_MAX, "%m");
#endif
}
