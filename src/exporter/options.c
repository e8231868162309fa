/* SPDX-License-Identifier: MIT */
#include "exporter/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/network.h"
#include "config/targets_file.h"
#include "measure/loss_window.h"

#define METRICS_PORT 2112
#define DEFAULT_TARGET_NAME "default"
#define DEFAULT_TARGET ":4000"

/* What messages quote of the command line is cut at this many bytes. */
#define SHOWN_MAX 100

#define DEFAULT_SERVICE_NAME "tcp-echo-metrics"
#define SERVICE_NAME_MAX 64
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* The command line while it is read. */
struct reading {
	struct options *options;
	const char *target; /* NULL where -target was not given. */
	const char *reason; /* What a setter found wrong. */
	bool check;
	bool help;
	bool version;
};

/* Which part of the program a flag is for. */
enum flag_use {
	FLAG_FOR_ALL,
	FLAG_FOR_SERVER,
	FLAG_FOR_PROBER,
};

enum flag_group {
	GROUP_WHAT,
	GROUP_HOW,
	GROUP_OUTPUT,
	GROUP_OTHER,
	GROUP_SERVICE,
	GROUPS,
};

static const char *const group_titles[GROUPS] = {
	[GROUP_WHAT] = "What runs",
	[GROUP_HOW] = "How it probes",
	[GROUP_OUTPUT] = "What it tells",
	[GROUP_OTHER] = "Other",
	[GROUP_SERVICE] = "As a service, which takes over the flags given with -svc install",
};

struct flag {
	const char *name;
	const char *value; /* What help calls the value; NULL for a boolean. */
	enum flag_group group;
	enum flag_use use;
	/* Returns 0, or -EINVAL with reading->reason, which is to follow the value. NULL where
	 * option tells what is set. */
	int (*set)(struct reading *reading, const char *value);
	const char *allowed;
	const char *help;
	enum target_option option; /* TARGET_OPTIONS for all others. */
};

static int set_mode(struct reading *reading, const char *value)
{
	static const struct {
		const char *name;
		bool serve;
		bool probe;
	} modes[] = {
		{"server", true, false},
		{"client", false, true},
		{"both", true, true},
	};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(value, modes[i].name) == 0) {
			reading->options->settings.serve = modes[i].serve;
			reading->options->settings.probe = modes[i].probe;
			return 0;
		}
	}
	reading->reason = "is no mode";
	return -EINVAL;
}

static int set_listen(struct reading *reading, const char *value)
{
	return endpoint_parse(
		value, ENDPOINT_TO_LISTEN, &reading->options->settings.listen, &reading->reason);
}

static int set_metrics(struct reading *reading, const char *value)
{
	return endpoint_parse(
		value, ENDPOINT_TO_LISTEN, &reading->options->metrics, &reading->reason);
}

static int set_target(struct reading *reading, const char *value)
{
	struct endpoint unused;
	reading->target = value;
	return endpoint_parse(value, ENDPOINT_TO_DIAL, &unused, &reading->reason);
}

static int set_targets(struct reading *reading, const char *value)
{
	reading->options->targets_path = value;
	reading->reason = "is empty";
	return value[0] == '\0' ? -EINVAL : 0;
}

/* Takes 1 to max. */
static int set_number(struct reading *reading, const char *value, uint32_t max, uint32_t *number)
{
	bool negative = value[0] == '-';
	const char *digits = value + (negative ? 1 : 0);
	size_t count = strspn(digits, "0123456789");
	reading->reason = "is no whole number";
	if (count == 0 || digits[count] != '\0')
		return -EINVAL;
	uint64_t read = 0;
	for (size_t i = 0; i < count && read <= max; i++)
		read = read * 10 + (uint64_t)(digits[i] - '0');
	reading->reason = "is out of range";
	if (negative || read < 1 || read > max)
		return -EINVAL;
	*number = (uint32_t)read;
	return 0;
}

static int set_threads(struct reading *reading, const char *value)
{
	uint32_t threads = 0;
	int wrong = set_number(reading, value, SETTINGS_THREADS_MAX, &threads);
	if (wrong == 0)
		reading->options->settings.threads = threads;
	return wrong;
}

