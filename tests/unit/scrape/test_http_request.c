/* SPDX-License-Identifier: MIT */
#include "scrape/http_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit.h"

/* The length counts NULs in the middle. */
#define TEXT(literal) literal, sizeof(literal) - 1
#define HOST "Host: x\r\n"
#define GET "GET /metrics HTTP/1.1\r\n"
#define END "\r\n"

static const struct {
	const char *says;
	const char *head;
	size_t length;
	unsigned status;
	bool keeps;
} heads[] = {
	{"a scrape", TEXT(GET HOST END), 0, true},
	{"lines that end in LF alone", TEXT("GET / HTTP/1.1\nHost: x\n\n"), 0, true},
	{"HEAD", TEXT("HEAD / HTTP/1.1\r\n" HOST END), 0, true},
	{"another method", TEXT("PATCH / HTTP/1.1\r\n" HOST END), 0, true},
	{"OPTIONS *", TEXT("OPTIONS * HTTP/1.1\r\n" HOST END), 0, true},
	{"CONNECT", TEXT("CONNECT a:1 HTTP/1.1\r\n" HOST END), 0, true},
	{"GET *", TEXT("GET * HTTP/1.1\r\n" HOST END), 400, false},
	{"GET of an authority", TEXT("GET a:1 HTTP/1.1\r\n" HOST END), 400, false},
	{"CONNECT to a path", TEXT("CONNECT / HTTP/1.1\r\n" HOST END), 400, false},
	{"an unknown method", TEXT("BREW / HTTP/1.1\r\n" HOST END), 501, false},
	{"methods have a case", TEXT("get / HTTP/1.1\r\n" HOST END), 501, false},
	{"a method of other characters", TEXT("G(T / HTTP/1.1\r\n" HOST END), 400, false},
	{"no method", TEXT(" / HTTP/1.1\r\n" HOST END), 400, false},
	{"a method alone", TEXT("GET\r\n" END), 400, false},
	{"HTTP/0.9", TEXT("GET /metrics\r\n" END), 400, false},
	{"no target", TEXT("GET  HTTP/1.1\r\n" HOST END), 400, false},
	{"two spaces", TEXT("GET  / HTTP/1.1\r\n" HOST END), 400, false},
	{"a space in the target", TEXT("GET /a b HTTP/1.1\r\n" HOST END), 400, false},
	{"a space at the end", TEXT("GET / HTTP/1.1 \r\n" HOST END), 400, false},
	{"HTTP/1.0 closes", TEXT("GET / HTTP/1.0\r\n" END), 0, false},
	{"HTTP/1.0 may stay", TEXT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n" END), 0, true},
	{"HTTP/1.0 with two hosts", TEXT("GET / HTTP/1.0\r\n" HOST HOST END), 400, false},
	{"HTTP/1.9 is like 1.1", TEXT("GET / HTTP/1.9\r\n" HOST END), 0, true},
	{"HTTP/2.0", TEXT("GET / HTTP/2.0\r\n" HOST END), 505, false},
	{"HTTP/0.9 by name", TEXT("GET / HTTP/0.9\r\n" HOST END), 505, false},
	{"HTTP/11.1", TEXT("GET / HTTP/11.1\r\n" HOST END), 400, false},
	{"HTTP/1.10", TEXT("GET / HTTP/1.10\r\n" HOST END), 400, false},
	{"HTTP/1", TEXT("GET / HTTP/1\r\n" HOST END), 400, false},
	{"lower case", TEXT("GET / http/1.1\r\n" HOST END), 400, false},
	{"a bare CR in the first line", TEXT("GET /\rx HTTP/1.1\r\n" HOST END), 400, false},
	{"a NUL in the path", TEXT("GET /metrics\0 HTTP/1.1\r\n" HOST END), 400, false},
	{"a NUL in the version", TEXT("GET / HTTP/1.\0\r\n" HOST END), 400, false},
	{"an escaped NUL", TEXT("GET /metrics%00 HTTP/1.1\r\n" HOST END), 400, false},
	{"absolute, another host", TEXT("GET http://y/ HTTP/1.1\r\n" HOST END), 0, true},
	{"no host", TEXT(GET END), 400, false},
	{"no host, though absolute", TEXT("GET http://y/ HTTP/1.1\r\n" END), 400, false},
	{"two hosts", TEXT(GET HOST HOST END), 400, false},
	{"an empty host", TEXT(GET "Host:\r\n" END), 0, true},
	{"an invalid host", TEXT(GET "Host: a b\r\n" END), 400, false},
	{"any case, any spacing", TEXT(GET "hOST:\t x \r\n" END), 0, true},
	{"a space before the colon", TEXT(GET "Host : x\r\n" END), 400, false},
	{"a space before the name", TEXT(GET " Host: x\r\n" END), 400, false},
	{"a continued line", TEXT(GET HOST "A: b\r\n c\r\n" END), 400, false},
	{"no colon", TEXT(GET HOST "Accept\r\n" END), 400, false},
	{"no name", TEXT(GET HOST ": x\r\n" END), 400, false},
	{"a NUL in a value", TEXT(GET HOST "A: \0\r\n" END), 400, false},
	{"a NUL in a name", TEXT(GET HOST "A\0: b\r\n" END), 400, false},
	{"a bare CR in a value", TEXT(GET HOST "A: b\rc\r\n" END), 400, false},
	{"an escape sequence", TEXT(GET HOST "A: \x1b[m\r\n" END), 400, false},
	{"beyond ASCII", TEXT(GET HOST "A: \xe4\r\n" END), 0, true},
	{"Connection: close", TEXT(GET HOST "Connection: close\r\n" END), 0, false},
	{"in a list", TEXT(GET HOST "Connection: te, Close\r\n" END), 0, false},
	{"in a second line", TEXT(GET HOST "Connection: te\r\nConnection: close\r\n" END), 0,
		false},
	{"both", TEXT(GET HOST "Connection: keep-alive, close\r\n" END), 0, false},
	{"no body", TEXT(GET HOST "Content-Length: 0\r\n" END), 0, true},
	{"no body at length", TEXT(GET HOST "Content-Length: 000\r\n" END), 0, true},
	{"a body", TEXT(GET HOST "Content-Length: 5\r\n" END), 0, false},
	{"a body of any size", TEXT(GET HOST "Content-Length: 99999999999999999999999\r\n" END), 0,
		false},
	{"the same length twice", TEXT(GET HOST "Content-Length: 5\r\nContent-Length: 5\r\n" END),
		0, false},
	{"the same in a list", TEXT(GET HOST "Content-Length: 0, 0\r\n" END), 0, true},
	{"two lengths", TEXT(GET HOST "Content-Length: 0\r\nContent-Length: 5\r\n" END), 400,
		false},
	{"two in a list", TEXT(GET HOST "Content-Length: 0, 5\r\n" END), 400, false},
	{"a negative length", TEXT(GET HOST "Content-Length: -1\r\n" END), 400, false},
	{"a signed length", TEXT(GET HOST "Content-Length: +1\r\n" END), 400, false},
	{"an empty length", TEXT(GET HOST "Content-Length:\r\n" END), 400, false},
	{"chunked", TEXT(GET HOST "Transfer-Encoding: chunked\r\n" END), 0, false},
	{"chunked, any case", TEXT(GET HOST "Transfer-Encoding: Chunked\r\n" END), 0, false},
	{"chunked with a length",
		TEXT(GET HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" END), 400,
		false},
	{"chunked twice", TEXT(GET HOST "Transfer-Encoding: chunked, chunked\r\n" END), 400, false},
	{"another coding", TEXT(GET HOST "Transfer-Encoding: gzip, chunked\r\n" END), 501, false},
	{"an empty coding", TEXT(GET HOST "Transfer-Encoding:\r\n" END), 400, false},
	{"chunked HTTP/1.0", TEXT("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END), 400,
		false},
	{"an expectation", TEXT(GET HOST "Expect: 100-Continue\r\n" END), 0, true},
	{"another expectation", TEXT(GET HOST "Expect: miracles\r\n" END), 417, false},
};

START_TEST(reads_or_refuses_a_head)
{
	struct http_request request;
	char *head = malloc(heads[_i].length);
	memcpy(head, heads[_i].head, heads[_i].length);
	size_t searched = 0;
	ck_assert_msg(http_head_length(head, heads[_i].length, &searched) == heads[_i].length, "%s",
		heads[_i].says);
	struct http_refusal refusal = http_request_read(head, heads[_i].length, &request);
	ck_assert_msg(refusal.status == heads[_i].status, "%s: %u", heads[_i].says, refusal.status);
	ck_assert_msg((refusal.status != 0) == (refusal.text != NULL), "%s", heads[_i].says);
	if (refusal.status == 0)
		ck_assert_msg(request.keeps_connection == heads[_i].keeps, "%s", heads[_i].says);
	free(head);
}
END_TEST

START_TEST(finds_the_end_however_it_arrives)
{
	static const char *const texts[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET",
		"GET / HTTP/1.1\nHost: x\n\nG", "\n\n", "a\n\r\n"};
	static const size_t lengths[] = {27, 24, 2, 4};
	const char *text = texts[_i];
	size_t searched = 0;
	for (size_t length = 0; length <= strlen(text); length++) {
		size_t found = http_head_length(text, length, &searched);
		ck_assert_uint_eq(found, length < lengths[_i] ? 0 : lengths[_i]);
		size_t anew = 0;
		ck_assert_uint_eq(http_head_length(text, length, &anew), found);
	}
}
END_TEST

static const struct {
	const char *says;
	const char *start;
	char fill;	 /* What follows, */
	size_t length;	 /* up to this length in all. */
	unsigned status; /* 0: it may still become a head. */
} starts[] = {
	{"nothing", "", 'x', 0, 0},
	{"a method", "GE", 'T', 3, 0},
	{"half an empty line", "\r", '\r', 1, 0},
	{"CR and something else", "\rG", 'x', 2, 400},
	{"TLS", "\x16\x03\x01", 'x', 200, 400},
	{"a NUL", "", '\0', 1, 400},
	{"a space", " GET", 'x', 4, 400},
	{"a long line", "GET /", 'x', HTTP_LINE_MAX - 1, 0},
	{"a line too long", "GET /", 'x', HTTP_LINE_MAX, 414},
	{"long headers", "GET / HTTP/1.1\r\nA: ", 'x', HTTP_HEAD_MAX - 1, 0},
	{"headers too long", "GET / HTTP/1.1\r\nA: ", 'x', HTTP_HEAD_MAX, 431},
};

START_TEST(refuses_as_soon_as_it_is_hopeless)
{
	size_t start = strlen(starts[_i].start);
	size_t length = starts[_i].length;
	char *text = malloc(length + 1);
	memset(text, starts[_i].fill, length);
	memcpy(text, starts[_i].start, start < length ? start : length);
	ck_assert_msg(
		http_head_check(text, length).status == starts[_i].status, "%s", starts[_i].says);
	free(text);
}
END_TEST

START_TEST(a_whole_first_line_may_be_too_long_as_well)
{
	char head[HTTP_LINE_MAX + 64];
	struct http_request request;
	int length = snprintf(
		head, sizeof(head), "GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", (int)HTTP_LINE_MAX, 0);
	ck_assert_uint_eq(http_request_read(head, (size_t)length, &request).status, 414);
}
END_TEST

START_TEST(merges_the_wishes_of_several_lines)
{
	char head[] =
		GET HOST "Accept: text/plain;q=0.5\r\nAccept-Encoding: br\r\n"
			 "accept: application/openmetrics-text\r\naccept-encoding: gzip\r\n" END;
	struct http_request request;
	ck_assert_uint_eq(http_request_read(head, sizeof(head) - 1, &request).status, 0);
	ck_assert_int_eq(negotiation_format(&request.wishes), EXPOSITION_OPENMETRICS);
	ck_assert(negotiation_takes_gzip(&request.wishes));
	ck_assert_str_eq(request.path, "/metrics");
	ck_assert_int_eq(request.method, HTTP_METHOD_GET);
}
END_TEST

START_TEST(counts_the_empty_lines_before_a_request)
{
	ck_assert_uint_eq(http_empty_lines("\r\n\n\r\nGET", 8), 5);
	ck_assert_uint_eq(http_empty_lines("\r", 1), 0);
	ck_assert_uint_eq(http_empty_lines("GET", 3), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("http_request");
	tcase_add_loop_test(tcase, reads_or_refuses_a_head, 0, ROWS(heads));
	tcase_add_loop_test(tcase, finds_the_end_however_it_arrives, 0, 4);
	tcase_add_loop_test(tcase, refuses_as_soon_as_it_is_hopeless, 0, ROWS(starts));
	tcase_add_test(tcase, a_whole_first_line_may_be_too_long_as_well);
	tcase_add_test(tcase, merges_the_wishes_of_several_lines);
	tcase_add_test(tcase, counts_the_empty_lines_before_a_request);
	return unit_run("scrape/http_request", tcase);
}
