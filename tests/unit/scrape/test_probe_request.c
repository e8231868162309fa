/* SPDX-License-Identifier: MIT */
#include "scrape/probe_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../target_options_text.h"
#include "base/clock.h"

static struct target_options defaults_of(const char *text)
{
	struct target_options defaults;
	target_options_init(&defaults);
	target_options_text_read(text, &defaults);
	return defaults;
}

static const struct {
	const char *says;
	const char *query;
	const char *name;
	const char *own; /* The options that it has of its own. */
} good[] = {
	{"an address", "target=192.0.2.1:4000", "192.0.2.1:4000", ""},
	{"a name", "target=Server1.example:4000", "Server1.example:4000", ""},
	{"escaped", "target=%5B2001%3Adb8%3A%3A1%5D:7", "[2001:db8::1]:7", ""},
	{"this machine", "target=:4000", ":4000", ""},
	{"with options", "target=a:1&interval=1s&timeout=2s&window=50", "a:1",
		"interval=1s timeout=2s window=50"},
	{"in any order", "probe=connect&target=a:1&dscp=ef&ip_version=4", "a:1",
		"probe=connect dscp=46 ip_version=4"},
	{"all of them",
		"target=a:1&interval=1s&timeout=auto&window=50&probe=echo&frame=24&size=48&stamps=off"
		"&dscp=1&ip_version=4&tx_stamps=off",
		"a:1",
		"interval=1s timeout=auto window=50 probe=echo frame=24 size=48 stamps=off tx_stamps=off "
		"dscp=1 ip_version=4"},
	{"as often as allowed", "target=a:1&interval=100ms", "a:1", "interval=100ms"},
	{"the largest window", "target=a:1&window=10000", "a:1", "window=10000"},
	{"the longest timeout", "target=a:1&timeout=1m39.3s&interval=100ms", "a:1",
		"interval=100ms timeout=1m39.3s"},
};

START_TEST(reads_what_is_asked_for)
{
	const struct target_options defaults = defaults_of("");
	struct probe_request request;
	struct text_error error = {0};
	char own[TARGET_OPTIONS_TEXT_MAX];
	int result = probe_request_read(good[_i].query, &defaults, &request, &error);
	ck_assert_msg(result == 0, "%s: %s", good[_i].says, error.reason);
	ck_assert_str_eq(request.target.name, good[_i].name);
	target_options_text_write(&request.target.options, request.target.own, own);
	ck_assert_str_eq(own, good[_i].own);
	ck_assert_uint_eq(request.target.options.given & defaults.given, defaults.given);
}
END_TEST

static const struct {
	const char *says;
	const char *query;
	const char *reason; /* How it begins. */
} bad[] = {
	{"nothing", "", "target: is missing; allowed: host:port, or :port for localhost"},
	{"no target", "interval=1s", "target: is missing; allowed: host:port"},
	{"an empty target", "target=", "target: \"\" "},
	{"no port", "target=a",
		"target: \"a\" has no port; allowed: host:port, or :port for localhost"},
	{"port 0", "target=a:0", "target: \"a:0\" "},
	{"a target twice", "target=a:1&target=a:1", "target: is given twice; allowed: once"},
	{"control characters", "target=a%0a:1", "target: is not UTF-8 without control characters"},
	{"not UTF-8", "target=%ff:1", "target: is not UTF-8 without control characters"},
	{"a malformed escape", "target=a:1&interval=%", "interval: is not UTF-8"},
	{"blackbox_exporter's module", "target=a:1&module=tcp",
		"unknown parameter \"module\"; allowed: target, interval, timeout, window, probe, frame, "
		"size, stamps, tx_stamps, dscp, ip_version"},
	{"keys of a targets file that are no options", "target=a:1&name=x",
		"unknown parameter \"name\""},
	{"another spelling", "target=a:1&Interval=1s", "unknown parameter \"Interval\""},
	{"no name at all", "target=a:1&=1", "unknown parameter \"\""},
	{"a flag's spelling", "target=a:1&ip-version=4", "unknown parameter \"ip-version\""},
	{"an option twice", "target=a:1&window=5&window=5",
		"window: is given twice; allowed: once"},
	{"an empty option",
		"target=a:1&window=", "window: \"\" is not a whole number; allowed: 1 to 1000000"},
	{"no unit", "target=a:1&interval=5",
		"interval: \"5\" is not a valid duration; allowed: 1ms to 24h"},
	{"an unknown word", "target=a:1&probe=icmp",
		"probe: \"icmp\" is not a valid kind of probe; allowed: echo or connect"},
	{"out of range", "target=a:1&dscp=64", "dscp: \"64\" is out of range; allowed: 0 to 63"},
	{"too often", "target=a:1&interval=99ms",
		"interval: 99ms is too short for /probe; allowed: 100ms to 24h"},
	{"a window too large", "target=a:1&window=10001",
		"window: 10001 is too much for /probe; allowed: 1 to 10000"},
	{"a timeout too long", "target=a:1&timeout=2m&interval=100ms",
		"timeout: 2m is too long for /probe at this interval; allowed: 1ms to 1m39.3s"},
	{"a probe too large", "target=a:1&size=1504",
		"size: 1504 is too much for /probe; allowed: 16 to 1500"},
	{"too many handshakes", "target=a:1&timeout=7s&interval=100ms&probe=connect",
		"timeout: 7s is too long for /probe at this interval; allowed: 1ms to 5.7s"},
	{"a way out of this machine", "target=a:1&interface=eth0",
		"unknown parameter \"interface\""},
	{"another source", "target=a:1&source=192.0.2.1", "unknown parameter \"source\""},
	{"what does not go together", "target=192.0.2.1:1&ip_version=6",
		"address: 192.0.2.1 is not an IPv6 address, but ip_version is 6"},
};

