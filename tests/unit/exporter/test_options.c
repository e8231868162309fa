/* SPDX-License-Identifier: MIT */
#include "exporter/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../target_options_text.h"
#include "exporter/description.h"

#define MS INT64_C(1000000)
#define ARGUMENTS_MAX 80

/* Parses arguments, which end in NULL. Returns what options_parse() returns. */
static int parse(const char *const *arguments, struct options *options, struct text_error *error)
{
	/* The options borrow them until the next call. */
	static char texts[ARGUMENTS_MAX + 1][256] = {"tcp-echo-metrics"};
	char *argv[ARGUMENTS_MAX + 2] = {texts[0]};
	int argc = 1;
	for (; *arguments != NULL; arguments++, argc++) {
		ck_assert_int_le(argc, ARGUMENTS_MAX);
		snprintf(texts[argc], sizeof(texts[argc]), "%s", *arguments);
		argv[argc] = texts[argc];
	}
	return options_parse(argc, argv, options, error);
}

static const struct {
	const char *says;
	const char *arguments[ARGUMENTS_MAX];
	int64_t interval_ns;
} spellings[] = {
	{"not given", {NULL}, 200 * MS},
	{"one dash, two arguments", {"-interval", "1s"}, 1000 * MS},
	{"one dash, equals sign", {"-interval=1s"}, 1000 * MS},
	{"two dashes, two arguments", {"--interval", "1s"}, 1000 * MS},
	{"two dashes, equals sign", {"--interval=1s"}, 1000 * MS},
	{"the last one wins", {"-interval=1s", "-interval=2s"}, 2000 * MS},
	{"two dashes end the flags", {"-interval=1s", "--"}, 1000 * MS},
};

START_TEST(accepts_every_spelling_that_go_does)
{
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(spellings[_i].arguments, &options, &error) == 0, "%s: %s",
		spellings[_i].says, error.reason);
	ck_assert_msg(options.settings.defaults.interval_ns == spellings[_i].interval_ns, "%s",
		spellings[_i].says);
	options_clear(&options);
}
END_TEST

START_TEST(without_flags_it_is_a_server_with_the_documented_defaults)
{
	const char *const arguments[] = {NULL};
	struct options options;
	ck_assert_int_eq(parse(arguments, &options, NULL), 0);
	ck_assert_int_eq(options.action, OPTIONS_RUN);
	ck_assert_str_eq(options_mode(&options), "server");
	ck_assert(options.settings.serve);
	ck_assert(!options.settings.probe);
	ck_assert_uint_eq(options.settings.listen.port, 4000);
	ck_assert_str_eq(options.front.listen[0].host, "");
	ck_assert_uint_eq(options.front.listen[0].port, 2112);
	ck_assert_int_eq(options.settings.defaults.timeout_ns, 800 * MS);
	ck_assert_uint_eq(options.settings.defaults.window, 100);
	ck_assert_int_eq(options.settings.defaults.probe, PROBE_KIND_ECHO);
	ck_assert_str_eq(options.settings.defaults.source, "");
	ck_assert_uint_eq(options.settings.defaults.dscp, 0);
	ck_assert_int_eq(options.settings.defaults.ip_version, IP_VERSION_ANY);
	ck_assert_uint_eq(options.settings.threads, 1);
	ck_assert_int_eq(options.settings.resolver, SETTINGS_RESOLVER_DNS);
	ck_assert_uint_eq(options.settings.targets.count, 0);
	ck_assert_uint_eq(options.settings.allow.count, 0);
	ck_assert_uint_eq(options.settings.max_peers, 0);
	ck_assert_uint_eq(options.settings.max_peers_per_address, 0);
	ck_assert_int_eq(options.log_level, LOG_LEVEL_INFO);
	ck_assert_int_eq(options.log_format, LOG_FORMAT_TEXT);
	ck_assert_str_eq(options.warning.reason, "");
	options_clear(&options);
}
END_TEST

START_TEST(accepts_every_flag)
{
	const char *const arguments[] = {"-mode=both", "-listen=[::1]:1", "-metrics=127.0.0.1:0",
		"-timeout=1.5s", "-window=7", "-threads=3", "-log-level=debug", "-json-logs",
		"-probe=connect", "-source=::1", "-dscp=ef", "-ip-version=6",
		"-allow=10.0.0.0/8,2001:db8::/32", "-max-peers=100", "-allow", "192.0.2.1",
		"-max-peers-per-address=9", "-resolver=system", NULL};
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(arguments, &options, &error) == 0, "%s", error.reason);
	ck_assert_str_eq(options_mode(&options), "both");
	ck_assert_str_eq(options.settings.listen.host, "::1");
	ck_assert_uint_eq(options.settings.listen.port, 1);
	ck_assert_str_eq(options.front.listen[0].host, "127.0.0.1");
	ck_assert_uint_eq(options.front.listen[0].port, 0);
	ck_assert_int_eq(options.settings.defaults.timeout_ns, 1500 * MS);
	ck_assert_uint_eq(options.settings.defaults.window, 7);
	ck_assert_int_eq(options.settings.defaults.probe, PROBE_KIND_CONNECT);
	ck_assert_str_eq(options.settings.defaults.source, "::1");
	ck_assert_uint_eq(options.settings.defaults.dscp, 46);
	ck_assert_int_eq(options.settings.defaults.ip_version, IP_VERSION_6);
	ck_assert_uint_eq(options.settings.threads, 3);
	ck_assert_uint_eq(options.settings.allow.count, 3);
	ck_assert_uint_eq(options.settings.max_peers, 100);
	ck_assert_uint_eq(options.settings.max_peers_per_address, 9);
	ck_assert_int_eq(options.settings.resolver, SETTINGS_RESOLVER_SYSTEM);
	ck_assert_int_eq(options.log_level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(options.log_format, LOG_FORMAT_JSON);
	options_clear(&options);
}
END_TEST

