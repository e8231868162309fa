/* SPDX-License-Identifier: MIT */
#include "base/error_text.h"

#include <errno.h>
#include <stdio.h>

void error_text(int error, char *text)
{
	/* strerror() is not safe in threads, and strerror_r() not the same everywhere. */
	errno = error;
	snprintf(text, ERROR_TEXT_MAX, "%m");
}
