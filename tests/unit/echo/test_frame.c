/* SPDX-License-Identifier: MIT */
#include "echo/frame.h"

#include <string.h>

#include "../random.h"
#include "../unit.h"

static const struct {
	const char *says;
	struct frame frame;
	unsigned char bytes[FRAME_SIZE];
} golden[] = {
	{"the first probe at the epoch", {1, 0}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
	{"the lowest byte comes first", {0x0102030405060708, 0x1112131415161718},
		{8, 7, 6, 5, 4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11}},
	{"2023-11-14 22:13:20 UTC", {1000, INT64_C(1700000000000000000)},
		{0xe8, 0x03, 0, 0, 0, 0, 0, 0, 0x00, 0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17}},
	{"a time before 1970 is negative", {2, -2},
		{2, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	{"the largest of both", {UINT64_MAX, INT64_MAX},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0x7f}},
	{"the smallest of both", {0, INT64_MIN},
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}},
};

START_TEST(a_frame_has_exactly_these_bytes)
{
	unsigned char bytes[FRAME_SIZE];
	frame_encode(FRAME_FORMAT_PLAIN, &golden[_i].frame, bytes);
	ck_assert_msg(memcmp(bytes, golden[_i].bytes, FRAME_SIZE) == 0, "%s", golden[_i].says);
}
END_TEST

START_TEST(these_bytes_decode_to_that_frame)
{
	struct frame frame;
	frame_decode(FRAME_FORMAT_PLAIN, golden[_i].bytes, &frame);
	ck_assert_msg(frame.seq == golden[_i].frame.seq, "%s", golden[_i].says);
	ck_assert_msg(frame.unix_time_ns == golden[_i].frame.unix_time_ns, "%s", golden[_i].says);
}
END_TEST

START_TEST(any_sixteen_bytes_survive_the_round_trip_at_any_alignment)
{
	uint64_t state = 1;
	for (unsigned i = 0; i < 1000; i++) {
		unsigned char memory[FRAME_SIZE + 8];
		unsigned char again[FRAME_SIZE + 8];
		unsigned char *bytes = memory + i % 8;
		for (unsigned at = 0; at < FRAME_SIZE; at++)
			bytes[at] = (unsigned char)random_next(&state);
		struct frame frame;
		frame_decode(FRAME_FORMAT_PLAIN, bytes, &frame);
		frame_encode(FRAME_FORMAT_PLAIN, &frame, again + i % 7);
		ck_assert_mem_eq(again + i % 7, bytes, FRAME_SIZE);
	}
}
END_TEST

START_TEST(the_magic_comes_before_the_same_bytes)
{
	unsigned char bytes[FRAME_WITH_MAGIC_SIZE];
	struct frame frame = {0};
	frame_encode(FRAME_FORMAT_WITH_MAGIC, &golden[_i].frame, bytes);
	const char *says = golden[_i].says;
	ck_assert_msg(memcmp(bytes, FRAME_MAGIC, FRAME_MAGIC_SIZE) == 0, "%s", says);
	ck_assert_msg(
		memcmp(bytes + FRAME_MAGIC_SIZE, golden[_i].bytes, FRAME_SIZE) == 0, "%s", says);
	ck_assert_msg(frame_decode(FRAME_FORMAT_WITH_MAGIC, bytes, &frame), "%s", says);
	ck_assert_msg(frame.seq == golden[_i].frame.seq, "%s", says);
	ck_assert_msg(frame.unix_time_ns == golden[_i].frame.unix_time_ns, "%s", says);
}
END_TEST

START_TEST(each_byte_of_the_magic_counts)
{
	unsigned char bytes[FRAME_WITH_MAGIC_SIZE];
	struct frame frame = {.seq = 1};
	frame_encode(FRAME_FORMAT_WITH_MAGIC, &frame, bytes);
	for (size_t at = 0; at < FRAME_WITH_MAGIC_SIZE; at++) {
		bytes[at] ^= 1;
		ck_assert_int_eq(frame_decode(FRAME_FORMAT_WITH_MAGIC, bytes, &frame),
			at >= FRAME_MAGIC_SIZE);
		bytes[at] ^= 1;
	}
}
END_TEST

START_TEST(the_magic_is_eight_bytes_with_a_final_zero)
{
	ck_assert_uint_eq(sizeof(FRAME_MAGIC) - 1, FRAME_MAGIC_SIZE);
	ck_assert_mem_eq(FRAME_MAGIC, "TCPPING\0", FRAME_MAGIC_SIZE);
	ck_assert_uint_eq(FRAME_WITH_MAGIC_SIZE, 24);
	ck_assert_uint_eq(frame_size(FRAME_FORMAT_WITH_MAGIC), 24);
	ck_assert_uint_eq(frame_size(FRAME_FORMAT_PLAIN), 16);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("frame");
	tcase_add_loop_test(tcase, a_frame_has_exactly_these_bytes, 0, ROWS(golden));
	tcase_add_loop_test(tcase, these_bytes_decode_to_that_frame, 0, ROWS(golden));
	tcase_add_test(tcase, any_sixteen_bytes_survive_the_round_trip_at_any_alignment);
	tcase_add_loop_test(tcase, the_magic_comes_before_the_same_bytes, 0, ROWS(golden));
	tcase_add_test(tcase, each_byte_of_the_magic_counts);
	tcase_add_test(tcase, the_magic_is_eight_bytes_with_a_final_zero);
	return unit_run("echo/frame", tcase);
}
