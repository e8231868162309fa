/* SPDX-License-Identifier: MIT */
#include "config/targets_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../growth.h"
#include "../target_options_text.h"
#include "base/buffer.h"

#define A "{\"name\": \"a\", \"address\": \"10.0.0.1:4000\"}"
#define B "{\"name\": \"b\", \"address\": \":4001\"}"
/* One target with more keys. */
#define WITH(more) "[{\"name\": \"a\", \"address\": \"10.0.0.1:1\", " more "}]"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static struct target_options defaults;

static const struct {
	const char *says;
	const char *text;
	size_t count;
	const char *first; /* Name of the first target. */
} good[] = {
	{"one target", "[" A "]", 1, "a"},
	{"several", "[" A "," B "]", 2, "a"},
	{"white space everywhere", " \t\r\n[ " A "\n,\n" B " ]\r\n ", 2, "a"},
	{"keys in the other order", "[{\"address\": \":1\", \"name\": \"z\"}]", 1, "z"},
	{"a byte order mark", BYTE_ORDER_MARK "[" A "]", 1, "a"},
	{"escapes", "[{\"name\": \"\\u20ac \\\"q\\\"\", \"address\": \":1\"}]", 1,
		"\xe2\x82\xac \"q\""},
	{"an escaped backslash before u0000", "[{\"name\": \"a\\\\u0000\", \"address\": \":1\"}]",
		1, "a\\u0000"},
	{"surrogates in a pair", "[{\"name\": \"\\ud83d\\ude00\", \"address\": \":1\"}]", 1,
		"\xf0\x9f\x98\x80"},
	{"brackets and commas in a name", "[{\"name\": \"],[{\", \"address\": \":1\"}]", 1, "],[{"},
};

