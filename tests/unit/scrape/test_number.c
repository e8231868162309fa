/* SPDX-License-Identifier: MIT */
#include "scrape/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "../unit.h"

static const struct {
	const char *says;
	uint64_t ns;
	const char *text;
} seconds[] = {
	{"none", 0, "0"},
	{"one nanosecond", 1, "0.000000001"},
	{"microseconds", 123456, "0.000123456"},
	{"trailing zeros are dropped", 100000, "0.0001"},
	{"just below a second", 999999999, "0.999999999"},
	{"a second", 1000000000, "1"},
	{"one and a half", 1500000000, "1.5"},
	{"ten", UINT64_C(10000000000), "10"},
	{"a zero after the point", UINT64_C(1040000000), "1.04"},
	{"more digits than a double has", UINT64_C(1732310000123456789), "1732310000.123456789"},
	{"the largest value", UINT64_MAX, "18446744073.709551615"},
};

static const struct {
	const char *says;
	double value;
	const char *text;
} doubles[] = {
	{"zero", 0, "0"},
	{"one", 1, "1"},
	{"a tenth", 0.1, "0.1"},
	{"not quite three tenths", 0.1 + 0.2, "0.30000000000000004"},
	{"a third", 1.0 / 3, "0.3333333333333333"},
	{"the first RTT bound", 0.0001, "0.0001"},
	{"the last RTT bound", 1.6384, "1.6384"},
	{"the first bound of the send lag", 0.00001, "1e-05"},
	{"its eighth", 0.00008, "8e-05"},
	{"its sixteenth", 0.00016, "0.00016"},
	{"a hundred", 100, "100"},
	{"two thirds of a hundred", 200.0 / 3, "66.66666666666667"},
	{"negative", -2.5, "-2.5"},
	{"the largest", DBL_MAX, "1.7976931348623157e+308"},
	{"the least", DBL_TRUE_MIN, "5e-324"},
	{"infinity", INFINITY, "+Inf"},
	{"negative infinity", -INFINITY, "-Inf"},
	{"no number", NAN, "NaN"},
};

START_TEST(writes_seconds_exactly)
{
	char text[NUMBER_TEXT_MAX + 1];
	*number_put_seconds(text, seconds[_i].ns) = '\0';
	ck_assert_msg(strcmp(text, seconds[_i].text) == 0, "%s: %s", seconds[_i].says, text);
}
END_TEST

START_TEST(writes_doubles_in_their_shortest_form)
{
	char text[NUMBER_TEXT_MAX + 1];
	*number_put_double(text, doubles[_i].value) = '\0';
	ck_assert_msg(strcmp(text, doubles[_i].text) == 0, "%s: %s", doubles[_i].says, text);
}
END_TEST

static void check_unsigned(uint64_t value)
{
	char text[NUMBER_TEXT_MAX + 1];
	char expected[NUMBER_TEXT_MAX + 1];
	*number_put_unsigned(text, value) = '\0';
	snprintf(expected, sizeof(expected), "%" PRIu64, value);
	ck_assert_str_eq(text, expected);
}

START_TEST(writes_whole_numbers_around_every_power_of_ten)
{
	uint64_t power = 1;
	for (int digits = 1; digits <= 20; digits++, power *= 10) {
		check_unsigned(power - 1);
		check_unsigned(power);
		check_unsigned(power + 1);
		check_unsigned(power / 3 * 7);
	}
	check_unsigned(UINT64_MAX);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("number");
	tcase_add_loop_test(tcase, writes_seconds_exactly, 0, ROWS(seconds));
	tcase_add_loop_test(tcase, writes_doubles_in_their_shortest_form, 0, ROWS(doubles));
	tcase_add_test(tcase, writes_whole_numbers_around_every_power_of_ten);
	return unit_run("scrape/number", tcase);
}
