/* SPDX-License-Identifier: MIT */
#include "exporter/run.h"

#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/error_text.h"
#include "base/files.h"
#include "config/reloads.h"
#include "discover/discovery.h"
#include "engine/engine.h"
#include "exporter/notify.h"
#include "exporter/process.h"
#include "exporter/summary.h"
#include "log/logger.h"
#include "scrape/http_front.h"

/* What runs. All zero is nothing. */
struct exporter {
	const struct options *options; /* Borrowed. */
	int log_fd;
	struct logger *logger;
	struct log log;
	struct discovery *discovery; /* NULL where targets come from nowhere else. */
	struct engine *engine;
	struct web_guard *guard;
	struct http_front *front;
	struct notify notify;
	bool is_starving; /* The watchdog is not fed, and the log says so. */
	struct reloads reloads;
	struct text_error warning; /* Of the sources of targets; an empty reason: there is none. */
};

static void stop(struct exporter *exporter)
{
	/* Before the front, whose thread may wait for it; which reads it until it has stopped. */
	discovery_stop(exporter->discovery);
	http_front_stop(exporter->front);
	web_guard_free(exporter->guard);
	discovery_free(exporter->discovery);
	engine_stop(exporter->engine);
	logger_stop(exporter->logger);
}

/* ", 12 targets every 200ms"; without the interval where they have different ones. */
static void append_targets(const struct target_list *targets, const struct target_options *defaults,
	struct buffer *line)
{
	bool is_one = true;
	for (size_t i = 0; i < targets->count; i++) {
		int64_t interval_ns = targets->targets[i].options.interval_ns;
		is_one = is_one && (interval_ns == 0 || interval_ns == defaults->interval_ns);
	}
	buffer_append_format(
		line, ", %zu target%s", targets->count, targets->count == 1 ? "" : "s");
	if (is_one) {
		char interval[DURATION_TEXT_MAX];
		duration_format(defaults->interval_ns, interval);
		buffer_append_format(line, " every %s", interval);
	}
}

static void warn(const struct exporter *exporter, const struct text_error *warning)
{
	if (warning->reason[0] != '\0')
		log_write(&exporter->log, LOG_LEVEL_WARNING, NULL, "%s", warning->reason);
}

static void log_start(const struct exporter *exporter, const struct target_list *targets)
{
	const struct options *options = exporter->options;
	const struct settings *settings = &options->settings;
	struct buffer line = {0};
	buffer_append_format(
		&line, PACKAGE_NAME " " PACKAGE_VERSION " started: mode %s", options_mode(options));
	if (settings->serve)
		buffer_append_format(
			&line, ", echo server on %s", engine_listen_address(exporter->engine));
	bool is_on_request = settings->probe && settings->probe_allow.count > 0;
	if (settings->probe && (targets->count > 0 || !is_on_request))
		append_targets(targets, &settings->defaults, &line);
	if (is_on_request)
		buffer_append_format(&line, ", up to %zu targets on request", settings->probe_max);
	buffer_append_format(&line, ", metrics on %s, page on %s", http_front_urls(exporter->front),
		http_front_page(exporter->front));
	log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%.*s", (int)line.length, line.data);
	buffer_clear(&line);
	warn(exporter, options->warning.reason[0] != '\0' ? &options->warning : &exporter->warning);
}

/* Writes the status that the service manager shows. */
static void describe(struct exporter *exporter, char status[NOTIFY_STATUS_MAX])
{
	struct snapshot snapshot;
	if (engine_snapshot(exporter->engine, false, &snapshot) != 0) {
		snprintf(status, NOTIFY_STATUS_MAX, "out of memory");
		return;
	}
	struct text_error failure = {0};
	if (exporter->discovery)
		discovery_failure(exporter->discovery, &failure);
	if (failure.reason[0] != '\0')
		text_error_set(&failure, 0, "reload failed: %s", failure.reason);
	notify_describe(&snapshot, failure.reason, status);
	snapshot_clear(&snapshot);
}