static const struct {
	const char *says;
	const char *arguments[ARGUMENTS_MAX];
	enum options_action action;
} actions[] = {
	{"nothing", {NULL}, OPTIONS_RUN},
	{"-svc=install", {"-svc=install"}, OPTIONS_SERVICE},
	{"-svc=uninstall", {"-svc", "uninstall"}, OPTIONS_SERVICE},
	{"-svc=start", {"-svc=start"}, OPTIONS_SERVICE},
	{"-svc=stop", {"-svc=stop"}, OPTIONS_SERVICE},
	{"-svc=run", {"-svc=run"}, OPTIONS_RUN},
	{"-svc with a false -check", {"-svc=stop", "-check=false"}, OPTIONS_SERVICE},
	{"-check", {"-check"}, OPTIONS_CHECK},
	{"-check=true", {"--check=true"}, OPTIONS_CHECK},
	{"-check=false", {"-check=false"}, OPTIONS_RUN},
	{"the last -check wins", {"-check", "-check=false"}, OPTIONS_RUN},
	{"-version", {"-version"}, OPTIONS_VERSION},
	{"-version before -check", {"-check", "-version"}, OPTIONS_VERSION},
	{"-help", {"-help"}, OPTIONS_HELP},
	{"--help", {"--help"}, OPTIONS_HELP},
	{"-h", {"-h"}, OPTIONS_HELP},
	{"-help before an error", {"-help", "-bogus"}, OPTIONS_HELP},
	{"-help before a conflict", {"-target=:1", "-help"}, OPTIONS_HELP},
};

START_TEST(knows_what_to_do)
{
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(actions[_i].arguments, &options, &error) == 0, "%s: %s",
		actions[_i].says, error.reason);
	ck_assert_msg(options.action == actions[_i].action, "%s", actions[_i].says);
	options_clear(&options);
}
END_TEST

START_TEST(a_service_is_told_every_network)
{
	const char *const arguments[] = {"-svc=install", "-allow=10.0.0.0/8", "-max-peers=1",
		"-allow=192.0.2.1,::1", "-max-peers=2", NULL};
	static const char *const flags[] = {
		"allow 10.0.0.0/8", "allow 192.0.2.1,::1", "max-peers 2"};
	struct options options;
	ck_assert_int_eq(parse(arguments, &options, NULL), 0);
	ck_assert_uint_eq(options.given_count, 3);
	for (int i = 0; i < 3; i++) {
		char flag[64];
		snprintf(
			flag, sizeof(flag), "%s %s", options.given[i].name, options.given[i].value);
		ck_assert_str_eq(flag, flags[i]);
	}
	options_clear(&options);
}
END_TEST

START_TEST(a_flag_that_repeats_does_so_within_reason)
{
	const char *arguments[66];
	for (int i = 0; i < 65; i++)
		arguments[i] = "-allow=192.0.2.1";
	arguments[65] = NULL;
	struct options options;
	struct text_error error;
	ck_assert_int_eq(parse(arguments, &options, &error), -EINVAL);
	ck_assert_str_eq(
		error.reason, "-allow: is given more than 64 times; allowed: a list in each");
	options_clear(&options);
	arguments[64] = NULL;
	ck_assert_int_eq(parse(arguments, &options, &error), 0);
	ck_assert_uint_eq(options.settings.allow.count, 64);
	options_clear(&options);
}
END_TEST

