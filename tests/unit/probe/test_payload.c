/* SPDX-License-Identifier: MIT */
#include "probe/payload.h"

#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	enum frame_format format;
	bool is_stamped;
	uint32_t size;
	uint32_t padding;
} sizes[] = {
	{"no size is one frame", FRAME_FORMAT_PLAIN, false, 0, 0},
	{"one frame", FRAME_FORMAT_PLAIN, false, 16, 0},
	{"two frames", FRAME_FORMAT_PLAIN, false, 32, 1},
	{"the most", FRAME_FORMAT_PLAIN, false, 65536, 4095},
	{"less than a frame with magic is one", FRAME_FORMAT_WITH_MAGIC, false, 16, 0},
	{"one frame with magic", FRAME_FORMAT_WITH_MAGIC, false, 24, 0},
	{"what does not fit is left out", FRAME_FORMAT_WITH_MAGIC, false, 64, 1},
	{"the most with magic", FRAME_FORMAT_WITH_MAGIC, false, 65536, 2729},
	{"a stamped frame without a size", FRAME_FORMAT_PLAIN, true, 0, 0},
	{"one of its own size", FRAME_FORMAT_PLAIN, true, 48, 0},
	{"padding is as short as ever", FRAME_FORMAT_PLAIN, true, 64, 1},
	{"the most, stamped", FRAME_FORMAT_PLAIN, true, 65536, 4093},
};

START_TEST(a_probe_has_as_many_frames_as_fit)
{
	uint32_t padding = payload_padding(sizes[_i].format, sizes[_i].is_stamped, sizes[_i].size);
	ck_assert_msg(padding == sizes[_i].padding, "%s: %u", sizes[_i].says, padding);
}
END_TEST

/* Checks what lies behind a hello, if there is one. */
static void check_frames(const struct payload *payload, const unsigned char *bytes)
{
	struct frame found;
	size_t size = frame_size(payload->format);
	for (size_t i = 0; i < payload->padding; i++) {
		ck_assert(frame_decode(payload->format, bytes + i * size, &found));
		ck_assert(payload_is_padding(&found));
	}
	const unsigned char *own = bytes + payload->padding * size;
	if (payload->is_stamped) {
		static const unsigned char none[FRAME_STAMPED_SIZE - FRAME_SIZE];
		ck_assert_uint_eq(frame_type(own), FRAME_TYPE_STAMPED);
		ck_assert_mem_eq(own + FRAME_SIZE, none, sizeof(none));
		frame_decode_typed(own, &found);
	} else {
		ck_assert(frame_decode(payload->format, own, &found));
	}
	ck_assert(!payload_is_padding(&found));
	ck_assert(found.seq == 7 && found.unix_time_ns == -3);
}

START_TEST(its_own_frame_is_the_last_behind_padding)
{
	static unsigned char bytes[PAYLOAD_SIZE_MAX(65536) + 1];
	struct payload payload = {
		.frame = {.seq = 7, .unix_time_ns = -3},
		.format = sizes[_i].format,
		.is_stamped = sizes[_i].is_stamped,
		.padding = sizes[_i].padding,
		.nonce = 99,
	};
	size_t own = payload.is_stamped ? FRAME_STAMPED_SIZE : frame_size(payload.format);
	size_t length = payload.padding * frame_size(payload.format) + own;
	memset(bytes, 0xaa, sizeof(bytes));
	ck_assert_uint_eq(payload_write(&payload, bytes), length);
	ck_assert_uint_eq(bytes[length], 0xaa);
	check_frames(&payload, bytes);
	payload.has_hello = true;
	memset(bytes, 0xaa, sizeof(bytes));
	ck_assert_uint_eq(payload_write(&payload, bytes), HELLO_SIZE + length);
	ck_assert_uint_eq(bytes[HELLO_SIZE + length], 0xaa);
	ck_assert(hello_is_returned(99, bytes));
	check_frames(&payload, bytes + HELLO_SIZE);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("payload");
	tcase_add_loop_test(tcase, a_probe_has_as_many_frames_as_fit, 0, ROWS(sizes));
	tcase_add_loop_test(tcase, its_own_frame_is_the_last_behind_padding, 0, ROWS(sizes));
	return unit_run("probe/payload", tcase);
}
