/* SPDX-License-Identifier: MIT */
#include "config/target_source.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"

#define N50 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N250 N50 N50 N50 N50 N50

static const struct {
	const char *says;
	const char *text;
	enum target_source_kind kind;
	const char *host;
	unsigned port;
} good[] = {
	{"a file", "targets.json", TARGET_SOURCE_FILE, "", 0},
	{"a path", "/etc/t.json", TARGET_SOURCE_FILE, "", 0},
	{"a path with a colon", "a:b", TARGET_SOURCE_FILE, "", 0},
	{"a path like a source", "./dns:x:1", TARGET_SOURCE_FILE, "", 0},
	{"a pattern", "d/*.json", TARGET_SOURCE_FILES, "", 0},
	{"a pattern of one", "d/?.json", TARGET_SOURCE_FILES, "", 0},
	{"HTTP", "http://h/t", TARGET_SOURCE_HTTP, "", 0},
	{"HTTPS with all there is", "https://h.example:8443/t?q=*&x=[1]#f", TARGET_SOURCE_HTTP, "",
		0},
	{"HTTP in capitals", "HTTP://h", TARGET_SOURCE_HTTP, "", 0},
	{"an @ that is no name's", "http://h/a@b", TARGET_SOURCE_HTTP, "", 0},
	{"a name", "dns:echo.test:4000", TARGET_SOURCE_DNS, "echo.test", 4000},
	{"a name with a final dot", "DNS:echo.test.:1", TARGET_SOURCE_DNS, "echo.test.", 1},
	{"services", "srv:_echo._tcp.test", TARGET_SOURCE_SRV, "_echo._tcp.test", 0},
	{"a long name", "srv:" N250, TARGET_SOURCE_SRV, N250, 0},
};

static const struct {
	const char *says;
	const char *text;
	const char *reason;
} bad[] = {
	{"nothing", "", "is empty"},
	{"another scheme", "ftp://h/t", "is of no kind that is known"},
	{"a file by URL", "file:///t.json", "is of no kind that is known"},
	{"no host", "http:///t", "has no host"},
	{"only a scheme", "https://", "has no host"},
	{"only a port", "http://:80/t", "has no host"},
	{"a password", "http://me:secret@h/t",
		"has a name before its host, which everybody would see"},
	{"a blank", "http://h/a b", "has a character that has to be escaped"},
	{"a line feed", "http://h/\n", "has a character that has to be escaped"},
	{"beyond ASCII", "http://h/\xc3\xb6", "has a character that has to be escaped"},
	{"a name without a port", "dns:echo.test", "has no port"},
	{"a port alone", "dns::4000", "has no name to ask for"},
	{"an address", "dns:192.0.2.1:4000", "has no name to ask for"},
	{"an IPv6 address", "dns:[::1]:4000", "has no name to ask for"},
	{"nothing to ask for", "srv:", "has no name to ask for"},
	{"a dot", "srv:.", "has no name to ask for"},
	{"services with a port", "srv:a.test:1", "has a port, which SRV records tell"},
	{"services with a blank", "srv:a b", "is not a valid name"},
	{"services with a slash", "srv:a/b", "is not a valid name"},
	{"services of too long a name", "srv:" N250 "123456", "is too long"},
};

START_TEST(knows_every_kind)
{
	struct target_source source;
	const char *reason = "";
	int result = target_source_parse(good[_i].text, &source, &reason);
	ck_assert_msg(result == 0, "%s: %s", good[_i].says, reason);
	ck_assert_msg(source.kind == good[_i].kind, "%s", good[_i].says);
	ck_assert_str_eq(source.address.host, good[_i].host);
	ck_assert_uint_eq(source.address.port, good[_i].port);
	ck_assert_str_eq(source.text, good[_i].text);
	ck_assert(target_source_is_of_files(&source) == (good[_i].kind <= TARGET_SOURCE_FILES));
}
END_TEST

START_TEST(refuses_with_a_reason)
{
	struct target_source source = {.text = "untouched"};
	const char *reason = "";
	ck_assert_msg(
		target_source_parse(bad[_i].text, &source, &reason) == -EINVAL, "%s", bad[_i].says);
	ck_assert_msg(strcmp(reason, bad[_i].reason) == 0, "%s: %s", bad[_i].says, reason);
	ck_assert_str_eq(source.text, "untouched");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_source");
	tcase_add_loop_test(tcase, knows_every_kind, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tcase, refuses_with_a_reason, 0, sizeof(bad) / sizeof(bad[0]));
	return unit_run("config/target_source", tcase);
}
