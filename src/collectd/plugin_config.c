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
	OPTION_DURATION, /* A number is one of seconds. */
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

static int set_duration(const oconfig_value_t *value, const int64_t range_ns[2], int64_t *to_ns,
	const char **reason)
{
	int64_t read_ns = 0;
	int wrong = 0;
	if (value->type == OCONFIG_TYPE_STRING) {
		wrong = duration_parse(value->value.string, &read_ns);
	} else {
		double ns = value->value.number * (double)NS_PER_S;
		/* Also false for what is no number at all. */
		if (ns >= 0 && ns <= (double)range_ns[1])
			read_ns = (int64_t)(ns + 0.5);
	}
	if (wrong == 0 && (read_ns < range_ns[0] || read_ns > range_ns[1]))
		wrong = -ERANGE;
	*reason = wrong == -ERANGE ? "is out of range" : "is no duration";
	if (wrong == 0)
		*to_ns = read_ns;
	return wrong;
}

static int set_interval(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	static const int64_t range_ns[2] = {SETTINGS_INTERVAL_MIN_NS, SETTINGS_INTERVAL_MAX_NS};
	return set_duration(value, range_ns, &config->settings.interval_ns, reason);
}

static int set_timeout(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	static const int64_t range_ns[2] = {SETTINGS_TIMEOUT_MIN_NS, SETTINGS_TIMEOUT_MAX_NS};
	return set_duration(value, range_ns, &config->settings.timeout_ns, reason);
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

static int set_window(
	struct plugin_config *config, const oconfig_value_t *value, const char **reason)
{
	return set_number(value, LOSS_WINDOW_MAX, &config->settings.window, reason);
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
#define DURATION_ALLOWED "0.001 to 86400 seconds, or a text like \"200ms\" or \"1m30s\""

static const struct option options[] = {
	{"Listen", OPTION_TEXT, set_listen, LISTEN_ALLOWED},
	{"Interval", OPTION_DURATION, set_interval, DURATION_ALLOWED},
	{"Timeout", OPTION_DURATION, set_timeout, DURATION_ALLOWED},
	{"Window", OPTION_NUMBER, set_window, "1 to 1000000, without quotes"},
	{"Threads", OPTION_NUMBER, set_threads, "1 to 64, without quotes"},
	{"TargetsFile", OPTION_TEXT, set_targets_file, "the path of a JSON file, from / on"},
	{"Metrics", OPTION_TEXT, set_metrics, LISTEN_ALLOWED},
	{"LogLevel", OPTION_TEXT, set_log_level, "error, warning, info or debug"},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))
#define OPTION_NAMES                                                                               \
	"Listen, Target, TargetsFile, Interval, Timeout, Window, Threads, Metrics, LogLevel"

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
	case OPTION_DURATION:
		return value->type == OCONFIG_TYPE_STRING || value->type == OCONFIG_TYPE_NUMBER;
	}
	__builtin_unreachable();
}

static int set_option(
	struct plugin_config *config, const oconfig_item_t *item, struct text_error *error)
{
	size_t at = 0;
	while (at < OPTIONS && strcasecmp(item->key, options[at].name) != 0)
		at++;
	if (at == OPTIONS)
		return refuse(item, "is no option", OPTION_NAMES, error);
	const struct option *option = &options[at];
	if (!has_one_value(item))
		return refuse(item, "is not one value", option->allowed, error);
	if (!has_type(&item->values[0], option->type))
		return refuse(item, "is of the wrong kind", option->allowed, error);
	if (config->given & 1U << at)
		return refuse(item, "comes twice", "once in all blocks together", error);
	config->given |= 1U << at;
	const char *reason = NULL;
	int wrong = option->set(config, &item->values[0], &reason);
	if (wrong != 0)
		refuse(item, reason, option->allowed, error);
	return wrong;
}

/* In front of what is wrong inside of a block, stands whose it is. */
static int refuse_inside(const char *target, const oconfig_item_t *item, const char *reason,
	const char *allowed, struct text_error *error)
{
	struct text_error inner;
	refuse(item, reason, allowed, &inner);
	text_error_set(error, 0, "Target \"%.127s\": %s", target, inner.reason);
	return -EINVAL;
}

#define ADDRESS_ALLOWED "host:port, or :port for this machine, in quotes"

/* Finds the address in a <Target> block. */
static int read_address(const char *target, const oconfig_item_t *block, const char **address,
	struct text_error *error)
{
	const char *found = NULL;
	for (int i = 0; i < block->children_num; i++) {
		const oconfig_item_t *item = &block->children[i];
		if (strcasecmp(item->key, "Address") != 0)
			return refuse_inside(target, item, "is no option", "Address", error);
		if (!has_one_value(item) || !has_type(&item->values[0], OPTION_TEXT))
			return refuse_inside(
				target, item, "is not one text", ADDRESS_ALLOWED, error);
		if (found != NULL)
			return refuse_inside(target, item, "comes twice", "once", error);
		found = item->values[0].value.string;
		struct endpoint unused;
		const char *reason = NULL;
		if (endpoint_parse(found, ENDPOINT_TO_DIAL, &unused, &reason) != 0)
			return refuse_inside(target, item, reason, ADDRESS_ALLOWED, error);
	}
	if (found == NULL) {
		text_error_set(error, 0, "Target \"%.127s\" has no Address", target);
		return -EINVAL;
	}
	*address = found;
	return 0;
}

static int add_target(
	struct plugin_config *config, const oconfig_item_t *block, struct text_error *error)
{
	if (block->values_num != 1 || !has_type(&block->values[0], OPTION_TEXT))
		return refuse(block, "is not one text", "<Target \"name\">", error);
	const char *name = block->values[0].value.string;
	const char *address = NULL;
	int wrong = read_address(name, block, &address, error);
	if (wrong == 0)
		wrong = target_list_add(&config->settings.targets, name, address, error);
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
