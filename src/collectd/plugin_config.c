/* SPDX-License-Identifier: MIT */
#include "collectd/plugin_config.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "config/option_value.h"

/* What messages quote of a value is cut at this many bytes. */
#define SHOWN_MAX 150
/* With quotes and the final NUL. */
#define SHOWN_SIZE (SHOWN_MAX + 3)

/* All store functions return 0, or a negative errno with *reason, which is to follow the value. */
static int store_listen(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.serve = true;
	config->settings.listen = value->endpoint;
	return 0;
}

static int store_allow(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	return networks_add(&config->settings.allow, value->text, reason);
}

static int store_max_peers(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.max_peers = (size_t)value->number;
	return 0;
}

static int store_max_peers_per_address(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.max_peers_per_address = (size_t)value->number;
	return 0;
}

static int store_reflect_dscp(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.reflects_dscp = value->number;
	return 0;
}

static int store_metrics(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	struct http_front_settings *front = &config->front;
	*reason = "is one address too many";
	if (front->listen_count == HTTP_FRONT_ADDRESSES_MAX)
		return -EINVAL;
	config->serve_metrics = true;
	front->listen[front->listen_count++] = value->endpoint;
	return 0;
}

static int store_metrics_set(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->front.is_lean = value->number == METRICS_SET_LEAN;
	return 0;
}

static int store_native_histograms(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->front.is_native = value->number;
	config->settings.keep_excess = value->number;
	return 0;
}

static int store_history(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->front.history_ns = value->number;
	return 0;
}

static int store_web_config_file(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	*reason = "cannot be kept: out of memory";
	char *path = strdup(value->text);
	if (!path)
		return -ENOMEM;
	free(config->web_config_path);
	config->web_config_path = path;
	return 0;
}

static int store_probe_allow(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	return destinations_add(&config->settings.probe_allow, value->text, reason);
}

static int store_probe_max(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.probe_max = (size_t)value->number;
	return 0;
}

static int store_threads(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.threads = (unsigned)value->number;
	return 0;
}

static int store_resolver(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->settings.resolver = (enum settings_resolver)value->number;
	return 0;
}

static int store_dispatch(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->dispatch = (enum dispatch)value->number;
	return 0;
}

static int store_dispatch_info(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->dispatch_info = value->number;
	return 0;
}

static int store_standard_types(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->standard_types = value->number;
	return 0;
}

static int store_warn_loss(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->warn_loss = (double)value->number / (double)OPTION_PERCENT;
	return 0;
}

static int store_okay_at_start(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->okay_at_start = value->number;
	return 0;
}

static int store_log_level(
	struct plugin_config *config, const struct option_value *value, const char **reason)
{
	(void)reason;
	config->log_level = (enum log_level)(LOG_LEVEL_ERROR + value->number - 1);
	return 0;
}

/* Where the options that are not a target's go. */
static int (*const store[OPTIONS])(
	struct plugin_config *config, const struct option_value *value, const char **reason) = {
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
	[OPTION_PROBE_ALLOW] = store_probe_allow,
	[OPTION_PROBE_MAX] = store_probe_max,
	[OPTION_DISPATCH] = store_dispatch,
	[OPTION_DISPATCH_INFO] = store_dispatch_info,
	[OPTION_STANDARD_TYPES] = store_standard_types,
	[OPTION_WARN_LOSS] = store_warn_loss,
	[OPTION_OKAY_AT_START] = store_okay_at_start,
	[OPTION_LOG_LEVEL] = store_log_level,
};

/* Writes the item's values as they stand in the file, more or less. shown: SHOWN_SIZE bytes. */
static void show_value(const oconfig_item_t *item, char *shown)
{
	if (item->values_num < 1) {
		snprintf(shown, SHOWN_SIZE, "without a value");
		return;
	}
	const oconfig_value_t *value = &item->values[0];
	if (value->type == OCONFIG_TYPE_STRING)
		snprintf(shown, SHOWN_SIZE, "\"%.*s\"", SHOWN_MAX, value->value.string);
	else if (value->type == OCONFIG_TYPE_NUMBER)
		snprintf(shown, SHOWN_SIZE, "%.15g", value->value.number);
	else
		snprintf(shown, SHOWN_SIZE, "%s", value->value.boolean ? "true" : "false");
}

static int refuse(const oconfig_item_t *item, const char *reason, const char *allowed,
	struct text_error *error)
{
	char shown[SHOWN_SIZE];
	show_value(item, shown);
	text_error_set(error, 0, "%.64s %s %s; allowed: %s", item->key, shown, reason, allowed);
	return -EINVAL;
}

