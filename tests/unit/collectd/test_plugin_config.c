/* SPDX-License-Identifier: MIT */
#include "collectd/plugin_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "oconfig_text.h"

static struct plugin_config config;

/* Takes a block in, given as text. */
static int add(const char *text, struct text_error *error)
{
	oconfig_item_t *block = oconfig_text_parse(text);
	int result = plugin_config_add(&config, block, error);
	oconfig_text_free(block);
	return result;
}

static void set_up(void)
{
	plugin_config_init(&config);
}

static void tear_down(void)
{
	plugin_config_clear(&config);
}

/* Writes what of the rarer options is there, each behind a space. Returns how much that is. */
static int describe_rarer(const struct target_options *given, char *text, size_t size)
{
	size_t at = 0;
	text[0] = '\0';
	if (given->probe == PROBE_KIND_CONNECT)
		at += (size_t)snprintf(text + at, size - at, " connect");
	if (given->source[0])
		at += (size_t)snprintf(text + at, size - at, " from %s", given->source);
	if (given->has_dscp && given->dscp)
		at += (size_t)snprintf(text + at, size - at, " dscp %u", given->dscp);
	if (given->ip_version > IP_VERSION_ANY)
		at += (size_t)snprintf(
			text + at, size - at, " ip %s", ip_version_name(given->ip_version));
	return (int)at;
}

/* Writes a target's own options, where it has any. */
static int describe_own(const struct target_options *given, char *text, size_t size)
{
	const struct target_options nothing = {0};
	if (target_options_are_equal(given, &nothing))
		return 0;
	int at = snprintf(text, size, "(%lld %lld %u", (long long)given->interval_ns / 1000,
		(long long)given->timeout_ns / 1000, given->window);
	at += describe_rarer(given, text + at, size - (size_t)at);
	return at + snprintf(text + at, size - (size_t)at, ")");
}

/* Writes the whole configuration in one line. */
static void describe(char *text, size_t size)
{
	char listen[ENDPOINT_TEXT_MAX] = "-";
	char metrics[ENDPOINT_TEXT_MAX] = "-";
	const struct settings *settings = &config.settings;
	if (settings->serve)
		endpoint_format(&settings->listen, listen);
	if (config.serve_metrics)
		endpoint_format(&config.metrics, metrics);
	int at = snprintf(text, size, "%s %lld %lld %u %u %s %s %s %s", listen,
		(long long)settings->defaults.interval_ns / 1000,
		(long long)settings->defaults.timeout_ns / 1000, settings->defaults.window,
		settings->threads, metrics, config.targets_path ? config.targets_path : "-",
		log_level_name(config.log_level), settings->probe ? "probes" : "idle");
	at += describe_rarer(&settings->defaults, text + at, size - (size_t)at);
	for (size_t i = 0; i < settings->targets.count; i++) {
		char address[ENDPOINT_TEXT_MAX];
		endpoint_format(&settings->targets.targets[i].address, address);
		at += snprintf(text + at, size - (size_t)at, " %s=%s",
			settings->targets.targets[i].name, address);
		at += describe_own(
			&settings->targets.targets[i].options, text + at, size - (size_t)at);
	}
}

#define DEFAULTS "- 200000 800000 100 1 - - info idle"

