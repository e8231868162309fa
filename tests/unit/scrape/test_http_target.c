/* SPDX-License-Identifier: MIT */
#include "scrape/http_target.h"

#include <string.h>

#include "../unit.h"

/* The length counts NULs in the middle. */
#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
	const char *says;
	const char *target;
	size_t length;
	enum http_target form;
	const char *path;  /* Of HTTP_TARGET_PATH. */
	const char *query; /* NULL: empty. */
} targets[] = {
	{"a path", TEXT("/metrics"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"the root", TEXT("/"), HTTP_TARGET_PATH, "/", NULL},
	{"a query", TEXT("/metrics?a=b&c"), HTTP_TARGET_PATH, "/metrics", "a=b&c"},
	{"an empty query", TEXT("/metrics?"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"a query of queries", TEXT("/metrics?a?b=/c%zz"), HTTP_TARGET_PATH, "/metrics",
		"a?b=/c%zz"},
	{"a query of the root", TEXT("/?x"), HTTP_TARGET_PATH, "/", "x"},
	{"two slashes are another path", TEXT("//metrics"), HTTP_TARGET_PATH, "//metrics", NULL},
	{"a slash at the end, too", TEXT("/metrics/"), HTTP_TARGET_PATH, "/metrics/", NULL},
	{"an escaped letter", TEXT("/%6Detrics"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"all escaped", TEXT("/%6d%65%74%72%69%63%73"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"an escaped dash", TEXT("/%2D/ready"), HTTP_TARGET_PATH, "/-/ready", NULL},
	{"an escaped slash is no separator", TEXT("/-%2fready"), HTTP_TARGET_PATH, "/-%2Fready",
		NULL},
	{"an escaped question mark", TEXT("/metrics%3Fa"), HTTP_TARGET_PATH, "/metrics%3Fa", NULL},
	{"an escape is decoded once", TEXT("/%256Detrics"), HTTP_TARGET_PATH, "/%256Detrics", NULL},
	{"dots are another path", TEXT("/../metrics"), HTTP_TARGET_PATH, "/../metrics", NULL},
	{"beyond ASCII", TEXT("/m\xc3\xa4"), HTTP_TARGET_PATH, "/m\xc3\xa4", NULL},
	{"an escaped slash at the start", TEXT("%2Fmetrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"a NUL", TEXT("/metrics\0"), HTTP_TARGET_INVALID, NULL, NULL},
	{"a NUL in the middle", TEXT("/metrics\0x"), HTTP_TARGET_INVALID, NULL, NULL},
	{"a NUL in the query", TEXT("/metrics?\0"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an escaped NUL", TEXT("/metrics%00"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an escape of one digit", TEXT("/metrics%6"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an escape without digits", TEXT("/metrics%"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an escape cut by the query", TEXT("/metric%7?3"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an escape of other letters", TEXT("/metrics%zz"), HTTP_TARGET_INVALID, NULL, NULL},
	{"a fragment", TEXT("/metrics#x"), HTTP_TARGET_INVALID, NULL, NULL},
	{"a tab", TEXT("/met\trics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"nothing", TEXT(""), HTTP_TARGET_INVALID, NULL, NULL},
	{"no slash", TEXT("metrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"absolute", TEXT("http://host:2112/metrics"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"of any case", TEXT("HTTP://Host/metrics"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"behind something that ends TLS", TEXT("https://h/metrics"), HTTP_TARGET_PATH, "/metrics",
		NULL},
	{"absolute without a path", TEXT("http://host:2112"), HTTP_TARGET_PATH, "/", NULL},
	{"absolute with a query only", TEXT("http://host?a=/metrics"), HTTP_TARGET_PATH, "/",
		"a=/metrics"},
	{"absolute, IPv6", TEXT("http://[::1]:2112/metrics"), HTTP_TARGET_PATH, "/metrics", NULL},
	{"absolute, escaped", TEXT("http://host/%6detrics?x"), HTTP_TARGET_PATH, "/metrics", "x"},
	{"absolute without a host", TEXT("http:///metrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"absolute with a port only", TEXT("http://:2112/metrics"), HTTP_TARGET_INVALID, NULL,
		NULL},
	{"absolute with a user", TEXT("http://me@host/metrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"absolute with a bad port", TEXT("http://host:x/metrics"), HTTP_TARGET_INVALID, NULL,
		NULL},
	{"absolute with a NUL", TEXT("http://ho\0st/metrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"another scheme", TEXT("ftp://host/metrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"half a scheme", TEXT("http:/metrics"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an asterisk", TEXT("*"), HTTP_TARGET_ASTERISK, NULL, NULL},
	{"two asterisks", TEXT("**"), HTTP_TARGET_INVALID, NULL, NULL},
	{"an authority", TEXT("host:443"), HTTP_TARGET_AUTHORITY, NULL, NULL},
};

static const struct {
	const char *says;
	const char *text;
	size_t length;
	bool is_valid;
} authorities[] = {
	{"nothing", TEXT(""), true},
	{"a name", TEXT("localhost"), true},
	{"a name with a port", TEXT("a-b_c.example:2112"), true},
	{"a port only, as for this machine", TEXT(":2112"), true},
	{"an empty port", TEXT("host:"), true},
	{"the highest port", TEXT("host:65535"), true},
	{"a port too high", TEXT("host:65536"), false},
	{"a port far too long", TEXT("host:00000080"), false},
	{"a port of letters", TEXT("host:http"), false},
	{"two ports", TEXT("host:1:2"), false},
	{"IPv4", TEXT("127.0.0.1:2112"), true},
	{"IPv6", TEXT("[2001:db8::1]:2112"), true},
	{"IPv6 without brackets", TEXT("2001:db8::1"), false},
	{"brackets without an address", TEXT("[]:2112"), false},
	{"an open bracket", TEXT("[::1"), false},
	{"text behind the bracket", TEXT("[::1]x"), false},
	{"an escape", TEXT("h%C3%A4"), true},
	{"an escaped NUL", TEXT("h%00"), false},
	{"half an escape", TEXT("h%C"), false},
	{"a path", TEXT("host/metrics"), false},
	{"a scheme", TEXT("http://host"), false},
	{"a user", TEXT("me@host"), false},
	{"a space", TEXT("two hosts"), false},
	{"two hosts", TEXT("a, b"), false},
	{"a NUL", TEXT("host\0"), false},
	{"beyond ASCII", TEXT("h\xc3\xa4"), false},
};

START_TEST(finds_the_path_of_a_target)
{
	char text[128];
	const char *path = NULL;
	const char *query = NULL;
	memcpy(text, targets[_i].target, targets[_i].length);
	enum http_target form = http_target_read(text, targets[_i].length, &path, &query);
	ck_assert_msg(form == targets[_i].form, "%s", targets[_i].says);
	if (!targets[_i].path)
		return;
	ck_assert_msg(strcmp(path, targets[_i].path) == 0, "%s: %s", targets[_i].says, path);
	const char *expected = targets[_i].query ? targets[_i].query : "";
	ck_assert_msg(strcmp(query, expected) == 0, "%s: %s", targets[_i].says, query);
}
END_TEST

START_TEST(knows_a_host_from_anything_else)
{
	ck_assert_msg(http_authority_is_valid(authorities[_i].text, authorities[_i].length) ==
			      authorities[_i].is_valid,
		"%s", authorities[_i].says);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("http_target");
	tcase_add_loop_test(tcase, finds_the_path_of_a_target, 0, ROWS(targets));
	tcase_add_loop_test(tcase, knows_a_host_from_anything_else, 0, ROWS(authorities));
	return unit_run("scrape/http_target", tcase);
}
