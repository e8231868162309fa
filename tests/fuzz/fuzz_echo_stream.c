/* SPDX-License-Identifier: MIT */
/* However a stream is cut, the same whole frames come back as for a single piece. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "echo/echo_stream.h"

#define STREAM_MAX 4096

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	size_t returned;
	uint64_t frames;
	int error;
	unsigned char bytes[STREAM_MAX];
};

static void feed(
	struct echo_stream *stream, const uint8_t *piece, size_t length, struct outcome *outcome)
{
	unsigned char partial[FRAME_SIZE_MAX];
	size_t held = echo_stream_resume(stream, partial);
	if (held >= FRAME_SIZE_MAX)
		abort();
	/* Of the exact size, so that reading beyond it is caught. */
	unsigned char *buffer = malloc(held + length);
	if (!buffer)
		return;
	memcpy(buffer, partial, held);
	memcpy(buffer + held, piece, length);
	size_t whole;
	uint64_t frames;
	outcome->error = echo_stream_take(stream, buffer, held + length, &whole, &frames);
	if (whole > held + length || outcome->returned + whole > STREAM_MAX)
		abort();
	memcpy(outcome->bytes + outcome->returned, buffer, whole);
	outcome->returned += whole;
	outcome->frames += frames;
	free(buffer);
}

static void check(const struct outcome *outcome, const uint8_t *bytes, size_t length)
{
	if (outcome->error == 0) {
		size_t size = length >= FRAME_MAGIC_SIZE &&
					      memcmp(bytes, FRAME_MAGIC, FRAME_MAGIC_SIZE) == 0
				      ? FRAME_WITH_MAGIC_SIZE
				      : FRAME_SIZE;
		if (outcome->returned != length - length % size)
			abort();
		if (outcome->frames != outcome->returned / size)
			abort();
	}
	if (memcmp(outcome->bytes, bytes, outcome->returned) != 0)
		abort();
}

/* The first byte says how the rest is cut: 0 gives one-byte pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > STREAM_MAX)
		return 0;
	uint32_t state = data[0];
	const uint8_t *bytes = data + 1;
	size_t length = size - 1;
	struct outcome at_once = {0};
	struct outcome in_pieces = {0};
	struct echo_stream stream = {0};
	feed(&stream, bytes, length, &at_once);
	stream = (struct echo_stream){0};
	for (size_t at = 0; at < length && in_pieces.error == 0;) {
		state = state * 1664525U + (data[0] ? 1013904223U : 0);
		size_t piece = 1 + (state >> 16) % 64;
		if (piece > length - at)
			piece = length - at;
		feed(&stream, bytes + at, piece, &in_pieces);
		at += piece;
	}
	check(&at_once, bytes, length);
	check(&in_pieces, bytes, length);
	if (in_pieces.error != at_once.error || in_pieces.returned != at_once.returned ||
		in_pieces.frames != at_once.frames)
		abort();
	return 0;
}
