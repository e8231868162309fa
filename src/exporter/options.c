/* SPDX-License-Identifier: MIT */
#include "exporter/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/network.h"
#include "base/spelling.h"
#include "config/option_value.h"

#define DEFAULT_TARGET_NAME "default"

/* What messages quote of the command line is cut at this many bytes. */
#define SHOWN_MAX 100

/* Of a port's number, at most. */
#define PORT_DIGITS 5

/* How many values flags that repeat may have together, by their rows. */
#define REPEATED_MAX (64 + 64 + TARGET_SOURCES_MAX + HTTP_FRONT_ADDRESSES_MAX)

/* The command line while it is read. */
struct reading {
	struct options *options;
	const char *given[OPTIONS]; /* The last value of each flag; NULL where it was not there. */
	/* All values of those that repeat, in order. */
	struct {
		enum option_id id;
		const char *text;
	} repeated[REPEATED_MAX];
	size_t repeated_count;
	bool lacks_memory;
	bool check;
	bool help;
	bool version;
};

static const char *const group_titles[OPTION_GROUPS] = {
	[OPTION_GROUP_WHAT] = "What runs",
	[OPTION_GROUP_HOW] = "How it probes",
	[OPTION_GROUP_OUTPUT] = "Output",
	[OPTION_GROUP_OTHER] = "Other",
	[OPTION_GROUP_SERVICE] = "As a service, run with the flags given along with -svc install",
};

/* In the order of the words of -mode. */
static const struct {
	bool serve;
	bool probe;
} modes[] = {{true, false}, {false, true}, {true, true}};

static void store_mode(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.serve = modes[value->number - 1].serve;
	reading->options->settings.probe = modes[value->number - 1].probe;
}

static void store_listen(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.listen = value->endpoint;
}

static void store_allow(struct reading *reading, const struct option_value *value)
{
	const char *reason;
	if (networks_add(&reading->options->settings.allow, value->text, &reason) != 0)
		reading->lacks_memory = true;
}

static void store_max_peers(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.max_peers = (size_t)value->number;
}

static void store_max_peers_per_address(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.max_peers_per_address = (size_t)value->number;
}

static void store_reflect_dscp(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.reflects_dscp = value->number;
}

static void store_metrics(struct reading *reading, const struct option_value *value)
{
	struct http_front_settings *front = &reading->options->front;
	/* The first one takes the default's place; what is too many is refused where it is given. */
	if (!reading->given[OPTION_METRICS])
		front->listen_count = 0;
	if (front->listen_count < HTTP_FRONT_ADDRESSES_MAX)
		front->listen[front->listen_count++] = value->endpoint;
}

static void store_metrics_set(struct reading *reading, const struct option_value *value)
{
	reading->options->front.is_lean = value->number == METRICS_SET_LEAN;
}

static void store_native_histograms(struct reading *reading, const struct option_value *value)
{
	reading->options->front.is_native = value->number;
	reading->options->settings.keep_excess = value->number;
}

static void store_history(struct reading *reading, const struct option_value *value)
{
	reading->options->front.history_ns = value->number;
}

static void store_threads(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.threads = (unsigned)value->number;
}

static void store_resolver(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.resolver = (enum settings_resolver)value->number;
}

static void store_web_config_file(struct reading *reading, const struct option_value *value)
{
	reading->options->web_config_path = value->text;
}

static void store_web_enable_lifecycle(struct reading *reading, const struct option_value *value)
{
	reading->options->enables_lifecycle = value->number;
}

static void store_probe_allow(struct reading *reading, const struct option_value *value)
{
	const char *reason;
	if (destinations_add(&reading->options->settings.probe_allow, value->text, &reason) != 0)
		reading->lacks_memory = true;
}

static void store_probe_max(struct reading *reading, const struct option_value *value)
{
	reading->options->settings.probe_max = (size_t)value->number;
}

static void store_log_level(struct reading *reading, const struct option_value *value)
{
	reading->options->log_level = (enum log_level)(LOG_LEVEL_ERROR + value->number - 1);
}

static void store_log_format(struct reading *reading, const struct option_value *value)
{
	reading->options->log_format = (enum log_format)(value->number - 1);
}