START_TEST(refuses_naming_the_culprit_and_what_is_allowed)
{
	const struct target_options defaults = defaults_of("");
	struct probe_request request;
	struct text_error error = {0};
	const char *reason = bad[_i].reason;
	int result = probe_request_read(bad[_i].query, &defaults, &request, &error);
	ck_assert_msg(result == -EINVAL, "%s", bad[_i].says);
	ck_assert_msg(strncmp(error.reason, reason, strlen(reason)) == 0, "%s: %s", bad[_i].says,
		error.reason);
	ck_assert_msg(strlen(error.reason) < sizeof(error.reason) - 1, "%s", bad[_i].says);
}
END_TEST

/* With the defaults interval=5s dscp=1. */
static const struct {
	const char *says;
	const char *one;
	const char *other;
	bool is_same;
} keys[] = {
	{"the same", "target=a:1", "target=a:1", true},
	{"defaults spelt out", "target=a:1", "target=a:1&dscp=1&interval=5000ms&stamps=on", true},
	{"another order", "target=a:1&dscp=2&window=7", "window=7&dscp=2&target=a:1", true},
	{"another spelling of a value", "target=a:1&dscp=ef", "target=a:1&dscp=46", true},
	{"escapes", "target=a:1", "target=a%3A1", true},
	{"another port", "target=a:1", "target=a:2", false},
	{"another spelling of the target", "target=a:1", "target=A:1", false},
	{"another interval", "target=a:1", "target=a:1&interval=6s", false},
	{"another value", "target=a:1&dscp=2", "target=a:1&dscp=3", false},
	{"one more", "target=a:1", "target=a:1&size=48", false},
	{"values change places", "target=a:1&dscp=7&window=9", "target=a:1&dscp=9&window=7", false},
};

START_TEST(the_same_request_has_the_same_key)
{
	const struct target_options defaults = defaults_of("interval=5s dscp=1");
	struct probe_request one;
	struct probe_request other;
	ck_assert_int_eq(probe_request_read(keys[_i].one, &defaults, &one, NULL), 0);
	ck_assert_int_eq(probe_request_read(keys[_i].other, &defaults, &other, NULL), 0);
	ck_assert_msg((strcmp(one.key, other.key) == 0) == keys[_i].is_same, "%s: %s, %s",
		keys[_i].says, one.key, other.key);
}
END_TEST

START_TEST(the_programs_own_defaults_may_be_too_fast)
{
	const struct target_options defaults = defaults_of("interval=10ms");
	struct probe_request request;
	ck_assert_int_eq(probe_request_read("target=a:1", &defaults, &request, NULL), -EINVAL);
	ck_assert_int_eq(
		probe_request_read("target=a:1&interval=1s", &defaults, &request, NULL), 0);
	ck_assert_int_eq(request.target.options.interval_ns, NS_PER_S);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("probe_request");
	tcase_add_loop_test(tcase, reads_what_is_asked_for, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses_naming_the_culprit_and_what_is_allowed, 0, ROWS(bad));
	tcase_add_loop_test(tcase, the_same_request_has_the_same_key, 0, ROWS(keys));
	tcase_add_test(tcase, the_programs_own_defaults_may_be_too_fast);
	return unit_run("scrape/probe_request", tcase);
}
