/* SPDX-License-Identifier: MIT */
#include "config/option_value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../unit.h"

static void check_value(const struct option *option, const struct option_value *value,
	const char *expected, const char *says)
{
	char text[OPTION_VALUE_TEXT_MAX];
	option_value_format(option, value, text);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", says, text);
}

static const struct {
	const char *says;
	enum option_id id;
	const char *text;
	const char *expected; /* As it is printed. */
} good_texts[] = {
	{"an interval", OPTION_INTERVAL, "20ms", "20ms"},
	{"the shortest", OPTION_INTERVAL, "1ms", "1ms"},
	{"the longest", OPTION_INTERVAL, "24h", "24h"},
	{"a timeout of several units", OPTION_TIMEOUT, "1m30.5s", "1m30.5s"},
	{"a window", OPTION_WINDOW, "7", "7"},
	{"the smallest window", OPTION_WINDOW, "1", "1"},
	{"the largest window", OPTION_WINDOW, "1000000", "1000000"},
	{"leading zeroes", OPTION_WINDOW, "0007", "7"},
	{"echo", OPTION_PROBE, "echo", "echo"},
	{"connect", OPTION_PROBE, "connect", "connect"},
	{"connect in capitals", OPTION_PROBE, "Connect", "connect"},
	{"an IPv4 source", OPTION_SOURCE, "192.0.2.1", "192.0.2.1"},
	{"an IPv6 source", OPTION_SOURCE, "2001:db8::1", "2001:db8::1"},
	{"a source with its interface", OPTION_SOURCE, "fe80::1%eth0", "fe80::1%eth0"},
	{"the longest interface name", OPTION_SOURCE, "fe80::1%123456789012345",
		"fe80::1%123456789012345"},
	{"a timeout that is estimated", OPTION_TIMEOUT, "auto", "auto"},
	{"one in a hundred", OPTION_TX_STAMPS, "1/100", "1/100"},
	{"each one", OPTION_TX_STAMPS, "1/1", "1/1"},
	{"one in as many as there can be", OPTION_TX_STAMPS, "1/1000000", "1/1000000"},
	{"none", OPTION_TX_STAMPS, "OFF", "off"},
	{"a switch that is on", OPTION_REFLECT_DSCP, "on", "on"},
	{"a switch that is off", OPTION_REFLECT_DSCP, "Off", "off"},
	{"an interface", OPTION_INTERFACE, "eth0.100@x", "eth0.100@x"},
	{"the longest interface", OPTION_INTERFACE, "123456789012345", "123456789012345"},
	{"a source that the system chooses", OPTION_SOURCE, "0.0.0.0", "0.0.0.0"},
	{"DSCP 0", OPTION_DSCP, "0", "0"},
	{"the largest DSCP", OPTION_DSCP, "63", "63"},
	{"expedited forwarding", OPTION_DSCP, "ef", "46"},
	{"in capitals", OPTION_DSCP, "EF", "46"},
	{"assured forwarding, first", OPTION_DSCP, "af11", "10"},
	{"assured forwarding, last", OPTION_DSCP, "AF43", "38"},
	{"best effort", OPTION_DSCP, "cs0", "0"},
	{"class selector, last", OPTION_DSCP, "CS7", "56"},
	{"lower effort", OPTION_DSCP, "le", "1"},
	{"voice admit", OPTION_DSCP, "va", "44"},
	{"voice admit, spelt out", OPTION_DSCP, "voice-admit", "44"},
	{"IPv4", OPTION_IP_VERSION, "4", "4"},
	{"IPv6", OPTION_IP_VERSION, "6", "6"},
	{"a version with leading zeros", OPTION_IP_VERSION, "006", "6"},
	{"any version", OPTION_IP_VERSION, "any", "any"},
	{"any version in capitals", OPTION_IP_VERSION, "Any", "any"},
	{"networks", OPTION_ALLOW, "10.0.0.0/8,::1", "10.0.0.0/8,::1"},
	{"networks with ports", OPTION_PROBE_ALLOW, "10.0.0.0/8:7,[::1]:7-9",
		"10.0.0.0/8:7,[::1]:7-9"},
	{"as many peers as possible", OPTION_MAX_PEERS, "1000000", "1000000"},
	{"a share", OPTION_WARN_LOSS, "5", "5"},
	{"a part of a percent", OPTION_WARN_LOSS, "0.25", "0.25"},
	{"no share at all", OPTION_WARN_LOSS, "0", "0"},
	{"the whole", OPTION_WARN_LOSS, "100.0", "100"},
	{"a mode", OPTION_MODE, "both", "both"},
	{"a level", OPTION_LOG_LEVEL, "warning", "warning"},
	{"the last word of several", OPTION_SVC, "run", "run"},
	{"a truth", OPTION_CHECK, "true", "true"},
	{"its contrary", OPTION_CHECK, "false", "false"},
	{"an address to listen on", OPTION_LISTEN, "[::1]:0", "[::1]:0"},
	{"an address to dial", OPTION_TARGET, "host:1", "host:1"},
	{"a path", OPTION_TARGETS, "a b", "a b"},
	{"a name", OPTION_NAME, "a.B_c-9", "a.B_c-9"},
};