static int set_log_level(struct reading *reading, const char *value)
{
	reading->reason = "is no level";
	return log_level_parse(value, &reading->options->log_level);
}

static int set_boolean(struct reading *reading, const char *value, bool *boolean)
{
	bool yes = strcmp(value, "true") == 0;
	reading->reason = "is no answer";
	if (!yes && strcmp(value, "false") != 0)
		return -EINVAL;
	*boolean = yes;
	return 0;
}

static int set_json_logs(struct reading *reading, const char *value)
{
	return set_boolean(reading, value, &reading->options->json_logs);
}

static int set_check(struct reading *reading, const char *value)
{
	return set_boolean(reading, value, &reading->check);
}

static int set_help(struct reading *reading, const char *value)
{
	return set_boolean(reading, value, &reading->help);
}

static int set_version(struct reading *reading, const char *value)
{
	return set_boolean(reading, value, &reading->version);
}

static const char *const verbs[] = {
	[VERB_INSTALL] = "install",
	[VERB_UNINSTALL] = "uninstall",
	[VERB_START] = "start",
	[VERB_STOP] = "stop",
	[VERB_RUN] = "run",
};

static int set_service(struct reading *reading, const char *value)
{
	for (int verb = VERB_INSTALL; verb <= VERB_RUN; verb++) {
		if (strcmp(value, verbs[verb]) == 0) {
			reading->options->verb = (enum service_verb)verb;
			return 0;
		}
	}
	reading->reason = "is nothing to do with a service";
	return -EINVAL;
}

static int set_name(struct reading *reading, const char *value)
{
	/* It becomes the name of a file, and a word of more than one service manager's own. */
	size_t length = strlen(value);
	reading->reason = "is no name for a service";
	if (length < 1 || length > SERVICE_NAME_MAX || strspn(value, NAME_CHARACTERS) != length ||
		value[0] == '-' || value[0] == '.')
		return -EINVAL;
	reading->options->service_name = value;
	return 0;
}

#define BOOLEAN "true or false"

static const struct flag flags[] = {
	{"mode", "MODE", GROUP_WHAT, FLAG_FOR_ALL, set_mode, "server, client or both",
		"server, client (which probes) or both (default server)", TARGET_OPTIONS},
	{"listen", "ADDRESS", GROUP_WHAT, FLAG_FOR_SERVER, set_listen,
		"host:port, or :port for every address",
		"the echo server's address (default :4000)", TARGET_OPTIONS},
	{"target", "ADDRESS", GROUP_WHAT, FLAG_FOR_PROBER, set_target,
		"host:port, or :port for localhost",
		"the single target (default :4000, or its own server)", TARGET_OPTIONS},
	{"targets", "FILE", GROUP_WHAT, FLAG_FOR_PROBER, set_targets, "the path of a JSON file",
		"JSON file of targets; wins over -target; SIGHUP reloads", TARGET_OPTIONS},
	{"interval", "DURATION", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"time between probes (default 200ms)", TARGET_OPTION_INTERVAL},
	{"timeout", "DURATION", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"how long a reply may take (default 800ms)", TARGET_OPTION_TIMEOUT},
	{"window", "PROBES", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"last probes that the loss is taken over (default 100)", TARGET_OPTION_WINDOW},
	{"probe", "KIND", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"echo, or connect: just a TCP handshake (default echo)", TARGET_OPTION_PROBE},
	{"source", "ADDRESS", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"IP address to probe from (default: the system's choice)", TARGET_OPTION_SOURCE},
	{"dscp", "CODEPOINT", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"mark of the packets: 0 to 63, or like ef (default 0)", TARGET_OPTION_DSCP},
	{"ip-version", "VERSION", GROUP_HOW, FLAG_FOR_PROBER, NULL, NULL,
		"4, 6 or any (default any)", TARGET_OPTION_IP_VERSION},
	{"threads", "NUMBER", GROUP_HOW, FLAG_FOR_PROBER, set_threads, "1 to 64",
		"threads that probe (default 1)", TARGET_OPTIONS},
	{"metrics", "ADDRESS", GROUP_OUTPUT, FLAG_FOR_ALL, set_metrics,
		"host:port, or :port for every address", "HTTP address of /metrics (default :2112)",
		TARGET_OPTIONS},
	{"log-level", "LEVEL", GROUP_OUTPUT, FLAG_FOR_ALL, set_log_level,
		"error, warning, info or debug", "error, warning, info or debug (default info)",
		TARGET_OPTIONS},
	{"json-logs", NULL, GROUP_OUTPUT, FLAG_FOR_ALL, set_json_logs, BOOLEAN,
		"log lines are JSON objects", TARGET_OPTIONS},
	{"check", NULL, GROUP_OTHER, FLAG_FOR_ALL, set_check, BOOLEAN,
		"say what would run, or what is wrong, and start nothing", TARGET_OPTIONS},
	{"help", NULL, GROUP_OTHER, FLAG_FOR_ALL, set_help, BOOLEAN, "this text", TARGET_OPTIONS},
	{"version", NULL, GROUP_OTHER, FLAG_FOR_ALL, set_version, BOOLEAN,
		"the versions of program and libraries", TARGET_OPTIONS},
	{"svc", "ACTION", GROUP_SERVICE, FLAG_FOR_ALL, set_service,
		"install, uninstall, start, stop or run",
		"install, uninstall, start, stop; run is for the system", TARGET_OPTIONS},
	{"name", "NAME", GROUP_SERVICE, FLAG_FOR_ALL, set_name,
		"1 to 64 letters, digits, '-', '_' and '.', of which '-' and '.' do not begin it",
		"the service's name (default tcp-echo-metrics)", TARGET_OPTIONS},
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))
_Static_assert(FLAGS <= OPTIONS_GIVEN_MAX, "every flag may be given");