static const struct {
	const char *says;
	const char *text;
	int line;
	const char *reason; /* Part of the message. */
} bad[] = {
	{"empty", "", 0, "is empty"},
	{"only white space", " \n\n\t ", 0, "is empty"},
	{"only a byte order mark", BYTE_ORDER_MARK, 0, "is empty"},
	{"no JSON", "name: a\n", 1, "not valid JSON at byte 1 of the line: name: a"},
	{"invalid JSON in the third line", "[\n" A ",\n  x\n]", 3, "at byte 3 of the line: x"},
	{"cut off", "[" A ",\n{\"name\": \"b\"", 2, "unexpected end of file"},
	{"cut off in a string", "[{\"name\": \"b", 1, "not valid JSON"},
	{"cut off in an escape", "[{\"name\": \"b\\", 1, "not valid JSON"},
	{"one comma too many", "[" A ",\n]", 2, "at byte 1 of the line: ]"},
	{"comma missing", "[" A "\n" B "]", 2, "not valid JSON"},
	{"comment", "[\n// none\n" A "]", 2, "not valid JSON"},
	{"single quotes", "[{'name': 'a'}]", 1, "not valid JSON"},
	{"something after the array", "[" A "]\n\n[]", 3, "at byte 1 of the line: []"},
	{"one bracket too many", "[" A "]]", 1, "not valid JSON"},
	{"a lone surrogate", "[{\"name\": \"\\ud83d\", \"address\": \":1\"}]", 1, "not valid JSON"},
	{"unknown escape", "[{\"name\": \"\\x41\", \"address\": \":1\"}]", 1, "not valid JSON"},
	{"an object", A, 0, "is not an array"},
	{"a string", "\"a\"", 0, "is not an array"},
	{"null", "null", 0, "is not an array"},
	{"a number for a target", "[" A ",\n 7]", 2, "target 2: is not an object"},
	{"null for a target", "[null]", 1, "target 1: is not an object"},
	{"an array for a target", "[[" A "]]", 1, "target 1: is not an object"},
	{"an empty object", "[" A ",\n\n{}]", 3, "target 2: name is missing"},
	{"no name", "[{\"address\": \":1\"}]", 1, "target 1: name is missing"},
	{"no address", "[{\"name\": \"a\"}]", 1, "target 1 (\"a\"): address is missing"},
	{"name is a number", "[{\"name\": 1, \"address\": \":1\"}]", 1,
		"target 1: name is not a string"},
	{"address is a number", "[{\"name\": \"a\", \"address\": 4000}]", 1,
		"target 1: address is not a string"},
	{"address null", "[{\"name\": \"a\", \"address\": null}]", 1,
		"target 1: address is not a string"},
	{"name is an object", "[{\"name\": {\"name\": \"a\"}, \"address\": \":1\"}]", 1,
		"target 1: name is not a string"},
	{"unknown key", "[{\"name\": \"a\", \"adress\": \":1\"}]", 1,
		"target 1: unknown key \"adress\"; allowed: name, address"},
	{"a misspelt key", "[{\"name\": \"a\", \"adress\": \":1\"}]", 1,
		"ip_version, labels; did you mean address?"},
	{"a target among groups", "[{\"targets\": [\"a:1\"]},\n" A "]", 2,
		"group 2: unknown key \"name\"; allowed: targets, labels"},
	{"a group among targets", "[" A ",\n{\"targets\": [\"a:1\"]}]", 2,
		"target 2: unknown key \"targets\""},
	{"a duration without its unit", WITH("\"interval\": 200"), 1,
		"target 1: interval is not a string with a unit, e.g. \"200ms\""},
	{"key in capitals", "[{\"Name\": \"a\", \"address\": \":1\"}]", 1, "unknown key \"Name\""},
	{"empty key", "[{\"\": \"a\"}]", 1, "unknown key \"\""},
	{"name twice in a target", "[{\"name\": \"a\", \"name\": \"b\", \"address\": \":1\"}]", 1,
		"target 1: name is given twice"},
	{"address twice in a target",
		"[{\"name\": \"a\", \"address\": \":1\", \"address\": \":1\"}]", 1,
		"target 1: address is given twice"},
	{"two targets with the same name", "[" A ",\n" B ",\n" A "]", 3,
		"target \"a\": name is used twice"},
	{"one name, spelt with an escape", "[" A ",\n{\"name\": \"\\u0061\", \"address\": \":1\"}]",
		2, "target \"a\": name is used twice"},
	{"address without port", "[" A ",\n" B ",\n{\"name\": \"c\",\n\"address\": \"host\"}]", 3,
		"target \"c\": address has no port"},
	{"empty name", "[{\"name\": \"\", \"address\": \":1\"}]", 1, "name is empty"},
	{"slash in a name", "[{\"name\": \"a/b\", \"address\": \":1\"}]", 1, "'/'"},
	{"escaped control character", "[{\"name\": \"a\\n\", \"address\": \":1\"}]", 1,
		"name has a control character"},
	{"tab in a name", "[{\"name\": \"a\tb\", \"address\": \":1\"}]", 1,
		"name has a control character"},
	{"control character", "[{\"name\": \"a\x01\", \"address\": \":1\"}]", 1,
		"has a control character"},
	{"control character between tokens", "[\n\x02" A "]", 2, "has a control character"},
	{"escaped NUL in a name", "[\n{\"name\": \"a\\u0000b\", \"address\": \":1\"}]", 2,
		"contains \\u0000, which is not allowed"},
	{"escaped NUL in a key", "[{\"name\\u0000\": \"a\", \"address\": \":1\"}]", 1,
		"contains \\u0000, which is not allowed"},
	{"invalid UTF-8", "[" A ",\n{\"name\": \"\xff\", \"address\": \":1\"}]", 2,
		"is not valid UTF-8"},
	{"invalid UTF-8 in the last line", "\n\n\xc3", 3, "is not valid UTF-8"},
	{"overlong NUL", "[{\"name\": \"\xc0\x80\", \"address\": \":1\"}]", 1,
		"is not valid UTF-8"},
	{"seventeen levels", "[[[[[[[[[[[[[[[[\n[", 2, "nested too deeply"},
	{"an interval as a number", WITH("\"interval\": 1"), 1,
		"target 1: interval is not a string"},
	{"an interval without a unit", WITH("\"interval\": \"200\""), 1,
		"target 1: interval \"200\" is not a valid duration; allowed: 1ms to 24h, with its unit, "
		"e.g. 200ms"},
	{"an interval out of range", WITH("\"interval\": \"0s\""), 1,
		"target 1: interval \"0s\" is out of range; allowed: 1ms to 24h"},
	{"an interval of null", WITH("\"interval\": null"), 1,
		"target 1: interval is not a string"},
	{"a timeout that is not a duration", WITH("\"timeout\": \"soon\""), 1,
		"target 1: timeout \"soon\" is not a valid duration; allowed: 1ms to 24h"},
	{"a timeout that is too long", WITH("\"timeout\": \"25h\""), 1,
		"target 1: timeout \"25h\" is out of range"},
	{"a timeout as an object", WITH("\"timeout\": {}"), 1, "target 1: timeout is not a string"},
	{"a window as text", WITH("\"window\": \"100\""), 1, "target 1: window is not a number"},
	{"stamps that are a number", WITH("\"stamps\": 1"), 1,
		"target 1: stamps is neither a boolean nor a string"},
	{"stamps of another word", WITH("\"stamps\": \"yes\""), 1,
		"target 1: stamps \"yes\" is neither on nor off; allowed: on or off"},
	{"a window of true", WITH("\"window\": true"), 1, "target 1: window is not a number"},
	{"no window", WITH("\"window\": 0"), 1,
		"target 1: window 0 is out of range; allowed: 1 to 1000000"},
	{"a window with a fraction", WITH("\"window\": 1.5"), 1,
		"target 1: window 1.5 is not a whole number; allowed: 1 to"},
	{"an infinite window", WITH("\"window\": 1e999"), 1,
		"target 1: window inf is out of range"},
	{"a negative window", WITH("\"window\": -7"), 1, "target 1: window -7 is out of range"},
	{"an unknown probe", WITH("\"probe\": \"ping\""), 1,
		"target 1: probe \"ping\" is not a valid kind of probe; allowed: echo or connect"},
	{"a probe as a number", WITH("\"probe\": 1"), 1, "target 1: probe is not a string"},
	{"a source that is a name", WITH("\"source\": \"eth0\""), 1,
		"target 1: source \"eth0\" is not a valid IP address; allowed: an IP address of this"},
	{"an empty source", WITH("\"source\": \"\""), 1,
		"target 1: source \"\" is not a valid IP address"},
	{"a source as a list", WITH("\"source\": [\"::1\"]"), 1,
		"target 1: source is not a string"},
	{"a codepoint that is too high", WITH("\"dscp\": 64"), 1,
		"target 1: dscp 64 is out of range; allowed: 0 to 63, or a name like ef"},
	{"an unknown codepoint", WITH("\"dscp\": \"gold\""), 1,
		"target 1: dscp \"gold\" is not a valid codepoint; allowed: 0 to 63"},
	{"a codepoint that is a boolean", WITH("\"dscp\": false"), 1,
		"target 1: dscp is neither a number nor a string"},
	{"IP version 5", WITH("\"ip_version\": 5"), 1,
		"target 1: ip_version 5 is not a valid IP version; allowed: 4, 6 or any"},
	{"IP version by name", WITH("\"ip_version\": \"IPv4\""), 1,
		"target 1: ip_version \"IPv4\" is not a valid IP version"},
	{"IP version null", WITH("\"ip_version\": null"), 1,
		"target 1: ip_version is neither a number nor a string"},
	{"labels as text", WITH("\"labels\": \"a=b\""), 1,
		"target 1: labels is not an object of strings"},
	{"labels as a list", WITH("\"labels\": [\"a\"]"), 1,
		"target 1: labels is not an object of strings"},
	{"a number for a label", WITH("\"labels\": {\"a\": 1}"), 1,
		"target 1: label \"a\": its value is not a string"},
	{"an object for a label", WITH("\"labels\": {\"a\": {\"b\": \"c\"}}"), 1,
		"target 1: label \"a\": its value is not a string"},
	{"a reserved label", WITH("\"labels\": {\"target\": \"b\"}"), 1,
		"target 1: label \"target\" is a label that the metrics already have"},
	{"a label with a dash", WITH("\"labels\": {\"a-b\": \"c\"}"), 1,
		"target 1: label \"a-b\" is not a valid label name"},
	{"a label of Prometheus", WITH("\"labels\": {\"__a\": \"c\"}"), 1,
		"target 1: label \"__a\" begins with \"__\""},
	{"a label twice", WITH("\"labels\": {\"a\": \"b\", \"a\": \"b\"}"), 1,
		"target 1: label \"a\" is given twice"},
	{"a control character in a label", WITH("\"labels\": {\"a\": \"b\\n\"}"), 1,
		"target 1: label \"a\": its value has a control character"},
	{"the second of two labels", WITH("\"labels\": {\"a\": \"b\", \"\": \"c\"}"), 1,
		"target 1: label \"\" is not a valid label name"},
	{"an option twice", WITH("\"window\": 1, \"window\": 1"), 1,
		"target 1: window is given twice"},
	{"labels twice", WITH("\"labels\": {}, \"labels\": {}"), 1,
		"target 1: labels is given twice"},
	{"a key with a dash, like the flag", WITH("\"ip-version\": 4"), 1,
		"target 1: unknown key \"ip-version\"; allowed: name, address, interval, timeout, "
		"window, probe, frame, size, stamps, tx_stamps, source, interface, dscp, ip_version, "},
	{"new connections too often", WITH("\"probe\": \"connect\", \"interval\": \"99ms\""), 1,
		"target \"a\": interval: 99ms is too short for connect probes, a new connection each; "
		"allowed: 100ms to 24h"},
	{"more than can be remembered, with the default timeout", WITH("\"timeout\": \"24h\""), 1,
		"target \"a\": interval: 200ms is too short for a timeout of 24h"},
	{"an address of the other IP version", WITH("\"ip_version\": 6"), 1,
		"target \"a\": address: 10.0.0.1 is not an IPv6 address"},
	{"a source of the other IP version", WITH("\"source\": \"::1\""), 1,
		"target \"a\": source: ::1 cannot reach 10.0.0.1; allowed: an IPv4 "
		"address"},
	{"in a later line of the target: the line where that begins", WITH("\n\"window\":\n0"), 1,
		"target 1: window 0 is out of range"},
	{"the third target's option",
		"[" A ",\n" B ",\n{\"name\": \"c\",\n\"address\": \":1\",\n\"dscp\": 99}]", 3,
		"target 3: dscp 99 is out of range; allowed: 0 to 63"},
	{"the second target's options together",
		"[" A ",\n\n{\"name\": \"b\", \"address\": \":1\", \"probe\": "
		"\"connect\", \"interval\": \"1ms\"}]",
		3, "target \"b\": interval: 1ms is too short for connect probes"},
};