START_TEST(takes_several_addresses_for_metrics)
{
	const char *arguments[] = {
		"-metrics=:1", "-web.listen-address", "127.0.0.1:2", "-metrics=:3", NULL};
	struct options options;
	struct text_error error;
	ck_assert_int_eq(parse(arguments, &options, &error), 0);
	ck_assert_uint_eq(options.front.listen_count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(options.front.listen[i].port, i + 1);
	options_clear(&options);

	const char *many[] = {"-metrics=:1", "-metrics=:1", "-metrics=:1", "-metrics=:1",
		"-metrics=:1", "-metrics=:1", "-metrics=:1", "-metrics=:1", "-metrics=:1", NULL};
	ck_assert_int_eq(parse(many, &options, &error), -EINVAL);
	ck_assert_str_eq(error.reason, "-metrics: is given more than 8 times");
	options_clear(&options);
}
END_TEST

static const struct {
	const char *arguments[ARGUMENTS_MAX];
	enum log_format format;
} formats[] = {
	{{"-mode=server"}, LOG_FORMAT_TEXT},
	{{"-log-format=text"}, LOG_FORMAT_TEXT},
	{{"-log-format=logfmt"}, LOG_FORMAT_LOGFMT},
	{{"-log.format=json"}, LOG_FORMAT_JSON},
	{{"-json-logs"}, LOG_FORMAT_JSON},
	{{"-json-logs", "-log.format=logfmt"}, LOG_FORMAT_LOGFMT},
	{{"-log.format=logfmt", "-json-logs=false"}, LOG_FORMAT_TEXT},
};

START_TEST(takes_the_format_of_the_log)
{
	struct options options;
	struct text_error error;
	ck_assert_int_eq(parse(formats[_i].arguments, &options, &error), 0);
	ck_assert_int_eq(options.log_format, formats[_i].format);
	options_clear(&options);
}
END_TEST

START_TEST(knows_the_verb_and_the_name_of_the_service)
{
	char texts[][16] = {"x", "-name=a.B_c-9", "-svc=start"};
	char *argv[] = {texts[0], texts[1], texts[2]};
	struct options options;
	ck_assert_int_eq(options_parse(1, argv, &options, NULL), 0);
	ck_assert_int_eq(options.verb, VERB_NONE);
	ck_assert_str_eq(options.service_name, "tcp-echo-metrics");
	options_clear(&options);
	ck_assert_int_eq(options_parse(3, argv, &options, NULL), 0);
	ck_assert_int_eq(options.verb, VERB_START);
	ck_assert_str_eq(options.service_name, "a.B_c-9");
	options_clear(&options);
}
END_TEST

static const struct {
	const char *says;
	const char *arguments[ARGUMENTS_MAX];
	const char *address; /* Of the only target; NULL if there is none. */
} targets[] = {
	{"a server probes nothing", {"-mode=server"}, NULL},
	{"a client probes the default", {"-mode=client"}, ":4000"},
	{"a client probes its target", {"-mode=client", "-target=a:1"}, "a:1"},
	{"the last target wins", {"-mode=client", "-target=a:1", "-target=b:2"}, "b:2"},
	{"a targets file is read later", {"-mode=client", "-targets=t.json"}, NULL},
	{"a targets file overrides a target", {"-mode=client", "-targets=t.json", "-target=a:1"},
		NULL},
	{"both probes its own server", {"-mode=both"}, "localhost:4000"},
	{"at the port where it listens", {"-mode=both", "-listen=:5000"}, "localhost:5000"},
	{"at its address", {"-mode=both", "-listen=10.0.0.1:5000"}, "10.0.0.1:5000"},
	{"every IPv4 address", {"-mode=both", "-listen=0.0.0.0:5000"}, "127.0.0.1:5000"},
	{"every IPv6 address", {"-mode=both", "-listen=[::]:5000"}, "[::1]:5000"},
	{"spelt out", {"-mode=both", "-listen=[0:0:0:0:0:0:0:0]:5000"}, "[::1]:5000"},
	{"both with a target", {"-mode=both", "-target=a:1"}, "a:1"},
	{"both with a target and any port", {"-mode=both", "-listen=:0", "-target=a:1"}, "a:1"},
};

START_TEST(knows_what_to_probe)
{
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(targets[_i].arguments, &options, &error) == 0, "%s: %s",
		targets[_i].says, error.reason);
	const struct target_list *list = &options.settings.targets;
	if (targets[_i].address == NULL) {
		ck_assert_msg(list->count == 0, "%s", targets[_i].says);
	} else {
		ck_assert_uint_eq(list->count, 1);
		char address[ENDPOINT_TEXT_MAX];
		endpoint_format(&list->targets[0].address, address);
		ck_assert_msg(strcmp(address, targets[_i].address) == 0, "%s: %s", targets[_i].says,
			address);
		ck_assert_str_eq(list->targets[0].name, "default");
	}
	options_clear(&options);
}
END_TEST

