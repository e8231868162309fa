/* SPDX-License-Identifier: MIT */
#include "collectd/plugin.h"

#include <collectd/core/daemon/plugin.h>

#include "base/version.h"
#include "collectd/plugin_config.h"
#include "collectd/runtime.h"
#include "collectd/value_lists.h"

#define NAME VALUE_LISTS_PLUGIN

/*
 * A daemon has one plugin, whose callbacks take no context. It calls config, init and shutdown from
 * its main thread, and read neither before init nor during shutdown.
 */
static struct {
	bool is_configured;
	struct plugin_config config;
	struct runtime *runtime; /* NULL before init, and after shutdown. */
	int64_t start_time_ns;	 /* Of the process. */
} plugin;

/* Runs before the daemon goes to the background: nothing may be started here. */
static int on_config(oconfig_item_t *block)
{
	if (!plugin.is_configured)
		plugin_config_init(&plugin.config);
	plugin.is_configured = true;
	struct text_error error;
	int failure = plugin_config_add(&plugin.config, block, &error);
	if (failure) {
		plugin_log(LOG_ERR, NAME " plugin: %s", error.reason);
		plugin_config_clear(&plugin.config);
	}
	return failure;
}

static void on_type(const data_set_t *set)
{
	plugin_register_data_set(set);
}

static int on_init(void)
{
	if (plugin.runtime)
		return 0;
	if (!plugin.is_configured)
		plugin_config_init(&plugin.config);
	plugin.is_configured = true;
	struct text_error error;
	int failure = plugin_config_complete(&plugin.config, &error);
	if (!failure)
		failure = runtime_start(&plugin.config, &plugin.runtime, &error);
	if (failure) {
		plugin_log(LOG_ERR, NAME " plugin: %s", error.reason);
		return failure;
	}
	/* Not in module_register(), so that they win over those of a types.db. */
	value_lists_describe(on_type);
	plugin.start_time_ns = -1;
	return 0;
}

static void on_list(void *context, value_list_t *list)
{
	const cdtime_t *time = context;
	list->time = *time;
	plugin_dispatch_values(list);
}

static int on_read(void)
{
	/* Never returns an error: the daemon would call less and less often. */
	if (!plugin.runtime || !plugin_config_wants_readings(&plugin.config))
		return 0;
	cdtime_t now = cdtime();
	const struct readings *readings = runtime_read(plugin.runtime);
	if (!readings) {
		plugin_log(LOG_WARNING, NAME " plugin: values not read: out of memory");
		return 0;
	}
	struct process_values process;
	process_values_read(&plugin.start_time_ns, &process);
	runtime_read_process(plugin.runtime, &process);
	struct source_values sources[TARGET_SOURCES_MAX];
	struct mesh_values mesh;
	bool has_mesh = runtime_read_mesh(plugin.runtime, &mesh);
	const struct value_lists_input input = {
		.config = &plugin.config,
		.snapshot = &readings->latest,
		.periods = readings->periods,
		.process = &process,
		.sources = sources,
		.mesh = has_mesh ? &mesh : NULL,
		.source_count = runtime_read_sources(plugin.runtime, sources),
		.version = version_text(),
		.revision = version_revision(),
		.compiler = version_compiler(),
	};
	value_lists_make(&input, on_list, &now);
	return 0;
}

/* Also called if init has failed, or was never called. */
static int on_shutdown(void)
{
	runtime_stop(plugin.runtime);
	plugin.runtime = NULL;
	if (plugin.is_configured)
		plugin_config_clear(&plugin.config);
	plugin.is_configured = false;
	return 0;
}

void module_register(void)
{
	plugin_register_complex_config(NAME, on_config);
	plugin_register_init(NAME, on_init);
	plugin_register_read(NAME, on_read);
	plugin_register_shutdown(NAME, on_shutdown);
}