START_TEST(reads_targets)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	int result =
		targets_file_parse(good[_i].text, strlen(good[_i].text), &defaults, &list, &error);
	ck_assert_msg(result == 0, "%s: %s", good[_i].says, error.reason);
	ck_assert_uint_eq(list.count, good[_i].count);
	ck_assert_str_eq(list.targets[0].name, good[_i].first);
	target_list_clear(&list);
}
END_TEST

static const struct {
	const char *says;
	const char *text;
	const char *expected;
} options[] = {
	{"none", "[" A "]", ""},
	{"all",
		WITH("\"interval\": \"1s\", \"timeout\": \"2s\", \"window\": 3, "
		     "\"probe\": \"connect\", \"source\": \"10.0.0.2\", \"dscp\": 46, "
		     "\"ip_version\": 4, \"labels\": {\"site\": \"ams\", \"role\": \"web\"}"),
		"interval=1s timeout=2s window=3 probe=connect source=10.0.0.2 dscp=46 "
		"ip_version=4 site=ams; role=web;"},
	{"in another order",
		"[{\"labels\": {\"a\": \"b\"}, \"window\": 1, \"address\": \":1\", "
		"\"interval\": \"5ms\", \"name\": \"a\"}]",
		"interval=5ms window=1 a=b;"},
	{"codepoint 0 is given", WITH("\"dscp\": 0"), "dscp=0"},
	{"a codepoint by name", WITH("\"dscp\": \"af41\""), "dscp=34"},
	{"a codepoint as text", WITH("\"dscp\": \"8\""), "dscp=8"},
	{"a version as text", WITH("\"ip_version\": \"4\""), "ip_version=4"},
	{"any version", WITH("\"ip_version\": \"any\""), "ip_version=any"},
	{"echo", WITH("\"probe\": \"echo\""), "probe=echo"},
	{"empty labels", WITH("\"labels\": {}"), ""},
	{"an empty label is none", WITH("\"labels\": {\"a\": \"\", \"b\": \"c\"}"), " b=c;"},
	{"escapes in a label", WITH("\"labels\": {\"a\": \"\\\"\\\\\\u20ac\"}"),
		" a=\"\\\xe2\x82\xac;"},
	{"a whole number with a zero fraction", WITH("\"window\": 10.0"), "window=10"},
	{"the longest timeout for the default interval", WITH("\"timeout\": \"3h38m26.7s\""),
		"timeout=3h38m26.7s"},
};

