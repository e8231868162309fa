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
#include "config/settings.h"

/* Stored by the caller; all of its blocks add up to one. */
struct plugin_config {
	struct settings settings; /* Its targets are those of the <Target> blocks. */
	char *targets_path;	  /* Owned; NULL without a targets file. */
	bool serve_metrics;
	struct endpoint metrics; /* Where, if so. */
	enum log_level log_level;
	uint64_t given; /* Private: which options were there, one bit for each enum option_id. */
};

/* The defaults of settings_init(); no metrics, no targets file, messages from "info" on. */
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

/* Frees what it holds; as plugin_config_init() leaves it afterwards. */
void plugin_config_clear(struct plugin_config *config);

#endif
