/* SPDX-License-Identifier: MIT */
#include "scrape/gzip.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

/* For zlib, 16 added to the window's bits ask for gzip's header. */
#define GZIP_WINDOW_BITS (15 + 16)
#define GZIP_MEMORY_LEVEL 8

/* How far expositions shrink, with some room to spare, and the least room to reserve. */
#define SHRINK_FACTOR 8
#define STEP_MIN 4096

/* zlib counts in unsigned int; buffers may hold more. */
static uInt clipped(size_t length)
{
	return length < UINT_MAX ? (uInt)length : UINT_MAX;
}

/* Compresses all of text with a stream that is set up. */
static int run(z_stream *stream, const char *text, size_t length, struct buffer *out)
{
	int result = Z_OK;
	/* zlib never writes there, but its type lacks the const. */
	union {
		const char *text;
		Bytef *bytes;
	} input = {text};
	stream->next_in = input.bytes;
	while (result != Z_STREAM_END) {
		if (buffer_reserve(out, length / SHRINK_FACTOR + STEP_MIN) != 0)
			return -ENOMEM;
		uInt in = clipped(length);
		uInt room = clipped(out->capacity - out->length);
		stream->avail_in = in;
		stream->next_out = (Bytef *)(out->data + out->length);
		stream->avail_out = room;
		result = deflate(stream, in == length ? Z_FINISH : Z_NO_FLUSH);
		length -= in - stream->avail_in;
		out->length += room - stream->avail_out;
	}
	return 0;
}

int gzip_compress(const char *text, size_t length, struct buffer *out)
{
	z_stream stream = {0};
	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	int error = run(&stream, text, length, out);
	deflateEnd(&stream);
	return error;
}

const char *gzip_library(void)
{
	return "zlib " ZLIB_VERSION;
}