static const struct {
	const char *says;
	const char *arguments[ARGUMENTS_MAX];
	const char *reason; /* How the message begins. */
} bad[] = {
	{"unknown flag", {"-bogus"}, "-bogus: unknown flag; see -help"},
	{"unknown flag with a value", {"-bogus=1"}, "-bogus: unknown flag"},
	{"abbreviation", {"-int=1s"}, "-int: unknown flag"},
	{"misspelt flag", {"-intreval=1s"},
		"-intreval: unknown flag; did you mean -interval? See -help"},
	{"a level as other programs have it", {"-log.level=warn"},
		"-log.level: \"warn\" is not a valid level; allowed: error, warning, info or debug; did "
		"you mean warning?"},
	{"a misspelt mode", {"-mode=cleint"},
		"-mode: \"cleint\" is not a valid mode; allowed: server, client or both; did you mean "
		"client?"},
	{"misspelt alias", {"-web.listen-adress", ":1"},
		"-web.listen-adress: unknown flag; did you mean -web.listen-address?"},
	{"flag of another time", {"-log_level=info"},
		"-log_level: unknown flag; did you mean -log-level?"},
	{"a port without its colon", {"-metrics=9112"},
		"-metrics: \"9112\" has no port; allowed: host:port, or :port for every address; "
		"did you mean :9112?"},
	{"the same by its alias", {"-web.listen-address=9112"},
		"-web.listen-address: \"9112\" has no port; allowed: host:port, or :port for every "
		"address; did you mean :9112?"},
	{"a target's port alone", {"-mode=client", "-target", "4000"},
		"-target: \"4000\" has no port; allowed: host:port, or :port for localhost; did you "
		"mean :4000?"},
	{"an alias without its value", {"-log.format"},
		"-log.format: value is missing; allowed: text, "},
	{"an alias with a bad value", {"-log.level=notice"},
		"-log.level: \"notice\" is not a valid level; allowed: "},
	{"abbreviation of one letter", {"-m", "client"}, "-m: unknown flag"},
	{"flag in capitals", {"-Interval=1s"}, "-Interval: unknown flag"},
	{"three dashes", {"---interval=1s"}, "--interval: unknown flag"},
	{"no name", {"-=1s"}, "-: unknown flag"},
	{"unexpected argument", {"client"},
		"unexpected argument \"client\"; only flags are allowed"},
	{"unexpected argument after flags", {"-mode=client", "x"}, "unexpected argument \"x\""},
	{"just a dash", {"-"}, "unexpected argument \"-\""},
	{"empty argument", {""}, "unexpected argument \"\""},
	{"argument after two dashes", {"--", "-check"}, "unexpected argument \"-check\""},
	{"a boolean's value as a separate argument", {"-check", "true"},
		"unexpected argument \"true\""},
	{"a value that is not a boolean", {"-check=maybe"},
		"-check: \"maybe\" is not a valid boolean; allowed: true or false"},
	{"a boolean with an empty value", {"-check="}, "-check: \"\" is not a valid boolean"},
	{"help with a bad value", {"-help=x"}, "-help: \"x\" is not a valid boolean"},
	{"value missing", {"-interval"}, "-interval: value is missing; allowed: 1ms to 24h"},
	{"empty interval", {"-interval="},
		"-interval: \"\" is not a valid duration; allowed: 1ms to 24h"},
	{"empty interval as a separate argument", {"-interval", ""},
		"-interval: \"\" is not a valid duration"},
	{"interval without a unit", {"-interval=200"},
		"-interval: \"200\" is not a valid duration"},
	{"interval 0", {"-interval=0"}, "-interval: \"0\" is out of range; allowed: 1ms to 24h"},
	{"interval too short", {"-interval=999us"}, "-interval: \"999us\" is out of range"},
	{"interval too long", {"-interval=25h"}, "-interval: \"25h\" is out of range"},
	{"negative interval", {"-interval", "-5s"}, "-interval: \"-5s\" is out of range"},
	{"interval beyond 64 bits", {"-interval=9999999999h"},
		"-interval: \"9999999999h\" is out of range; allowed: 1ms to 24h"},
	{"timeout 0", {"-timeout=0s"}, "-timeout: \"0s\" is out of range; allowed: 1ms to 24h"},
	{"too many in flight", {"-interval=1ms", "-timeout=24h"}, "-interval: 1ms is too short"},
	{"window 0", {"-window=0"}, "-window: \"0\" is out of range; allowed: 1 to 1000000"},
	{"window too large", {"-window=1000001"}, "-window: \"1000001\" is out of range"},
	{"negative window", {"-window=-5"}, "-window: \"-5\" is out of range; allowed: 1 to"},
	{"window beyond 32 bits", {"-window=4294967297"}, "-window: \"4294967297\" is out of"},
	{"window beyond 64 bits", {"-window=18446744073709551617"}, "-window: \"18446744073"},
	{"window with a fraction", {"-window=1.5"}, "-window: \"1.5\" is not a whole number"},
	{"empty window", {"-window="}, "-window: \"\" is not a whole number"},
	{"window that is just a sign", {"-window=-"}, "-window: \"-\" is not a whole number"},
	{"unknown probe", {"-probe=icmp"},
		"-probe: \"icmp\" is not a valid kind of probe; allowed: echo or connect"},
	{"empty probe", {"-probe="}, "-probe: \"\" is not a valid kind of probe"},
	{"no probe", {"-probe"}, "-probe: value is missing; allowed: echo or connect"},
	{"new connections too often", {"-mode=client", "-probe=connect", "-interval=50ms"},
		"-interval: 50ms is too short for connect probes, a new connection each; allowed: 100ms"},
	{"source is a name", {"-source=eth0"},
		"-source: \"eth0\" is not a valid IP address; allowed: an IP address of this machine"},
	{"empty source", {"-source="}, "-source: \"\" is not a valid IP address"},
	{"no source", {"-source"}, "-source: value is missing; allowed: an IP address"},
	{"source of the other IP version", {"-mode=client", "-source=::1", "-ip-version=4"},
		"-source: ::1 is not an IPv4 address"},
	{"source and target of different IP versions",
		{"-mode=client", "-source=::1", "-target=1.2.3.4:5"},
		"target \"default\": source: ::1 cannot reach 1.2.3.4; allowed: an IPv4 address"},
	{"target of the other IP version", {"-mode=client", "-ip-version=6", "-target=1.2.3.4:5"},
		"target \"default\": address: 1.2.3.4 is not an IPv6 address"},
	{"its own server with the other IP version",
		{"-mode=both", "-ip-version=6", "-listen=127.0.0.1:5"},
		"target \"default\": address: 127.0.0.1 is not an IPv6 address"},
	{"DSCP 64", {"-dscp=64"},
		"-dscp: \"64\" is out of range; allowed: 0 to 63, or a name like ef, af41, cs1"},
	{"negative DSCP", {"-dscp", "-1"}, "-dscp: \"-1\" is out of range"},
	{"unknown DSCP", {"-dscp=gold"},
		"-dscp: \"gold\" is not a valid codepoint; allowed: 0 to 63"},
	{"empty DSCP", {"-dscp="}, "-dscp: \"\" is not a valid codepoint"},
	{"IP version 5", {"-ip-version=5"},
		"-ip-version: \"5\" is not a valid IP version; allowed: 4, 6 or any"},
	{"IP version by name", {"-ip-version=ipv4"},
		"-ip-version: \"ipv4\" is not a valid IP version"},
	{"ip_version, as in the file", {"-ip_version=4"}, "-ip_version: unknown flag"},
	{"threads 0", {"-threads=0"}, "-threads: \"0\" is out of range; allowed: 1 to 64"},
	{"too many threads", {"-threads=65"}, "-threads: \"65\" is out of range"},
	{"another resolver", {"-resolver=hosts"},
		"-resolver: \"hosts\" is not a valid resolver; allowed: dns or system"},
	{"an empty resolver", {"-resolver="}, "-resolver: \"\" is not a valid resolver"},
	{"unknown mode", {"-mode=servre"},
		"-mode: \"servre\" is not a valid mode; allowed: server, client or both"},
	{"empty mode", {"-mode="}, "-mode: \"\" is not a valid mode"},
	{"listen address without a port", {"-listen=host"},
		"-listen: \"host\" has no port; allowed: host:port"},
	{"empty listen", {"-listen="}, "-listen: \"\" is empty; allowed: host:port"},
	{"metrics address with a bad port", {"-metrics=:99999"},
		"-metrics: \":99999\" has a port above 65535"},
	{"target with port 0", {"-mode=client", "-target=:0"},
		"-target: \":0\" has port 0, which cannot be dialled;"},
	{"target with an open bracket", {"-mode=client", "-target=[::1"},
		"-target: \"[::1\" has an unclosed bracket"},
	{"empty target", {"-mode=client", "-target="}, "-target: \"\" is empty"},
	{"empty path", {"-mode=client", "-targets="}, "-targets: \"\" is empty; allowed: a path, "},
	{"unknown level", {"-log-level=warn"},
		"-log-level: \"warn\" is not a valid level; allowed: error, warning, info or debug"},
	{"unknown verb", {"-svc=restart"},
		"-svc: \"restart\" is not a valid action; allowed: install, uninstall, "
		"start, stop or run"},
	{"empty verb", {"-svc="}, "-svc: \"\" is not a valid action"},
	{"-check with a verb", {"-svc=install", "-check"}, "-check cannot be combined with -svc"},
	{"-help with a verb", {"-svc=start", "-help"}, "-help cannot be combined with -svc"},
	{"-version with a verb", {"-version", "-svc=run"}, "-version cannot be combined with -svc"},
	{"network with bits beyond its prefix", {"-allow=10.0.0.1/8"},
		"-allow: \"10.0.0.1/8\" has bits set beyond its prefix; allowed: IP addresses and "
		"networks separated by commas, e.g. 10.0.0.0/8,2001:db8::/32"},
	{"a name to allow", {"-allow=localhost"},
		"-allow: \"localhost\" is not a valid list of networks; "},
	{"no peers", {"-max-peers=0"}, "-max-peers: \"0\" is out of range; allowed: 1 to 1000000"},
	{"no peers of one address", {"-max-peers-per-address=-1"},
		"-max-peers-per-address: \"-1\" is out of range; allowed: 1 to 1000000"},
	{"nothing to be probed on request", {"-probe-max=0"},
		"-probe-max: \"0\" is out of range; allowed: 1 to 10000"},
	{"a name to be probed on request", {"-probe-allow=localhost:7"},
		"-probe-allow: \"localhost:7\" is not a valid list of networks with ports; "},
	{"empty name", {"-svc=start", "-name="}, "-name: \"\" is not a valid service name"},
	{"name with a slash", {"-name=../x"}, "-name: \"../x\" is not a valid service name"},
	{"name of a template", {"-name=x@y"}, "-name: \"x@y\" is not a valid service name"},
	{"name with a space", {"-name=x y"}, "-name: \"x y\" is not a valid service name"},
	{"name with a leading dash", {"-name=-x"}, "-name: \"-x\" is not a valid service name"},
	{"hidden name", {"-name=.x"}, "-name: \".x\" is not a valid service name"},
	{"name of 65 bytes",
		{"-name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		"-name: \"aaaa"},
	{"the first of two errors", {"-window=x", "-bogus"}, "-window"},
	{"an error before -help", {"-bogus", "-help"}, "-bogus"},
	{"a target, but the default mode", {"-target=a:1"},
		"-target: the default -mode=server probes nothing; give -mode=client or"},
	{"targets, but the default mode", {"-targets=t.json"}, "-targets: the default"},
	{"its own server on any port", {"-mode=both", "-listen=:0"},
		"-listen: port 0 leaves -mode=both without an address to probe; allowed: 1 to"},
	{"a hostile value", {"-mode=\x1b[2J\n"}, "-mode: \"?[2J?\" is not a valid mode"},
};

START_TEST(refuses_naming_the_flag_and_what_is_allowed)
{
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(bad[_i].arguments, &options, &error) == -EINVAL, "%s", bad[_i].says);
	ck_assert_msg(strncmp(error.reason, bad[_i].reason, strlen(bad[_i].reason)) == 0, "%s: %s",
		bad[_i].says, error.reason);
	ck_assert_ptr_null(strchr(error.reason, '\n'));
	options_clear(&options);
}
END_TEST

