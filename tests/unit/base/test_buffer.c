/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	uint64_t value;
} numbers[] = {
	{"zero", 0},
	{"one digit", 9},
	{"two digits", 10},
	{"the last with two digits", 99},
	{"three digits", 100},
	{"a zero inside", 1007},
	{"odd number of digits", 12345},
	{"power of ten", UINT64_C(10000000000000000000)},
	{"the largest", UINT64_MAX},
};

START_TEST(appends_unsigned_numbers_as_printf_does)
{
	char wanted[32];
	snprintf(wanted, sizeof(wanted), "%" PRIu64, numbers[_i].value);
	struct buffer buffer = {0};
	buffer_append_unsigned(&buffer, numbers[_i].value);
	ck_assert_msg(
		buffer.length == strlen(wanted) && memcmp(buffer.data, wanted, buffer.length) == 0,
		"%s", numbers[_i].says);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(appends_every_kind_in_order)
{
	struct buffer buffer = {0};
	buffer_append(&buffer, "a\0b", 3);
	buffer_append_text(&buffer, "-text-");
	buffer_append_unsigned(&buffer, 42);
	buffer_append_format(&buffer, "-%s-%d", "format", -7);
	static const char wanted[] = "a\0b-text-42-format--7";
	ck_assert_uint_eq(buffer.length, sizeof(wanted) - 1);
	ck_assert_mem_eq(buffer.data, wanted, buffer.length);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(appending_nothing_to_nothing_leaves_it_empty)
{
	struct buffer buffer = {0};
	buffer_append(&buffer, NULL, 0);
	buffer_append_text(&buffer, "");
	ck_assert_uint_eq(buffer.length, 0);
	ck_assert_ptr_null(buffer.data);
	ck_assert(!buffer.failed);
	size_t length = 7;
	ck_assert_ptr_null(buffer_release(&buffer, &length));
	ck_assert_uint_eq(length, 0);
}
END_TEST

START_TEST(grows_by_doubling_and_keeps_what_it_has)
{
	struct buffer buffer = {0};
	size_t growths = 0;
	for (unsigned i = 0; i < 100000; i++) {
		size_t before = buffer.capacity;
		char byte = (char)('a' + i % 26);
		buffer_append(&buffer, &byte, 1);
		growths += buffer.capacity != before;
	}
	ck_assert_uint_eq(buffer.length, 100000);
	for (unsigned i = 0; i < 100000; i++)
		ck_assert_int_eq(buffer.data[i], (char)('a' + i % 26));
	ck_assert_uint_lt(growths, 12);
	buffer_clear(&buffer);
}
END_TEST

START_TEST(formats_text_that_just_fits)
{
	/* Around the first capacity, where only the final NUL does not fit. */
	for (int length = 250; length < 262; length++) {
		struct buffer buffer = {0};
		buffer_append_format(&buffer, "%*s", length, "x");
		buffer_append_format(&buffer, "%s", "tail");
		ck_assert_uint_eq(buffer.length, (size_t)length + 4);
		ck_assert_mem_eq(buffer.data + length - 1, "xtail", 5);
		buffer_clear(&buffer);
	}
}
END_TEST

START_TEST(a_failed_buffer_stays_as_it_is_and_refuses_more)
{
	struct buffer buffer = {0};
	buffer_append_text(&buffer, "kept");
	ck_assert_int_ne(buffer_reserve(&buffer, SIZE_MAX / 2), 0);
	ck_assert(buffer.failed);
	buffer_append_text(&buffer, "x");
	buffer_append_unsigned(&buffer, 1);
	buffer_append_format(&buffer, "%d", 1);
	ck_assert_int_ne(buffer_reserve(&buffer, 1), 0);
	ck_assert_uint_eq(buffer.length, 4);
	ck_assert_mem_eq(buffer.data, "kept", 4);
	size_t length = 7;
	ck_assert_ptr_null(buffer_release(&buffer, &length));
	ck_assert_uint_eq(length, 0);
	ck_assert(!buffer.failed);
}
END_TEST

START_TEST(release_hands_the_bytes_over_and_starts_again)
{
	struct buffer buffer = {0};
	buffer_append_text(&buffer, "first");
	size_t length = 0;
	char *data = buffer_release(&buffer, &length);
	ck_assert_uint_eq(length, 5);
	ck_assert_mem_eq(data, "first", 5);
	buffer_append_text(&buffer, "second");
	ck_assert_uint_eq(buffer.length, 6);
	ck_assert_mem_eq(data, "first", 5);
	free(data);
	buffer_clear(&buffer);
	buffer_clear(&buffer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("buffer");
	tcase_add_loop_test(tcase, appends_unsigned_numbers_as_printf_does, 0, ROWS(numbers));
	tcase_add_test(tcase, appends_every_kind_in_order);
	tcase_add_test(tcase, appending_nothing_to_nothing_leaves_it_empty);
	tcase_add_test(tcase, grows_by_doubling_and_keeps_what_it_has);
	tcase_add_test(tcase, formats_text_that_just_fits);
	tcase_add_test(tcase, a_failed_buffer_stays_as_it_is_and_refuses_more);
	tcase_add_test(tcase, release_hands_the_bytes_over_and_starts_again);
	return unit_run("base/buffer", tcase);
}
