/* SPDX-License-Identifier: MIT */
#include "config/target_options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"
#include "measure/loss_window.h"

#define HOUR_NS (3600 * NS_PER_S)
#define DAY_NS (24 * HOUR_NS)

/* Writes all options in one line. */
static void describe(const struct target_options *options, char *text, size_t size)
{
	char dscp[8] = "-";
	if (options->has_dscp)
		snprintf(dscp, sizeof(dscp), "%u", options->dscp);
	snprintf(text, size, "%lldus %lldus %u %d %d %s [%s]",
		(long long)options->interval_ns / 1000, (long long)options->timeout_ns / 1000,
		options->window, (int)options->probe, (int)options->ip_version, dscp,
		options->source);
}

static void check_description(
	const struct target_options *options, const char *expected, const char *says)
{
	char text[256];
	describe(options, text, sizeof(text));
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", says, text);
}

#define NOTHING "0us 0us 0 0 0 - []"

static const struct {
	const char *says;
	enum target_option option;
	const char *text;
	const char *expected;
} good_texts[] = {
	{"an interval", TARGET_OPTION_INTERVAL, "20ms", "20000us 0us 0 0 0 - []"},
	{"the shortest", TARGET_OPTION_INTERVAL, "1ms", "1000us 0us 0 0 0 - []"},
	{"the longest", TARGET_OPTION_INTERVAL, "24h", "86400000000us 0us 0 0 0 - []"},
	{"a timeout of several units", TARGET_OPTION_TIMEOUT, "1m30.5s",
		"0us 90500000us 0 0 0 - []"},
	{"a window", TARGET_OPTION_WINDOW, "7", "0us 0us 7 0 0 - []"},
	{"the smallest window", TARGET_OPTION_WINDOW, "1", "0us 0us 1 0 0 - []"},
	{"the largest window", TARGET_OPTION_WINDOW, "1000000", "0us 0us 1000000 0 0 - []"},
	{"leading zeroes", TARGET_OPTION_WINDOW, "0007", "0us 0us 7 0 0 - []"},
	{"echo", TARGET_OPTION_PROBE, "echo", "0us 0us 0 1 0 - []"},
	{"connect", TARGET_OPTION_PROBE, "connect", "0us 0us 0 2 0 - []"},
	{"connect in capitals", TARGET_OPTION_PROBE, "Connect", "0us 0us 0 2 0 - []"},
	{"an IPv4 source", TARGET_OPTION_SOURCE, "192.0.2.1", "0us 0us 0 0 0 - [192.0.2.1]"},
	{"an IPv6 source", TARGET_OPTION_SOURCE, "2001:db8::1", "0us 0us 0 0 0 - [2001:db8::1]"},
	{"a source with its interface", TARGET_OPTION_SOURCE, "fe80::1%eth0",
		"0us 0us 0 0 0 - [fe80::1%eth0]"},
	{"the longest name of an interface", TARGET_OPTION_SOURCE, "fe80::1%123456789012345",
		"0us 0us 0 0 0 - [fe80::1%123456789012345]"},
	{"the source that the system chooses", TARGET_OPTION_SOURCE, "0.0.0.0",
		"0us 0us 0 0 0 - [0.0.0.0]"},
	{"DSCP 0", TARGET_OPTION_DSCP, "0", "0us 0us 0 0 0 0 []"},
	{"the largest DSCP", TARGET_OPTION_DSCP, "63", "0us 0us 0 0 0 63 []"},
	{"expedited forwarding", TARGET_OPTION_DSCP, "ef", "0us 0us 0 0 0 46 []"},
	{"in capitals", TARGET_OPTION_DSCP, "EF", "0us 0us 0 0 0 46 []"},
	{"assured forwarding, first", TARGET_OPTION_DSCP, "af11", "0us 0us 0 0 0 10 []"},
	{"assured forwarding, last", TARGET_OPTION_DSCP, "AF43", "0us 0us 0 0 0 38 []"},
	{"best effort", TARGET_OPTION_DSCP, "cs0", "0us 0us 0 0 0 0 []"},
	{"class selector, last", TARGET_OPTION_DSCP, "CS7", "0us 0us 0 0 0 56 []"},
	{"lower effort", TARGET_OPTION_DSCP, "le", "0us 0us 0 0 0 1 []"},
	{"voice admit", TARGET_OPTION_DSCP, "va", "0us 0us 0 0 0 44 []"},
	{"voice admit in full", TARGET_OPTION_DSCP, "voice-admit", "0us 0us 0 0 0 44 []"},
	{"IPv4", TARGET_OPTION_IP_VERSION, "4", "0us 0us 0 0 2 - []"},
	{"IPv6", TARGET_OPTION_IP_VERSION, "6", "0us 0us 0 0 3 - []"},
	{"any version", TARGET_OPTION_IP_VERSION, "any", "0us 0us 0 0 1 - []"},
	{"any version in capitals", TARGET_OPTION_IP_VERSION, "Any", "0us 0us 0 0 1 - []"},
};