static void store_json_logs(struct reading *reading, const struct option_value *value)
{
	reading->options->log_format = value->number ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
}

static void store_check(struct reading *reading, const struct option_value *value)
{
	reading->check = value->number;
}

static void store_help(struct reading *reading, const struct option_value *value)
{
	reading->help = value->number;
}

static void store_version(struct reading *reading, const struct option_value *value)
{
	reading->version = value->number;
}

static void store_verb(struct reading *reading, const struct option_value *value)
{
	reading->options->verb = (enum service_verb)value->number;
}

static void store_name(struct reading *reading, const struct option_value *value)
{
	reading->options->service_name = value->text;
}

/* Where the flags that are not a target's go. -target waits for what the others say. */
static void (*const store[OPTIONS])(struct reading *reading, const struct option_value *value) = {
	[OPTION_MODE] = store_mode,
	[OPTION_LISTEN] = store_listen,
	[OPTION_ALLOW] = store_allow,
	[OPTION_MAX_PEERS] = store_max_peers,
	[OPTION_MAX_PEERS_PER_ADDRESS] = store_max_peers_per_address,
	[OPTION_REFLECT_DSCP] = store_reflect_dscp,
	[OPTION_THREADS] = store_threads,
	[OPTION_RESOLVER] = store_resolver,
	[OPTION_METRICS] = store_metrics,
	[OPTION_METRICS_SET] = store_metrics_set,
	[OPTION_NATIVE_HISTOGRAMS] = store_native_histograms,
	[OPTION_HISTORY] = store_history,
	[OPTION_WEB_CONFIG_FILE] = store_web_config_file,
	[OPTION_WEB_ENABLE_LIFECYCLE] = store_web_enable_lifecycle,
	[OPTION_PROBE_ALLOW] = store_probe_allow,
	[OPTION_PROBE_MAX] = store_probe_max,
	[OPTION_LOG_LEVEL] = store_log_level,
	[OPTION_LOG_FORMAT] = store_log_format,
	[OPTION_JSON_LOGS] = store_json_logs,
	[OPTION_CHECK] = store_check,
	[OPTION_HELP] = store_help,
	[OPTION_VERSION] = store_version,
	[OPTION_SVC] = store_verb,
	[OPTION_NAME] = store_name,
};

/* Returns the flag of just that name, or NULL: no abbreviations. */
static const struct option *find_flag(const char *name, size_t length)
{
	if (length == 1 && name[0] == 'h')
		return option_get(OPTION_HELP);
	return option_find_flag(name, length);
}

static int keep_repeated(struct reading *reading, const struct option *flag, const char *text,
	struct text_error *error)
{
	unsigned times = 1;
	for (size_t i = 0; i < reading->repeated_count; i++)
		times += reading->repeated[i].id == flag->id;
	if (times > flag->times) {
		text_error_set(error, 0, "-%s: is given more than %u times%s", flag->flag,
			flag->times,
			flag->kind == OPTION_KIND_NETWORKS || flag->kind == OPTION_KIND_DESTINATIONS
				? "; allowed: a list in each"
				: "");
		return -EINVAL;
	}
	reading->repeated[reading->repeated_count].id = flag->id;
	reading->repeated[reading->repeated_count++].text = text;
	return 0;
}

/* The word that was meant by a part of it, or by one that is misspelt; or NULL. */
static const char *nearest_word(const struct option *flag, const char *text)
{
	struct spelling spelling = {0};
	if (flag->kind != OPTION_KIND_CHOICE || text[0] == '\0')
		return NULL;
	for (int i = 0; flag->words[i]; i++) {
		if (strncmp(flag->words[i], text, strlen(text)) == 0)
			return flag->words[i];
		spelling_consider(&spelling, text, strlen(text), flag->words[i]);
	}
	return spelling.nearest;
}

/* What is said of a value that is not valid, beside what is allowed: hint and *meant, or NULL. */
static const char *hint_at(const struct option *flag, const char *text, const char **meant)
{
	*meant = nearest_word(flag, text);
	if (*meant)
		return "; did you mean ";
	*meant = text;
	bool is_endpoint = flag->kind == OPTION_KIND_ENDPOINT_TO_LISTEN ||
			   flag->kind == OPTION_KIND_ENDPOINT_TO_DIAL;
	bool is_port = is_endpoint && text[0] != '\0' && strlen(text) <= PORT_DIGITS &&
		       text[strspn(text, "0123456789")] == '\0';
	return is_port ? "; did you mean :" : NULL;
}

