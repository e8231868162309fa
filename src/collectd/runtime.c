/* SPDX-License-Identifier: MIT */
#include "collectd/runtime.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <collectd/core/daemon/plugin.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/error_text.h"
#include "base/files.h"
#include "base/thread.h"
#include "base/version.h"
#include "collectd/notices.h"
#include "collectd/notify.h"
#include "collectd/outbox.h"
#include "collectd/value_lists.h"
#include "discover/discovery.h"
#include "scrape/http_front.h"

/* Sockets get descriptors that other plugins cannot use. Not without end: some close all there may be
 * before they start a program. */
#define DESCRIPTORS_MOST 65536

struct runtime {
	const struct plugin_config *config; /* Borrowed. */
	/* The daemon's context of this plugin, which the messenger takes on. */
	plugin_ctx_t daemon_context;
	struct outbox *outbox;
	struct log log;
	struct target_watcher watcher;
	struct engine *engine;
	struct web_guard *guard;
	struct http_front *front;
	struct reloads reloads;
	struct notices notices;
	struct loss_watch loss_watch;
	struct readings readings;
	struct discovery *discovery;   /* NULL where targets come from blocks alone. */
	atomic_bool has_other_targets; /* Since the messenger last looked. */
	atomic_bool is_ending;
	bool has_messenger;
	pthread_t messenger;
};

static void log_to_daemon(enum log_level level, const char *target, const char *text)
{
	static const int severities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};
	plugin_log(severities[level], VALUE_LISTS_PLUGIN " plugin: %s%s%s", target ? target : "",
		target ? ": " : "", text);
}

/* Dispatches everything that was posted. */
static void deliver(struct runtime *runtime)
{
	struct letter *letter = NULL;
	while ((letter = outbox_take(runtime->outbox))) {
		struct notice notice;
		if (letter->kind == LETTER_LOG)
			log_to_daemon(letter->level, letter->target, letter->text);
		else if (notices_take(&runtime->notices, letter, &notice))
			notify(&notice);
		free(letter);
	}
	uint64_t lost = outbox_take_lost(runtime->outbox);
	if (lost > 0) {
		char text[96];
		snprintf(text, sizeof(text),
			"%llu messages lost: the daemon did not take them in time",
			(unsigned long long)lost);
		log_to_daemon(LOG_LEVEL_WARNING, NULL, text);
	}
}

/* On discovery's thread. */
static void on_change(void *context)
{
	struct runtime *runtime = context;
	atomic_store(&runtime->has_other_targets, true);
	outbox_wake(runtime->outbox);
}

/* Calls off what was said of targets that are gone. */
static void forget_targets(struct runtime *runtime)
{
	struct target_list targets;
	if (!atomic_exchange(&runtime->has_other_targets, false))
		return;
	if (engine_copy_targets(runtime->engine, &targets) != 0) {
		atomic_store(&runtime->has_other_targets, true);
		return;
	}
	/* What the previous targets had to say comes first. */
	deliver(runtime);
	notices_keep(&runtime->notices, &targets, clock_monotonic_ns(), notify);
	target_list_clear(&targets);
}

static void *run_messenger(void *context)
{
	struct runtime *runtime = context;
	/* Plugins that get its notifications ask for their interval, and log. */
	plugin_set_ctx(runtime->daemon_context);
	while (!atomic_load(&runtime->is_ending)) {
		outbox_wait(runtime->outbox, INT64_MAX);
		deliver(runtime);
		forget_targets(runtime);
	}
	return NULL;
}

/* Returns 0 with *targets owned by the caller, or a negative errno with error. */
static int find_targets(
	struct runtime *runtime, struct target_list *targets, struct text_error *error)
{
	const struct plugin_config *config = runtime->config;
	const struct discovery_input input = {
		.settings = &config->discovery,
		.defaults = &config->settings.defaults,
		.fixed = &config->settings.targets,
		.where = "a <Target> block",
	};
	int failure = discovery_new(&input, &runtime->discovery, error);
	return failure ? failure : discovery_collect(runtime->discovery, targets, error);
}

static void prepare_notices(struct runtime *runtime)
{
	const struct plugin_config *config = runtime->config;
	runtime->notices.okay_at_start = config->okay_at_start;
	runtime->loss_watch = (struct loss_watch){
		.limit = config->warn_loss,
		.okay_at_start = config->okay_at_start,
		.on_change = outbox_loss,
		.context = runtime->outbox,
	};
	runtime->readings.time_ns = clock_monotonic_ns();
	runtime->readings.has_round_trips = plugin_config_wants_values(runtime->config);
	if (!isnan(config->warn_loss))
		runtime->readings.loss_watch = &runtime->loss_watch;
}

static int start_threads(struct runtime *runtime)
{
	const struct discovery_listener listener = {on_change, runtime};
	int failure = thread_start(&runtime->messenger, "tcp_echo", run_messenger, runtime);
	runtime->has_messenger = !failure;
	if (failure || runtime->config->discovery.source_count == 0)
		return failure;
	return discovery_start(
		runtime->discovery, runtime->engine, &runtime->log, &runtime->reloads, &listener);
}

