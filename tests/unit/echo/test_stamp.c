/* SPDX-License-Identifier: MIT */
#include "echo/stamp.h"

#include <string.h>

#include "../unit.h"

START_TEST(a_hello_is_accepted_with_its_nonce)
{
	unsigned char bytes[HELLO_SIZE];
	hello_encode(UINT64_C(0x0807060504030201), bytes);
	ck_assert_mem_eq(bytes, "TCPSTMP\1\1\2\3\4\5\6\7\10", HELLO_SIZE);
	ck_assert(hello_is_one(bytes));
	ck_assert(hello_is_returned(UINT64_C(0x0807060504030201), bytes));
	ck_assert(!hello_is_returned(UINT64_C(0x0807060504030202), bytes));
	ck_assert(!hello_is_accepted(UINT64_C(0x0807060504030201), bytes));
	hello_accept(bytes);
	ck_assert_mem_eq(bytes, "TCPSTMP!\1\2\3\4\5\6\7\10", HELLO_SIZE);
	ck_assert(!hello_is_one(bytes));
	ck_assert(!hello_is_returned(UINT64_C(0x0807060504030201), bytes));
	ck_assert(hello_is_accepted(UINT64_C(0x0807060504030201), bytes));
	ck_assert(!hello_is_accepted(UINT64_C(0x8807060504030201), bytes));
}
END_TEST

/* Each field alone, and where it lies. */
static const struct {
	const char *says;
	struct stamp stamp;
	size_t at;
	size_t length;
	unsigned char bytes[8];
} fields[] = {
	{"time of receipt", {.received_unix_ns = INT64_C(0x0102030405060708)}, 16, 8,
		{8, 7, 6, 5, 4, 3, 2, 1}},
	{"residence", {.residence_ns = 0x01020304}, 24, 4, {4, 3, 2, 1}},
	{"the longest residence", {.residence_ns = UINT32_MAX}, 24, 4, {255, 255, 255, 255}},
	{"flags", {.flags = STAMP_SYNCHRONISED | STAMP_ESTIMATED | STAMP_HELD_UP}, 28, 2, {7, 0}},
	{"unknown flags", {.flags = 0x8000}, 28, 2, {0, 0x80}},
	{"version", {.version = 0x0102}, 30, 2, {2, 1}},
	{"retransmissions", {.retransmits = 0x01020304}, 32, 4, {4, 3, 2, 1}},
	{"minimum round trip", {.min_rtt_us = 0x01020304}, 36, 4, {4, 3, 2, 1}},
	{"maximum error", {.max_error_us = 0x01020304}, 40, 4, {4, 3, 2, 1}},
	{"time to live", {.ttl = 0xfe}, 44, 1, {0xfe}},
	{"codepoint", {.dscp = 0x3f}, 45, 1, {0x3f}},
	{"segment size", {.mss = 0x05b4}, 46, 2, {0xb4, 5}},
};

START_TEST(each_field_has_its_place)
{
	unsigned char frame[FRAME_STAMPED_SIZE];
	unsigned char expected[FRAME_STAMPED_SIZE] = {0};
	struct stamp found;
	memset(frame, 0xaa, sizeof(frame));
	memset(expected, 0xaa, FRAME_SIZE);
	memcpy(expected + fields[_i].at, fields[_i].bytes, fields[_i].length);
	stamp_encode(&fields[_i].stamp, frame);
	ck_assert_msg(memcmp(frame, expected, sizeof(frame)) == 0, "%s", fields[_i].says);
	stamp_decode(frame, &found);
	ck_assert_msg(memcmp(&found, &fields[_i].stamp, sizeof(found)) == 0, "%s", fields[_i].says);
}
END_TEST

START_TEST(a_type_is_no_part_of_the_number)
{
	unsigned char bytes[FRAME_SIZE];
	struct frame frame = {.seq = UINT64_MAX >> 8, .unix_time_ns = -1};
	struct frame found;
	frame_encode(FRAME_FORMAT_PLAIN, &frame, bytes);
	ck_assert_uint_eq(frame_type(bytes), FRAME_TYPE_PLAIN);
	frame_set_type(bytes, FRAME_TYPE_STAMPED);
	ck_assert_uint_eq(frame_type(bytes), FRAME_TYPE_STAMPED);
	frame_decode_typed(bytes, &found);
	ck_assert(found.seq == frame.seq && found.unix_time_ns == -1);
	ck_assert_uint_eq(frame_type_length(FRAME_TYPE_PLAIN), 16);
	ck_assert_uint_eq(frame_type_length(FRAME_TYPE_STAMPED), 48);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("stamp");
	tcase_add_test(tcase, a_hello_is_accepted_with_its_nonce);
	tcase_add_loop_test(tcase, each_field_has_its_place, 0, ROWS(fields));
	tcase_add_test(tcase, a_type_is_no_part_of_the_number);
	return unit_run("echo/stamp", tcase);
}
