/* SPDX-License-Identifier: MIT */
#include "echo/echo_stream.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"

/* Longer than any stream of the table. */
#define STREAM_MAX 256

/* The outcome of a stream. */
struct outcome {
	bool is_refused; /* No stamps are given. */
	size_t returned;
	uint64_t frames;
	size_t stamps;
	size_t stamped[STREAM_MAX / FRAME_STAMPED_SIZE]; /* Where they begin in the stream. */
	int error;
	unsigned char bytes[STREAM_MAX];
};

#define F16 "abcdefghijklmnop"
#define G16 "ABCDEFGHIJKLMNOP"
#define F24 FRAME_MAGIC F16
#define G24 FRAME_MAGIC G16
#define NONCE "nonce678"
#define HELLO "TCPSTMP\1" NONCE
#define ACCEPT "TCPSTMP!" NONCE
#define P16 "abcdefg\0ijklmnop"
#define S48 "abcdefg\1ijklmnopABCDEFGHIJKLMNOPqrstuvwxyzQRSTUV"
/* The length comes before a text that may contain zeros. */
#define BYTES(text) (sizeof(text) - 1), (text)

static const struct {
	const char *says;
	size_t length;
	const char *stream;
	size_t returned;
	uint64_t frames;
	int error;
} streams[] = {
	{"nothing", BYTES(""), 0, 0, 0},
	{"a single byte", BYTES("a"), 0, 0, 0},
	{"one byte short of knowing the format", BYTES("abcdefg"), 0, 0, 0},
	{"eight bytes", BYTES("abcdefgh"), 0, 0, 0},
	{"one byte short of a frame", BYTES("abcdefghijklmno"), 0, 0, 0},
	{"a frame", BYTES(F16), 16, 1, 0},
	{"a frame and a byte", BYTES(F16 "x"), 16, 1, 0},
	{"three frames", BYTES(F16 G16 F16), 48, 3, 0},
	{"a frame of zeros", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 16, 1, 0},
	{"three frames and all but one byte of the next", BYTES(F16 G16 F16 "abcdefghijklmno"), 48,
		3, 0},
	{"the magic in a second frame of 16 bytes means nothing", BYTES(F16 F24), 32, 2, 0},
	{"part of the magic", BYTES("TCPPING"), 0, 0, 0},
	{"almost the magic is a number", BYTES("TCPPING1ijklmnop"), 16, 1, 0},
	{"just the magic", BYTES(FRAME_MAGIC), 0, 0, 0},
	{"16 bytes of a frame of 24", BYTES(FRAME_MAGIC "abcdefgh"), 0, 0, 0},
	{"a frame with magic", BYTES(F24), 24, 1, 0},
	{"a frame with magic and part of the next magic", BYTES(F24 "TCPPIN"), 24, 1, 0},
	{"three frames with magic", BYTES(F24 G24 F24), 72, 3, 0},
	{"three with magic and all but one byte of the next",
		BYTES(F24 G24 F24 FRAME_MAGIC "abcdefghijklmno"), 72, 3, 0},
	{"a bad magic in the second frame", BYTES(F24 F16 "qrstuvwx"), 24, 1, -EPROTO},
	{"a bad magic is certain with its eighth byte", BYTES(F24 "TCPPING1"), 24, 1, -EPROTO},
	{"but not with the first seven, however wrong", BYTES(F24 "abcdefg"), 24, 1, 0},
	{"a bad magic in the third frame",
		BYTES(F24 G24 "tcpping"
			      "\0" F16),
		48, 2, -EPROTO},
	{"good frames after a bad one are not echoed", BYTES(F24 F16 "qrstuvwx" F24 G24), 24, 1,
		-EPROTO},
	{"a hello in the second frame means nothing", BYTES(F16 HELLO S48), 80, 5, 0},
	{"almost a hello is a number", BYTES("TCPSTMP\2" NONCE S48), 64, 4, 0},
	{"an acceptance is a number", BYTES(ACCEPT S48), 64, 4, 0},
};