static const struct {
	const char *says;
	const char *text;
	const char *config; /* In microseconds. */
} good[] = {
	{"nothing", "", DEFAULTS},
	{"the whole of it",
		"Listen \":4000\"\nInterval 0.2\nTimeout 0.8\nWindow 50\nThreads 2\n"
		"TargetsFile \"/etc/t.json\"\nMetrics \"localhost:2112\"\nLogLevel \"warning\"\n"
		"<Target \"server1\">\nAddress \"192.168.1.10:4000\"\n</Target>",
		":4000 200000 800000 50 2 localhost:2112 /etc/t.json warning probes "
		"server1=192.168.1.10:4000"},
	{"keys in any case, as the daemon has it",
		"LISTEN \":4000\"\ninterval 1\n<target \"a\">\naddress \":1\"\n</target>",
		":4000 1000000 800000 100 1 - - info probes a=:1"},
	{"port 0 to listen on", "Listen \"127.0.0.1:0\"",
		"127.0.0.1:0 200000 800000 100 1 - - info idle"},
	{"durations as text", "Interval \"1m30s\"\nTimeout \"250ms\"",
		"- 90000000 250000 100 1 - - info idle"},
	{"whole seconds", "Interval 3600\nTimeout 86400",
		"- 3600000000 86400000000 100 1 - - info idle"},
	{"what a binary fraction falls short of", "Interval 1.001",
		"- 1001000 800000 100 1 - - info idle"},
	{"the least and the most", "Interval 0.001\nTimeout 0.001\nWindow 1000000\nThreads 64",
		"- 1000 1000 1000000 64 - - info idle"},
	{"how to probe all", "Probe \"connect\"\nSource \"::1\"\nDSCP 46\nIPVersion 6",
		DEFAULTS " connect from ::1 dscp 46 ip 6"},
	{"the same in words", "probe connect\nSOURCE ::1\ndscp EF\nipversion \"6\"",
		DEFAULTS " connect from ::1 dscp 46 ip 6"},
	{"what is the default anyway", "Probe \"echo\"\nDSCP 0\nIPVersion \"any\"", DEFAULTS},
	{"how to probe one",
		"<Target \"a\">\nAddress \":1\"\nInterval 0.01\nTimeout \"1s\"\nWindow 7\n"
		"Probe \"connect\"\nSource \"127.0.0.1\"\nDSCP \"af41\"\nIPVersion 4\n</Target>",
		"- 200000 800000 100 1 - - info probes a=:1(10000 1000000 7 connect from "
		"127.0.0.1 dscp 34 ip 4)"},
	{"the address behind the rest, in small letters",
		"<Target \"a\">\nwindow 7\naddress \":1\"\n</Target>",
		"- 200000 800000 100 1 - - info probes a=:1(0 0 7)"},
	{"all and one, each its own",
		"Window 5\n<Target \"a\">\nAddress \":1\"\nWindow 7\n</Target>\n<Target \"b\">\n"
		"Address \":2\"\nWindow 7\nDSCP 1\n</Target>\n<Target \"c\">\nAddress "
		"\":3\"\n</Target>\nDSCP 2",
		"- 200000 800000 5 1 - - info probes dscp 2 a=:1(0 0 7) b=:2(0 0 7 dscp 1) c=:3"},
	{"a targets file alone", "TargetsFile \"/t\"", "- 200000 800000 100 1 - /t info probes"},
	{"IPv6", "<Target \"six\">\nAddress \"[2001:db8::1]:4000\"\n</Target>",
		"- 200000 800000 100 1 - - info probes six=[2001:db8::1]:4000"},
	{"a name with spaces, quotes apart, and UTF-8",
		"<Target \"b\xc3\xbcro 1\">\nAddress \":4000\"\n</Target>",
		"- 200000 800000 100 1 - - info probes b\xc3\xbcro 1=:4000"},
	{"words without quotes", "Listen localhost:4000\n<Target server1>\nAddress a:1\n</Target>",
		"localhost:4000 200000 800000 100 1 - - info probes server1=a:1"},
	{"a name of 127 bytes",
		"<Target "
		"\"1234567890123456789012345678901234567890123456789012345678901234567890"
		"123456789012345678901234567890123456789012345678901234567\">\nAddress \":1\"\n"
		"</Target>",
		"- 200000 800000 100 1 - - info probes "
		"1234567890123456789012345678901234567890123456789012345678901234567890"
		"123456789012345678901234567890123456789012345678901234567=:1"},
};

START_TEST(takes)
{
	struct text_error error = {0};
	ck_assert_msg(add(good[_i].text, &error) == 0, "%s: %s", good[_i].says, error.reason);
	char text[1024];
	describe(text, sizeof(text));
	ck_assert_msg(strcmp(text, good[_i].config) == 0, "%s: %s", good[_i].says, text);
}
END_TEST

