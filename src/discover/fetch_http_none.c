/* SPDX-License-Identifier: MIT */
#include "discover/fetch_http.h"

#include <errno.h>

bool fetch_has_http(void)
{
	return false;
}

int fetch_http(const struct fetch *fetch, struct fetched *fetched, struct text_error *error)
{
	(void)fetch;
	(void)fetched;
	text_error_set(error, 0, "this program was built without libcurl");
	return -ENOSYS;
}

void fetch_http_append_library(struct buffer *buffer)
{
	(void)buffer;
}