START_TEST(accepts_text)
{
	const struct option *option = option_get(good_texts[_i].id);
	struct option_value value = {0};
	const char *reason = NULL;
	int result = option_value_parse(option, good_texts[_i].text, &value, &reason);
	ck_assert_msg(result == 0, "%s: %s", good_texts[_i].says, reason);
	check_value(option, &value, good_texts[_i].expected, good_texts[_i].says);
}
END_TEST

#define SOURCE_OF_64 "2001:db8:1111:2222:3333:4444:5555:6666%12345678901234567890123456"

static const struct {
	const char *says;
	enum option_id id;
	const char *text;
	const char *reason;
} bad_texts[] = {
	{"an empty share", OPTION_WARN_LOSS, "", "is not a number"},
	{"a share with its sign", OPTION_WARN_LOSS, "5%", "is not a number"},
	{"a share in words", OPTION_WARN_LOSS, "nan", "is not a number"},
	{"a share with an exponent", OPTION_WARN_LOSS, "1e1", "is not a number"},
	{"a little more than all", OPTION_WARN_LOSS, "100.000001", "is out of range"},
	{"a little less than nothing", OPTION_WARN_LOSS, "-0.0000001", "is out of range"},
	{"an endless share", OPTION_WARN_LOSS, "99999999999999999999999999999999",
		"is out of range"},
	{"an empty interval", OPTION_INTERVAL, "", "is not a valid duration"},
	{"no unit", OPTION_INTERVAL, "200", "is not a valid duration"},
	{"an unknown unit", OPTION_TIMEOUT, "1d", "is not a valid duration"},
	{"something after it", OPTION_TIMEOUT, "1s ", "is not a valid duration"},
	{"zero", OPTION_INTERVAL, "0", "is out of range"},
	{"negative", OPTION_INTERVAL, "-1s", "is out of range"},
	{"just too short", OPTION_TIMEOUT, "999.999us", "is out of range"},
	{"just too long", OPTION_TIMEOUT, "24h0m0.000000001s", "is out of range"},
	{"beyond 64 bits", OPTION_INTERVAL, "9999999999h", "is out of range"},
	{"an empty window", OPTION_WINDOW, "", "is not a whole number"},
	{"no window", OPTION_WINDOW, "0", "is out of range"},
	{"a negative window", OPTION_WINDOW, "-1", "is out of range"},
	{"just a sign", OPTION_WINDOW, "-", "is not a whole number"},
	{"a plus sign", OPTION_WINDOW, "+5", "is not a whole number"},
	{"a fraction", OPTION_WINDOW, "1.5", "is not a whole number"},
	{"a space", OPTION_WINDOW, " 5", "is not a whole number"},
	{"hexadecimal", OPTION_WINDOW, "0x10", "is not a whole number"},
	{"a window that is just too large", OPTION_WINDOW, "1000001", "is out of range"},
	{"a window that wraps in 32 bits", OPTION_WINDOW, "4294967297", "is out of range"},
	{"a window that wraps in 64 bits", OPTION_WINDOW, "18446744073709551617",
		"is out of range"},
	{"no networks", OPTION_ALLOW, "", "is not a valid list of networks"},
	{"a port too high", OPTION_PROBE_ALLOW, "10.0.0.0/8:65536",
		"is not a valid list of networks with ports"},
	{"a name as a network", OPTION_ALLOW, "localhost", "is not a valid list of networks"},
	{"bits beyond the prefix", OPTION_ALLOW, "10.0.0.1/8", "has bits set beyond its prefix"},
	{"no peers", OPTION_MAX_PEERS, "0", "is out of range"},
	{"too many peers", OPTION_MAX_PEERS, "1000001", "is out of range"},
	{"half a peer", OPTION_MAX_PEERS_PER_ADDRESS, "0.5", "is not a whole number"},
	{"an empty kind of probe", OPTION_PROBE, "", "is not a valid kind of probe"},
	{"an unknown kind", OPTION_PROBE, "icmp", "is not a valid kind of probe"},
	{"something after a kind", OPTION_PROBE, "echo ", "is not a valid kind of probe"},
	{"an empty source", OPTION_SOURCE, "", "is not a valid IP address"},
	{"an empty interface", OPTION_INTERFACE, "", "is not the name of a network interface"},
	{"an interface that is too long", OPTION_INTERFACE, "1234567890123456",
		"is not the name of a network interface"},
	{"an interface with a blank", OPTION_INTERFACE, "eth 0",
		"is not the name of a network interface"},
	{"an interface with a slash", OPTION_INTERFACE, "eth/0",
		"is not the name of a network interface"},
	{"an interface beyond ASCII", OPTION_INTERFACE, "\xc3\xbc",
		"is not the name of a network interface"},
	{"a name for a source", OPTION_SOURCE, "localhost", "is not a valid IP address"},
	{"just an interface", OPTION_SOURCE, "%eth0", "is not a valid IP address"},
	{"a port after it", OPTION_SOURCE, "192.0.2.1:4000", "is not a valid IP address"},
	{"brackets", OPTION_SOURCE, "[::1]", "is not a valid IP address"},
	{"three bytes", OPTION_SOURCE, "192.0.2", "is not a valid IP address"},
	{"a leading space", OPTION_SOURCE, " ::1", "is not a valid IP address"},
	{"IPv4 with an interface", OPTION_SOURCE, "192.0.2.1%eth0", "is not a valid IP address"},
	{"no interface after the percent sign", OPTION_SOURCE, "fe80::1%",
		"is not a valid IP address"},
	{"a space in the interface", OPTION_SOURCE, "fe80::1%eth 0", "is not a valid IP address"},
	{"a control character in it", OPTION_SOURCE, "fe80::1%\x1b[2J",
		"is not a valid IP address"},
	{"a line feed after it", OPTION_SOURCE, "fe80::1%eth0\n", "is not a valid IP address"},
	{"a slash in it", OPTION_SOURCE, "fe80::1%a/b", "is not a valid IP address"},
	{"beyond ASCII", OPTION_SOURCE, "fe80::1%\xff", "is not a valid IP address"},
	{"16 bytes of interface", OPTION_SOURCE, "fe80::1%1234567890123456",
		"is not a valid IP address"},
	{"a source that is too long", OPTION_SOURCE, SOURCE_OF_64, "is not a valid IP address"},
	{"an empty codepoint", OPTION_DSCP, "", "is not a valid codepoint"},
	{"DSCP 64", OPTION_DSCP, "64", "is out of range"},
	{"a negative DSCP", OPTION_DSCP, "-1", "is out of range"},
	{"a DSCP beyond a byte", OPTION_DSCP, "256", "is out of range"},
	{"an unknown codepoint", OPTION_DSCP, "best", "is not a valid codepoint"},
	{"a class that is too high", OPTION_DSCP, "cs8", "is not a valid codepoint"},
	{"an assured forwarding class that is too high", OPTION_DSCP, "af51",
		"is not a valid codepoint"},
	{"assured forwarding class 0", OPTION_DSCP, "af01", "is not a valid codepoint"},
	{"a drop precedence that is too high", OPTION_DSCP, "af14", "is not a valid codepoint"},
	{"a drop precedence of 0", OPTION_DSCP, "af10", "is not a valid codepoint"},
	{"half a name", OPTION_DSCP, "af1", "is not a valid codepoint"},
	{"something after a name", OPTION_DSCP, "ef1", "is not a valid codepoint"},
	{"a codepoint with a fraction", OPTION_DSCP, "4.0", "is not a valid codepoint"},
	{"an empty version", OPTION_IP_VERSION, "", "is not a valid IP version"},
	{"version 5", OPTION_IP_VERSION, "5", "is not a valid IP version"},
	{"no version but zeros", OPTION_IP_VERSION, "00", "is not a valid IP version"},
	{"version 5 with a zero", OPTION_IP_VERSION, "05", "is not a valid IP version"},
	{"a zero before a word", OPTION_IP_VERSION, "0any", "is not a valid IP version"},
	{"version 46", OPTION_IP_VERSION, "46", "is not a valid IP version"},
	{"negative version", OPTION_IP_VERSION, "-4", "is not a valid IP version"},
	{"a version by its name", OPTION_IP_VERSION, "IPv4", "is not a valid IP version"},
	{"an unknown mode", OPTION_MODE, "proxy", "is not a valid mode"},
	{"a mode in capitals", OPTION_MODE, "Both", "is not a valid mode"},
	{"half a mode", OPTION_MODE, "bot", "is not a valid mode"},
	{"an unknown level", OPTION_LOG_LEVEL, "warn", "is not a valid level"},
	{"an unknown action", OPTION_SVC, "restart", "is not a valid action"},
	{"no truth", OPTION_CHECK, "", "is not a valid boolean"},
	{"an interval has no word", OPTION_INTERVAL, "auto", "is not a valid duration"},
	{"no timeout at all", OPTION_TIMEOUT, "0s", "is out of range"},
	{"a share of nothing", OPTION_TX_STAMPS, "1/0", "is out of range"},
	{"too small a share", OPTION_TX_STAMPS, "1/1000001", "is out of range"},
	{"two in a hundred", OPTION_TX_STAMPS, "2/100", "is neither off nor a share such as 1/100"},
	{"a share without a number", OPTION_TX_STAMPS, "1/",
		"is neither off nor a share such as 1/100"},
	{"a share of a fraction", OPTION_TX_STAMPS, "1/1.5",
		"is neither off nor a share such as 1/100"},
	{"a share below nothing", OPTION_TX_STAMPS, "1/-5", "is out of range"},
	{"a percentage", OPTION_TX_STAMPS, "1%", "is neither off nor a share such as 1/100"},
	{"no share", OPTION_TX_STAMPS, "", "is neither off nor a share such as 1/100"},
	{"neither on nor off", OPTION_REFLECT_DSCP, "true", "is neither on nor off"},
	{"an empty switch", OPTION_REFLECT_DSCP, "", "is neither on nor off"},
	{"a boolean in capitals", OPTION_CHECK, "True", "is not a valid boolean"},
	{"no threads", OPTION_THREADS, "0", "is out of range"},
	{"too many threads", OPTION_THREADS, "65", "is out of range"},
	{"an empty path", OPTION_TARGETS, "", "is empty"},
	{"no port", OPTION_LISTEN, "host", "has no port"},
	{"dialling port 0", OPTION_TARGET, ":0", "has port 0, which cannot be dialled"},
	{"a hidden name", OPTION_NAME, ".x", "is not a valid service name"},
	{"a name with a slash", OPTION_NAME, "a/b", "is not a valid service name"},
};