static const struct {
	const char *says;
	const char *arguments[ARGUMENTS_MAX];
	const char *warning;
} warnings[] = {
	{"what fits", {"-mode=client", "-target=a:1", "-interval=1s"}, ""},
	{"a target for a server", {"-mode=server", "-target=a:1"},
		"-target: no effect with -mode=server"},
	{"a targets file for a server", {"-mode=server", "-targets=t.json"},
		"-targets: no effect with -mode=server"},
	{"several flags for a server",
		{"-interval=1s", "-threads=2", "-window=5", "-resolver=dns", "-timeout=1s"},
		"-interval, -timeout, -window, -threads, -resolver: no effect with -mode=server"},
	{"how to probe, for a server",
		{"-probe=connect", "-source=::1", "-dscp=1", "-ip-version=6"},
		"-probe, -source, -dscp, -ip-version: no effect with -mode=server"},
	{"a listen address for a client", {"-mode=client", "-listen=:1"},
		"-listen: no effect with -mode=client"},
	{"target and targets", {"-mode=client", "-target=a:1", "-targets=t.json"},
		"-target is ignored because -targets is given"},
	{"all have an effect", {"-mode=both", "-target=a:1", "-listen=:1"}, ""},
	{"a name without a service", {"-name=x"}, "-name has no effect without -svc"},
	{"a service name", {"-svc=stop", "-name=x"}, ""},
	{"flags for what is installed", {"-svc=stop", "-mode=client", "-window=5", "-json-logs"},
		"-mode, -window: no effect with -svc=stop"},
	{"flags to install with", {"-svc=install", "-window=5"},
		"-window: no effect with -mode=server"},
};