/* Returns the flag of just that name, or NULL: no abbreviations. */
static const struct flag *find_flag(const char *name, size_t length)
{
	if (length == 1 && name[0] == 'h')
		return find_flag("help", strlen("help"));
	for (size_t i = 0; i < FLAGS; i++) {
		if (strlen(flags[i].name) == length && memcmp(flags[i].name, name, length) == 0)
			return &flags[i];
	}
	return NULL;
}

static int set_flag(struct reading *reading, const struct flag *flag, const char *value,
	struct text_error *error)
{
	const char *allowed = flag->set ? flag->allowed : target_option_allowed(flag->option);
	if (value == NULL) {
		text_error_set(error, 0, "-%s: value is missing; allowed: %s", flag->name, allowed);
		return -EINVAL;
	}
	int wrong = flag->set ? flag->set(reading, value)
			      : target_options_set_text(&reading->options->settings.defaults,
					flag->option, value, &reading->reason);
	if (wrong == 0)
		return 0;
	text_error_set(error, 0, "-%s: \"%.*s\" %s; allowed: %s", flag->name, SHOWN_MAX, value,
		reading->reason, allowed);
	return -EINVAL;
}

static int refuse_stray(const char *argument, struct text_error *error)
{
	text_error_set(error, 0, "stray argument \"%.*s\"; only flags are allowed, see -help",
		SHOWN_MAX, argument);
	return -EINVAL;
}

/* Reads the arguments. Sets given[i] to the last value of flags[i], for each that is there. */
static int read_arguments(int argc, char *const argv[], struct reading *reading, const char **given,
	struct text_error *error)
{
	for (int at = 1; at < argc && !reading->help; at++) {
		const char *name = argv[at];
		if (name[0] != '-' || name[1] == '\0')
			return refuse_stray(name, error);
		name += name[1] == '-' ? 2 : 1;
		if (*name == '\0')
			return at + 1 < argc ? refuse_stray(argv[at + 1], error) : 0;
		size_t length = strcspn(name, "=");
		const struct flag *flag = find_flag(name, length);
		if (flag == NULL) {
			text_error_set(error, 0, "-%.*s: unknown flag; see -help",
				length < SHOWN_MAX ? (int)length : SHOWN_MAX, name);
			return -EINVAL;
		}
		const char *value = NULL;
		if (name[length] == '=')
			value = name + length + 1;
		else if (flag->value == NULL)
			value = "true";
		else if (at + 1 < argc)
			value = argv[++at];
		int wrong = set_flag(reading, flag, value, error);
		if (wrong != 0)
			return wrong;
		given[flag - flags] = value;
	}
	return 0;
}