/* The same for an option, whose row tells what is allowed. */
static int refuse_option(const oconfig_item_t *item, const struct option *option,
	const char *reason, struct text_error *error)
{
	char allowed[OPTION_ALLOWED_MAX];
	option_allowed(option, OPTION_STYLE_COLLECTD, allowed);
	return refuse(item, reason, allowed, error);
}

/* Whether an option may be in a <Target> block, or else outside of them. */
static bool is_known(const struct option *option, bool in_target)
{
	if (!option || !option->collectd)
		return false;
	if (option->scope == OPTION_OF_TARGET)
		return true;
	return (option->id == OPTION_TARGET_ADDRESS) == in_target;
}

static int refuse_unknown(const oconfig_item_t *item, bool in_target, struct text_error *error)
{
	struct buffer allowed = {0};
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (is_known(option, in_target))
			buffer_append_format(
				&allowed, "%s%s", allowed.length > 0 ? ", " : "", option->collectd);
	}
	const char *meant = option_nearest_collectd(item->key);
	if (meant && is_known(option_find_collectd(meant), in_target))
		buffer_append_format(&allowed, "; did you mean %s?", meant);
	buffer_append(&allowed, "", 1);
	int result =
		refuse(item, "is not a valid option", allowed.failed ? "" : allowed.data, error);
	buffer_clear(&allowed);
	return result;
}

static bool is_text(const oconfig_value_t *value)
{
	return value->type == OCONFIG_TYPE_STRING;
}

static bool has_right_type(const oconfig_value_t *value, const struct option *option)
{
	return (option_takes_text(option) && is_text(value)) ||
	       (option_takes_number(option) && value->type == OCONFIG_TYPE_NUMBER) ||
	       (option_takes_boolean(option) && value->type == OCONFIG_TYPE_BOOLEAN);
}

/* Reads a value of a type that the option takes. Returns 0, or -EINVAL with *reason. */
static int convert(const oconfig_value_t *value, const struct option *option,
	struct option_value *converted, const char **reason)
{
	switch (value->type) {
	case OCONFIG_TYPE_BOOLEAN:
		converted->number = value->value.boolean ? 1 : 0;
		return 0;
	case OCONFIG_TYPE_NUMBER:
		return option_value_of_number(option, value->value.number, converted, reason);
	default:
		return option_value_parse(option, value->value.string, converted, reason);
	}
}

/*
 * Reads an option with one value. given: which options were there already, one bit for each enum
 * option_id. once: how often it may come.
 */
static int read_value(const oconfig_item_t *item, const struct option *option, uint64_t *given,
	const char *once, struct option_value *value, struct text_error *error)
{
	if (item->values_num != 1 || item->children_num != 0)
		return refuse_option(item, option, "does not have exactly one value", error);
	if (!has_right_type(&item->values[0], option))
		return refuse_option(item, option, "has the wrong type", error);
	uint64_t bit = option_bit(option->id);
	if ((*given & bit) && option->times == 0)
		return refuse(item, "is given twice", once, error);
	*given |= bit;
	const char *reason = NULL;
	int result = convert(&item->values[0], option, value, &reason);
	return result == 0 ? 0 : refuse_option(item, option, reason, error);
}

static int store_source(struct plugin_config *config, enum option_id id,
	const struct option_value *value, const char **reason)
{
	struct discovery_settings *discovery = &config->discovery;
	bool is_source = id == OPTION_TARGETS || id == OPTION_TARGETS_FROM;
	*reason = "is one source too many";
	if (is_source && discovery->source_count == TARGET_SOURCES_MAX)
		return -EINVAL;
	if (is_source)
		config->settings.probe = true;
	return discovery_settings_set(discovery, id, value);
}

/* What a path, or a source, has to be here. Returns NULL, or why it is not. */
static const char *check_path(const struct option *option, const char *text)
{
	struct target_source source;
	const char *unused;
	if (!option_kind_is_path(option->kind))
		return NULL;
	bool is_file = option->kind == OPTION_KIND_PATH ||
		       (target_source_parse(text, &source, &unused) == 0 &&
			       target_source_is_of_files(&source));
	if (option->id == OPTION_TARGETS_FROM)
		return is_file ? "is not a source to ask: TargetsFile is for files" : NULL;
	if (!is_file)
		return "is not a file: TargetsFrom is for sources to ask";
	/* collectd changes to its BaseDir after it has read this: nobody would look there. */
	return text[0] == '/' ? NULL : "is not an absolute path";
}