START_TEST(warns_about_flags_without_effect)
{
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(warnings[_i].arguments, &options, &error) == 0, "%s: %s",
		warnings[_i].says, error.reason);
	ck_assert_str_eq(options.warning.reason, warnings[_i].warning);
	if (!options.settings.probe)
		ck_assert_uint_eq(options.discovery.source_count, 0);
	options_clear(&options);
}
END_TEST

START_TEST(help_names_every_flag)
{
	struct buffer buffer = {0};
	options_usage(&buffer);
	buffer_append(&buffer, "", 1);
	ck_assert(!buffer.failed);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		char line[32];
		snprintf(line, sizeof(line), "\n  -%s ", option->flag ? option->flag : "");
		ck_assert_msg(!option->flag || strstr(buffer.data, line), "%s", option->flag);
	}
	for (const char *line = buffer.data; line != NULL; line = strchr(line + 1, '\n'))
		ck_assert_uint_le(strcspn(line + 1, "\n"), 80);
	buffer_clear(&buffer);
}
END_TEST

/* With its only source, if it has any, as one that gave all targets. */
static void describe(const struct options *options, struct buffer *buffer)
{
	const struct source_values source = {.source = options->discovery.sources[0],
		.targets = options->settings.targets.count};
	const struct description description = {.options = options,
		.targets = &options->settings.targets,
		.sources = &source,
		.source_count = options->discovery.source_count};
	description_append(&description, buffer);
}