START_TEST(refuses_text_and_changes_nothing)
{
	struct option_value value = {.number = 7};
	const char *reason = NULL;
	int result = option_value_parse(
		option_get(bad_texts[_i].id), bad_texts[_i].text, &value, &reason);
	ck_assert_msg(result == -EINVAL, "%s: %d", bad_texts[_i].says, result);
	ck_assert_msg(
		strcmp(reason, bad_texts[_i].reason) == 0, "%s: %s", bad_texts[_i].says, reason);
	ck_assert_int_eq(value.number, 7);
	ck_assert_ptr_null(value.text);
}
END_TEST

static const struct {
	const char *says;
	enum option_id id;
	double number;
	const char *expected; /* NULL if it is refused, and then: */
	const char *reason;
} numbers[] = {
	{"seconds", OPTION_INTERVAL, 2, "2s", NULL},
	{"the shortest", OPTION_INTERVAL, 0.001, "1ms", NULL},
	{"a number that a binary fraction falls short of", OPTION_TIMEOUT, 1.001, "1.001s", NULL},
	{"a day", OPTION_TIMEOUT, 86400, "24h", NULL},
	{"just too short", OPTION_INTERVAL, 0.0009, NULL, "is out of range"},
	{"just too long", OPTION_TIMEOUT, 86400.001, NULL, "is out of range"},
	{"no time", OPTION_INTERVAL, 0, NULL, "is out of range"},
	{"negative time", OPTION_INTERVAL, -1, NULL, "is out of range"},
	{"negative beyond all bounds", OPTION_INTERVAL, -1e300, NULL, "is out of range"},
	{"endless", OPTION_TIMEOUT, INFINITY, NULL, "is out of range"},
	{"NaN", OPTION_TIMEOUT, NAN, NULL, "is out of range"},
	{"a window", OPTION_WINDOW, 1000000, "1000000", NULL},
	{"a window that is just too large", OPTION_WINDOW, 1000001, NULL, "is out of range"},
	{"no window", OPTION_WINDOW, 0, NULL, "is out of range"},
	{"a window with a fraction", OPTION_WINDOW, 1.5, NULL, "is not a whole number"},
	{"a window that wraps in 32 bits", OPTION_WINDOW, 4294967297.0, NULL, "is out of range"},
	{"a window that is NaN", OPTION_WINDOW, NAN, NULL, "is out of range"},
	{"a window beyond all bounds", OPTION_WINDOW, 1e300, NULL, "is out of range"},
	{"a codepoint", OPTION_DSCP, 46, "46", NULL},
	{"codepoint 0 counts as given", OPTION_DSCP, 0, "0", NULL},
	{"codepoint 64", OPTION_DSCP, 64, NULL, "is out of range"},
	{"a negative codepoint", OPTION_DSCP, -1, NULL, "is out of range"},
	{"a codepoint with a fraction", OPTION_DSCP, 0.5, NULL, "is not a whole number"},
	{"IPv4", OPTION_IP_VERSION, 4, "4", NULL},
	{"IPv6", OPTION_IP_VERSION, 6, "6", NULL},
	{"IPv5", OPTION_IP_VERSION, 5, NULL, "is not a valid IP version"},
	{"IP version 0", OPTION_IP_VERSION, 0, NULL, "is not a valid IP version"},
	{"a version with a fraction", OPTION_IP_VERSION, 4.5, NULL, "is not a whole number"},
	{"a version beyond all bounds", OPTION_IP_VERSION, -1e300, NULL,
		"is not a valid IP version"},
	{"a number for a probe", OPTION_PROBE, 1, NULL, "is not a string"},
	{"a number for an interface", OPTION_INTERFACE, 1, NULL, "is not a string"},
	{"a number for a source", OPTION_SOURCE, 1, NULL, "is not a string"},
	{"threads", OPTION_THREADS, 64, "64", NULL},
	{"too many threads", OPTION_THREADS, 65, NULL, "is out of range"},
	{"a number for a level", OPTION_LOG_LEVEL, 1, NULL, "is not a string"},
};