static void tell_ready(struct exporter *exporter)
{
	char status[NOTIFY_STATUS_MAX];
	if (!exporter->notify.is_on)
		return;
	describe(exporter, status);
	notify_ready(&exporter->notify, status, clock_monotonic_ns());
}

static void feed_watchdog(struct exporter *exporter, int64_t now_ns)
{
	bool is_alive = engine_is_alive(exporter->engine);
	if (!is_alive && !exporter->is_starving)
		log_write(&exporter->log, LOG_LEVEL_ERROR, NULL,
			"a thread of the prober or the echo server hangs: the watchdog is no longer fed");
	else if (is_alive && exporter->is_starving)
		log_write(&exporter->log, LOG_LEVEL_INFO, NULL,
			"all threads run again: the watchdog is fed");
	exporter->is_starving = !is_alive;
	notify_feed(&exporter->notify, is_alive, now_ns);
}

/* Tells the service manager what is due. */
static void tell_due(struct exporter *exporter)
{
	int64_t now_ns = clock_monotonic_ns();
	if (exporter->notify.feed_due_ns <= now_ns)
		feed_watchdog(exporter, now_ns);
	if (exporter->notify.status_due_ns <= now_ns) {
		char status[NOTIFY_STATUS_MAX];
		describe(exporter, status);
		notify_status(&exporter->notify, status, now_ns);
	}
}

/* By a signal. */
static void reload(struct exporter *exporter)
{
	struct text_error unused;
	notify_reloading(&exporter->notify, clock_monotonic_ns());
	if (exporter->discovery)
		discovery_reload(exporter->discovery, &unused);
	else
		log_write(&exporter->log, LOG_LEVEL_INFO, NULL,
			"SIGHUP: nothing to reload without a targets file");
	tell_ready(exporter);
}

/* On the HTTP thread. */
static int reload_over_http(void *context, struct text_error *said)
{
	const struct exporter *exporter = context;
	if (exporter->discovery)
		return discovery_reload(exporter->discovery, said);
	text_error_set(said, 0, "POST /-/reload: nothing to reload without a targets file");
	log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%s", said->reason);
	return 0;
}

/* Reads the files of targets. Returns 0 with *targets owned by the caller, or a negative errno with error. */
static int find_targets(
	struct exporter *exporter, struct target_list *targets, struct text_error *error)
{
	const struct options *options = exporter->options;
	const struct discovery_input input = options_discovery(options);
	if (options->discovery.source_count == 0) {
		int failure = target_list_copy(&options->settings.targets, targets);
		if (failure)
			text_error_set(error, 0, "out of memory");
		return failure;
	}
	int failure = discovery_new(&input, &exporter->discovery, error);
	if (!failure)
		failure = discovery_collect(exporter->discovery, targets, error);
	if (!failure)
		discovery_warn(exporter->discovery, &exporter->warning);
	return failure;
}

static int start_discovery(struct exporter *exporter, struct text_error *error)
{
	const struct discovery_listener nobody = {0};
	if (!exporter->discovery)
		return 0;
	int failure = discovery_start(
		exporter->discovery, exporter->engine, &exporter->log, &exporter->reloads, &nobody);
	if (failure)
		text_error_set(error, 0, "cannot start a thread: out of resources");
	return failure;
}

static int start_engine(
	struct exporter *exporter, const struct target_list *targets, struct text_error *error)
{
	struct settings settings = exporter->options->settings;
	settings.targets = *targets;
	settings.front_connections = HTTP_FRONT_CONNECTIONS_MAX;
	settings.discovery_descriptors = discovery_descriptors(&exporter->options->discovery);
	return engine_start(&settings, &exporter->log, NULL, &exporter->engine, error);
}