START_TEST(describes_what_would_run)
{
	const char *const arguments[] = {"-mode=both", "-window=7", NULL};
	struct options options;
	ck_assert_int_eq(parse(arguments, &options, NULL), 0);
	for (int i = 0; i < 6; i++) {
		char name[8];
		snprintf(name, sizeof(name), "t%d", i);
		ck_assert_int_eq(target_list_add(&options.settings.targets, name, "a:1",
					 &options.settings.defaults, NULL),
			0);
	}
	struct buffer buffer = {0};
	describe(&options, &buffer);
	static const char wanted[] = "mode      both\n"
				     "listen    :4000\n"
				     "metrics   :2112\n"
				     "interval  200ms\n"
				     "timeout   800ms\n"
				     "window    7\n"
				     "threads   1\n"
				     "resolver  dns\n"
				     "targets   7\n"
				     "          default at localhost:4000\n"
				     "          t0 at a:1\n"
				     "          t1 at a:1\n"
				     "          t2 at a:1\n"
				     "          t3 at a:1\n"
				     "          and 2 more\n";
	ck_assert_uint_eq(buffer.length, sizeof(wanted) - 1);
	ck_assert_mem_eq(buffer.data, wanted, buffer.length);
	buffer_clear(&buffer);
	options_clear(&options);
}
END_TEST

START_TEST(describes_who_may_use_the_server)
{
	const char *const arguments[] = {"-allow=10.0.0.0/8,::1", "-max-peers=100",
		"-allow=192.0.2.1", "-max-peers-per-address=9", NULL};
	struct options options;
	ck_assert_int_eq(parse(arguments, &options, NULL), 0);
	struct buffer buffer = {0};
	describe(&options, &buffer);
	buffer_append(&buffer, "", 1);
	ck_assert_str_eq(buffer.data, "mode      server\n"
				      "listen    :4000\n"
				      "allow     10.0.0.0/8,::1\n"
				      "allow     192.0.2.1\n"
				      "peers     100\n"
				      "          9 of one address\n"
				      "metrics   :2112\n");
	buffer_clear(&buffer);
	options_clear(&options);
}
END_TEST

START_TEST(describes_what_may_be_probed_on_request)
{
	const char *const arguments[] = {"-mode=client", "-probe-allow=10.0.0.0/8:7,::1",
		"-probe-max=9", "-probe-allow=192.0.2.1", NULL};
	struct options options;
	ck_assert_int_eq(parse(arguments, &options, NULL), 0);
	ck_assert_uint_eq(options.settings.probe_allow.count, 3);
	struct buffer buffer = {0};
	describe(&options, &buffer);
	buffer_append(&buffer, "", 1);
	/* Without a target of its own. */
	ck_assert_ptr_nonnull(strstr(buffer.data, "targets   0\n"
						  "/probe    10.0.0.0/8:7,::1\n"
						  "/probe    192.0.2.1\n"
						  "          9 targets at most\n"));
	buffer_clear(&buffer);
	options_clear(&options);
}
END_TEST

START_TEST(describes_what_differs_from_the_defaults)
{
	const char *const arguments[] = {"-mode=client", "-targets=x", "-probe=connect",
		"-source=::1", "-dscp=ef", "-ip-version=6", NULL};
	static const char *const rows[] = {"", "interval=1.5s timeout=2s window=9",
		"probe=echo source=::2 dscp=0", "probe=connect ip_version=any"};
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(arguments, &options, &error) == 0, "%s", error.reason);
	for (int i = 0; i < ROWS(rows); i++) {
		char name[8];
		snprintf(name, sizeof(name), "t%d", i);
		const struct target_options own = target_options_of(rows[i]);
		const struct target_request request = {.name = name,
			.address = "a:1",
			.options = &own,
			.defaults = &options.settings.defaults};
		ck_assert_int_eq(target_list_request(&options.settings.targets, &request, NULL), 0);
	}
	struct buffer buffer = {0};
	describe(&options, &buffer);
	buffer_append(&buffer, "", 1);
	ck_assert_str_eq(buffer.data, "mode      client\n"
				      "metrics   :2112\n"
				      "interval  200ms\n"
				      "timeout   800ms\n"
				      "window    100\n"
				      "probe     connect\n"
				      "source    ::1\n"
				      "dscp      46\n"
				      "ip        6\n"
				      "threads   1\n"
				      "resolver  dns\n"
				      "targets   4 from x\n"
				      "          t0 at a:1\n"
				      "          t1 at a:1, every 1.5s, timeout 2s, window 9\n"
				      "          t2 at a:1, by echo, from ::2, DSCP 0\n"
				      "          t3 at a:1, by connect, IP any\n");
	buffer_clear(&buffer);
	options_clear(&options);
}
END_TEST