START_TEST(takes_texts)
{
	struct target_options options = {0};
	const char *reason = NULL;
	int result = target_options_set_text(
		&options, good_texts[_i].option, good_texts[_i].text, &reason);
	ck_assert_msg(result == 0, "%s: %s", good_texts[_i].says, reason);
	check_description(&options, good_texts[_i].expected, good_texts[_i].says);
}
END_TEST

#define SOURCE_OF_64 "2001:db8:1111:2222:3333:4444:5555:6666%12345678901234567890123456"

static const struct {
	const char *says;
	enum target_option option;
	const char *text;
	const char *reason;
} bad_texts[] = {
	{"an empty interval", TARGET_OPTION_INTERVAL, "", "is no duration"},
	{"no unit", TARGET_OPTION_INTERVAL, "200", "is no duration"},
	{"an unknown unit", TARGET_OPTION_TIMEOUT, "1d", "is no duration"},
	{"something behind it", TARGET_OPTION_TIMEOUT, "1s ", "is no duration"},
	{"zero", TARGET_OPTION_INTERVAL, "0", "is out of range"},
	{"negative", TARGET_OPTION_INTERVAL, "-1s", "is out of range"},
	{"just too short", TARGET_OPTION_TIMEOUT, "999.999us", "is out of range"},
	{"just too long", TARGET_OPTION_TIMEOUT, "24h0m0.000000001s", "is out of range"},
	{"beyond 64 bits", TARGET_OPTION_INTERVAL, "9999999999h", "is out of range"},
	{"an empty window", TARGET_OPTION_WINDOW, "", "is no whole number"},
	{"no window", TARGET_OPTION_WINDOW, "0", "is out of range"},
	{"a negative window", TARGET_OPTION_WINDOW, "-1", "is out of range"},
	{"a sign alone", TARGET_OPTION_WINDOW, "-", "is no whole number"},
	{"a plus sign", TARGET_OPTION_WINDOW, "+5", "is no whole number"},
	{"a fraction", TARGET_OPTION_WINDOW, "1.5", "is no whole number"},
	{"a space", TARGET_OPTION_WINDOW, " 5", "is no whole number"},
	{"hexadecimal", TARGET_OPTION_WINDOW, "0x10", "is no whole number"},
	{"a window just too large", TARGET_OPTION_WINDOW, "1000001", "is out of range"},
	{"a window that wraps in 32 bits", TARGET_OPTION_WINDOW, "4294967297", "is out of range"},
	{"a window that wraps in 64 bits", TARGET_OPTION_WINDOW, "18446744073709551617",
		"is out of range"},
	{"no kind of probe", TARGET_OPTION_PROBE, "", "is no kind of probe"},
	{"an unknown kind", TARGET_OPTION_PROBE, "icmp", "is no kind of probe"},
	{"more than a kind", TARGET_OPTION_PROBE, "echo ", "is no kind of probe"},
	{"an empty source", TARGET_OPTION_SOURCE, "", "is no IP address"},
	{"a name for a source", TARGET_OPTION_SOURCE, "localhost", "is no IP address"},
	{"an interface alone", TARGET_OPTION_SOURCE, "%eth0", "is no IP address"},
	{"a port behind it", TARGET_OPTION_SOURCE, "192.0.2.1:4000", "is no IP address"},
	{"brackets", TARGET_OPTION_SOURCE, "[::1]", "is no IP address"},
	{"three bytes", TARGET_OPTION_SOURCE, "192.0.2", "is no IP address"},
	{"a leading space", TARGET_OPTION_SOURCE, " ::1", "is no IP address"},
	{"IPv4 with an interface", TARGET_OPTION_SOURCE, "192.0.2.1%eth0", "is no IP address"},
	{"no interface behind the sign", TARGET_OPTION_SOURCE, "fe80::1%", "is no IP address"},
	{"a space in the interface", TARGET_OPTION_SOURCE, "fe80::1%eth 0", "is no IP address"},
	{"a control character in it", TARGET_OPTION_SOURCE, "fe80::1%\x1b[2J", "is no IP address"},
	{"a line feed behind it", TARGET_OPTION_SOURCE, "fe80::1%eth0\n", "is no IP address"},
	{"a slash in it", TARGET_OPTION_SOURCE, "fe80::1%a/b", "is no IP address"},
	{"beyond ASCII", TARGET_OPTION_SOURCE, "fe80::1%\xff", "is no IP address"},
	{"16 bytes of interface", TARGET_OPTION_SOURCE, "fe80::1%1234567890123456",
		"is no IP address"},
	{"too long a source", TARGET_OPTION_SOURCE, SOURCE_OF_64, "is no IP address"},
	{"an empty codepoint", TARGET_OPTION_DSCP, "", "is no codepoint"},
	{"DSCP 64", TARGET_OPTION_DSCP, "64", "is out of range"},
	{"a negative DSCP", TARGET_OPTION_DSCP, "-1", "is out of range"},
	{"a byte's worth and more", TARGET_OPTION_DSCP, "256", "is out of range"},
	{"an unknown codepoint", TARGET_OPTION_DSCP, "best", "is no codepoint"},
	{"a class too high", TARGET_OPTION_DSCP, "cs8", "is no codepoint"},
	{"a class of assured forwarding too high", TARGET_OPTION_DSCP, "af51", "is no codepoint"},
	{"class 0 of assured forwarding", TARGET_OPTION_DSCP, "af01", "is no codepoint"},
	{"a drop precedence too high", TARGET_OPTION_DSCP, "af14", "is no codepoint"},
	{"a drop precedence of 0", TARGET_OPTION_DSCP, "af10", "is no codepoint"},
	{"half of a name", TARGET_OPTION_DSCP, "af1", "is no codepoint"},
	{"more than a name", TARGET_OPTION_DSCP, "ef1", "is no codepoint"},
	{"a fraction of a codepoint", TARGET_OPTION_DSCP, "4.0", "is no codepoint"},
	{"an empty version", TARGET_OPTION_IP_VERSION, "", "is no IP version"},
	{"version 5", TARGET_OPTION_IP_VERSION, "5", "is no IP version"},
	{"version 46", TARGET_OPTION_IP_VERSION, "46", "is no IP version"},
	{"negative version", TARGET_OPTION_IP_VERSION, "-4", "is no IP version"},
	{"a version by its name", TARGET_OPTION_IP_VERSION, "IPv4", "is no IP version"},
};

