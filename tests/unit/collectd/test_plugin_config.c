/* SPDX-License-Identifier: MIT */
#include "collectd/plugin_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../target_options_text.h"
#include "base/clock.h"
#include "oconfig_text.h"

static struct plugin_config config;

/* Parses a block that is given as text. */
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

/* Writes the whole configuration in one line. */
static void describe(char *text, size_t size)
{
	char listen[ENDPOINT_TEXT_MAX] = "-";
	char metrics[ENDPOINT_TEXT_MAX] = "-";
	const struct settings *settings = &config.settings;
	if (settings->serve)
		endpoint_format(&settings->listen, listen);
	if (config.serve_metrics)
		endpoint_format(&config.front.listen[0], metrics);
	char options[TARGET_OPTIONS_TEXT_MAX];
	target_options_text_write(&settings->defaults, config.given, options);
	int at = snprintf(text, size, "%s %u %s %s %s %s [%s]", listen, settings->threads, metrics,
		config.discovery.source_count > 0 ? config.discovery.sources[0] : "-",
		log_level_name(config.log_level), settings->probe ? "probes" : "idle", options);
	for (size_t i = 0; i < settings->targets.count; i++) {
		char address[ENDPOINT_TEXT_MAX];
		endpoint_format(&settings->targets.targets[i].address, address);
		target_options_text_write(&settings->targets.targets[i].options,
			settings->targets.targets[i].own, options);
		at += snprintf(text + at, size - (size_t)at, " %s=%s%s%s%s",
			settings->targets.targets[i].name, address, options[0] ? "(" : "", options,
			options[0] ? ")" : "");
	}
}

#define DEFAULTS "- 1 - - info idle []"

static const struct {
	const char *says;
	const char *text;
	const char *config;
} good[] = {
	{"nothing", "", DEFAULTS},
	{"everything",
		"Listen \":4000\"\nInterval 0.2\nTimeout 0.8\nWindow 50\nThreads 2\n"
		"TargetsFile \"/etc/t.json\"\nMetrics \"localhost:2112\"\nLogLevel \"warning\"\n"
		"<Target \"server1\">\nAddress \"192.168.1.10:4000\"\n</Target>",
		":4000 2 localhost:2112 /etc/t.json warning probes "
		"[interval=200ms timeout=800ms window=50] server1=192.168.1.10:4000"},
	{"keys in any case, as elsewhere in the daemon",
		"LISTEN \":4000\"\ninterval 1\n<target \"a\">\naddress \":1\"\n</target>",
		":4000 1 - - info probes [interval=1s] a=:1"},
	{"listening on port 0", "Listen \"127.0.0.1:0\"", "127.0.0.1:0 1 - - info idle []"},
	{"durations as text", "Interval \"1m30s\"\nTimeout \"250ms\"",
		"- 1 - - info idle [interval=1m30s timeout=250ms]"},
	{"whole seconds", "Interval 3600\nTimeout 86400",
		"- 1 - - info idle [interval=1h timeout=24h]"},
	{"a number that a binary fraction falls short of", "Interval 1.001",
		"- 1 - - info idle [interval=1.001s]"},
	{"the least and the most", "Interval 0.001\nTimeout 0.001\nWindow 1000000\nThreads 64",
		"- 64 - - info idle [interval=1ms timeout=1ms window=1000000]"},
	{"how to probe all targets", "Probe \"connect\"\nSource \"::1\"\nDSCP 46\nIPVersion 6",
		"- 1 - - info idle [probe=connect source=::1 dscp=46 ip_version=6]"},
	{"the same as words", "probe connect\nSOURCE ::1\ndscp EF\nipversion \"6\"",
		"- 1 - - info idle [probe=connect source=::1 dscp=46 ip_version=6]"},
	{"values that are the default anyway", "Probe \"echo\"\nDSCP 0\nIPVersion \"any\"",
		"- 1 - - info idle [probe=echo dscp=0 ip_version=any]"},
	{"how to probe one target",
		"<Target \"a\">\nAddress \":1\"\nInterval 0.01\nTimeout \"1s\"\nWindow 7\n"
		"Probe \"connect\"\nSource \"127.0.0.1\"\nDSCP \"af41\"\nIPVersion 4\n</Target>",
		"- 1 - - info probes [] a=:1(interval=10ms timeout=1s window=7 probe=connect "
		"source=127.0.0.1 dscp=34 ip_version=4)"},
	{"the address after the rest, in lower case",
		"<Target \"a\">\nwindow 7\naddress \":1\"\n</Target>",
		"- 1 - - info probes [] a=:1(window=7)"},
	{"some for all targets, some for one",
		"Window 5\n<Target \"a\">\nAddress \":1\"\nWindow 7\n</Target>\n<Target \"b\">\n"
		"Address \":2\"\nWindow 7\nDSCP 1\n</Target>\n<Target \"c\">\nAddress "
		"\":3\"\n</Target>\nDSCP 2",
		"- 1 - - info probes [window=5 dscp=2] a=:1(window=7) b=:2(window=7 dscp=1) c=:3"},
	{"a source to ask alone", "TargetsFrom \"dns:a:1\"", "- 1 - dns:a:1 info probes []"},
	{"several sources", "TargetsFile \"/b\"\nTargetsFrom \"srv:a\"\nTargetsFile \"/c/*\"",
		"- 1 - /b info probes []"},
	{"a targets file alone", "TargetsFile \"/t\"", "- 1 - /t info probes []"},
	{"IPv6", "<Target \"six\">\nAddress \"[2001:db8::1]:4000\"\n</Target>",
		"- 1 - - info probes [] six=[2001:db8::1]:4000"},
	{"a name with spaces and UTF-8", "<Target \"b\xc3\xbcro 1\">\nAddress \":4000\"\n</Target>",
		"- 1 - - info probes [] b\xc3\xbcro 1=:4000"},
	{"words without quotes", "Listen localhost:4000\n<Target server1>\nAddress a:1\n</Target>",
		"localhost:4000 1 - - info probes [] server1=a:1"},
	{"a name of 127 bytes",
		"<Target "
		"\"1234567890123456789012345678901234567890123456789012345678901234567890"
		"123456789012345678901234567890123456789012345678901234567\">\nAddress \":1\"\n"
		"</Target>",
		"- 1 - - info probes [] "
		"1234567890123456789012345678901234567890123456789012345678901234567890"
		"123456789012345678901234567890123456789012345678901234567=:1"},
};

