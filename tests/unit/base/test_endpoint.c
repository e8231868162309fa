/* SPDX-License-Identifier: MIT */
#include "base/endpoint.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"

#define TEN "aaaaaaaaa."
#define FIFTY TEN TEN TEN TEN TEN
#define HOST_253 FIFTY FIFTY FIFTY FIFTY FIFTY "com"

static const struct {
	const char *says;
	const char *text;
	const char *host;
	enum endpoint_use use;
	uint16_t port;
} good[] = {
	{"no host", ":4000", "", ENDPOINT_TO_DIAL, 4000},
	{"a name", "example.com:80", "example.com", ENDPOINT_TO_DIAL, 80},
	{"a name with an underscore", "my_host:80", "my_host", ENDPOINT_TO_DIAL, 80},
	{"IPv4", "192.168.1.10:4000", "192.168.1.10", ENDPOINT_TO_DIAL, 4000},
	{"IPv6", "[::1]:4000", "::1", ENDPOINT_TO_DIAL, 4000},
	{"IPv6 with IPv4 inside", "[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", ENDPOINT_TO_DIAL, 1},
	{"IPv6 with a zone", "[fe80::1%eth0]:4000", "fe80::1%eth0", ENDPOINT_TO_DIAL, 4000},
	{"the smallest port", "a:1", "a", ENDPOINT_TO_DIAL, 1},
	{"the largest port", "a:65535", "a", ENDPOINT_TO_DIAL, 65535},
	{"any free port", "127.0.0.1:0", "127.0.0.1", ENDPOINT_TO_LISTEN, 0},
	{"the longest host", HOST_253 ":1", HOST_253, ENDPOINT_TO_DIAL, 1},
};

static const struct {
	const char *says;
	const char *text;
	const char *reason; /* Part of the message. */
} bad[] = {
	{"empty", "", "empty"},
	{"no colon", "host", "no port"},
	{"no port", "host:", "no port"},
	{"colon alone", ":", "no port"},
	{"port alone", "4000", "no port"},
	{"dialling port 0", "host:0", "port 0"},
	{"port above 65535", ":65536", "above 65535"},
	{"port far above 65535", ":99999", "above 65535"},
	{"port that wraps around 32 bits", ":4294967297", "above 65535"},
	{"port that wraps around 64 bits", ":18446744073709551617", "above 65535"},
	{"negative port", ":-1", "not a number"},
	{"port with a sign", ":+1", "not a number"},
	{"port in words", "host:http", "not a number"},
	{"space before the port", "host: 1", "not a number"},
	{"space after the port", "host:1 ", "not a number"},
	{"hexadecimal port", "host:0x50", "not a number"},
	{"open bracket", "[::1", "unclosed"},
	{"open bracket with port", "[::1:4000", "unclosed"},
	{"stray bracket", "::1]:4000", "more than one colon"},
	{"stray bracket in a name", "a]b:4000", "stray bracket"},
	{"bracket inside", "a[b:4000", "stray bracket"},
	{"brackets in brackets", "[[::1]]:4000", "stray bracket"},
	{"brackets without a port", "[::1]", "no port"},
	{"brackets with an empty port", "[::1]:", "no port"},
	{"text after the bracket", "[::1]x:4000", "stray bracket"},
	{"brackets around a name", "[host]:4000", "no IPv6"},
	{"brackets around IPv4", "[127.0.0.1]:4000", "no IPv6"},
	{"empty brackets", "[]:4000", "no IPv6"},
	{"an empty zone", "[fe80::1%]:4000", "no IPv6"},
	{"bare IPv6", "::1:4000", "brackets"},
	{"bare IPv6 without a port", "fe80::1", "brackets"},
	{"space", "my host:1", "white space"},
	{"tab", "my\thost:1", "white space"},
	{"newline", "host\n:1", "white space"},
	{"control character", "ho\x01st:1", "control"},
	{"delete", "ho\x7fst:1", "control"},
	{"path", "host/a:1", "'/'"},
	{"URL", "http://host:1", "more than one colon"},
	{"non-ASCII letter", "h\xc3\xb6st:1", "ASCII"},
	{"invalid UTF-8", "h\xffst:1", "ASCII"},
	{"space in brackets", "[::1 ]:1", "white space"},
	{"a host of 254 bytes", "a" HOST_253 ":1", "253"},
	{"a host of 300 bytes", HOST_253 FIFTY ":1", "253"},
};

START_TEST(reads_host_and_port)
{
	struct endpoint endpoint;
	const char *reason = "";
	ck_assert_msg(endpoint_parse(good[_i].text, good[_i].use, &endpoint, &reason) == 0,
		"%s: %s", good[_i].says, reason);
	ck_assert_str_eq(endpoint.host, good[_i].host);
	ck_assert_uint_eq(endpoint.port, good[_i].port);
}
END_TEST

START_TEST(writes_what_it_read)
{
	struct endpoint endpoint;
	const char *reason = "";
	ck_assert_int_eq(endpoint_parse(good[_i].text, good[_i].use, &endpoint, &reason), 0);
	char text[ENDPOINT_TEXT_MAX];
	endpoint_format(&endpoint, text);
	ck_assert_str_eq(text, good[_i].text);
}
END_TEST

START_TEST(refuses_with_a_reason_and_leaves_the_result_untouched)
{
	struct endpoint endpoint = {.host = "untouched", .port = 7};
	const char *reason = "";
	ck_assert_msg(endpoint_parse(bad[_i].text, ENDPOINT_TO_DIAL, &endpoint, &reason) == -EINVAL,
		"%s", bad[_i].says);
	ck_assert_msg(strstr(reason, bad[_i].reason) != NULL, "%s: %s", bad[_i].says, reason);
	ck_assert_str_eq(endpoint.host, "untouched");
	ck_assert_uint_eq(endpoint.port, 7);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("endpoint");
	tcase_add_loop_test(tcase, reads_host_and_port, 0, ROWS(good));
	tcase_add_loop_test(tcase, writes_what_it_read, 0, ROWS(good));
	tcase_add_loop_test(
		tcase, refuses_with_a_reason_and_leaves_the_result_untouched, 0, ROWS(bad));
	return unit_run("base/endpoint", tcase);
}
