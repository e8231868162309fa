/* SPDX-License-Identifier: MIT */
#include "scrape/http_query.h"

#include <errno.h>
#include <stdio.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *query;
	int result;
	const char *value;
} texts[] = {
	{"nothing", "", -ENOENT, NULL},
	{"another parameter", "p=1", -ENOENT, NULL},
	{"a longer name", "qq=1", -ENOENT, NULL},
	{"a value that looks like it", "p=q=1", -ENOENT, NULL},
	{"the only one", "q=a", 0, "a"},
	{"the last of several", "p=1&q=a", 0, "a"},
	{"the first of several", "q=a&p=1", 0, "a"},
	{"between empty ones", "&&q=a&&", 0, "a"},
	{"an empty value", "q=", 0, ""},
	{"a name alone", "q&p", 0, ""},
	{"an equals sign in the value", "q=a=b", 0, "a=b"},
	{"a plus is a space", "q=a+b", 0, "a b"},
	{"an escaped plus", "q=a%2Bb", 0, "a+b"},
	{"an escaped ampersand", "q=a%26q%3db", 0, "a&q=b"},
	{"UTF-8, escaped", "q=%c3%A4", 0, "\xc3\xa4"},
	{"UTF-8 as it is", "q=\xc3\xa4", 0, "\xc3\xa4"},
	{"seven bytes", "q=1234567", 0, "1234567"},
	{"eight bytes", "q=12345678", -E2BIG, NULL},
	{"eight bytes when decoded", "q=%31%32%33%34%35%36%37%38", -E2BIG, NULL},
	{"twice", "q=a&q=a", -EEXIST, NULL},
	{"half an escape", "q=%4", -EINVAL, NULL},
	{"an escape that the next parameter cuts", "q=%4&1=2", -EINVAL, NULL},
	{"other letters", "q=%zz", -EINVAL, NULL},
	{"a NUL", "q=a%00b", -EINVAL, NULL},
	{"a line break", "q=a%0Ab", -EINVAL, NULL},
	{"half a character", "q=%c3", -EINVAL, NULL},
	{"malformed, but of another parameter", "p=%&q=a", 0, "a"},
};

START_TEST(finds_and_decodes_a_parameter)
{
	char value[8];
	int result = http_query_text(texts[_i].query, "q", value, sizeof(value));
	ck_assert_msg(result == texts[_i].result, "%s: %d", texts[_i].says, result);
	if (result == 0)
		ck_assert_msg(strcmp(value, texts[_i].value) == 0, "%s: %s", texts[_i].says, value);
}
END_TEST

static const struct {
	const char *says;
	const char *query;
	const char *names; /* Each with a semicolon behind it. */
} names[] = {
	{"none", "", ""},
	{"one", "a=1", "a;"},
	{"without a value", "a", "a;"},
	{"several", "a=1&bc=2&a=3", "a;bc;a;"},
	{"values with all sorts of things", "a=b=c&d=%26&e", "a;d;e;"},
	{"escapes stay", "%61=1", "%61;"},
	{"empty ones do not count", "&&a=1&&b&", "a;b;"},
	{"an empty name does", "=1&a=2", ";a;"},
};

START_TEST(tells_which_parameters_there_are)
{
	char found[64] = "";
	size_t end = 0;
	const char *rest = names[_i].query;
	const char *name;
	size_t length;
	while (http_query_next(&rest, &name, &length)) {
		end += (size_t)snprintf(
			found + end, sizeof(found) - end, "%.*s;", (int)length, name);
	}
	ck_assert_msg(strcmp(found, names[_i].names) == 0, "%s: %s", names[_i].says, found);
}
END_TEST

static const struct {
	const char *says;
	const char *query;
	int result;
	uint64_t number; /* 7 where it is left alone. */
} numbers[] = {
	{"absent", "m=3", -ENOENT, 7},
	{"the least", "n=1", 0, 1},
	{"the most", "n=200", 0, 200},
	{"zeros in front", "n=0020", 0, 20},
	{"too little", "n=0", -EINVAL, 7},
	{"too much", "n=201", -EINVAL, 7},
	{"more than 64 bits", "n=18446744073709551620", -EINVAL, 7},
	{"no digit", "n=", -EINVAL, 7},
	{"a sign", "n=%2B5", -EINVAL, 7},
	{"a fraction", "n=1.5", -EINVAL, 7},
	{"a unit", "n=5s", -EINVAL, 7},
	{"twice", "n=1&n=2", -EINVAL, 7},
	{"far too long", "n=0000000000000000000000000000000000000001", -EINVAL, 7},
};

START_TEST(reads_a_number)
{
	uint64_t number = 7;
	int result = http_query_number(numbers[_i].query, "n", 1, 200, &number);
	ck_assert_msg(result == numbers[_i].result, "%s: %d", numbers[_i].says, result);
	ck_assert_msg(number == numbers[_i].number, "%s", numbers[_i].says);
}
END_TEST

START_TEST(reads_the_greatest_number)
{
	uint64_t number = 0;
	ck_assert_int_eq(
		http_query_number("n=18446744073709551609", "n", 0, UINT64_MAX, &number), 0);
	ck_assert_uint_eq(number, UINT64_C(18446744073709551609));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("http_query");
	tcase_add_loop_test(tcase, finds_and_decodes_a_parameter, 0, ROWS(texts));
	tcase_add_loop_test(tcase, tells_which_parameters_there_are, 0, ROWS(names));
	tcase_add_loop_test(tcase, reads_a_number, 0, ROWS(numbers));
	tcase_add_test(tcase, reads_the_greatest_number);
	return unit_run("scrape/http_query", tcase);
}
