/* SPDX-License-Identifier: MIT */
/* However a stream is cut, the same whole frames come back as for a single piece. */
#include <stdbool.h>
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
	size_t stamps;
	int error;
	unsigned char bytes[STREAM_MAX];
};

static void feed(struct echo_stream *stream, bool gives_stamps, const uint8_t *piece, size_t length,
	struct outcome *outcome)
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
	struct echo_batch batch;
	outcome->error = echo_stream_take(stream, gives_stamps, buffer, held + length, &batch);
	if (batch.whole > held + length || outcome->returned + batch.whole > STREAM_MAX ||
		batch.stamps > batch.frames)
		abort();
	for (size_t i = 0; i < batch.stamps; i++)
		if (batch.stamped[i] + (size_t)FRAME_STAMPED_SIZE > batch.whole ||
			frame_type(buffer + batch.stamped[i]) != FRAME_TYPE_STAMPED)
			abort();
	memcpy(outcome->bytes + outcome->returned, buffer, batch.whole);
	outcome->returned += batch.whole;
	outcome->frames += batch.frames;
	outcome->stamps += batch.stamps;
	free(buffer);
}

static void check(
	const struct outcome *outcome, bool gives_stamps, const uint8_t *bytes, size_t length)
{
	unsigned char expected[STREAM_MAX];
	bool has_magic = length >= FRAME_MAGIC_SIZE && frame_has_magic(bytes);
	bool is_greeted = gives_stamps && length >= HELLO_SIZE && hello_is_one(bytes);
	memcpy(expected, bytes, length);
	if (is_greeted)
		hello_accept(expected);
	else if (outcome->stamps > 0)
		abort();
	size_t size = has_magic ? FRAME_WITH_MAGIC_SIZE : FRAME_SIZE;
	if (outcome->error == 0 && !is_greeted &&
		(outcome->returned != length - length % size ||
			outcome->frames != outcome->returned / size))
		abort();
	if (is_greeted &&
		outcome->returned != HELLO_SIZE + outcome->stamps * FRAME_STAMPED_SIZE +
					     (outcome->frames - outcome->stamps) * FRAME_SIZE)
		abort();
	if (memcmp(outcome->bytes, expected, outcome->returned) != 0)
		abort();
}

/* The first byte says how the rest is cut: below 2 it gives one-byte pieces; its lowest bit, whether stamps
 * are given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > STREAM_MAX)
		return 0;
	bool gives_stamps = data[0] % 2;
	uint32_t state = data[0] / 2;
	const uint8_t *bytes = data + 1;
	size_t length = size - 1;
	struct outcome at_once = {0};
	struct outcome in_pieces = {0};
	struct echo_stream stream = {0};
	feed(&stream, gives_stamps, bytes, length, &at_once);
	stream = (struct echo_stream){0};
	for (size_t at = 0; at < length && in_pieces.error == 0;) {
		state = state * 1664525U + (data[0] > 1 ? 1013904223U : 0);
		size_t piece = 1 + (state >> 16) % 64;
		if (piece > length - at)
			piece = length - at;
		feed(&stream, gives_stamps, bytes + at, piece, &in_pieces);
		at += piece;
	}
	check(&at_once, gives_stamps, bytes, length);
	check(&in_pieces, gives_stamps, bytes, length);
	if (in_pieces.error != at_once.error || in_pieces.returned != at_once.returned ||
		in_pieces.frames != at_once.frames || in_pieces.stamps != at_once.stamps)
		abort();
	return 0;
}