/* Dispatch, DispatchInfo, StandardTypes, WarnLoss, OkayAtStart; and whether readings are wanted. */
static const struct {
	const char *says;
	const char *text;
	const char *config;
} goods_for_readings[] = {
	{"nothing", "", "1 0 0 nan 1 reads"},
	{"all of them",
		"Dispatch \"basic\"\nDispatchInfo true\nStandardTypes true\nWarnLoss 2.5\nOkayAtStart "
		"false",
		"2 1 1 2.5 0 reads"},
	{"words in any case, quoted booleans",
		"dispatch ALL\nstandardtypes \"true\"\nokayatstart \"false\"", "1 0 1 nan 0 reads"},
	{"the plugin's own front alone", "Dispatch \"none\"", "3 0 0 nan 1 idle"},
	{"standard types alone", "Dispatch \"none\"\nStandardTypes true", "3 0 1 nan 1 reads"},
	{"a share in quotes", "WarnLoss \"0.5\"", "1 0 0 0.5 1 reads"},
	{"only to warn", "Dispatch \"none\"\nWarnLoss 0", "3 0 0 0 1 reads"},
};

START_TEST(takes_what_is_done_with_readings)
{
	struct text_error error = {0};
	ck_assert_msg(add(goods_for_readings[_i].text, &error) == 0, "%s: %s",
		goods_for_readings[_i].says, error.reason);
	char text[100];
	snprintf(text, sizeof(text), "%d %d %d %g %d %s", (int)config.dispatch,
		config.dispatch_info, config.standard_types, config.warn_loss, config.okay_at_start,
		plugin_config_wants_readings(&config) ? "reads" : "idle");
	ck_assert_msg(strcmp(text, goods_for_readings[_i].config) == 0, "%s: %s",
		goods_for_readings[_i].says, text);
}
END_TEST

START_TEST(takes)
{
	struct text_error error = {0};
	ck_assert_msg(add(good[_i].text, &error) == 0, "%s: %s", good[_i].says, error.reason);
	char text[1024];
	describe(text, sizeof(text));
	ck_assert_msg(strcmp(text, good[_i].config) == 0, "%s: %s", good[_i].says, text);
}
END_TEST