/* Whether the flag does nothing in what was chosen. */
static bool is_idle(const struct flag *flag, const struct options *options)
{
	if (options->action == OPTIONS_SERVICE && options->verb != VERB_INSTALL)
		/* How it complains is what is left to choose. */
		return flag->group != GROUP_SERVICE && flag->set != set_json_logs;
	switch (flag->use) {
	case FLAG_FOR_ALL:
		break;
	case FLAG_FOR_SERVER:
		return !options->settings.serve;
	case FLAG_FOR_PROBER:
		return !options->settings.probe;
	}
	return false;
}

/* Notes which of the given flags have no effect. */
static void warn_of_idle_flags(const char *const *given, struct options *options)
{
	struct text_error *warning = &options->warning;
	for (size_t i = 0; i < FLAGS; i++) {
		if (given[i] != NULL && is_idle(&flags[i], options))
			text_error_set(warning, 0, "%s%s-%s", warning->reason,
				warning->reason[0] != '\0' ? ", " : "", flags[i].name);
	}
	if (warning->reason[0] == '\0') {
		if (given[find_flag("target", 6) - flags] != NULL && options->targets_path != NULL)
			text_error_set(warning, 0, "-target: no effect, for -targets wins");
		else if (given[find_flag("name", 4) - flags] != NULL && options->verb == VERB_NONE)
			text_error_set(warning, 0, "-name: no effect without -svc");
		return;
	}
	bool is_verb = options->action == OPTIONS_SERVICE && options->verb != VERB_INSTALL;
	text_error_set(warning, 0, "%s: no effect with -%s=%s", warning->reason,
		is_verb ? "svc" : "mode",
		is_verb ? options_verb_name(options->verb) : options_mode(options));
}

/* Writes the address at which a server that listens there can be dialled from here. */
static int own_server(const struct endpoint *listen, char *text, struct text_error *error)
{
	if (listen->port == 0) {
		text_error_set(error, 0,
			"-listen: port 0 leaves -mode=both without an address to probe; allowed: "
			"1 to 65535, or -target");
		return -EINVAL;
	}
	struct in_addr ipv4;
	struct in6_addr ipv6;
	struct endpoint own = *listen;
	const char *host = NULL;
	if (own.host[0] == '\0')
		host = "localhost";
	else if (inet_pton(AF_INET, own.host, &ipv4) == 1 && ipv4.s_addr == htonl(INADDR_ANY))
		host = "127.0.0.1";
	else if (inet_pton(AF_INET6, own.host, &ipv6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&ipv6))
		host = "::1";
	if (host != NULL)
		snprintf(own.host, sizeof(own.host), "%s", host);
	endpoint_format(&own, text);
	return 0;
}

/* Adds the target that a command line without targets file means. */
static int add_single_target(const struct reading *reading, struct text_error *error)
{
	struct settings *settings = &reading->options->settings;
	char own[ENDPOINT_TEXT_MAX];
	const char *address = reading->target;
	if (address == NULL && settings->serve) {
		int wrong = own_server(&settings->listen, own, error);
		if (wrong != 0)
			return wrong;
		address = own;
	} else if (address == NULL) {
		address = DEFAULT_TARGET;
	}
	return target_list_add(&settings->targets, DEFAULT_TARGET_NAME, address, error);
}