START_TEST(refuses_texts_and_changes_nothing)
{
	struct target_options options = {0};
	const char *reason = NULL;
	int result = target_options_set_text(
		&options, bad_texts[_i].option, bad_texts[_i].text, &reason);
	ck_assert_msg(result == -EINVAL, "%s: %d", bad_texts[_i].says, result);
	ck_assert_msg(
		strcmp(reason, bad_texts[_i].reason) == 0, "%s: %s", bad_texts[_i].says, reason);
	check_description(&options, NOTHING, bad_texts[_i].says);
}
END_TEST

static const struct {
	const char *says;
	enum target_option option;
	double number;
	const char *expected; /* NULL where it is refused, and then: */
	const char *reason;
} numbers[] = {
	{"seconds", TARGET_OPTION_INTERVAL, 2, "2000000us 0us 0 0 0 - []", NULL},
	{"the shortest", TARGET_OPTION_INTERVAL, 0.001, "1000us 0us 0 0 0 - []", NULL},
	{"what a binary fraction falls short of", TARGET_OPTION_TIMEOUT, 1.001,
		"0us 1001000us 0 0 0 - []", NULL},
	{"a day", TARGET_OPTION_TIMEOUT, 86400, "0us 86400000000us 0 0 0 - []", NULL},
	{"just too short", TARGET_OPTION_INTERVAL, 0.0009, NULL, "is out of range"},
	{"just too long", TARGET_OPTION_TIMEOUT, 86400.001, NULL, "is out of range"},
	{"no time", TARGET_OPTION_INTERVAL, 0, NULL, "is out of range"},
	{"negative time", TARGET_OPTION_INTERVAL, -1, NULL, "is out of range"},
	{"negative beyond all bounds", TARGET_OPTION_INTERVAL, -1e300, NULL, "is out of range"},
	{"endless", TARGET_OPTION_TIMEOUT, INFINITY, NULL, "is out of range"},
	{"no number at all", TARGET_OPTION_TIMEOUT, NAN, NULL, "is out of range"},
	{"a window", TARGET_OPTION_WINDOW, 1000000, "0us 0us 1000000 0 0 - []", NULL},
	{"a window just too large", TARGET_OPTION_WINDOW, 1000001, NULL, "is out of range"},
	{"no window", TARGET_OPTION_WINDOW, 0, NULL, "is out of range"},
	{"a window with a fraction", TARGET_OPTION_WINDOW, 1.5, NULL, "is no whole number"},
	{"a window that wraps in 32 bits", TARGET_OPTION_WINDOW, 4294967297.0, NULL,
		"is out of range"},
	{"a window that is no number", TARGET_OPTION_WINDOW, NAN, NULL, "is out of range"},
	{"a window beyond all bounds", TARGET_OPTION_WINDOW, 1e300, NULL, "is out of range"},
	{"a codepoint", TARGET_OPTION_DSCP, 46, "0us 0us 0 0 0 46 []", NULL},
	{"codepoint 0 is one that is given", TARGET_OPTION_DSCP, 0, "0us 0us 0 0 0 0 []", NULL},
	{"codepoint 64", TARGET_OPTION_DSCP, 64, NULL, "is out of range"},
	{"a negative codepoint", TARGET_OPTION_DSCP, -1, NULL, "is out of range"},
	{"a fraction of a codepoint", TARGET_OPTION_DSCP, 0.5, NULL, "is no whole number"},
	{"IPv4", TARGET_OPTION_IP_VERSION, 4, "0us 0us 0 0 2 - []", NULL},
	{"IPv6", TARGET_OPTION_IP_VERSION, 6, "0us 0us 0 0 3 - []", NULL},
	{"IPv5", TARGET_OPTION_IP_VERSION, 5, NULL, "is no IP version"},
	{"IP version 0", TARGET_OPTION_IP_VERSION, 0, NULL, "is no IP version"},
	{"a fraction of a version", TARGET_OPTION_IP_VERSION, 4.5, NULL, "is no whole number"},
	{"a version beyond all bounds", TARGET_OPTION_IP_VERSION, -1e300, NULL, "is no IP version"},
	{"a number of a probe", TARGET_OPTION_PROBE, 1, NULL, "is a number, not a text"},
	{"a number of a source", TARGET_OPTION_SOURCE, 1, NULL, "is a number, not a text"},
};