static const struct {
	const char *text;
	enum settings_resolver resolver;
} resolvers[] = {
	{"", SETTINGS_RESOLVER_DNS},
	{"Resolver \"dns\"", SETTINGS_RESOLVER_DNS},
	{"resolver System", SETTINGS_RESOLVER_SYSTEM},
};

START_TEST(takes_a_resolver)
{
	struct text_error error = {0};
	ck_assert_msg(add(resolvers[_i].text, &error) == 0, "%s", error.reason);
	ck_assert_int_eq(config.settings.resolver, resolvers[_i].resolver);
}
END_TEST

#define TARGET(name) "<Target \"" name "\">\nAddress \":4000\"\n</Target>\n"
#define NAME_OF_128                                                                                \
	"1234567890123456789012345678901234567890123456789012345678901234567890"                   \
	"1234567890123456789012345678901234567890123456789012345678"

static const struct {
	const char *says;
	const char *text;
	const char *reason; /* How the message begins. */
} bad[] = {
	{"an unknown option", "Intervall 0.2",
		"Intervall 0.2 is not a valid option; allowed: Listen, Allow, "},
	{"an unknown option with text", "Foo \"bar\"",
		"Foo \"bar\" is not a valid option; allowed: "},
	{"an unknown option with a boolean", "Foo true",
		"Foo true is not a valid option; allowed: "},
	{"an unknown block", "<Server \"x\">\n</Server>",
		"Server \"x\" is not a valid option; allowed: "},
	{"text that is not a duration", "Interval \"abc\"",
		"Interval \"abc\" is not a valid duration; allowed: 0.001 to 86400 seconds, or text "
		"such as "},
	{"a duration as a bare word", "Interval abc", "Interval \"abc\" is not a valid duration; "},
	{"a number in quotes", "Interval \"0.2\"", "Interval \"0.2\" is not a valid duration; "},
	{"a duration of 0", "Interval 0", "Interval 0 is out of range; "},
	{"a negative duration", "Timeout -1", "Timeout -1 is out of range; "},
	{"a duration that is too short", "Interval 0.0001", "Interval 0.0001 is out of range; "},
	{"a duration that is too long", "Timeout 86401", "Timeout 86401 is out of range; "},
	{"a duration beyond all bounds", "Timeout 1e300", "Timeout 1e+300 is out of range; "},
	{"no number", "Interval nan", "Interval nan is out of range; "},
	{"infinity", "Interval inf", "Interval inf is out of range; "},
	{"a duration as text that is too short", "Interval \"10us\"",
		"Interval \"10us\" is out of range; "},
	{"a duration as text beyond 64 bits", "Interval \"9999999h\"",
		"Interval \"9999999h\" is out of "},
	{"a boolean for a duration", "Interval true", "Interval true has the wrong type; "},
	{"no value", "Interval", "Interval without a value does not have exactly one value; "},
	{"two values", "Interval 1 2", "Interval 1 does not have exactly one value; "},
	{"a block for an option", "<Interval 1>\nFoo 1\n</Interval>",
		"Interval 1 does not have exactly one v"},
	{"window zero", "Window 0", "Window 0 is out of range; allowed: 1 to 1000000"},
	{"a negative window", "Window -5", "Window -5 is out of range; "},
	{"a window with a fraction", "Window 1.5", "Window 1.5 is not a whole number; "},
	{"a window that is too large", "Window 1000001", "Window 1000001 is out of range; "},
	{"a window in quotes", "Window \"100\"", "Window \"100\" has the wrong type; "},
	{"too many threads", "Threads 65", "Threads 65 is out of range; allowed: 1 to 64"},
	{"a listen address without a port", "Listen \"localhost\"",
		"Listen \"localhost\" has no port; "},
	{"a port out of range", "Listen \":70000\"", "Listen \":70000\" "},
	{"a port as a number", "Listen 4000", "Listen 4000 has the wrong type; allowed: host"},
	{"an open bracket", "Metrics \"[::1\"", "Metrics \"[::1\" "},
	{"a metrics address without a port", "Metrics \"2112\"", "Metrics \"2112\" has no port; "},
	{"a relative path", "TargetsFile \"targets.json\"",
		"TargetsFile \"targets.json\" is not an absolute path; "},
	{"a name for a file", "TargetsFile \"dns:a:1\"",
		"TargetsFile \"dns:a:1\" is not a file: TargetsFrom is for sources to ask; "},
	{"a file to ask", "TargetsFrom \"/t.json\"",
		"TargetsFrom \"/t.json\" is not a source to ask: TargetsFile is for files; "},
	{"a relative pattern", "TargetsFile \"t/*.json\"",
		"TargetsFile \"t/*.json\" is not an absolute path; "},
	{"a relative certificate", "TargetsCAFile \"ca.pem\"",
		"TargetsCAFile \"ca.pem\" is not an absolute path; "},
	{"an empty path", "TargetsFile \"\"", "TargetsFile \"\" is empty; "},
	{"another resolver", "Resolver \"hosts\"",
		"Resolver \"hosts\" is not a valid resolver; allowed: \"dns\" or \"system\""},
	{"an unknown level", "LogLevel \"notice\"",
		"LogLevel \"notice\" is not a valid level; allowed: \"error\""},
	{"a network with bits beyond its prefix", "Allow \"10.0.0.1/8\"",
		"Allow \"10.0.0.1/8\" has bits set beyond its prefix; allowed: IP addresses and "
		"networks separated by commas, e.g. 10.0.0.0/8,2001:db8::/32, in quotes"},
	{"a network that is a number", "Allow 10", "Allow 10 has the wrong type; "},
	{"no peers", "MaxPeers 0", "MaxPeers 0 is out of range; allowed: 1 to 1000000"},
	{"an option twice", "Interval 1\nInterval 1", "Interval 1 is given twice; "},
	{"a target without a name", "<Target>\nAddress \":1\"\n</Target>",
		"Target without a value needs exactly one name in quotes; allowed: <Target \"name\">"},
	{"a target with two names", "<Target \"a\" \"b\">\nAddress \":1\"\n</Target>",
		"Target \"a\" needs exactly one name in quotes; "},
	{"a target with a number", "<Target 5>\nAddress \":1\"\n</Target>",
		"Target 5 needs exactly one name in quotes; "},
	{"a target with an empty name", TARGET(""), "target \"\": name is empty"},
	{"a target without an address", "<Target \"a\">\n</Target>", "Target \"a\" has no Addr"},
	{"a target that is not a block", "Target \"a\"", "Target \"a\" has no Address"},
	{"an address without a port", "<Target \"a\">\nAddress \"host\"\n</Target>",
		"Target \"a\": Address \"host\" has no port; allowed: host:port, "},
	{"an address as a number", "<Target \"a\">\nAddress 4000\n</Target>",
		"Target \"a\": Address 4000 has the wrong type; "},
	{"dialling port 0", "<Target \"a\">\nAddress \":0\"\n</Target>",
		"Target \"a\": Address \""},
	{"two addresses", "<Target \"a\">\nAddress \":1\"\nAddress \":2\"\n</Target>",
		"Target \"a\": Address \":2\" is given twice; "},
	{"an unknown probe", "Probe \"ping\"",
		"Probe \"ping\" is not a valid kind of probe; allowed: \"echo\" or \"connect\""},
	{"a probe as a number", "Probe 1", "Probe 1 has the wrong type; allowed: \"echo\""},
	{"a source that is not an address", "Source \"eth0\"",
		"Source \"eth0\" is not a valid IP address; allowed: an IP address of this machine, in "},
	{"a source as a number", "Source 10.5", "Source 10.5 has the wrong type; "},
	{"a codepoint that is too high", "DSCP 64",
		"DSCP 64 is out of range; allowed: 0 to 63, or a na"},
	{"a negative codepoint", "DSCP -1", "DSCP -1 is out of range; "},
	{"a codepoint with a fraction", "DSCP 1.5", "DSCP 1.5 is not a whole number; "},
	{"an unknown codepoint", "DSCP \"gold\"", "DSCP \"gold\" is not a valid codepoint; "},
	{"a boolean for a codepoint", "DSCP true", "DSCP true has the wrong type; "},
	{"IP version 5", "IPVersion 5",
		"IPVersion 5 is not a valid IP version; allowed: 4, 6 or \"any\""},
	{"IP version by name", "IPVersion \"IPv4\"",
		"IPVersion \"IPv4\" is not a valid IP version; "},
	{"a boolean for a version", "IPVersion false", "IPVersion false has the wrong type; "},
	{"two codepoints", "DSCP 1 2", "DSCP 1 does not have exactly one value; "},
	{"a probe twice", "Probe \"echo\"\nProbe \"echo\"",
		"Probe \"echo\" is given twice; allowed: once across all <Plugin tcp_echo> blocks"},
	{"an option of a target out of range",
		"<Target \"a\">\nAddress \":1\"\nWindow 0\n</Target>",
		"Target \"a\": Window 0 is out of range; allowed: 1 to 1000000"},
	{"an option of a target of the wrong kind",
		"<Target \"a\">\nAddress \":1\"\nWindow \"7\"\n</Target>",
		"Target \"a\": Window \"7\" has the wrong type; allowed: 1 to 1000000, without"},
	{"an option of a target twice", "<Target \"a\">\nAddress \":1\"\nDSCP 1\nDSCP 1\n</Target>",
		"Target \"a\": DSCP 1 is given twice; allowed: once"},
	{"an option of a target without a value",
		"<Target \"a\">\nAddress \":1\"\nProbe\n</Target>",
		"Target \"a\": Probe without a value does not have exactly one value; "},
	{"a block within a target",
		"<Target \"a\">\nAddress \":1\"\n<Source \"::1\">\nX 1\n</Source>\n</Target>",
		"Target \"a\": Source \"::1\" does not have exactly one value; "},
	{"labels, which collectd has no room for",
		"<Target \"a\">\nAddress \":1\"\nLabels \"x\"\n</Target>",
		"Target \"a\": Labels \"x\" is not a valid option; allowed: Address, Interval, Timeout, "
		"Window, Probe, Frame, Size, Stamps, TxStamps, Source, Interface, DSCP, IPVersion"},
	{"an option for all targets only", "<Target \"a\">\nAddress \":1\"\nThreads 2\n</Target>",
		"Target \"a\": Threads 2 is not a valid option; allowed: Address, "},
	{"an unknown option of a target", "<Target \"a\">\nAddres \":1\"\n</Target>",
		"Target \"a\": Addres \":1\" is not a valid option; allowed: Address"},
	{"a name with a slash", TARGET("a/b"),
		"target \"a/b\": name has a '/', which is not allowed"},
	{"a name of 128 bytes", TARGET(NAME_OF_128),
		"target \"12345678901234567890123456789012345678901234567890123456789012345"},
	{"a control character", TARGET("a\tb"), "target \"a?b\": name has a control character"},
	{"invalid UTF-8", TARGET("a\xff"), "target \"a?\": name is not valid UTF-8"},
	{"two targets with the same name", TARGET("a") TARGET("b") TARGET("a"),
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

START_TEST(truncates_long_values)
{
	char value[5000];
	char text[5100];
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(text, sizeof(text), "Interval \"%s\"", value);
	struct text_error error = {0};
	ck_assert_int_lt(add(text, &error), 0);
	ck_assert_ptr_nonnull(
		strstr(error.reason, "xxx\" is not a valid duration; allowed: 0.001 to 86400"));
}
END_TEST

START_TEST(merges_blocks)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("Listen \":1\"\n" TARGET("a"), &error), 0);
	ck_assert_int_eq(add("Interval 1\n" TARGET("b"), &error), 0);
	char text[1024];
	describe(text, sizeof(text));
	ck_assert_str_eq(text, ":1 1 - - info probes [interval=1s] a=:4000 b=:4000");
}
END_TEST