/* Those that begin with a hello. */
static const struct {
	const char *says;
	size_t length;
	const char *stream;
	size_t returned;
	uint64_t frames;
	size_t stamps;
	size_t stamped[2];
	int error;
} greeted[] = {
	{"all but a byte of a hello", BYTES("TCPSTMP\1nonce67"), 0, 0, 0, {0}, 0},
	{"a hello", BYTES(HELLO), 16, 0, 0, {0}, 0},
	{"a hello and a byte", BYTES(HELLO "a"), 16, 0, 0, {0}, 0},
	{"a frame that is not to be stamped", BYTES(HELLO P16), 32, 1, 0, {0}, 0},
	{"one that is", BYTES(HELLO S48), 64, 1, 1, {16}, 0},
	{"all but a byte of one", BYTES(HELLO "abcdefg\1ijklmnopABCDEFGHIJKLMNOPqrstuvwxyzQRSTU"),
		16, 0, 0, {0}, 0},
	{"both kinds", BYTES(HELLO P16 S48 P16 P16 S48 P16), 176, 6, 2, {32, 112}, 0},
	{"another hello is a frame like any other",
		BYTES(HELLO P16 HELLO "abcdefghijklmnopABCDEFGHIJKLMNOP"), 80, 2, 1, {32}, 0},
	{"a bad type", BYTES(HELLO S48 "abcdefg\2"), 64, 1, 1, {16}, -EPROTO},
	{"the worst type", BYTES(HELLO "abcdefg\xff"), 16, 0, 0, {0}, -EPROTO},
	{"a type is not known before its byte", BYTES(HELLO "abcdefg"), 16, 0, 0, {0}, 0},
	{"good frames after a bad one are not echoed", BYTES(HELLO "abcdefg\2" S48 P16), 16, 0, 0,
		{0}, -EPROTO},
	{"the other magic means nothing", BYTES(HELLO F24), 32, 1, 0, {0}, -EPROTO},
};

/* Feeds a piece as the server does: after what was held back. Returns whether more may come. */
static bool feed(
	struct echo_stream *stream, const char *piece, size_t length, struct outcome *outcome)
{
	unsigned char buffer[FRAME_SIZE_MAX + STREAM_MAX];
	size_t held = echo_stream_resume(stream, buffer);
	memcpy(buffer + held, piece, length);
	struct echo_batch batch;
	outcome->error =
		echo_stream_take(stream, !outcome->is_refused, buffer, held + length, &batch);
	ck_assert_uint_le(outcome->returned + batch.whole, STREAM_MAX);
	for (size_t i = 0; i < batch.stamps; i++)
		outcome->stamped[outcome->stamps++] = outcome->returned + batch.stamped[i];
	memcpy(outcome->bytes + outcome->returned, buffer, batch.whole);
	outcome->returned += batch.whole;
	outcome->frames += batch.frames;
	return outcome->error == 0;
}

static void check(const struct outcome *outcome, int row, const char *how, size_t size)
{
	ck_assert_msg(outcome->error == streams[row].error, "%s, %s %zu: error %d",
		streams[row].says, how, size, outcome->error);
	ck_assert_msg(outcome->returned == streams[row].returned, "%s, %s %zu: %zu bytes",
		streams[row].says, how, size, outcome->returned);
	ck_assert_msg(outcome->frames == streams[row].frames, "%s, %s %zu: frames",
		streams[row].says, how, size);
	ck_assert_msg(memcmp(outcome->bytes, streams[row].stream, outcome->returned) == 0,
		"%s, %s %zu: bytes changed", streams[row].says, how, size);
}

START_TEST(returns_whole_frames_in_pieces_of_any_size)
{
	size_t length = streams[_i].length;
	for (size_t size = 1; size <= length + 1; size++) {
		struct echo_stream stream = {0};
		struct outcome outcome = {0};
		size_t at = 0;
		bool goes_on = true;
		for (; goes_on && at < length; at += size) {
			size_t left = length - at;
			goes_on = feed(&stream, streams[_i].stream + at, left < size ? left : size,
				&outcome);
		}
		check(&outcome, _i, "pieces of", size);
	}
}
END_TEST

