/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../unit.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)

static const struct {
	const char *says;
	const char *text;
	int64_t duration_ns;
} good[] = {
	{"milliseconds", "200ms", 200 * MS},
	{"several parts", "1m30s", MINUTE + 30 * S},
	{"a fraction", "1.5h", HOUR + 30 * MINUTE},
	{"microseconds in ASCII", "250us", 250000},
	{"microseconds with the micro sign", "250\xc2\xb5s", 250000},
	{"microseconds with the Greek letter", "250\xce\xbcs", 250000},
	{"nanoseconds", "17ns", 17},
	{"zero alone needs no unit", "0", 0},
	{"signed zero too", "-0", 0},
	{"zero with a unit", "0s", 0},
	{"negative", "-1.5s", -1500 * MS},
	{"plus sign", "+5s", 5 * S},
	{"no digits before the point", ".5s", 500 * MS},
	{"no digits after the point", "5.s", 5 * S},
	{"units in any order, even twice", "1s1h1s", HOUR + 2 * S},
	{"m is minutes, ms is not", "1m1ms", MINUTE + MS},
	{"leading zeros", "0000000000000000000000001s", S},
	{"a decimal fraction is exact", "0.1s", 100 * MS},
	{"anything below a nanosecond is cut off", "1.9ns", 1},
	{"of a unit that is not decimal", "0.3333333333333333333h", INT64_C(1199999999999)},
	{"very many fraction digits", "0.10000000000000000000000000000000000001s", 100 * MS},
	{"the largest", "9223372036854775807ns", INT64_MAX},
	{"the largest as Go writes it", "2562047h47m16.854775807s", INT64_MAX},
	{"the smallest", "-9223372036854775808ns", INT64_MIN},
};

static const struct {
	const char *says;
	const char *text;
	int error;
} bad[] = {
	{"empty", "", -EINVAL},
	{"sign alone", "-", -EINVAL},
	{"two signs", "--1s", -EINVAL},
	{"a sign inside", "1h-1s", -EINVAL},
	{"no unit", "200", -EINVAL},
	{"no unit at the end", "1s200", -EINVAL},
	{"no number", "ms", -EINVAL},
	{"a point without digits", ".s", -EINVAL},
	{"two points", "1.2.3s", -EINVAL},
	{"unknown unit", "1d", -EINVAL},
	{"unit in capitals", "1MS", -EINVAL},
	{"space before", " 1s", -EINVAL},
	{"space inside", "1 s", -EINVAL},
	{"space behind", "1s ", -EINVAL},
	{"a comma instead of the point", "1,5s", -EINVAL},
	{"an exponent", "1e3s", -EINVAL},
	{"hexadecimal", "0x10s", -EINVAL},
	{"infinite", "inf", -EINVAL},
	{"half the micro sign", "1\xc2s", -EINVAL},
	{"one above the largest", "9223372036854775808ns", -ERANGE},
	{"one below the smallest", "-9223372036854775809ns", -ERANGE},
	{"a product above the largest", "2562048h", -ERANGE},
	{"a product that wraps around 64 bits", "5124096h", -ERANGE},
	{"a sum that wraps around 64 bits", "2562047h2562047h2562047h", -ERANGE},
	{"a sum above the largest", "2562047h47m16.854775808s", -ERANGE},
	{"digits beyond 64 bits", "99999999999999999999999999s", -ERANGE},
	{"2^64 does not wrap around", "18446744073709551616ns", -ERANGE},
};

static const struct {
	int64_t duration_ns;
	const char *text;
} written[] = {
	{0, "0s"},
	{1, "1ns"},
	{999, "999ns"},
	{1000, "1us"},
	{1500, "1.5us"},
	{250000, "250us"},
	{999999, "999.999us"},
	{MS, "1ms"},
	{200 * MS, "200ms"},
	{1100000, "1.1ms"},
	{1000001, "1.000001ms"},
	{S, "1s"},
	{1500 * MS, "1.5s"},
	{S + 1, "1.000000001s"},
	{59 * S, "59s"},
	{MINUTE, "1m"},
	{MINUTE + 30 * S, "1m30s"},
	{HOUR, "1h"},
	{HOUR + S, "1h1s"},
	{24 * HOUR, "24h"},
	{HOUR + 30 * MINUTE + 500 * MS, "1h30m0.5s"},
	{-1500 * MS, "-1.5s"},
	{-1, "-1ns"},
	{INT64_MAX, "2562047h47m16.854775807s"},
	{INT64_MIN, "-2562047h47m16.854775808s"},
};

START_TEST(reads_what_go_reads)
{
	int64_t duration_ns = -77;
	ck_assert_msg(duration_parse(good[_i].text, &duration_ns) == 0, "%s", good[_i].says);
	ck_assert_msg(
		duration_ns == good[_i].duration_ns, "%s: %" PRId64, good[_i].says, duration_ns);
}
END_TEST

START_TEST(refuses_the_rest_and_leaves_the_result_untouched)
{
	int64_t duration_ns = -77;
	ck_assert_msg(
		duration_parse(bad[_i].text, &duration_ns) == bad[_i].error, "%s", bad[_i].says);
	ck_assert_int_eq(duration_ns, -77);
}
END_TEST

START_TEST(writes_the_exact_value)
{
	char text[DURATION_TEXT_MAX];
	duration_format(written[_i].duration_ns, text);
	ck_assert_str_eq(text, written[_i].text);
}
END_TEST

START_TEST(reads_what_it_writes)
{
	char text[DURATION_TEXT_MAX];
	int64_t duration_ns = -77;
	duration_format(written[_i].duration_ns, text);
	ck_assert_int_eq(duration_parse(text, &duration_ns), 0);
	ck_assert_int_eq(duration_ns, written[_i].duration_ns);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("duration");
	tcase_add_loop_test(tcase, reads_what_go_reads, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses_the_rest_and_leaves_the_result_untouched, 0, ROWS(bad));
	tcase_add_loop_test(tcase, writes_the_exact_value, 0, ROWS(written));
	tcase_add_loop_test(tcase, reads_what_it_writes, 0, ROWS(written));
	return unit_run("base/duration", tcase);
}