START_TEST(accepts_numbers_or_refuses_them_and_changes_nothing)
{
	const struct option *option = option_get(numbers[_i].id);
	struct option_value value = {.number = 7};
	const char *reason = "";
	int result = option_value_of_number(option, numbers[_i].number, &value, &reason);
	bool is_good = numbers[_i].expected != NULL;
	ck_assert_msg(
		result == (is_good ? 0 : -EINVAL), "%s: %d, %s", numbers[_i].says, result, reason);
	if (is_good) {
		check_value(option, &value, numbers[_i].expected, numbers[_i].says);
		return;
	}
	ck_assert_msg(strcmp(reason, numbers[_i].reason) == 0, "%s: %s", numbers[_i].says, reason);
	ck_assert_int_eq(value.number, 7);
}
END_TEST

START_TEST(every_default_is_printed_as_it_is_read)
{
	const struct option *option = option_get((enum option_id)_i);
	if (!option->initial)
		return;
	struct option_value value = {0};
	option_value_initial(option, &value);
	check_value(option, &value, option->initial, option->flag);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("option_value");
	tcase_add_loop_test(tcase, accepts_text, 0, ROWS(good_texts));
	tcase_add_loop_test(tcase, refuses_text_and_changes_nothing, 0, ROWS(bad_texts));
	tcase_add_loop_test(
		tcase, accepts_numbers_or_refuses_them_and_changes_nothing, 0, ROWS(numbers));
	tcase_add_loop_test(tcase, every_default_is_printed_as_it_is_read, 0, OPTIONS);
	return unit_run("config/option_value", tcase);
}