/* What is too many is refused when all values are counted. Returns whether there was no memory. */
static bool keep_source(
	struct reading *reading, const struct option *flag, const struct option_value *value)
{
	struct discovery_settings *discovery = &reading->options->discovery;
	if (flag->id == OPTION_TARGETS && discovery->source_count == TARGET_SOURCES_MAX)
		return false;
	return discovery_settings_set(discovery, flag->id, value) != 0;
}

/* name: as it was spelt. */
static int set_flag(struct reading *reading, const struct option *flag, const char *name,
	const char *text, struct text_error *error)
{
	char allowed[OPTION_ALLOWED_MAX];
	option_allowed(flag, OPTION_STYLE_PLAIN, allowed);
	if (!text) {
		text_error_set(error, 0, "-%s: value is missing; allowed: %s", name, allowed);
		return -EINVAL;
	}
	struct option_value value = {0};
	const char *reason = NULL;
	if (option_value_parse(flag, text, &value, &reason) != 0) {
		const char *meant;
		const char *hint = hint_at(flag, text, &meant);
		text_error_set(error, 0, "-%s: \"%.*s\" %s; allowed: %s%s%s%s", name, SHOWN_MAX,
			text, reason, allowed, hint ? hint : "", hint ? meant : "",
			hint ? "?" : "");
		return -EINVAL;
	}
	if (flag->scope == OPTION_OF_TARGET)
		target_options_set(&reading->options->settings.defaults, flag, &value);
	else if (discovery_settings_has(flag->id))
		reading->lacks_memory |= keep_source(reading, flag, &value);
	else if (store[flag->id])
		store[flag->id](reading, &value);
	reading->given[flag->id] = text;
	if (reading->lacks_memory) {
		text_error_set(error, 0, "-%s: out of memory", name);
		return -ENOMEM;
	}
	return flag->times > 0 ? keep_repeated(reading, flag, text, error) : 0;
}

static int refuse_stray(const char *argument, struct text_error *error)
{
	text_error_set(error, 0, "unexpected argument \"%.*s\"; only flags are allowed, see -help",
		SHOWN_MAX, argument);
	return -EINVAL;
}

static int refuse_unknown(const char *name, size_t length, struct text_error *error)
{
	const char *meant = option_nearest_flag(name, length);
	text_error_set(error, 0, "-%.*s: unknown flag; %s%s%s",
		length < SHOWN_MAX ? (int)length : SHOWN_MAX, name, meant ? "did you mean -" : "",
		meant ? meant : "see -help", meant ? "? See -help" : "");
	return -EINVAL;
}

static int read_arguments(
	int argc, char *const argv[], struct reading *reading, struct text_error *error)
{
	for (int at = 1; at < argc && !reading->help; at++) {
		const char *name = argv[at];
		if (name[0] != '-' || name[1] == '\0')
			return refuse_stray(name, error);
		name += name[1] == '-' ? 2 : 1;
		if (*name == '\0')
			return at + 1 < argc ? refuse_stray(argv[at + 1], error) : 0;
		size_t length = strcspn(name, "=");
		const struct option *flag = find_flag(name, length);
		if (!flag)
			return refuse_unknown(name, length, error);
		const char *value = NULL;
		if (name[length] == '=')
			value = name + length + 1;
		else if (!flag->value)
			value = "true";
		else if (at + 1 < argc)
			value = argv[++at];
		bool is_alias = flag->alias && strncmp(flag->alias, name, length) == 0;
		const char *spelt = is_alias ? flag->alias : flag->flag;
		int result = set_flag(reading, flag, spelt, value, error);
		if (result != 0)
			return result;
	}
	return 0;
}

/* Whether the command line is about a service that is there, or has been. */
static bool is_verb_alone(const struct options *options)
{
	return options->action == OPTIONS_SERVICE && options->verb != VERB_INSTALL;
}

