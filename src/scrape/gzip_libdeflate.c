/* SPDX-License-Identifier: MIT */
#include "scrape/gzip.h"

#include <errno.h>
#include <libdeflate.h>

/* How far expositions shrink, with some room to spare. */
#define SHRINK_FACTOR 5
#define FASTEST 1

int gzip_compress(const char *text, size_t length, struct buffer *out)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(FASTEST);
	if (!compressor)
		return -ENOMEM;
	size_t most = libdeflate_gzip_compress_bound(compressor, length);
	size_t room = length / SHRINK_FACTOR;
	size_t written = 0;
	int error = 0;
	/* It returns 0 if the result does not fit. */
	while (written == 0 && !error) {
		error = buffer_reserve(out, room);
		if (!error)
			written = libdeflate_gzip_compress(
				compressor, text, length, out->data + out->length, room);
		room = most;
	}
	out->length += written;
	libdeflate_free_compressor(compressor);
	return error;
}

const char *gzip_library(void)
{
	return "libdeflate " LIBDEFLATE_VERSION_STRING;
}