START_TEST(sources_of_targets_add_up)
{
	const char *const arguments[] = {"-mode=client", "-targets=a.json", "-targets=dns:x:1",
		"-targets=t/*.json", "-targets-refresh=5s", "-targets-user=u", "-targets-user=v",
		"-targets-password-file=p", NULL};
	struct options options;
	ck_assert_int_eq(parse(arguments, &options, NULL), 0);
	ck_assert_uint_eq(options.discovery.source_count, 3);
	ck_assert_str_eq(options.discovery.sources[0], "a.json");
	ck_assert_str_eq(options.discovery.sources[2], "t/*.json");
	ck_assert_int_eq(options.discovery.refresh_ns, 5000 * MS);
	ck_assert_str_eq(options.discovery.texts[DISCOVERY_USER], "v");
	ck_assert_uint_eq(options.settings.targets.count, 0);
	/* A service finds its files wherever it is started, and asks others as it was told. */
	unsigned paths = 0;
	for (size_t i = 0; i < options.given_count; i++)
		paths += options.given[i].is_path;
	ck_assert_uint_eq(paths, 3);
	options_clear(&options);
}
END_TEST

static const struct {
	const char *says;
	const char *arguments[ARGUMENTS_MAX];
	const char *reason;
} bad_sources[] = {
	{"no name", {"-mode=client", "-targets=dns::4000"},
		"-targets: \"dns::4000\" has no name to ask for; "},
	{"an unknown scheme", {"-mode=client", "-targets=ftp://a/b"},
		"-targets: \"ftp://a/b\" is of no kind that is known; allowed: a path, a pattern of paths, "
		"http://..., https://..., dns:NAME:PORT or srv:NAME"},
	{"a key without certificate", {"-mode=client", "-targets=a", "-targets-key-file=k"},
		"-targets-key-file: is of no use without -targets-cert-file"},
	{"a certificate without key", {"-mode=client", "-targets=a", "-targets-cert-file=k"},
		"-targets-cert-file: is of no use without -targets-key-file"},
	{"a name without password", {"-mode=client", "-targets=a", "-targets-user=k"},
		"-targets-user: is of no use without -targets-password-file"},
	{"a token and a name",
		{"-mode=client", "-targets=a", "-targets-user=k", "-targets-password-file=p",
			"-targets-token-file=t"},
		"-targets-token-file: cannot be combined with -targets-user"},
	{"a mesh without a name", {"-mode=client", "-targets=a", "-probers-per-target=3"},
		"-probers-per-target: is of no use without -self"},
	{"a name without a mesh", {"-mode=client", "-targets=a", "-self=a"},
		"-self: is of no use without -probers-per-target"},
	{"groups without a mesh", {"-mode=client", "-targets=a", "-group-label=a"},
		"-group-label: is of no use without -self"},
	{"a mesh without a list", {"-mode=client", "-self=a", "-probers-per-target=3"},
		"-probers-per-target: needs -targets, the list of the mesh"},
	{"no probers", {"-mode=client", "-targets=a", "-self=a", "-probers-per-target=0"},
		"-probers-per-target: \"0\" is out of range; allowed: 1 to 1000"},
	{"asking too often", {"-mode=client", "-targets=a", "-targets-refresh=10ms"},
		"-targets-refresh: \"10ms\" "},
};

START_TEST(refuses_bad_sources)
{
	struct options options;
	struct text_error error = {.reason = ""};
	ck_assert_msg(parse(bad_sources[_i].arguments, &options, &error) == -EINVAL, "%s",
		bad_sources[_i].says);
	ck_assert_msg(
		strncmp(error.reason, bad_sources[_i].reason, strlen(bad_sources[_i].reason)) == 0,
		"%s: %s", bad_sources[_i].says, error.reason);
	options_clear(&options);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("options");
	tcase_add_loop_test(tcase, accepts_every_spelling_that_go_does, 0, ROWS(spellings));
	tcase_add_test(tcase, without_flags_it_is_a_server_with_the_documented_defaults);
	tcase_add_test(tcase, accepts_every_flag);
	tcase_add_loop_test(tcase, knows_what_to_do, 0, ROWS(actions));
	tcase_add_test(tcase, a_service_is_told_every_network);
	tcase_add_test(tcase, a_flag_that_repeats_does_so_within_reason);
	tcase_add_test(tcase, takes_several_addresses_for_metrics);
	tcase_add_loop_test(tcase, takes_the_format_of_the_log, 0, ROWS(formats));
	tcase_add_test(tcase, knows_the_verb_and_the_name_of_the_service);
	tcase_add_loop_test(tcase, knows_what_to_probe, 0, ROWS(targets));
	tcase_add_loop_test(tcase, refuses_naming_the_flag_and_what_is_allowed, 0, ROWS(bad));
	tcase_add_loop_test(tcase, warns_about_flags_without_effect, 0, ROWS(warnings));
	tcase_add_test(tcase, help_names_every_flag);
	tcase_add_test(tcase, describes_what_would_run);
	tcase_add_test(tcase, describes_who_may_use_the_server);
	tcase_add_test(tcase, describes_what_may_be_probed_on_request);
	tcase_add_test(tcase, describes_what_differs_from_the_defaults);
	tcase_add_test(tcase, sources_of_targets_add_up);
	tcase_add_loop_test(tcase, refuses_bad_sources, 0, ROWS(bad_sources));
	return unit_run("exporter/options", tcase);
}