/* Whether the flag does nothing in what was chosen. */
static bool is_idle(const struct option *flag, const struct options *options)
{
	if (is_verb_alone(options))
		/* How it complains is what is left to choose. */
		return flag->group != OPTION_GROUP_SERVICE && flag->id != OPTION_JSON_LOGS &&
		       flag->id != OPTION_LOG_FORMAT;
	if (flag->scope == OPTION_OF_TARGET)
		return !options->settings.probe && !(flag->serves && options->settings.serve);
	switch (flag->part) {
	case OPTION_FOR_ALL:
		break;
	case OPTION_FOR_SERVER:
		return !options->settings.serve;
	case OPTION_FOR_PROBER:
		return !options->settings.probe;
	}
	return false;
}

/* Notes which of the given flags have no effect. */
static void warn_of_idle_flags(const char *const *given, struct options *options)
{
	struct text_error *warning = &options->warning;
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *flag = option_get((enum option_id)id);
		if (given[id] && is_idle(flag, options))
			text_error_set(warning, 0, "%s%s-%s", warning->reason,
				warning->reason[0] != '\0' ? ", " : "", flag->flag);
	}
	if (warning->reason[0] == '\0') {
		if (given[OPTION_TARGET] && given[OPTION_TARGETS])
			text_error_set(warning, 0, "-target is ignored because -targets is given");
		else if (given[OPTION_PROBE_MAX] && !given[OPTION_PROBE_ALLOW])
			text_error_set(warning, 0, "-probe-max has no effect without -probe-allow");
		else if (given[OPTION_NAME] && options->verb == VERB_NONE)
			text_error_set(warning, 0, "-name has no effect without -svc");
		return;
	}
	bool is_verb = is_verb_alone(options);
	text_error_set(warning, 0, "%s: no effect with -%s=%s", warning->reason,
		is_verb ? "svc" : "mode",
		is_verb ? options_verb_name(options->verb) : options_mode(options));
}

/* Writes the address at which a server that listens there can be dialled from here. */
static int own_server(const struct endpoint *listen, char *text, struct text_error *error)
{
	if (listen->port == 0) {
		text_error_set(error, 0,
			"-listen: port 0 leaves -mode=both without an address to probe; allowed: 1 to 65535, or -target");
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
	if (host)
		snprintf(own.host, sizeof(own.host), "%s", host);
	endpoint_format(&own, text);
	return 0;
}

/* Adds the target that a command line without targets file means. */
static int add_single_target(const struct reading *reading, struct text_error *error)
{
	struct settings *settings = &reading->options->settings;
	char own[ENDPOINT_TEXT_MAX];
	const char *address = reading->given[OPTION_TARGET];
	/* Whoever has targets probed on request need not have any other. */
	if (!address && settings->probe_allow.count > 0)
		return 0;
	if (!address && settings->serve) {
		int result = own_server(&settings->listen, own, error);
		if (result != 0)
			return result;
		address = own;
	} else if (!address) {
		address = option_get(OPTION_TARGET)->initial;
	}
	return target_list_add(
		&settings->targets, DEFAULT_TARGET_NAME, address, &settings->defaults, error);
}

/* What no flag can tell alone. */
static int combine(const struct reading *reading, struct text_error *error)
{
	struct options *options = reading->options;
	struct text_error wrong;
	int result = settings_check(&options->settings, &wrong);
	if (result == 0)
		result = discovery_settings_check(&options->discovery, OPTION_STYLE_PLAIN, &wrong);
	if (result != 0) {
		text_error_set(error, 0, "-%s", wrong.reason);
		return result;
	}
	if (options->discovery.probers_per_target > 0 && options->settings.probe &&
		options->discovery.source_count == 0) {
		text_error_set(
			error, 0, "-probers-per-target: needs -targets, the list of the mesh");
		return -EINVAL;
	}
	bool has_target = reading->given[OPTION_TARGET];
	if (!reading->given[OPTION_MODE] && (has_target || reading->given[OPTION_TARGETS])) {
		text_error_set(error, 0,
			"-target%s: the default -mode=server probes nothing; give -mode=client or -mode=both",
			has_target ? "" : "s");
		return -EINVAL;
	}
	warn_of_idle_flags(reading->given, options);
	if (!options->settings.probe)
		discovery_settings_clear(&options->discovery);
	if (!options->settings.probe || options->discovery.source_count > 0)
		return 0;
	return add_single_target(reading, error);
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
	if (!alone || options->verb == VERB_NONE)
		return 0;
	text_error_set(error, 0, "-%s cannot be combined with -svc", alone);
	return -EINVAL;
}

_Static_assert(OPTIONS + REPEATED_MAX <= SERVICE_FLAGS_MAX, "every flag may be given");

static bool is_path(const struct option *flag, const char *text)
{
	struct target_source source;
	const char *unused;
	if (flag->kind == OPTION_KIND_SOURCE)
		return target_source_parse(text, &source, &unused) == 0 &&
		       target_source_is_of_files(&source);
	return flag->kind == OPTION_KIND_PATH;
}

static void keep_value(struct options *options, const struct option *flag, const char *text)
{
	options->given[options->given_count++] = (struct service_flag){
		.name = flag->flag,
		.value = text,
		.is_path = is_path(flag, text),
	};
}

/* What tells how to run, so that it can be told to a service. */
static void keep_given(const struct reading *reading, struct options *options)
{
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *flag = option_get((enum option_id)id);
		if (!reading->given[id] || flag->group >= OPTION_GROUP_OTHER)
			continue;
		if (flag->times == 0)
			keep_value(options, flag, reading->given[id]);
		for (size_t i = 0; i < reading->repeated_count; i++)
			if (reading->repeated[i].id == flag->id)
				keep_value(options, flag, reading->repeated[i].text);
	}
}