/* Prints a target's own options and labels on one line. text: TARGET_OPTIONS_TEXT_MAX bytes. */
static void describe(const struct target_config *target, char *text)
{
	target_options_text_write(&target->options, target->own, text);
	const char *value;
	const char *name = NULL;
	while ((name = labels_next(&target->labels, name, &value))) {
		size_t length = strlen(text);
		snprintf(text + length, TARGET_OPTIONS_TEXT_MAX - length, " %s=%s;", name, value);
	}
}

START_TEST(reads_options)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	int result = targets_file_parse(
		options[_i].text, strlen(options[_i].text), &defaults, &list, &error);
	ck_assert_msg(result == 0, "%s: %s", options[_i].says, error.reason);
	char text[TARGET_OPTIONS_TEXT_MAX];
	describe(&list.targets[0], text);
	ck_assert_msg(strcmp(text, options[_i].expected) == 0, "%s: %s", options[_i].says, text);
	target_list_clear(&list);
}
END_TEST

static const struct {
	const char *says;
	const char *text;
	const char *reason; /* NULL if allowed. */
} with_defaults[] = {
	{"no options of its own", "[" A "]", NULL},
	{"another probe at the default interval", WITH("\"probe\": \"connect\""),
		"target \"a\": interval: 10ms is too short for connect probes, a new connection each"},
	{"another probe at its own interval",
		WITH("\"probe\": \"connect\", \"interval\": \"100ms\""), NULL},
	{"a host of the other IP version", "[{\"name\": \"a\", \"address\": \"[::1]:1\"}]",
		"target \"a\": address: ::1 is not an IPv4 address"},
	{"its own IP version, but the default source",
		"[{\"name\": \"a\", \"address\": \"[::1]:1\", \"ip_version\": 6}]",
		"target \"a\": source: 127.0.0.1 is not an IPv6 address"},
	{"its own IP version and source",
		"[{\"name\": \"a\", \"address\": \"[::1]:1\", \"ip_version\": 6, \"source\": "
		"\"::\"}]",
		NULL},
	{"a timeout too long for the default interval", WITH("\"timeout\": \"11m\""),
		"target \"a\": interval: 10ms is too short for a timeout of 11m (over 65536 "
		"probes would have to be remembered); allowed: 11ms or more"},
};

