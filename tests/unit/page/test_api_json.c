/* SPDX-License-Identifier: MIT */
#include "page/api_json.h"

#include <string.h>

#include "../unit.h"

/* Compares what was appended, and empties the buffer. */
static void check_text(struct buffer *buffer, const char *expected)
{
	buffer_append(buffer, "", 1);
	ck_assert_str_eq(buffer->data, expected);
	buffer_clear(buffer);
}

START_TEST(writes_texts_and_labels)
{
	struct buffer buffer = {0};
	char text[] = "a\0b\"\\\0c\0\xc3\xa9";
	api_json_append_text(&buffer, "<\"\\>");
	check_text(&buffer, "\"<\\\"\\\\>\"");
	api_json_append_text(&buffer, NULL);
	check_text(&buffer, "null");
	api_json_append_labels(&buffer, &(const struct labels){0});
	check_text(&buffer, "{}");
	api_json_append_labels(&buffer, &(const struct labels){.text = text, .size = sizeof(text)});
	check_text(&buffer, "{\"a\":\"b\\\"\\\\\",\"c\":\"\xc3\xa9\"}");
}
END_TEST

static const struct {
	int64_t time_ns;
	const char *us;
	const char *unix_time;
} times[] = {
	{-1, "null", "null"},
	{0, "0", "null"},
	{499, "0", "0.000"},
	{500, "1", "0.000"},
	{1234567890, "1234568", "1.234"},
	{INT64_C(1795804000005999999), "1795804000006000", "1795804000.005"},
};

START_TEST(writes_times)
{
	struct buffer buffer = {0};
	api_json_append_us(&buffer, times[_i].time_ns);
	check_text(&buffer, times[_i].us);
	api_json_append_time(&buffer, times[_i].time_ns);
	check_text(&buffer, times[_i].unix_time);
}
END_TEST

static const struct {
	unsigned hundredths;
	const char *text;
} percents[] = {{0, "0"}, {1, "0.01"}, {10, "0.1"}, {99, "0.99"}, {100, "1"}, {1250, "12.5"},
	{10000, "100"}};

START_TEST(writes_percents)
{
	struct buffer buffer = {0};
	api_json_append_percent(&buffer, percents[_i].hundredths);
	check_text(&buffer, percents[_i].text);
}
END_TEST

static const struct {
	const char *says;
	struct history_step step;
	const char *text;
} steps[] = {
	{"unknown", {.is_known = false, .least = 1}, "null"},
	/* 2^(-132/8) s is 10.79 us, the end of the first bucket. */
	{"the extremes",
		{.is_known = true,
			.least = 1,
			.low = 1,
			.median = 133,
			.high = 181,
			.greatest = 181},
		"[10,10,957603,61286610,61286610,0,0,0]"},
	{"no reply", {.is_known = true, .lost = 10000, .unsent = 150, .missed = 1},
		"[null,null,null,null,null,100,75,0.5]"},
};

START_TEST(writes_steps)
{
	struct buffer buffer = {0};
	api_json_append_step(&buffer, &steps[_i].step);
	ck_assert_uint_le(buffer.length, 60);
	check_text(&buffer, steps[_i].text);
}
END_TEST

START_TEST(bounds_are_whole_microseconds)
{
	ck_assert_uint_eq(api_json_bound_us(132), 1000000);
	ck_assert_uint_eq(api_json_bound_us(0), 11);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("api_json");
	tcase_add_test(tcase, writes_texts_and_labels);
	tcase_add_loop_test(tcase, writes_times, 0, ROWS(times));
	tcase_add_loop_test(tcase, writes_percents, 0, ROWS(percents));
	tcase_add_loop_test(tcase, writes_steps, 0, ROWS(steps));
	tcase_add_test(tcase, bounds_are_whole_microseconds);
	return unit_run("page/api_json", tcase);
}
