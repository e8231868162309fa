/* SPDX-License-Identifier: MIT */
#include "collectd/plugin_config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/duration.h"
#include "measure/loss_window.h"

/* What messages quote of a value is cut at this many bytes. */
#define SHOWN_MAX 150
/* With quotes and the final NUL. */
#define SHOWN_SIZE (SHOWN_MAX + 3)

/* What kind of value an option takes. */
enum option_type {
	OPTION_TEXT,
	OPTION_NUMBER,
	OPTION_EITHER, /* As a number, a duration is one of seconds. */
};

struct option {
	const char *name;
	enum option_type type;
	/* Returns 0, or a negative errno with *reason, which is to follow the value. */
	int (*set)(struct plugin_config *config, const oconfig_value_t *value, const char **reason);
	const char *allowed;
};

static int set_listen(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	config->settings.serve = true;
	return endpoint_parse(
		value->value.string, ENDPOINT_TO_LISTEN, &config->settings.listen, reason);
}

static int set_metrics(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	config->serve_metrics = true;
	return endpoint_parse(value->value.string, ENDPOINT_TO_LISTEN, &config->metrics, reason);
}

/* Takes 1 to max. */
static int set_number(
	const oconfig_value_t *value, uint32_t max, uint32_t *number, const char **reason)
{
	double read = value->value.number;
	*reason = "is out of range";
	if (!(read >= 1 && read <= (double)max))
		return -EINVAL;
	uint32_t whole = (uint32_t)read;
	*reason = "is no whole number";
	if (read - (double)whole > 0)
		return -EINVAL;
	*number = whole;
	return 0;
}

static int set_threads(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	uint32_t threads = 0;
	int wrong = set_number(value, SETTINGS_THREADS_MAX, &threads, reason);
	if (wrong == 0)
		config->settings.threads = threads;
	return wrong;
}

static int set_targets_file(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	/* collectd goes to its BaseDir after it has read this: nobody would look there. */
	*reason = "is no absolute path";
	if (value->value.string[0] != '/')
		return -EINVAL;
	*reason = "finds no memory";
	config->targets_path = strdup(value->value.string);
	if (config->targets_path == NULL)
		return -ENOMEM;
	config->settings.probe = true;
	return 0;
}

static int set_log_level(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	*reason = "is no level";
	return log_level_parse(value->value.string, &config->log_level);
}

#define LISTEN_ALLOWED "host:port, or :port for every address, in quotes"