/* Returns 0 or a negative errno with error. */
static int open_front(struct runtime *runtime, struct text_error *error)
{
	const struct plugin_config *config = runtime->config;
	if (config->web_config_path) {
		int failure = web_guard_new(config->web_config_path, &runtime->guard, error);
		if (failure)
			return failure;
	}
	struct http_front_settings front = config->front;
	front.reloads = &runtime->reloads;
	front.guard = runtime->guard;
	front.discovery = runtime->discovery;
	front.probe = (struct probe_rules){&config->settings.probe_allow,
		config->settings.probe_max, &config->settings.defaults};
	return http_front_open(&front, &runtime->log, &runtime->front, error);
}

/* Returns 0 or a negative errno with error; then the caller stops what was started. */
static int start(struct runtime *runtime, struct text_error *error)
{
	const struct plugin_config *config = runtime->config;
	if (!config->settings.serve && !config->settings.probe) {
		text_error_set(error, 0,
			"nothing to do: no Listen, no <Target>, no TargetsFile, no TargetsFrom, and no ProbeAllow with Metrics");
		return -EINVAL;
	}
	int failure = outbox_new(&runtime->outbox);
	if (failure) {
		text_error_set(error, 0, "out of memory");
		return failure;
	}
	prepare_notices(runtime);
	runtime->log = (struct log){outbox_log, runtime->outbox, config->log_level};
	runtime->watcher = (struct target_watcher){outbox_change, runtime->outbox};
	struct settings settings = config->settings;
	settings.targets = (struct target_list){0};
	settings.is_guest = true;
	files_raise_limit(DESCRIPTORS_MOST);
	settings.discovery_descriptors = discovery_descriptors(&config->discovery);
	settings.front_connections = config->serve_metrics ? HTTP_FRONT_CONNECTIONS_MAX : 0;
	failure = find_targets(runtime, &settings.targets, error);
	if (!failure && config->serve_metrics)
		failure = open_front(runtime, error);
	if (!failure)
		failure = engine_start(
			&settings, &runtime->log, &runtime->watcher, &runtime->engine, error);
	target_list_clear(&settings.targets);
	if (!failure && config->serve_metrics)
		failure = http_front_start(runtime->front, runtime->engine, error);
	if (failure)
		return failure;
	failure = start_threads(runtime);
	if (failure) {
		char text[ERROR_TEXT_MAX];
		error_text(-failure, text);
		text_error_set(error, 0, "cannot start a thread: %s", text);
	}
	return failure;
}

static void log_start(const struct runtime *runtime)
{
	const struct settings *settings = &runtime->config->settings;
	struct buffer line = {0};
	buffer_append_format(&line, "%s started", version_text());
	if (settings->serve)
		buffer_append_format(
			&line, ", echo server on %s", engine_listen_address(runtime->engine));
	if (settings->probe) {
		char interval[DURATION_TEXT_MAX];
		duration_format(settings->defaults.interval_ns, interval);
		buffer_append_format(&line, ", probes every %s", interval);
	}
	if (runtime->front)
		buffer_append_format(&line, ", metrics on %s", http_front_urls(runtime->front));
	log_write(&runtime->log, LOG_LEVEL_INFO, NULL, "%.*s", (int)line.length, line.data);
	buffer_clear(&line);
}

int runtime_start(
	const struct plugin_config *config, struct runtime **runtime, struct text_error *error)
{
	struct runtime *made = calloc(1, sizeof(*made));
	if (!made) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	made->config = config;
	reloads_init(&made->reloads, clock_wall());
	made->daemon_context = plugin_get_ctx();
	int failure = start(made, error);
	if (failure) {
		runtime_stop(made);
		return failure;
	}
	log_start(made);
	*runtime = made;
	return 0;
}

const struct readings *runtime_read(struct runtime *runtime)
{
	return readings_take(&runtime->readings, runtime->engine) == 0 ? &runtime->readings : NULL;
}

void runtime_read_process(const struct runtime *runtime, struct process_values *process)
{
	process->is_alive = engine_is_alive(runtime->engine);
	memset(process->http_rejected, 0, sizeof(process->http_rejected));
	process->probes = (struct probe_values){0};
	if (runtime->front) {
		http_front_read(runtime->front, process->http_rejected);
		http_front_read_probes(runtime->front, &process->probes);
	}
	process->is_reloaded = reloads_are_successful(&runtime->reloads);
	process->reloaded_ns = atomic_load(&runtime->reloads.success_ns);
}

bool runtime_read_mesh(const struct runtime *runtime, struct mesh_values *mesh)
{
	return discovery_read_mesh(runtime->discovery, mesh);
}

size_t runtime_read_sources(const struct runtime *runtime, struct source_values *values)
{
	return discovery_read(runtime->discovery, values);
}

void runtime_stop(struct runtime *runtime)
{
	if (!runtime)
		return;
	/* Before those that it makes use of. */
	discovery_stop(runtime->discovery);
	http_front_stop(runtime->front);
	web_guard_free(runtime->guard);
	if (runtime->has_messenger) {
		atomic_store(&runtime->is_ending, true);
		outbox_wake(runtime->outbox);
		pthread_join(runtime->messenger, NULL);
	}
	discovery_free(runtime->discovery);
	engine_stop(runtime->engine);
	if (runtime->outbox)
		deliver(runtime);
	outbox_free(runtime->outbox);
	notices_clear(&runtime->notices);
	standing_clear(&runtime->loss_watch.lossy);
	readings_clear(&runtime->readings);
	free(runtime);
}
