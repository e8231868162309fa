/* SPDX-License-Identifier: MIT */
#include "scrape/protobuf.h"

#include <string.h>

#include "../unit.h"

/* The first two are the examples of https://protobuf.dev/programming-guides/encoding/ */
static const struct {
	uint64_t number;
	size_t size;
	const char *bytes;
} varints[] = {
	{150, 2, "\x96\x01"},
	{1, 1, "\x01"},
	{0, 1, "\x00"},
	{127, 1, "\x7f"},
	{128, 2, "\x80\x01"},
	{16383, 2, "\xff\x7f"},
	{16384, 3, "\x80\x80\x01"},
	{UINT64_MAX, 10, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
};

START_TEST(writes_varints)
{
	char bytes[PROTOBUF_VARINT_MAX];
	ck_assert_uint_eq(protobuf_varint_size(varints[_i].number), varints[_i].size);
	const char *end = protobuf_put_varint(bytes, varints[_i].number);
	ck_assert_uint_eq((size_t)(end - bytes), varints[_i].size);
	ck_assert_mem_eq(bytes, varints[_i].bytes, varints[_i].size);
}
END_TEST

static const struct {
	int64_t number;
	uint64_t encoded;
} signed_numbers[] = {
	{0, 0},
	{-1, 1},
	{1, 2},
	{-2, 3},
	{0x7fffffff, 0xfffffffe},
	{-0x80000000LL, 0xffffffff},
	{INT64_MAX, UINT64_MAX - 1},
	{INT64_MIN, UINT64_MAX},
};

START_TEST(folds_signed_numbers)
{
	ck_assert_uint_eq(protobuf_zigzag(signed_numbers[_i].number), signed_numbers[_i].encoded);
}
END_TEST

START_TEST(writes_fields)
{
	char bytes[64];
	const char *end = protobuf_put_text(bytes, 2, "testing");
	ck_assert_uint_eq((size_t)(end - bytes), 9);
	ck_assert_mem_eq(bytes, "\x12\x07testing", 9);
	end = protobuf_put_number(bytes, 1, 150);
	ck_assert_uint_eq((size_t)(end - bytes), 3);
	ck_assert_mem_eq(bytes, "\x08\x96\x01", 3);
	end = protobuf_put_double(bytes, 15, 1.5);
	ck_assert_uint_eq((size_t)(end - bytes), PROTOBUF_DOUBLE_SIZE);
	ck_assert_mem_eq(bytes, "\x79\0\0\0\0\0\0\xf8\x3f", PROTOBUF_DOUBLE_SIZE);
	end = protobuf_put_head(bytes, 3, 300);
	ck_assert_uint_eq((size_t)(end - bytes), 3);
	ck_assert_mem_eq(bytes, "\x1a\xac\x02", 3);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("protobuf");
	tcase_add_loop_test(tcase, writes_varints, 0, ROWS(varints));
	tcase_add_loop_test(tcase, folds_signed_numbers, 0, ROWS(signed_numbers));
	tcase_add_test(tcase, writes_fields);
	return unit_run("scrape/protobuf", tcase);
}
