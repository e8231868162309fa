/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

#include "../unit.h"

/* draft-eastlake-fnv, appendix C. */
static const struct {
	const char *text;
	uint64_t hash;
} texts[] = {
	{"", UINT64_C(0xcbf29ce484222325)},
	{"a", UINT64_C(0xaf63dc4c8601ec8c)},
	{"foobar", UINT64_C(0x85944171f73967e8)},
};

START_TEST(fnv1a_has_the_values_of_the_draft)
{
	const char *text = texts[_i].text;
	ck_assert_msg(fnv1a_64(FNV1A_64_START, text, strlen(text)) == texts[_i].hash, "%s", text);
}
END_TEST

START_TEST(fnv1a_may_be_fed_in_pieces)
{
	uint64_t state = fnv1a_64(FNV1A_64_START, "foo", 3);
	state = fnv1a_64(state, "", 0);
	ck_assert_uint_eq(fnv1a_64(state, "bar", 3), UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(bytes_beyond_ascii_are_not_negative)
{
	ck_assert_uint_eq(fnv1a_64(0, "\xff", 1), UINT64_C(0xff) * UINT64_C(1099511628211));
}
END_TEST

/* The first numbers that splitmix64.c yields from the seed 1234567. */
static const uint64_t sequence[] = {
	UINT64_C(6457827717110365317),
	UINT64_C(3203168211198807973),
	UINT64_C(9817491932198370423),
};

START_TEST(splitmix64_yields_the_known_sequence)
{
	uint64_t state = 1234567 + (uint64_t)(_i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	ck_assert_uint_eq(splitmix64(state), sequence[_i]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("hash");
	tcase_add_loop_test(tcase, fnv1a_has_the_values_of_the_draft, 0, ROWS(texts));
	tcase_add_test(tcase, fnv1a_may_be_fed_in_pieces);
	tcase_add_test(tcase, bytes_beyond_ascii_are_not_negative);
	tcase_add_loop_test(tcase, splitmix64_yields_the_known_sequence, 0, ROWS(sequence));
	return unit_run("base/hash", tcase);
}