static const struct option options[] = {
	{"Listen", OPTION_TEXT, set_listen, LISTEN_ALLOWED},
	{"Threads", OPTION_NUMBER, set_threads, "1 to 64, without quotes"},
	{"TargetsFile", OPTION_TEXT, set_targets_file, "the path of a JSON file, from / on"},
	{"Metrics", OPTION_TEXT, set_metrics, LISTEN_ALLOWED},
	{"LogLevel", OPTION_TEXT, set_log_level, "error, warning, info or debug"},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* How probing goes: of all targets, or in a <Target> block of that one. */
struct probing_option {
	const char *name;
	enum option_type type;
	enum target_option option;
	const char *allowed;
};

#define DURATION_ALLOWED "0.001 to 86400 seconds, or a text like \"200ms\" or \"1m30s\""

static const struct probing_option probing_options[] = {
	{"Interval", OPTION_EITHER, TARGET_OPTION_INTERVAL, DURATION_ALLOWED},
	{"Timeout", OPTION_EITHER, TARGET_OPTION_TIMEOUT, DURATION_ALLOWED},
	{"Window", OPTION_NUMBER, TARGET_OPTION_WINDOW, "1 to 1000000, without quotes"},
	{"Probe", OPTION_TEXT, TARGET_OPTION_PROBE, "\"echo\" or \"connect\""},
	{"Source", OPTION_TEXT, TARGET_OPTION_SOURCE, "an IP address of this machine, in quotes"},
	{"DSCP", OPTION_EITHER, TARGET_OPTION_DSCP, "0 to 63, or a name like \"ef\""},
	{"IPVersion", OPTION_EITHER, TARGET_OPTION_IP_VERSION, "4, 6 or \"any\""},
};

#define PROBING_OPTIONS (sizeof(probing_options) / sizeof(probing_options[0]))
#define PROBING_NAMES "Interval, Timeout, Window, Probe, Source, DSCP, IPVersion"
#define OPTION_NAMES "Listen, Target, TargetsFile, " PROBING_NAMES ", Threads, Metrics, LogLevel"

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

/* Whether the item is an option with one value, and not a block. */
static bool has_one_value(const oconfig_item_t *item)
{
	return item->values_num == 1 && item->children_num == 0;
}

static bool has_type(const oconfig_value_t *value, enum option_type type)
{
	switch (type) {
	case OPTION_TEXT:
		return value->type == OCONFIG_TYPE_STRING;
	case OPTION_NUMBER:
		return value->type == OCONFIG_TYPE_NUMBER;
	case OPTION_EITHER:
		return value->type == OCONFIG_TYPE_STRING || value->type == OCONFIG_TYPE_NUMBER;
	}
	__builtin_unreachable();
}

/* Whether the item is one value of a type; else says why not. */
static int check_item(const oconfig_item_t *item, enum option_type type, const char *allowed,
	struct text_error *error)
{
	if (!has_one_value(item))
		return refuse(item, "is not one value", allowed, error);
	if (!has_type(&item->values[0], type))
		return refuse(item, "is of the wrong kind", allowed, error);
	return 0;
}

static const struct probing_option *find_probing_option(const char *name)
{
	for (size_t i = 0; i < PROBING_OPTIONS; i++)
		if (strcasecmp(name, probing_options[i].name) == 0)
			return &probing_options[i];
	return NULL;
}

/* given: which of them were there already, one bit each. once: how often it may come. */
static int set_probing_option(const struct probing_option *option, struct target_options *to,
	unsigned *given, const oconfig_item_t *item, const char *once, struct text_error *error)
{
	int wrong = check_item(item, option->type, option->allowed, error);
	if (wrong != 0)
		return wrong;
	unsigned bit = 1U << (option - probing_options);
	if (*given & bit)
		return refuse(item, "comes twice", once, error);
	*given |= bit;
	const oconfig_value_t *value = &item->values[0];
	const char *reason = NULL;
	if (value->type == OCONFIG_TYPE_STRING)
		wrong = target_options_set_text(to, option->option, value->value.string, &reason);
	else
		wrong = target_options_set_number(to, option->option, value->value.number, &reason);
	return wrong == 0 ? 0 : refuse(item, reason, option->allowed, error);
}

#define ONCE "once in all blocks together"

static int set_option(
	struct plugin_config *config, const oconfig_item_t *item, struct text_error *error)
{
	const struct probing_option *probing = find_probing_option(item->key);
	if (probing != NULL)
		return set_probing_option(probing, &config->settings.defaults,
			&config->given_probing, item, ONCE, error);
	size_t at = 0;
	while (at < OPTIONS && strcasecmp(item->key, options[at].name) != 0)
		at++;
	if (at == OPTIONS)
		return refuse(item, "is no option", OPTION_NAMES, error);
	const struct option *option = &options[at];
	int wrong = check_item(item, option->type, option->allowed, error);
	if (wrong != 0)
		return wrong;
	if (config->given & 1U << at)
		return refuse(item, "comes twice", ONCE, error);
	config->given |= 1U << at;
	const char *reason = NULL;
	wrong = option->set(config, &item->values[0], &reason);
	if (wrong != 0)
		refuse(item, reason, option->allowed, error);
	return wrong;
}

#define ADDRESS_ALLOWED "host:port, or :port for this machine, in quotes"
#define TARGET_OPTION_NAMES "Address, " PROBING_NAMES

/* A <Target> block while it is read. */
struct target_block {
	const char *address;
	struct target_options options;
	unsigned given;
};

static int read_address(
	struct target_block *target, const oconfig_item_t *item, struct text_error *error)
{
	if (!has_one_value(item) || !has_type(&item->values[0], OPTION_TEXT))
		return refuse(item, "is not one text", ADDRESS_ALLOWED, error);
	if (target->address != NULL)
		return refuse(item, "comes twice", "once", error);
	target->address = item->values[0].value.string;
	struct endpoint unused;
	const char *reason = NULL;
	if (endpoint_parse(target->address, ENDPOINT_TO_DIAL, &unused, &reason) != 0)
		return refuse(item, reason, ADDRESS_ALLOWED, error);
	return 0;
}

static int read_block(
	struct target_block *target, const oconfig_item_t *block, struct text_error *error)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];
		const struct probing_option *option = find_probing_option(item->key);
		int wrong;
		if (strcasecmp(item->key, "Address") == 0)
			wrong = read_address(target, item, error);
		else if (option != NULL)
			wrong = set_probing_option(
				option, &target->options, &target->given, item, "once", error);
		else
			wrong = refuse(item, "is no option", TARGET_OPTION_NAMES, error);
		if (wrong != 0)
			return wrong;
	}
	return 0;
}

static int add_target(
	struct plugin_config *config, const oconfig_item_t *block, struct text_error *error)
{
	if (block->values_num != 1 || !has_type(&block->values[0], OPTION_TEXT))
		return refuse(block, "is not one text", "<Target \"name\">", error);
	const char *name = block->values[0].value.string;
	struct target_block target = {0};
	struct text_error inner;
	int wrong = read_block(&target, block, &inner);
	if (wrong != 0) {
		text_error_set(error, 0, "Target \"%.127s\": %s", name, inner.reason);
		return wrong;
	}
	if (target.address == NULL) {
		text_error_set(error, 0, "Target \"%.127s\" has no Address", name);
		return -EINVAL;
	}
	const struct target_request request = {
		.name = name, .address = target.address, .options = &target.options};
	wrong = target_list_request(&config->settings.targets, &request, error);
	if (wrong == 0)
		config->settings.probe = true;
	return wrong;
}

void plugin_config_init(struct plugin_config *config)
{
	*config = (struct plugin_config){.log_level = LOG_LEVEL_INFO};
	settings_init(&config->settings);
}

int plugin_config_add(
	struct plugin_config *config, const oconfig_item_t *block, struct text_error *error)
{
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];
		int wrong = strcasecmp(item->key, "Target") == 0 ? add_target(config, item, error)
								 : set_option(config, item, error);
		if (wrong != 0)
			return wrong;
	}
	return 0;
}

void plugin_config_clear(struct plugin_config *config)
{
	settings_clear(&config->settings);
	free(config->targets_path);
	plugin_config_init(config);
}