START_TEST(takes_numbers_or_refuses_them_and_changes_nothing)
{
	struct target_options options = {0};
	const char *reason = "";
	int result = target_options_set_number(
		&options, numbers[_i].option, numbers[_i].number, &reason);
	bool is_good = numbers[_i].expected != NULL;
	ck_assert_msg(
		result == (is_good ? 0 : -EINVAL), "%s: %d, %s", numbers[_i].says, result, reason);
	if (!is_good)
		ck_assert_msg(strcmp(reason, numbers[_i].reason) == 0, "%s: %s", numbers[_i].says,
			reason);
	check_description(&options, is_good ? numbers[_i].expected : NOTHING, numbers[_i].says);
}
END_TEST

START_TEST(every_option_tells_what_is_allowed)
{
	for (int i = 0; i < TARGET_OPTIONS; i++)
		ck_assert_ptr_nonnull(target_option_allowed((enum target_option)i));
}
END_TEST

START_TEST(the_defaults_are_those_of_the_documents_and_all_given)
{
	struct target_options options;
	target_options_init(&options);
	check_description(&options, "200000us 800000us 100 1 1 0 []", "defaults");
	ck_assert_int_eq(target_options_check(&options, NULL, NULL), 0);
}
END_TEST

static struct target_options all_options(void)
{
	return (struct target_options){
		.interval_ns = NS_PER_S,
		.timeout_ns = 2 * NS_PER_S,
		.window = 3,
		.probe = PROBE_KIND_CONNECT,
		.ip_version = IP_VERSION_6,
		.has_dscp = true,
		.dscp = 46,
		.source = "::1",
	};
}

START_TEST(what_is_not_given_is_inherited)
{
	const struct target_options defaults = all_options();
	struct target_options options = {0};
	target_options_inherit(&options, &defaults);
	ck_assert(target_options_are_equal(&options, &defaults));
}
END_TEST

START_TEST(what_is_given_stays)
{
	struct target_options defaults;
	target_options_init(&defaults);
	struct target_options options = all_options();
	target_options_inherit(&options, &defaults);
	const struct target_options expected = all_options();
	ck_assert(target_options_are_equal(&options, &expected));
	/* 0 is a codepoint as well. */
	options = (struct target_options){.has_dscp = true};
	target_options_inherit(&options, &expected);
	ck_assert_uint_eq(options.dscp, 0);
}
END_TEST