/* Repeated options are counted per block. */
START_TEST(an_option_may_be_given_for_all_targets_and_for_each)
{
	struct text_error error = {0};
	ck_assert_int_eq(
		add("DSCP 1\n<Target \"a\">\nAddress \":1\"\nDSCP 2\n</Target>", &error), 0);
	ck_assert_int_eq(add("<Target \"b\">\nAddress \":1\"\nDSCP 3\n</Target>", &error), 0);
	ck_assert_int_lt(add("DSCP 1", &error), 0);
	ck_assert_str_eq(error.reason,
		"DSCP 1 is given twice; allowed: once across all <Plugin tcp_echo> blocks");
}
END_TEST

START_TEST(refuses_what_occurs_in_two_blocks)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("Window 5\n" TARGET("a"), &error), 0);
	ck_assert_int_lt(add("Window 6", &error), 0);
	ck_assert_str_eq(error.reason,
		"Window 6 is given twice; allowed: once across all <Plugin tcp_echo> blocks");
	ck_assert_int_lt(add(TARGET("a"), &error), 0);
	ck_assert_str_eq(error.reason, "target \"a\": name is used twice");
}
END_TEST

START_TEST(targets_get_defaults_that_come_after_them)
{
	struct text_error error = {0};
	ck_assert_int_eq(add(TARGET("a") "Interval 0.05", &error), 0);
	ck_assert_int_eq(plugin_config_complete(&config, &error), 0);
	const struct target_list *targets = &config.settings.targets;
	ck_assert_int_eq(targets->targets[0].options.interval_ns, 50 * NS_PER_MS);
	ck_assert_int_eq(targets->targets[0].options.timeout_ns, 800 * NS_PER_MS);
}
END_TEST

