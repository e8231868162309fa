/* SPDX-License-Identifier: MIT */
/* What collectd.conf has between <Plugin tcp_echo> and </Plugin>. Pure. */
#ifndef COLLECTD_PLUGIN_CONFIG_H
#define COLLECTD_PLUGIN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <collectd/liboconfig/oconfig.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/text_error.h"
#include "config/discovery_settings.h"
#include "config/settings.h"
#include "scrape/http_front.h"

/* Which of its own values the plugin dispatches: the words of Dispatch, from 1. */
enum dispatch {
	DISPATCH_ALL = 1,
	DISPATCH_BASIC, /* All but the buckets of histograms. */
	DISPATCH_NONE,
};

/* Stored by the caller; all of its blocks add up to one. */
struct plugin_config {
	struct settings settings;	     /* Its targets are those of the <Target> blocks. */
	struct discovery_settings discovery; /* Where further targets come from. */
	bool serve_metrics;
	struct http_front_settings front; /* Where and what, if so. */
	char *web_config_path;		  /* Owned; NULL for none. */
	enum dispatch dispatch;
	bool dispatch_info;  /* Also what is said in labels alone, if it is not none. */
	bool standard_types; /* Also what the plugin ping would. */
	bool okay_at_start;  /* Notify of what is well from the start on. */
	double warn_loss;    /* Notify of more loss than this; in percent, NAN for never. */
	enum log_level log_level;
	uint64_t given; /* Private: which options were there, one bit for each enum option_id. */
};

/* The defaults of settings_init() and of the table of options; no metrics, no sources of targets. */
void plugin_config_init(struct plugin_config *config);

/*
 * Takes one <Plugin> block in. Targets add up; any other option may be given once in all blocks
 * together. Returns 0, or -EINVAL or -ENOMEM with error, which names the option and its value
 * (`Interval "abc" is not a valid duration; allowed: ...`); config is then only good for
 * plugin_config_clear(). What no option can tell alone is left to plugin_config_complete().
 */
int plugin_config_add(
	struct plugin_config *config, const oconfig_item_t *block, struct text_error *error);

/* To be called when all blocks were taken in: see settings_complete(), whose results it returns. */
int plugin_config_complete(struct plugin_config *config, struct text_error *error);

/* Whether any values are dispatched. */
bool plugin_config_wants_values(const struct plugin_config *config);

/* Whether there is anything to do when the daemon reads. */
bool plugin_config_wants_readings(const struct plugin_config *config);

/* Frees what it holds; as plugin_config_init() leaves it afterwards. */
void plugin_config_clear(struct plugin_config *config);

#endif