#define TARGET(name) "<Target \"" name "\">\nAddress \":4000\"\n</Target>\n"
#define NAME_OF_128                                                                                \
	"1234567890123456789012345678901234567890123456789012345678901234567890"                   \
	"1234567890123456789012345678901234567890123456789012345678"

static const struct {
	const char *says;
	const char *text;
	const char *reason; /* How it begins. */
} bad[] = {
	{"an unknown option", "Intervall 0.2",
		"Intervall 0.2 is no option; allowed: Listen, Target, "},
	{"an unknown option with text", "Foo \"bar\"", "Foo \"bar\" is no option; allowed: "},
	{"an unknown option with a truth", "Foo true", "Foo true is no option; allowed: "},
	{"an unknown block", "<Server \"x\">\n</Server>", "Server \"x\" is no option; allowed: "},
	{"a duration that is none", "Interval \"abc\"",
		"Interval \"abc\" is no duration; allowed: 0.001 to 86400 seconds, or a text "
		"like "},
	{"a duration as a bare word", "Interval abc", "Interval \"abc\" is no duration; "},
	{"a number in quotes", "Interval \"0.2\"", "Interval \"0.2\" is no duration; "},
	{"a duration of zero", "Interval 0", "Interval 0 is out of range; "},
	{"a negative duration", "Timeout -1", "Timeout -1 is out of range; "},
	{"a duration too short", "Interval 0.0001", "Interval 0.0001 is out of range; "},
	{"a duration too long", "Timeout 86401", "Timeout 86401 is out of range; "},
	{"a duration beyond all bounds", "Timeout 1e300", "Timeout 1e+300 is out of range; "},
	{"no number", "Interval nan", "Interval nan is out of range; "},
	{"an endless number", "Interval inf", "Interval inf is out of range; "},
	{"a text too short", "Interval \"10us\"", "Interval \"10us\" is out of range; "},
	{"a text beyond 64 bits", "Interval \"9999999h\"", "Interval \"9999999h\" is out of "},
	{"a truth for a duration", "Interval true", "Interval true is of the wrong kind; "},
	{"no value", "Interval", "Interval without a value is not one value; "},
	{"two values", "Interval 1 2", "Interval 1 is not one value; "},
	{"a block for an option", "<Interval 1>\nFoo 1\n</Interval>", "Interval 1 is not one v"},
	{"window zero", "Window 0", "Window 0 is out of range; allowed: 1 to 1000000"},
	{"a negative window", "Window -5", "Window -5 is out of range; "},
	{"a window with a fraction", "Window 1.5", "Window 1.5 is no whole number; "},
	{"a window too large", "Window 1000001", "Window 1000001 is out of range; "},
	{"a window in quotes", "Window \"100\"", "Window \"100\" is of the wrong kind; "},
	{"too many threads", "Threads 65", "Threads 65 is out of range; allowed: 1 to 64"},
	{"no port to listen on", "Listen \"localhost\"", "Listen \"localhost\" has no port; "},
	{"a port out of range", "Listen \":70000\"", "Listen \":70000\" "},
	{"a port as a number", "Listen 4000", "Listen 4000 is of the wrong kind; allowed: host"},
	{"an open bracket", "Metrics \"[::1\"", "Metrics \"[::1\" "},
	{"no port for metrics", "Metrics \"2112\"", "Metrics \"2112\" has no port; "},
	{"a relative path", "TargetsFile \"targets.json\"",
		"TargetsFile \"targets.json\" is no absolute path; "},
	{"an empty path", "TargetsFile \"\"", "TargetsFile \"\" is no absolute path; "},
	{"an unknown level", "LogLevel \"notice\"", "LogLevel \"notice\" is no level; allowed: e"},
	{"an option twice", "Interval 1\nInterval 1", "Interval 1 comes twice; "},
	{"a target without a name", "<Target>\nAddress \":1\"\n</Target>",
		"Target without a value is not one text; allowed: <Target \"name\">"},
	{"a target with two names", "<Target \"a\" \"b\">\nAddress \":1\"\n</Target>",
		"Target \"a\" is not one text; "},
	{"a target with a number", "<Target 5>\nAddress \":1\"\n</Target>",
		"Target 5 is not one text; "},
	{"a target with an empty name", TARGET(""), "target \"\": name is empty"},
	{"a target without an address", "<Target \"a\">\n</Target>", "Target \"a\" has no Addr"},
	{"a target that is no block", "Target \"a\"", "Target \"a\" has no Address"},
	{"an address without a port", "<Target \"a\">\nAddress \"host\"\n</Target>",
		"Target \"a\": Address \"host\" has no port; allowed: host:port, "},
	{"an address as a number", "<Target \"a\">\nAddress 4000\n</Target>",
		"Target \"a\": Address 4000 is not one text; "},
	{"port 0 to dial", "<Target \"a\">\nAddress \":0\"\n</Target>", "Target \"a\": Address \""},
	{"two addresses", "<Target \"a\">\nAddress \":1\"\nAddress \":2\"\n</Target>",
		"Target \"a\": Address \":2\" comes twice; "},
	{"an unknown probe", "Probe \"ping\"",
		"Probe \"ping\" is no kind of probe; allowed: \"echo\" or \"connect\""},
	{"a probe as a number", "Probe 1", "Probe 1 is of the wrong kind; allowed: \"echo\""},
	{"a source that is none", "Source \"eth0\"",
		"Source \"eth0\" is no IP address; allowed: an IP address of this machine, in "},
	{"a source as a number", "Source 10.5", "Source 10.5 is of the wrong kind; "},
	{"a codepoint too high", "DSCP 64", "DSCP 64 is out of range; allowed: 0 to 63, or a na"},
	{"a negative codepoint", "DSCP -1", "DSCP -1 is out of range; "},
	{"a fraction of a codepoint", "DSCP 1.5", "DSCP 1.5 is no whole number; "},
	{"an unknown codepoint", "DSCP \"gold\"", "DSCP \"gold\" is no codepoint; "},
	{"a truth for a codepoint", "DSCP true", "DSCP true is of the wrong kind; "},
	{"IP version 5", "IPVersion 5", "IPVersion 5 is no IP version; allowed: 4, 6 or \"any\""},
	{"IP version by name", "IPVersion \"IPv4\"", "IPVersion \"IPv4\" is no IP version; "},
	{"a truth for a version", "IPVersion false", "IPVersion false is of the wrong kind; "},
	{"two codepoints", "DSCP 1 2", "DSCP 1 is not one value; "},
	{"a probe twice", "Probe \"echo\"\nProbe \"echo\"",
		"Probe \"echo\" comes twice; allowed: once in all blocks together"},
	{"an option of a target out of range",
		"<Target \"a\">\nAddress \":1\"\nWindow 0\n</Target>",
		"Target \"a\": Window 0 is out of range; allowed: 1 to 1000000"},
	{"an option of a target of the wrong kind",
		"<Target \"a\">\nAddress \":1\"\nWindow \"7\"\n</Target>",
		"Target \"a\": Window \"7\" is of the wrong kind; allowed: 1 to 1000000, without"},
	{"an option of a target twice", "<Target \"a\">\nAddress \":1\"\nDSCP 1\nDSCP 1\n</Target>",
		"Target \"a\": DSCP 1 comes twice; allowed: once"},
	{"an option of a target without a value",
		"<Target \"a\">\nAddress \":1\"\nProbe\n</Target>",
		"Target \"a\": Probe without a value is not one value; "},
	{"a block within a target",
		"<Target \"a\">\nAddress \":1\"\n<Source \"::1\">\nX 1\n</Source>\n</Target>",
		"Target \"a\": Source \"::1\" is not one value; "},
	{"labels, which collectd has no place for",
		"<Target \"a\">\nAddress \":1\"\nLabels \"x\"\n</Target>",
		"Target \"a\": Labels \"x\" is no option; allowed: Address, Interval, Timeout, "
		"Window, Probe, Source, DSCP, IPVersion"},
	{"what is for all targets only", "<Target \"a\">\nAddress \":1\"\nThreads 2\n</Target>",
		"Target \"a\": Threads 2 is no option; allowed: Address, "},
	{"an unknown option of a target", "<Target \"a\">\nAddres \":1\"\n</Target>",
		"Target \"a\": Addres \":1\" is no option; allowed: Address"},
	{"a name with a slash", TARGET("a/b"),
		"target \"a/b\": name has a '/', which is not allowed"},
	{"a name of 128 bytes", TARGET(NAME_OF_128),
		"target \"12345678901234567890123456789012345678901234567890123456789012345"},
	{"a control character", TARGET("a\tb"), "target \"a?b\": name has a control character"},
	{"invalid UTF-8", TARGET("a\xff"), "target \"a?\": name is not valid UTF-8"},
	{"two targets of one name", TARGET("a") TARGET("b") TARGET("a"),
		"target \"a\": name is used twice"},
};