static int store_option(struct plugin_config *config, const struct option *option,
	const struct option_value *value, const char **reason)
{
	*reason = value->text ? check_path(option, value->text) : NULL;
	if (*reason)
		return -EINVAL;
	if (discovery_settings_has(option->id))
		return store_source(config, option->id, value, reason);
	assert(store[option->id]);
	return store[option->id](config, value, reason);
}

static int set_option(
	struct plugin_config *config, const oconfig_item_t *item, struct text_error *error)
{
	const struct option *option = option_find_collectd(item->key);
	if (!is_known(option, false))
		return refuse_unknown(item, false, error);
	struct option_value value = {0};
	int result = read_value(item, option, &config->given,
		"once across all <Plugin tcp_echo> blocks", &value, error);
	if (result != 0)
		return result;
	if (option->scope == OPTION_OF_TARGET) {
		target_options_set(&config->settings.defaults, option, &value);
		return 0;
	}
	const char *reason = NULL;
	result = store_option(config, option, &value, &reason);
	if (result == -ENOMEM)
		text_error_set(error, 0, "%.64s: out of memory", item->key);
	else if (result != 0)
		refuse_option(item, option, reason, error);
	return result;
}

/* A <Target> block while it is read. */
struct target_block {
	const char *address;
	struct target_options options;
	uint64_t given;
};

static int read_block(
	struct target_block *target, const oconfig_item_t *block, struct text_error *error)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];
		const struct option *option = option_find_collectd(item->key);
		if (!is_known(option, true))
			return refuse_unknown(item, true, error);
		struct option_value value = {0};
		int result = read_value(item, option, &target->given, "once", &value, error);
		if (result != 0)
			return result;
		if (option->scope == OPTION_OF_TARGET)
			target_options_set(&target->options, option, &value);
		else
			target->address = item->values[0].value.string;
	}
	return 0;
}

static int add_target(
	struct plugin_config *config, const oconfig_item_t *block, struct text_error *error)
{
	if (block->values_num != 1 || !is_text(&block->values[0]))
		return refuse(
			block, "needs exactly one name in quotes", "<Target \"name\">", error);
	const char *name = block->values[0].value.string;
	struct target_block target = {0};
	struct text_error inner;
	int result = read_block(&target, block, &inner);
	if (result != 0) {
		text_error_set(error, 0, "Target \"%.127s\": %s", name, inner.reason);
		return result;
	}
	if (!target.address) {
		text_error_set(error, 0, "Target \"%.127s\" has no Address", name);
		return -EINVAL;
	}
	/* The defaults may come behind it, or in another block. */
	const struct target_request request = {
		.name = name, .address = target.address, .options = &target.options};
	result = target_list_request(&config->settings.targets, &request, error);
	if (result == 0)
		config->settings.probe = true;
	return result;
}

void plugin_config_init(struct plugin_config *config)
{
	*config = (struct plugin_config){.warn_loss = (double)NAN};
	settings_init(&config->settings);
	discovery_settings_init(&config->discovery);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		struct option_value value = {0};
		const char *unused;
		if (!store[id] || !option_initial_in_collectd(option))
			continue;
		option_value_initial(option, &value);
		store[id](config, &value, &unused);
	}
}

int plugin_config_add(
	struct plugin_config *config, const oconfig_item_t *block, struct text_error *error)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];
		const struct option *option = option_find_collectd(item->key);
		bool is_target = option && option->id == OPTION_TARGET_NAME;
		int result = is_target ? add_target(config, item, error)
				       : set_option(config, item, error);
		if (result != 0)
			return result;
	}
	return 0;
}

int plugin_config_complete(struct plugin_config *config, struct text_error *error)
{
	/* They are asked for over HTTP. */
	if (!config->serve_metrics)
		destinations_clear(&config->settings.probe_allow);
	if (config->settings.probe_allow.count > 0)
		config->settings.probe = true;
	int result = discovery_settings_check(&config->discovery, OPTION_STYLE_COLLECTD, error);
	return result == 0 ? settings_complete(&config->settings, error) : result;
}

bool plugin_config_wants_values(const struct plugin_config *config)
{
	return config->dispatch != DISPATCH_NONE || config->standard_types;
}

bool plugin_config_wants_readings(const struct plugin_config *config)
{
	return plugin_config_wants_values(config) || !isnan(config->warn_loss);
}

void plugin_config_clear(struct plugin_config *config)
{
	settings_clear(&config->settings);
	discovery_settings_clear(&config->discovery);
	free(config->web_config_path);
	plugin_config_init(config);
}