START_TEST(options_are_checked_together_with_the_defaults)
{
	struct target_options own =
		target_options_of("interval=10ms ip_version=4 source=127.0.0.1");
	target_options_inherit(&own, &defaults);
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	const char *text = with_defaults[_i].text;
	int result = targets_file_parse(text, strlen(text), &own, &list, &error);
	const char *reason = with_defaults[_i].reason;
	ck_assert_msg(
		result == (reason ? -EINVAL : 0), "%s: %s", with_defaults[_i].says, error.reason);
	ck_assert_msg(strncmp(error.reason, reason ? reason : "", reason ? strlen(reason) : 1) == 0,
		"%s: %s", with_defaults[_i].says, error.reason);
	target_list_clear(&list);
}
END_TEST

START_TEST(refuses_with_line_and_reason_and_leaves_the_list_untouched)
{
	struct target_list list = {.count = 7};
	struct text_error error = {.reason = ""};
	int result =
		targets_file_parse(bad[_i].text, strlen(bad[_i].text), &defaults, &list, &error);
	ck_assert_msg(result == -EINVAL, "%s", bad[_i].says);
	ck_assert_msg(
		strstr(error.reason, bad[_i].reason) != NULL, "%s: %s", bad[_i].says, error.reason);
	ck_assert_msg(error.line == bad[_i].line, "%s: line %d", bad[_i].says, error.line);
	ck_assert_uint_eq(list.count, 7);
}
END_TEST