START_TEST(refuses)
{
	struct text_error error = {0};
	ck_assert_msg(add(bad[_i].text, &error) < 0, "%s: taken", bad[_i].says);
	ck_assert_msg(strncmp(error.reason, bad[_i].reason, strlen(bad[_i].reason)) == 0, "%s: %s",
		bad[_i].says, error.reason);
}
END_TEST

START_TEST(shows_long_values_in_part)
{
	char value[5000];
	char text[5100];
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(text, sizeof(text), "Interval \"%s\"", value);
	struct text_error error = {0};
	ck_assert_int_lt(add(text, &error), 0);
	ck_assert_ptr_nonnull(
		strstr(error.reason, "xxx\" is no duration; allowed: 0.001 to 86400"));
}
END_TEST

START_TEST(adds_blocks_up)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("Listen \":1\"\n" TARGET("a"), &error), 0);
	ck_assert_int_eq(add("Interval 1\n" TARGET("b"), &error), 0);
	char text[1024];
	describe(text, sizeof(text));
	ck_assert_str_eq(text, ":1 1000000 800000 100 1 - - info probes a=:4000 b=:4000");
}
END_TEST

/* What was given is counted for each block on its own. */
START_TEST(an_option_may_be_given_to_all_and_to_each_target)
{
	struct text_error error = {0};
	ck_assert_int_eq(
		add("DSCP 1\n<Target \"a\">\nAddress \":1\"\nDSCP 2\n</Target>", &error), 0);
	ck_assert_int_eq(add("<Target \"b\">\nAddress \":1\"\nDSCP 3\n</Target>", &error), 0);
	ck_assert_int_lt(add("DSCP 1", &error), 0);
	ck_assert_str_eq(error.reason, "DSCP 1 comes twice; allowed: once in all blocks together");
}
END_TEST