START_TEST(refuses_conflicting_options)
{
	struct text_error error = {0};
	ck_assert_int_eq(
		add("<Target \"a\">\nAddress \":1\"\nProbe connect\n</Target>\nInterval 0.05",
			&error),
		0);
	ck_assert_int_eq(plugin_config_complete(&config, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "target \"a\": interval: 50ms is too short for connect "
				       "probes, a new connection each; allowed: 100ms to 24h");
}
END_TEST

START_TEST(is_like_new_when_cleared)
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

START_TEST(networks_add_up_over_blocks)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("Allow \"10.0.0.0/8\"\nAllow \"192.0.2.1,::1\"", &error), 0);
	ck_assert_int_eq(add("allow \"2001:db8::/32\"\nMaxPeers 10", &error), 0);
	ck_assert_int_eq(add("MaxPeersPerAddress 5", &error), 0);
	ck_assert_uint_eq(config.settings.allow.count, 4);
	ck_assert_uint_eq(config.settings.max_peers, 10);
	ck_assert_uint_eq(config.settings.max_peers_per_address, 5);
}
END_TEST

START_TEST(targets_on_request_need_metrics)
{
	struct text_error error = {0};
	ck_assert_int_eq(add("ProbeAllow \"10.0.0.0/8:7\"\nProbeMax 10", &error), 0);
	ck_assert_int_eq(plugin_config_complete(&config, &error), 0);
	ck_assert(!config.settings.probe);
	ck_assert_uint_eq(config.settings.probe_allow.count, 0);
	plugin_config_clear(&config);
	ck_assert_int_eq(add("ProbeAllow \"10.0.0.0/8:7\"\nProbeMax 10", &error), 0);
	ck_assert_int_eq(add("ProbeAllow \"::1\"\nMetrics \":2112\"", &error), 0);
	ck_assert_int_eq(plugin_config_complete(&config, &error), 0);
	ck_assert(config.settings.probe);
	ck_assert_uint_eq(config.settings.probe_allow.count, 2);
	ck_assert_uint_eq(config.settings.probe_max, 10);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("plugin_config");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, takes, 0, ROWS(good));
	tcase_add_loop_test(tcase, takes_what_is_done_with_readings, 0, ROWS(goods_for_readings));
	tcase_add_loop_test(tcase, takes_a_resolver, 0, ROWS(resolvers));
	tcase_add_test(tcase, networks_add_up_over_blocks);
	tcase_add_test(tcase, targets_on_request_need_metrics);
	tcase_add_loop_test(tcase, refuses, 0, ROWS(bad));
	tcase_add_test(tcase, truncates_long_values);
	tcase_add_test(tcase, merges_blocks);
	tcase_add_test(tcase, an_option_may_be_given_for_all_targets_and_for_each);
	tcase_add_test(tcase, refuses_what_occurs_in_two_blocks);
	tcase_add_test(tcase, targets_get_defaults_that_come_after_them);
	tcase_add_test(tcase, refuses_conflicting_options);
	tcase_add_test(tcase, is_like_new_when_cleared);
	return unit_run("collectd/plugin_config", tcase);
}
