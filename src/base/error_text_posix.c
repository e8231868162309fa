/* SPDX-License-Identifier: MIT */
#include "base/error_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void error_text(int error, char *text)
{
	/* strerror() is not safe in threads; strerror_r() is not the same everywhere, nor is %m. */
#ifdef __APPLE__
	if (strerror_r(error, text, ERROR_TEXT_MAX) != 0)
		snprintf(text, ERROR_TEXT_MAX, "error %d", error);
#else
	errno = error;
	snprintf(text, ERROR_TEXT_MAX, "%m");
#endif
}