START_TEST(refuses_what_two_blocks_both_have)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("Window 5\n" TARGET("a"), &error), 0);
	ck_assert_int_lt(add("Window 6", &error), 0);
	ck_assert_str_eq(
		error.reason, "Window 6 comes twice; allowed: once in all blocks together");
	ck_assert_int_lt(add(TARGET("a"), &error), 0);
	ck_assert_str_eq(error.reason, "target \"a\": name is used twice");
}
END_TEST

START_TEST(is_as_new_when_cleared)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("Window 5\nDSCP 1\nTargetsFile \"/t\"\n" TARGET("a"), &error), 0);
	plugin_config_clear(&config);
	char text[1024];
	describe(text, sizeof(text));
	ck_assert_str_eq(text, DEFAULTS);
	ck_assert_int_eq(add("Window 5\nDSCP 1\nTargetsFile \"/t\"\n" TARGET("a"), &error), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("plugin_config");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, takes, 0, ROWS(good));
	tcase_add_loop_test(tcase, refuses, 0, ROWS(bad));
	tcase_add_test(tcase, shows_long_values_in_part);
	tcase_add_test(tcase, adds_blocks_up);
	tcase_add_test(tcase, an_option_may_be_given_to_all_and_to_each_target);
	tcase_add_test(tcase, refuses_what_two_blocks_both_have);
	tcase_add_test(tcase, is_as_new_when_cleared);
	return unit_run("collectd/plugin_config", tcase);
}