static int open_front(struct exporter *exporter, struct text_error *error)
{
	struct http_front_settings front = exporter->options->front;
	front.reloads = &exporter->reloads;
	front.discovery = exporter->discovery;
	front.probe = (struct probe_rules){&exporter->options->settings.probe_allow,
		exporter->options->settings.probe_max, &exporter->options->settings.defaults};
	front.guard = exporter->guard;
	if (exporter->options->enables_lifecycle)
		front.reload = (struct http_reload){reload_over_http, exporter};
	return http_front_open(&front, &exporter->log, &exporter->front, error);
}

/* Returns 0, or a negative errno with error; then the caller calls stop() for what was started. */
static int start(
	struct exporter *exporter, const struct target_list *targets, struct text_error *error)
{
	const struct options *options = exporter->options;
	int failure = logger_start(exporter->log_fd, options->log_format, &exporter->logger);
	if (failure) {
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot start the logger: %s", why);
		return failure;
	}
	exporter->log = (struct log){
		.sink = logger_write,
		.context = exporter->logger,
		.threshold = options->log_level,
	};
	if (options->web_config_path)
		failure = web_guard_new(options->web_config_path, &exporter->guard, error);
	if (!failure)
		failure = open_front(exporter, error);
	if (!failure)
		failure = start_engine(exporter, targets, error);
	if (!failure)
		failure = http_front_start(exporter->front, exporter->engine, error);
	return failure;
}

/* What goes to the terminal when all is over: nothing where nobody looks. */
static void summarise(struct exporter *exporter, const char *by, struct buffer *summary)
{
	struct snapshot snapshot;
	bool is_watched = exporter->log_fd == STDERR_FILENO &&
			  exporter->options->log_format == LOG_FORMAT_TEXT &&
			  process_has_terminal() && process_is_interrupt(by);
	if (!is_watched || !exporter->options->settings.probe ||
		engine_snapshot(exporter->engine, true, &snapshot) != 0)
		return;
	summary_append(&snapshot, summary);
	snapshot_clear(&snapshot);
}

/* Appends to summary what is to be said at the end. */
static void serve_until_end(struct exporter *exporter, struct buffer *summary)
{
	const char *by;
	for (;;) {
		switch (process_wait(notify_due_ns(&exporter->notify), &by)) {
		case PROCESS_NOTHING:
			tell_due(exporter);
			break;
		case PROCESS_RELOAD:
			reload(exporter);
			break;
		case PROCESS_END:
			notify_stopping(&exporter->notify);
			log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%s: shutting down", by);
			summarise(exporter, by, summary);
			return;
		}
	}
}

/* Until it is asked to end. Returns 0, or a negative errno with error; then nothing is said of it. */
static int serve(struct exporter *exporter, const struct target_list *targets,
	void (*on_ready)(void), struct buffer *summary, struct text_error *error)
{
	int failure = start(exporter, targets, error);
	if (!failure) {
		failure = process_catch_requests();
		if (failure)
			text_error_set(error, 0, "cannot wait for requests to end: out of memory");
	}
	if (failure)
		return failure;
	log_start(exporter, targets);
	failure = start_discovery(exporter, error);
	if (failure)
		return failure;
	tell_ready(exporter);
	if (on_ready)
		on_ready();
	serve_until_end(exporter, summary);
	return 0;
}

int run(const struct options *options, int log_fd, void (*on_ready)(void), struct text_error *error)
{
	struct exporter exporter = {.options = options, .log_fd = log_fd};
	struct target_list targets = {0};
	struct buffer summary = {0};
	reloads_init(&exporter.reloads, clock_wall());
	files_raise_limit(INT64_MAX);
	notify_init(&exporter.notify);
	int failure = find_targets(&exporter, &targets, error);
	if (!failure)
		failure = serve(&exporter, &targets, on_ready, &summary, error);
	target_list_clear(&targets);
	stop(&exporter);
	/* After the last line of the log. */
	if (summary.length > 0)
		fwrite(summary.data, 1, summary.length, stderr);
	buffer_clear(&summary);
	return failure;
}