START_TEST(returns_whole_frames_however_the_stream_is_cut_in_three)
{
	const char *bytes = streams[_i].stream;
	size_t length = streams[_i].length;
	for (size_t first = 0; first <= length; first++) {
		for (size_t second = first; second <= length; second++) {
			struct echo_stream stream = {0};
			struct outcome outcome = {0};
			if (feed(&stream, bytes, first, &outcome) &&
				feed(&stream, bytes + first, second - first, &outcome))
				feed(&stream, bytes + second, length - second, &outcome);
			check(&outcome, _i, "cut at", 1000 * first + second);
		}
	}
}
END_TEST

/* Feeds one of those in two pieces. */
static void feed_greeted(int row, size_t cut, struct outcome *outcome)
{
	struct echo_stream stream = {0};
	if (feed(&stream, greeted[row].stream, cut, outcome))
		feed(&stream, greeted[row].stream + cut, greeted[row].length - cut, outcome);
}

START_TEST(after_a_hello_frames_have_a_type)
{
	for (size_t cut = 0; cut <= greeted[_i].length; cut++) {
		struct outcome outcome = {0};
		unsigned char expected[STREAM_MAX];
		const char *says = greeted[_i].says;
		feed_greeted(_i, cut, &outcome);
		memcpy(expected, greeted[_i].stream, greeted[_i].length);
		expected[7] = '!';
		ck_assert_msg(outcome.error == greeted[_i].error, "%s, cut at %zu", says, cut);
		ck_assert_msg(outcome.returned == greeted[_i].returned, "%s, cut at %zu: %zu", says,
			cut, outcome.returned);
		ck_assert_msg(outcome.frames == greeted[_i].frames, "%s, cut at %zu", says, cut);
		ck_assert_msg(outcome.stamps == greeted[_i].stamps, "%s, cut at %zu", says, cut);
		for (size_t i = 0; i < outcome.stamps; i++)
			ck_assert_msg(
				outcome.stamped[i] == greeted[_i].stamped[i], "%s, %zu", says, i);
		ck_assert_msg(memcmp(outcome.bytes, expected, outcome.returned) == 0,
			"%s, cut at %zu", says, cut);
	}
}
END_TEST

START_TEST(without_stamps_a_hello_is_a_frame_like_any_other)
{
	for (size_t cut = 0; cut <= greeted[_i].length; cut++) {
		struct outcome outcome = {.is_refused = true};
		size_t frames = greeted[_i].length / FRAME_SIZE;
		feed_greeted(_i, cut, &outcome);
		ck_assert_int_eq(outcome.error, 0);
		ck_assert_uint_eq(outcome.frames, frames);
		ck_assert_uint_eq(outcome.returned, frames * FRAME_SIZE);
		ck_assert_uint_eq(outcome.stamps, 0);
		ck_assert_mem_eq(outcome.bytes, greeted[_i].stream, outcome.returned);
	}
}
END_TEST

START_TEST(a_new_stream_holds_nothing)
{
	struct echo_stream stream = {0};
	unsigned char buffer[FRAME_SIZE_MAX];
	ck_assert_uint_eq(echo_stream_resume(&stream, buffer), 0);
}
END_TEST

START_TEST(the_unfinished_frame_comes_first_when_resuming)
{
	struct echo_stream stream = {0};
	struct outcome outcome = {0};
	unsigned char buffer[FRAME_SIZE_MAX];
	feed(&stream, F16 "xyz", FRAME_SIZE + 3, &outcome);
	ck_assert_uint_eq(echo_stream_resume(&stream, buffer), 3);
	ck_assert_mem_eq(buffer, "xyz", 3);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("echo_stream");
	tcase_add_loop_test(tcase, returns_whole_frames_in_pieces_of_any_size, 0, ROWS(streams));
	tcase_add_loop_test(
		tcase, returns_whole_frames_however_the_stream_is_cut_in_three, 0, ROWS(streams));
	tcase_add_loop_test(tcase, after_a_hello_frames_have_a_type, 0, ROWS(greeted));
	tcase_add_loop_test(
		tcase, without_stamps_a_hello_is_a_frame_like_any_other, 0, ROWS(greeted));
	tcase_add_test(tcase, a_new_stream_holds_nothing);
	tcase_add_test(tcase, the_unfinished_frame_comes_first_when_resuming);
	return unit_run("echo/echo_stream", tcase);
}