/* What no flag can tell alone. */
static int combine(
	const struct reading *reading, const char *const *given, struct text_error *error)
{
	struct options *options = reading->options;
	struct text_error wrong;
	int result = settings_check(&options->settings, &wrong);
	if (result != 0) {
		text_error_set(error, 0, "-%s", wrong.reason);
		return result;
	}
	if (!given[find_flag("mode", 4) - flags] &&
		(reading->target != NULL || options->targets_path != NULL)) {
		text_error_set(error, 0,
			"-target%s: the default -mode=server probes nothing; "
			"give -mode=client or -mode=both",
			reading->target != NULL ? "" : "s");
		return -EINVAL;
	}
	warn_of_idle_flags(given, options);
	if (!options->settings.probe)
		options->targets_path = NULL;
	if (!options->settings.probe || options->targets_path != NULL)
		return 0;
	result = add_single_target(reading, error);
	return result == 0 ? settings_check_targets(&options->settings, error) : result;
}

static int choose_action(const struct reading *reading, struct text_error *error)
{
	struct options *options = reading->options;
	const char *alone = NULL;
	if (reading->help) {
		options->action = OPTIONS_HELP;
		alone = "help";
	} else if (reading->version) {
		options->action = OPTIONS_VERSION;
		alone = "version";
	} else if (reading->check) {
		options->action = OPTIONS_CHECK;
		alone = "check";
	} else if (options->verb != VERB_NONE && options->verb != VERB_RUN) {
		options->action = OPTIONS_SERVICE;
	}
	if (alone == NULL || options->verb == VERB_NONE)
		return 0;
	text_error_set(error, 0, "-%s: does not go with -svc; give one of them", alone);
	return -EINVAL;
}

/* What tells how to run, so that it can be told to a service. */
static void keep_given(const char *const *given, struct options *options)
{
	for (size_t i = 0; i < FLAGS; i++) {
		if (given[i] == NULL || flags[i].group >= GROUP_OTHER)
			continue;
		options->given[options->given_count++] = (struct options_given){
			.name = flags[i].name,
			.value = given[i],
			.is_path = flags[i].set == set_targets,
		};
	}
}

int options_parse(int argc, char *const argv[], struct options *options, struct text_error *error)
{
	*options = (struct options){
		.action = OPTIONS_RUN,
		.metrics = {.port = METRICS_PORT},
		.log_level = LOG_LEVEL_INFO,
		.service_name = DEFAULT_SERVICE_NAME,
	};
	settings_init(&options->settings);
	options->settings.serve = true;
	struct reading reading = {.options = options};
	const char *given[FLAGS] = {NULL};
	int result = read_arguments(argc, argv, &reading, given, error);
	if (result != 0)
		return result;
	result = choose_action(&reading, error);
	if (result != 0 || options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION)
		return result;
	keep_given(given, options);
	return combine(&reading, given, error);
}

int options_load_targets(struct options *options, struct text_error *error)
{
	if (options->targets_path == NULL)
		return 0;
	struct target_list targets;
	int result = targets_file_load(
		options->targets_path, &options->settings.defaults, &targets, error);
	if (result != 0)
		return result;
	target_list_clear(&options->settings.targets);
	options->settings.targets = targets;
	return 0;
}

void options_usage(struct buffer *buffer)
{
	buffer_append_text(buffer,
		"Usage: tcp-echo-metrics [FLAG...]\n"
		"\n"
		"Measures round-trip time and loss of TCP connections, for Prometheus.\n"
		"Flags are written -name value or -name=value, with one dash or two;\n"
		"durations like 250us, 200ms, 1.5s or 1m30s.\n");
	for (int group = 0; group < GROUPS; group++) {
		buffer_append_format(buffer, "\n%s:\n", group_titles[group]);
		for (size_t i = 0; i < FLAGS; i++) {
			if (flags[i].group != (enum flag_group)group)
				continue;
			char head[32];
			const char *value = flags[i].value;
			snprintf(head, sizeof(head), "-%s%s%s", flags[i].name,
				value != NULL ? " " : "", value != NULL ? value : "");
			buffer_append_format(buffer, "  %-20s %s\n", head, flags[i].help);
		}
	}
}

const char *options_verb_name(enum service_verb verb)
{
	return verbs[verb];
}

const char *options_mode(const struct options *options)
{
	if (!options->settings.probe)
		return "server";
	return options->settings.serve ? "both" : "client";
}

void options_clear(struct options *options)
{
	settings_clear(&options->settings);
}