START_TEST(each_option_makes_a_difference)
{
	const struct target_options one = all_options();
	struct target_options other[TARGET_OPTIONS];
	for (int i = 0; i < TARGET_OPTIONS; i++)
		other[i] = one;
	other[TARGET_OPTION_INTERVAL].interval_ns++;
	other[TARGET_OPTION_TIMEOUT].timeout_ns++;
	other[TARGET_OPTION_WINDOW].window++;
	other[TARGET_OPTION_PROBE].probe = PROBE_KIND_ECHO;
	strcpy(other[TARGET_OPTION_SOURCE].source, "::2");
	other[TARGET_OPTION_DSCP].dscp = 0;
	other[TARGET_OPTION_IP_VERSION].ip_version = IP_VERSION_ANY;
	for (int i = 0; i < TARGET_OPTIONS; i++)
		ck_assert_msg(!target_options_are_equal(&one, &other[i]), "option %d", i);
}
END_TEST

/* What was left behind the source's NUL by a longer one does not count. */
START_TEST(sources_are_compared_as_texts)
{
	struct target_options one = all_options();
	struct target_options other = all_options();
	const char *reason;
	ck_assert_int_eq(
		target_options_set_text(&one, TARGET_OPTION_SOURCE, "2001:db8::1234", &reason), 0);
	ck_assert_int_eq(target_options_set_text(&one, TARGET_OPTION_SOURCE, "::1", &reason), 0);
	ck_assert(target_options_are_equal(&one, &other));
}
END_TEST

static const struct {
	const char *says;
	const char *options; /* Separated by spaces: interval, timeout, probe, source, version. */
	const char *host;    /* NULL: not known. */
	const char *reason;  /* All of it; NULL where it is allowed. */
} checks[] = {
	{"the defaults", "200ms 800ms echo - any", NULL, NULL},
	{"as often as connections may be made", "100ms 800ms connect - any", NULL, NULL},
	{"connections too often", "99.999999ms 800ms connect - any", NULL,
		"interval: 99.999999ms is out of range for a new connection each time; allowed: "
		"100ms to 24h"},
	{"as many connections as can be remembered", "100ms 1h49m13.1s connect - any", NULL, NULL},
	{"one more", "100ms 1h49m13.100000001s connect - any", NULL,
		"interval: 100ms is too short for a timeout of 1h49m13.100000001s (over 65536 "
		"probes would have to be remembered); allowed: 101ms or more"},
	{"an IPv4 source and any version", "1s 1s echo 192.0.2.1 any", NULL, NULL},
	{"an IPv4 source and IPv4", "1s 1s echo 192.0.2.1 4", "192.0.2.2", NULL},
	{"an IPv4 source and IPv6", "1s 1s echo 192.0.2.1 6", NULL,
		"source: 192.0.2.1 is no IPv6 address"},
	{"an IPv6 source and IPv4", "1s 1s echo ::1 4", NULL, "source: ::1 is no IPv4 address"},
	{"an IPv6 source with an interface and IPv6", "1s 1s echo fe80::1%lo 6", "fe80::2%lo",
		NULL},
	{"a name and IPv6", "1s 1s echo - 6", "server1", NULL},
	{"no host and IPv6", "1s 1s echo - 6", "", NULL},
	{"no host and an IPv6 source", "1s 1s echo ::1 any", "", NULL},
	{"an IPv4 address and IPv6", "1s 1s echo - 6", "192.0.2.2",
		"address: 192.0.2.2 is no IPv6 address"},
	{"an IPv6 address and IPv4", "1s 1s echo - 4", "2001:db8::1",
		"address: 2001:db8::1 is no IPv4 address"},
	{"an IPv6 address with an interface and IPv4", "1s 1s echo - 4", "fe80::1%eth0",
		"address: fe80::1%eth0 is no IPv4 address"},
	{"from IPv4 to IPv6", "1s 1s echo 192.0.2.1 any", "::1",
		"source: from 192.0.2.1 there is no way to ::1; allowed: an IPv6 address"},
	{"from IPv6 to IPv4", "1s 1s echo ::1 any", "192.0.2.1",
		"source: from ::1 there is no way to 192.0.2.1; allowed: an IPv4 address"},
};

