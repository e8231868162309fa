/* SPDX-License-Identifier: MIT */
#include "exporter/description.h"

#include <string.h>

#include "config/option_value.h"

/* How many targets are shown. */
#define TARGETS_SHOWN 5

static void describe(const char *name, const char *text, struct buffer *buffer)
{
	buffer_append_format(buffer, "%-10s%s\n", name, text);
}

static void describe_endpoint(
	enum option_id id, const struct endpoint *endpoint, struct buffer *buffer)
{
	char text[ENDPOINT_TEXT_MAX];
	endpoint_format(endpoint, text);
	describe(option_get(id)->flag, text, buffer);
}

/* Whether a default is worth a line: durations and numbers always, else what is not as usual. */
static bool is_shown(const struct option *option, const char *text)
{
	if (option->kind == OPTION_KIND_DURATION || option->kind == OPTION_KIND_NUMBER)
		return text[0] != '\0';
	return strcmp(text, option->initial ? option->initial : "") != 0;
}

/* What holds for all targets that do not say otherwise. */
static void describe_defaults(const struct target_options *defaults, struct buffer *buffer)
{
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (option->scope != OPTION_OF_TARGET)
			continue;
		char text[OPTION_VALUE_TEXT_MAX];
		target_options_format(defaults, option, text);
		if (is_shown(option, text))
			describe(option->label ? option->label : option->flag, text, buffer);
	}
}

/* What a target has of its own. */
static void describe_target(const struct target_config *target, struct buffer *buffer)
{
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(&target->address, address);
	buffer_append_format(buffer, "%-10s%s at %s", "", target->name, address);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (!(target->own & option_bit((enum option_id)id)))
			continue;
		char text[OPTION_VALUE_TEXT_MAX];
		target_options_format(&target->options, option, text);
		buffer_append_format(
			buffer, ", %s %s", option->own ? option->own : option->key, text);
	}
	buffer_append_text(buffer, "\n");
}

static void describe_targets(const struct description *description, struct buffer *buffer)
{
	const struct target_list *list = description->targets;
	buffer_append_format(buffer, "%-10s%zu", "targets", list->count);
	if (description->source_count == 1)
		buffer_append_format(buffer, " from %s", description->sources[0].source);
	buffer_append_text(buffer, "\n");
	for (size_t i = 0; i < description->source_count && description->source_count > 1; i++)
		buffer_append_format(buffer, "%-10s%llu from %s\n", "",
			(unsigned long long)description->sources[i].targets,
			description->sources[i].source);
	for (size_t i = 0; i < list->count && i < TARGETS_SHOWN; i++)
		describe_target(&list->targets[i], buffer);
	if (list->count > TARGETS_SHOWN)
		buffer_append_format(
			buffer, "%-10sand %zu more\n", "", list->count - TARGETS_SHOWN);
}

/* All values of a flag that repeats, one a line. */
static void describe_given(
	const struct options *options, enum option_id id, const char *name, struct buffer *buffer)
{
	const char *flag = option_get(id)->flag;
	for (size_t i = 0; i < options->given_count; i++)
		if (strcmp(options->given[i].name, flag) == 0)
			describe(name, options->given[i].value, buffer);
}

static void describe_server(const struct options *options, struct buffer *buffer)
{
	const struct settings *settings = &options->settings;
	describe_endpoint(OPTION_LISTEN, &settings->listen, buffer);
	describe_given(options, OPTION_ALLOW, option_get(OPTION_ALLOW)->flag, buffer);
	if (settings->max_peers > 0)
		buffer_append_format(buffer, "%-10s%zu\n", "peers", settings->max_peers);
	if (settings->max_peers_per_address > 0)
		buffer_append_format(
			buffer, "%-10s%zu of one address\n", "", settings->max_peers_per_address);
	if (!settings->reflects_dscp)
		buffer_append_format(buffer, "%-10snot marked\n", "replies");
	if (!settings->defaults.stamps && !settings->probe)
		buffer_append_format(buffer, "%-10soff\n", option_get(OPTION_STAMPS)->flag);
}

static void describe_web(
	const struct options *options, const struct web_guard *guard, struct buffer *buffer)
{
	for (size_t i = 0; i < options->front.listen_count; i++)
		describe_endpoint(OPTION_METRICS, &options->front.listen[i], buffer);
	if (!guard)
		return;
	size_t users = web_guard_users(guard);
	buffer_append_format(buffer, "%-10s%s: %s", "web", options->web_config_path,
		web_guard_tls(guard) ? "HTTPS" : "HTTP");
	if (users > 0)
		buffer_append_format(
			buffer, ", %zu user%s with a password", users, users == 1 ? "" : "s");
	buffer_append_text(buffer, "\n");
}

void description_append(const struct description *description, struct buffer *buffer)
{
	const struct options *options = description->options;
	const struct settings *settings = &options->settings;
	describe("mode", options_mode(options), buffer);
	if (settings->serve)
		describe_server(options, buffer);
	describe_web(options, description->guard, buffer);
	if (!settings->probe)
		return;
	describe_defaults(&settings->defaults, buffer);
	buffer_append_format(buffer, "%-10s%u\n", "threads", settings->threads);
	const char *resolver = option_get(OPTION_RESOLVER)->words[settings->resolver - 1];
	buffer_append_format(buffer, "%-10s%s\n", "resolver", resolver);
	describe_targets(description, buffer);
	if (settings->probe_allow.count == 0)
		return;
	describe_given(options, OPTION_PROBE_ALLOW, "/probe", buffer);
	buffer_append_format(buffer, "%-10s%zu targets at most\n", "", settings->probe_max);
}
