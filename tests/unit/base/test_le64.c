/* SPDX-License-Identifier: MIT */
#include "base/le64.h"

#include "../unit.h"

static const struct {
	const char *says;
	uint64_t value;
	unsigned char bytes[8];
} rows[] = {
	{"nothing", 0, {0}},
	{"the lowest byte comes first", 1, {1}},
	{"the highest byte comes last", UINT64_C(0x8000000000000000), {[7] = 0x80}},
	{"every byte in its place", UINT64_C(0x0102030405060708), {8, 7, 6, 5, 4, 3, 2, 1}},
	{"all bits", UINT64_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
};

START_TEST(a_number_has_these_bytes_at_any_alignment)
{
	for (size_t at = 0; at < 8; at++) {
		unsigned char memory[24] = {0};
		unsigned char expected[24] = {0};
		memcpy(expected + at, rows[_i].bytes, 8);
		le64_put(memory + at, rows[_i].value);
		ck_assert_msg(memcmp(memory, expected, sizeof(memory)) == 0, "%s", rows[_i].says);
		ck_assert_msg(le64_get(memory + at) == rows[_i].value, "%s", rows[_i].says);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("le64");
	tcase_add_loop_test(tcase, a_number_has_these_bytes_at_any_alignment, 0, ROWS(rows));
	return unit_run("base/le64", tcase);
}
