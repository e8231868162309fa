/* SPDX-License-Identifier: MIT */
#include "scrape/http_answer.h"

#include "../unit.h"

/* Sun, 06 Nov 1994 08:49:37 GMT: RFC 9110 section 5.6.7. */
static const struct wall_time now = {.unix_ns = INT64_C(784111777) * NS_PER_S};

static void check_head(const struct http_answer *answer, bool keeps, const char *expected)
{
	struct buffer head = {0};
	http_answer_append_head(answer, keeps, now, &head);
	buffer_append(&head, "", 1);
	ck_assert_str_eq(head.data, expected);
	buffer_clear(&head);
}

START_TEST(an_error_is_one_line_of_text)
{
	struct http_answer answer = {.is_negotiated = true, .allow = "PUT"};
	buffer_append_text(&answer.body, "half a page");
	http_answer_write_text(&answer, 404, "No such page.");
	ck_assert_uint_eq(answer.body.length, 14);
	ck_assert_mem_eq(answer.body.data, "No such page.\n", 14);
	check_head(&answer, false,
		"HTTP/1.1 404 Not Found\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Connection: close\r\n"
		"Content-Length: 14\r\n\r\n");
	http_answer_clear(&answer);
}
END_TEST

START_TEST(all_headers_are_written)
{
	struct http_answer answer = {
		.status = 200,
		.content_type = "text/html",
		.policy = "default-src 'none'",
		.allow = "GET",
		.caching = "no-cache",
		.etag = "W/\"1\"",
		.is_negotiated = true,
		.is_compressed = true,
	};
	check_head(&answer, true,
		"HTTP/1.1 200 OK\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"Content-Type: text/html\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Content-Security-Policy: default-src 'none'\r\n"
		"Allow: GET\r\n"
		"Cache-Control: no-cache\r\n"
		"ETag: W/\"1\"\r\n"
		"Vary: Accept, Accept-Encoding\r\n"
		"Content-Encoding: gzip\r\n"
		"Connection: keep-alive\r\n"
		"Content-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(what_is_unchanged_has_no_body)
{
	struct http_answer answer = {
		.status = 200,
		.content_type = "text/css",
		.caching = "no-cache",
		.etag = "W/\"1\"",
		.is_negotiated = true,
		.is_compressed = true,
	};
	buffer_append_text(&answer.body, "the style");
	http_answer_write_unchanged(&answer);
	ck_assert_uint_eq(answer.body.length, 0);
	check_head(&answer, true,
		"HTTP/1.1 304 Not Modified\r\n"
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Cache-Control: no-cache\r\n"
		"ETag: W/\"1\"\r\n"
		"Vary: Accept, Accept-Encoding\r\n"
		"Connection: keep-alive\r\n\r\n");
	http_answer_clear(&answer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("http_answer");
	tcase_add_test(tcase, an_error_is_one_line_of_text);
	tcase_add_test(tcase, all_headers_are_written);
	tcase_add_test(tcase, what_is_unchanged_has_no_body);
	return unit_run("scrape/http_answer", tcase);
}
