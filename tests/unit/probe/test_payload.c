/* SPDX-License-Identifier: MIT */
#include "probe/payload.h"

#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	enum frame_format format;
	uint32_t size;
	size_t frames;
} sizes[] = {
	{"no size is one frame", FRAME_FORMAT_PLAIN, 0, 1},
	{"one frame", FRAME_FORMAT_PLAIN, 16, 1},
	{"two frames", FRAME_FORMAT_PLAIN, 32, 2},
	{"the most", FRAME_FORMAT_PLAIN, 65536, 4096},
	{"less than a frame with magic is one", FRAME_FORMAT_WITH_MAGIC, 16, 1},
	{"one frame with magic", FRAME_FORMAT_WITH_MAGIC, 24, 1},
	{"what does not fit is left out", FRAME_FORMAT_WITH_MAGIC, 64, 2},
	{"the most with magic", FRAME_FORMAT_WITH_MAGIC, 65536, 2730},
};

START_TEST(a_probe_has_as_many_frames_as_fit)
{
	size_t frames = payload_frames(sizes[_i].format, sizes[_i].size);
	ck_assert_msg(frames == sizes[_i].frames, "%s: %zu", sizes[_i].says, frames);
}
END_TEST

START_TEST(its_own_frame_is_the_last_behind_padding)
{
	static unsigned char bytes[65536 + 1];
	const struct frame frame = {.seq = 7, .unix_time_ns = -3};
	enum frame_format format = sizes[_i].format;
	size_t frames = sizes[_i].frames;
	memset(bytes, 0xaa, sizeof(bytes));
	size_t length = payload_write(format, &frame, frames, bytes);
	ck_assert_uint_eq(length, frames * frame_size(format));
	ck_assert_uint_eq(bytes[length], 0xaa);
	for (size_t i = 0; i < frames; i++) {
		struct frame found;
		ck_assert(frame_decode(format, bytes + i * frame_size(format), &found));
		ck_assert_int_eq(payload_is_padding(&found), i + 1 < frames);
		if (i + 1 == frames)
			ck_assert(found.seq == 7 && found.unix_time_ns == -3);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("payload");
	tcase_add_loop_test(tcase, a_probe_has_as_many_frames_as_fit, 0, ROWS(sizes));
	tcase_add_loop_test(tcase, its_own_frame_is_the_last_behind_padding, 0, ROWS(sizes));
	return unit_run("probe/payload", tcase);
}