START_TEST(every_prefix_of_a_good_file_is_refused)
{
	static const char text[] =
		"[" A ",{\"name\": \"b\", \"address\": \":1\", \"interval\": \"1s\", "
		"\"window\": 5, \"dscp\": \"ef\", \"labels\": {\"site\": \"ams\"}}]";
	for (size_t length = 0; length < sizeof(text) - 1; length++) {
		struct target_list list = {0};
		struct text_error error = {.reason = ""};
		/* In a block of exactly that size, so that a sanitizer catches every overrun. */
		char *cut = malloc(length > 0 ? length : 1);
		ck_assert_ptr_nonnull(cut);
		memcpy(cut, text, length);
		ck_assert_int_eq(
			targets_file_parse(cut, length, &defaults, &list, &error), -EINVAL);
		ck_assert_str_ne(error.reason, "");
		free(cut);
	}
}
END_TEST

START_TEST(a_nul_byte_is_a_control_character)
{
	static const char text[] = "[{\"name\": \"a\0b\", \"address\": \":1\"}]";
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(
		targets_file_parse(text, sizeof(text) - 1, &defaults, &list, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "has a control character");
}
END_TEST

static char nesting;

static void refuse_nesting(size_t length)
{
	char *text = malloc(length);
	ck_assert_ptr_nonnull(text);
	memset(text, nesting, length);
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(targets_file_parse(text, length, &defaults, &list, &error), -EINVAL);
	ck_assert_int_eq(error.line, 1);
	ck_assert_msg(strstr(error.reason, "nested too deeply") != NULL, "%s", error.reason);
	free(text);
}

START_TEST(ten_megabytes_of_nesting_are_refused)
{
	nesting = _i == 0 ? '[' : '{';
	ck_assert(growth_is_linear(refuse_nesting, (size_t)10 * 1024 * 1024 / GROWTH_FACTOR));
}
END_TEST

START_TEST(many_targets_are_read_in_order)
{
	struct buffer text = {0};
	for (unsigned i = 0; i < 20000; i++)
		buffer_append_format(&text, "%s\n{\"name\": \"t%u\", \"address\": \"10.0.0.1:%u\"}",
			i == 0 ? "[" : ",", i, 1 + i % 65535);
	buffer_append_text(&text, "]");
	struct target_list list = {0};
	ck_assert_int_eq(targets_file_parse(text.data, text.length, &defaults, &list, NULL), 0);
	ck_assert_uint_eq(list.count, 20000);
	ck_assert_str_eq(list.targets[19999].name, "t19999");
	target_list_clear(&list);
	buffer_clear(&text);
}
END_TEST

/* Writes a file for a test. The caller unlinks it. */
static void write_file(char *path, size_t size, const char *text)
{
	snprintf(path, size, "/tmp/targets-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

START_TEST(loads_a_file)
{
	char path[64];
	write_file(path, sizeof(path), "[" A "," B "]\n");
	struct target_list list = {0};
	ck_assert_int_eq(targets_file_load(path, &defaults, &list, NULL), 0);
	ck_assert_uint_eq(list.count, 2);
	target_list_clear(&list);
	unlink(path);
}
END_TEST

static const struct {
	const char *says;
	const char *text;
	const char *reason; /* What follows the path. */
} bad_files[] = {
	{"with a line", "[\n" A ",\n" A "]", ":3: target \"a\": name is used twice"},
	{"empty", "", ": is empty"},
};

START_TEST(names_the_file_and_the_line)
{
	char path[64];
	write_file(path, sizeof(path), bad_files[_i].text);
	char wanted[256];
	snprintf(wanted, sizeof(wanted), "%s%s", path, bad_files[_i].reason);
	struct target_list list = {.count = 7};
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(targets_file_load(path, &defaults, &list, &error), -EINVAL);
	ck_assert_str_eq(error.reason, wanted);
	ck_assert_uint_eq(list.count, 7);
	unlink(path);
}
END_TEST

START_TEST(refuses_what_is_not_a_readable_file)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(targets_file_load("/nowhere/t.json", &defaults, &list, &error), -ENOENT);
	ck_assert_str_eq(
		error.reason, "/nowhere/t.json: cannot be read: No such file or directory");
	ck_assert_int_eq(targets_file_load("/", &defaults, &list, &error), -EISDIR);
	ck_assert_str_eq(error.reason, "/: cannot be read: Is a directory");
	ck_assert_int_eq(targets_file_load("/dev/zero", &defaults, &list, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "/dev/zero: is not a regular file");
}
END_TEST

START_TEST(does_not_wait_for_a_named_pipe)
{
	char path[64];
	write_file(path, sizeof(path), "");
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(targets_file_load(path, &defaults, &list, &error), -EINVAL);
	unlink(path);
}
END_TEST

START_TEST(refuses_a_file_above_the_limit)
{
	char path[64];
	write_file(path, sizeof(path), "[");
	ck_assert_int_eq(truncate(path, (off_t)TARGETS_FILE_MAX + 1), 0);
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	ck_assert_int_eq(targets_file_load(path, &defaults, &list, &error), -EFBIG);
	ck_assert_msg(strstr(error.reason, "larger than 64 MiB") != NULL, "%s", error.reason);
	unlink(path);
}
END_TEST

int main(void)
{
	target_options_init(&defaults);
	TCase *tcase = tcase_create("targets_file");
	tcase_add_loop_test(tcase, reads_targets, 0, ROWS(good));
	tcase_add_loop_test(
		tcase, refuses_with_line_and_reason_and_leaves_the_list_untouched, 0, ROWS(bad));
	tcase_add_loop_test(tcase, reads_options, 0, ROWS(options));
	tcase_add_loop_test(
		tcase, options_are_checked_together_with_the_defaults, 0, ROWS(with_defaults));
	tcase_add_test(tcase, every_prefix_of_a_good_file_is_refused);
	tcase_add_test(tcase, a_nul_byte_is_a_control_character);
	tcase_add_loop_test(tcase, ten_megabytes_of_nesting_are_refused, 0, 2);
	tcase_add_test(tcase, many_targets_are_read_in_order);
	tcase_add_test(tcase, loads_a_file);
	tcase_add_loop_test(tcase, names_the_file_and_the_line, 0, ROWS(bad_files));
	tcase_add_test(tcase, refuses_what_is_not_a_readable_file);
	tcase_add_test(tcase, does_not_wait_for_a_named_pipe);
	tcase_add_test(tcase, refuses_a_file_above_the_limit);
	return unit_run("config/targets_file", tcase);
}