static void read_options(const char *text, struct target_options *options)
{
	static const enum target_option order[] = {TARGET_OPTION_INTERVAL, TARGET_OPTION_TIMEOUT,
		TARGET_OPTION_PROBE, TARGET_OPTION_SOURCE, TARGET_OPTION_IP_VERSION};
	target_options_init(options);
	for (int i = 0; i < ROWS(order); i++) {
		char word[64];
		const char *reason = "";
		ck_assert_int_eq(sscanf(text, "%63s", word), 1);
		text += strlen(word) + (i + 1 < ROWS(order));
		if (strcmp(word, "-") == 0)
			continue;
		int result = target_options_set_text(options, order[i], word, &reason);
		ck_assert_msg(result == 0, "%s %s", word, reason);
	}
}

START_TEST(checks_options_together_and_with_the_address)
{
	struct target_options options;
	read_options(checks[_i].options, &options);
	struct endpoint address = {.port = 4000};
	if (checks[_i].host)
		snprintf(address.host, sizeof(address.host), "%s", checks[_i].host);
	struct text_error error = {.reason = ""};
	int result = target_options_check(&options, checks[_i].host ? &address : NULL, &error);
	const char *reason = checks[_i].reason ? checks[_i].reason : "";
	ck_assert_msg(result == (checks[_i].reason ? -EINVAL : 0), "%s: %s", checks[_i].says,
		error.reason);
	ck_assert_msg(strcmp(error.reason, reason) == 0, "%s: %s", checks[_i].says, error.reason);
}
END_TEST

START_TEST(a_window_out_of_range_is_refused_however_it_came_there)
{
	struct target_options options;
	struct text_error error;
	target_options_init(&options);
	options.window = LOSS_WINDOW_MAX + 1;
	ck_assert_int_eq(target_options_check(&options, NULL, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "window: 1000001 is out of range; allowed: 1 to 1000000");
}
END_TEST

static const struct {
	const char *says;
	int64_t interval_ns;
	int64_t timeout_ns;
	uint32_t records;
} records[] = {
	{"the defaults", 200 * NS_PER_MS, 800 * NS_PER_MS, 8},
	{"a timeout of less than an interval", DAY_NS, NS_PER_MS, 2},
	{"an interval like all that is waited for", 600 * NS_PER_MS, 100 * NS_PER_MS, 3},
	{"just less", 600 * NS_PER_MS + 1, 100 * NS_PER_MS, 2},
	{"the most", NS_PER_MS, 65036 * NS_PER_MS, TARGET_RECORDS_MAX + 2},
};

START_TEST(there_is_a_record_for_all_that_can_be_unanswered)
{
	const struct target_options options = {
		.interval_ns = records[_i].interval_ns, .timeout_ns = records[_i].timeout_ns};
	ck_assert_msg(target_options_records(&options) == records[_i].records, "%s: %u",
		records[_i].says, target_options_records(&options));
}
END_TEST

START_TEST(kinds_and_versions_have_names)
{
	ck_assert_str_eq(probe_kind_name(PROBE_KIND_ECHO), "echo");
	ck_assert_str_eq(probe_kind_name(PROBE_KIND_CONNECT), "connect");
	ck_assert_str_eq(ip_version_name(IP_VERSION_ANY), "any");
	ck_assert_str_eq(ip_version_name(IP_VERSION_4), "4");
	ck_assert_str_eq(ip_version_name(IP_VERSION_6), "6");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_options");
	tcase_add_loop_test(tcase, takes_texts, 0, ROWS(good_texts));
	tcase_add_loop_test(tcase, refuses_texts_and_changes_nothing, 0, ROWS(bad_texts));
	tcase_add_loop_test(
		tcase, takes_numbers_or_refuses_them_and_changes_nothing, 0, ROWS(numbers));
	tcase_add_test(tcase, every_option_tells_what_is_allowed);
	tcase_add_test(tcase, the_defaults_are_those_of_the_documents_and_all_given);
	tcase_add_test(tcase, what_is_not_given_is_inherited);
	tcase_add_test(tcase, what_is_given_stays);
	tcase_add_test(tcase, each_option_makes_a_difference);
	tcase_add_test(tcase, sources_are_compared_as_texts);
	tcase_add_loop_test(tcase, checks_options_together_and_with_the_address, 0, ROWS(checks));
	tcase_add_test(tcase, a_window_out_of_range_is_refused_however_it_came_there);
	tcase_add_loop_test(
		tcase, there_is_a_record_for_all_that_can_be_unanswered, 0, ROWS(records));
	tcase_add_test(tcase, kinds_and_versions_have_names);
	return unit_run("config/target_options", tcase);
}