/* Sets what the table has defaults for. */
static void set_defaults(struct reading *reading)
{
	settings_init(&reading->options->settings);
	discovery_settings_init(&reading->options->discovery);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (!store[id] || !option->initial)
			continue;
		struct option_value value = {0};
		option_value_initial(option, &value);
		store[id](reading, &value);
	}
}

int options_parse(int argc, char *const argv[], struct options *options, struct text_error *error)
{
	*options = (struct options){.action = OPTIONS_RUN};
	struct reading reading = {.options = options};
	set_defaults(&reading);
	int result = read_arguments(argc, argv, &reading, error);
	if (result != 0)
		return result;
	result = choose_action(&reading, error);
	if (result != 0 || options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION)
		return result;
	keep_given(&reading, options);
	return combine(&reading, error);
}

struct discovery_input options_discovery(const struct options *options)
{
	return (struct discovery_input){
		.settings = &options->discovery,
		.defaults = &options->settings.defaults,
		.fixed = &options->settings.targets,
		.where = "-target",
	};
}

/* Appends the line of one flag. */
static void describe_flag(const struct option *flag, struct buffer *buffer)
{
	char head[32];
	snprintf(head, sizeof(head), "-%s%s%s", flag->flag, flag->value ? " " : "",
		flag->value ? flag->value : "");
	buffer_append_format(buffer, "  %-20s %s", head, flag->help);
	if (flag->initial)
		buffer_append_format(buffer, " (default %s%s%s)", flag->initial,
			flag->otherwise ? ", " : "", flag->otherwise ? flag->otherwise : "");
	else if (flag->otherwise)
		buffer_append_format(buffer, " (default: %s)", flag->otherwise);
	buffer_append_text(buffer, "\n");
}

void options_usage(struct buffer *buffer)
{
	buffer_append_text(buffer,
		"Usage: tcp-echo-metrics [FLAG...]\n"
		"\n"
		"Measures round-trip time and loss of TCP connections, for Prometheus.\n"
		"Flags are written -name value or -name=value, with one dash or two;\n"
		"durations like 250us, 200ms, 1.5s or 1m30s.\n");
	for (int group = 0; group < OPTION_GROUPS; group++) {
		buffer_append_format(buffer, "\n%s:\n", group_titles[group]);
		for (int id = 0; id < OPTIONS; id++) {
			const struct option *flag = option_get((enum option_id)id);
			if (flag->flag && flag->group == (enum option_group)group)
				describe_flag(flag, buffer);
		}
	}
}

const char *options_verb_name(enum service_verb verb)
{
	return option_get(OPTION_SVC)->words[verb - 1];
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
	discovery_settings_clear(&options->discovery);
}
