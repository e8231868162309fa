/* SPDX-License-Identifier: MIT */
#include "exporter/run.h"

#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/error_text.h"
#include "base/files.h"
#include "config/reloads.h"
#include "config/targets_file.h"
#include "engine/engine.h"
#include "exporter/census.h"
#include "exporter/notify.h"
#include "exporter/process.h"
#include "exporter/summary.h"
#include "log/logger.h"
#include "scrape/http_front.h"

/* How often the targets are looked at after a start, and for how long: a handshake may take 3 s. */
#define CENSUS_STEP_NS (NS_PER_S / 2)
#define CENSUS_PATIENCE_NS (10 * NS_PER_S)

/* A reload that the HTTP thread waits for. */
struct errand {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool is_wanted;
	bool is_over; /* Nobody carries any out from now on. */
	/* What came of the last one. */
	int failure;
	struct text_error said;
};

/* What runs. All zero is nothing. */
struct exporter {
	const struct options *options; /* Borrowed. */
	int log_fd;
	struct logger *logger;
	struct log log;
	struct engine *engine;
	struct web_guard *guard;
	struct http_front *front;
	struct notify notify;
	bool is_starving;	 /* The watchdog is not fed, and the log says so. */
	int64_t census_due_ns;	 /* When the targets are looked at; INT64_MAX: no more. */
	int64_t census_until_ns; /* By then it is told how many are up, whatever is known. */
	struct reloads reloads;
	struct errand errand;
	struct text_error reload_error; /* Of the last reload; an empty reason: it succeeded. */
};

static void stop(struct exporter *exporter)
{
	http_front_stop(exporter->front);
	web_guard_free(exporter->guard);
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

static void log_start(const struct exporter *exporter)
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
	if (settings->probe && (settings->targets.count > 0 || !is_on_request))
		append_targets(&settings->targets, &settings->defaults, &line);
	if (is_on_request)
		buffer_append_format(&line, ", up to %zu targets on request", settings->probe_max);
	buffer_append_format(&line, ", metrics on %s, page on %s", http_front_urls(exporter->front),
		http_front_page(exporter->front));
	log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%.*s", (int)line.length, line.data);
	buffer_clear(&line);
	if (options->warning.reason[0] != '\0')
		log_write(&exporter->log, LOG_LEVEL_WARNING, NULL, "%s", options->warning.reason);
}

/* Writes the status that the service manager shows. */
static void describe(struct exporter *exporter, char status[NOTIFY_STATUS_MAX])
{
	struct snapshot snapshot;
	if (engine_snapshot(exporter->engine, false, &snapshot) != 0) {
		snprintf(status, NOTIFY_STATUS_MAX, "out of memory");
		return;
	}
	notify_describe(&snapshot, exporter->reload_error.reason, status);
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

/* Returns 0 or a negative errno; *said: what happened, one line. */
static int load_targets(struct exporter *exporter, const char *path, struct text_error *said)
{
	struct target_list targets = {0};
	struct reload_report report = {0};
	struct buffer changes = {0};
	int failure =
		targets_file_load(path, &exporter->options->settings.defaults, &targets, said);
	if (!failure)
		failure = engine_reload(exporter->engine, &targets, &report, said);
	if (!failure) {
		reload_report_append(&report, &changes);
		text_error_set(said, 0, "%s reloaded: %zu target%s, %.*s", path, targets.count,
			targets.count == 1 ? "" : "s", (int)changes.length,
			changes.data ? changes.data : "");
	}
	log_write(&exporter->log,
		failure		     ? LOG_LEVEL_ERROR
		: targets.count == 0 ? LOG_LEVEL_WARNING
				     : LOG_LEVEL_INFO,
		NULL, "%s%s", failure ? "reload failed, keeping the previous targets: " : "",
		said->reason);
	buffer_clear(&changes);
	reload_report_clear(&report);
	target_list_clear(&targets);
	return failure;
}

/* Of few targets the log tells of each that it is up. */
static void begin_census(struct exporter *exporter)
{
	int64_t now_ns = clock_monotonic_ns();
	bool has_prober = exporter->options->settings.probe;
	exporter->census_due_ns = has_prober ? now_ns + CENSUS_STEP_NS : INT64_MAX;
	exporter->census_until_ns = now_ns + CENSUS_PATIENCE_NS;
}

/* by: what asked for it. */
static int reload(struct exporter *exporter, const char *by, struct text_error *said)
{
	const char *path = exporter->options->targets_path;
	if (!path) {
		text_error_set(said, 0, "%s: nothing to reload without a targets file", by);
		log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%s", said->reason);
		return 0;
	}
	int failure = load_targets(exporter, path, said);
	reloads_note(&exporter->reloads, RELOAD_OF_TARGETS, !failure, clock_wall());
	exporter->reload_error = failure ? *said : (struct text_error){0};
	if (failure)
		text_error_set(&exporter->reload_error, 0, "reload failed: %s", said->reason);
	return failure;
}

/* By a signal, or for the HTTP thread, which waits for it. */
static void carry_out_reload(struct exporter *exporter)
{
	struct errand *errand = &exporter->errand;
	struct text_error said;
	pthread_mutex_lock(&errand->mutex);
	bool is_errand = errand->is_wanted;
	pthread_mutex_unlock(&errand->mutex);
	notify_reloading(&exporter->notify, clock_monotonic_ns());
	int failure = reload(exporter, is_errand ? "POST /-/reload" : "SIGHUP", &said);
	if (!failure)
		begin_census(exporter);
	tell_ready(exporter);
	pthread_mutex_lock(&errand->mutex);
	if (is_errand) {
		errand->is_wanted = false;
		errand->failure = failure;
		errand->said = said;
		pthread_cond_signal(&errand->changed);
	}
	pthread_mutex_unlock(&errand->mutex);
}

/*
 * On the HTTP thread, which gives way to others: what locks the probers out for a moment is left to the main
 * thread.
 */
static int reload_over_http(void *context, struct text_error *said)
{
	struct exporter *exporter = context;
	struct errand *errand = &exporter->errand;
	pthread_mutex_lock(&errand->mutex);
	errand->is_wanted = true;
	process_ask_to_reload();
	while (errand->is_wanted && !errand->is_over)
		pthread_cond_wait(&errand->changed, &errand->mutex);
	int failure = errand->is_wanted ? -ECANCELED : errand->failure;
	*said = errand->said;
	pthread_mutex_unlock(&errand->mutex);
	if (failure == -ECANCELED)
		text_error_set(said, 0, "the program is shutting down");
	return failure;
}

/* Nobody is to wait any longer. */
static void end_errands(struct exporter *exporter)
{
	pthread_mutex_lock(&exporter->errand.mutex);
	exporter->errand.is_over = true;
	pthread_cond_signal(&exporter->errand.changed);
	pthread_mutex_unlock(&exporter->errand.mutex);
}

/* Returns 0, or a negative errno with error; then the caller calls stop() for what was started. */
static int start(struct exporter *exporter, struct text_error *error)
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
	if (failure)
		return failure;
	struct settings settings = options->settings;
	settings.front_connections = HTTP_FRONT_CONNECTIONS_MAX;
	failure = engine_start(&settings, &exporter->log, NULL, &exporter->engine, error);
	if (failure)
		return failure;
	struct http_front_settings front = options->front;
	front.reloads = &exporter->reloads;
	front.guard = exporter->guard;
	front.probe = (struct probe_rules){
		&options->settings.probe_allow, settings.probe_max, &options->settings.defaults};
	if (options->enables_lifecycle)
		front.reload = (struct http_reload){reload_over_http, exporter};
	return http_front_start(&front, exporter->engine, &exporter->log, &exporter->front, error);
}

/* Tells how many targets are up, once that is known of all of many. */
static void count_targets(struct exporter *exporter)
{
	int64_t now_ns = clock_monotonic_ns();
	struct snapshot snapshot;
	struct census census;
	if (now_ns < exporter->census_due_ns)
		return;
	exporter->census_due_ns = now_ns + CENSUS_STEP_NS;
	if (engine_snapshot(exporter->engine, false, &snapshot) != 0)
		return;
	census_take(&snapshot, &census);
	snapshot_clear(&snapshot);
	if (census.targets > ENGINE_MANY_TARGETS && census.tried < census.targets &&
		now_ns < exporter->census_until_ns)
		return;
	exporter->census_due_ns = INT64_MAX;
	if (census.targets > ENGINE_MANY_TARGETS)
		log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%zu of %zu targets are up",
			census.up, census.targets);
}

static int64_t due_ns(const struct exporter *exporter)
{
	int64_t notify_ns = notify_due_ns(&exporter->notify);
	return notify_ns < exporter->census_due_ns ? notify_ns : exporter->census_due_ns;
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
		switch (process_wait(due_ns(exporter), &by)) {
		case PROCESS_NOTHING:
			tell_due(exporter);
			count_targets(exporter);
			break;
		case PROCESS_RELOAD:
			carry_out_reload(exporter);
			break;
		case PROCESS_END:
			notify_stopping(&exporter->notify);
			log_write(&exporter->log, LOG_LEVEL_INFO, NULL, "%s: shutting down", by);
			summarise(exporter, by, summary);
			return;
		}
	}
}

int run(const struct options *options, int log_fd, void (*on_ready)(void), struct text_error *error)
{
	struct exporter exporter = {
		.options = options, .log_fd = log_fd, .census_due_ns = INT64_MAX};
	struct buffer summary = {0};
	pthread_mutex_init(&exporter.errand.mutex, NULL);
	pthread_cond_init(&exporter.errand.changed, NULL);
	reloads_init(&exporter.reloads, clock_wall());
	files_raise_limit(INT64_MAX);
	notify_init(&exporter.notify);
	int failure = start(&exporter, error);
	if (!failure) {
		failure = process_catch_requests();
		if (failure)
			text_error_set(error, 0, "cannot wait for requests to end: out of memory");
	}
	if (!failure) {
		log_start(&exporter);
		tell_ready(&exporter);
		if (on_ready)
			on_ready();
		begin_census(&exporter);
		serve_until_end(&exporter, &summary);
	}
	end_errands(&exporter);
	stop(&exporter);
	/* After the last line of the log. */
	if (summary.length > 0)
		fwrite(summary.data, 1, summary.length, stderr);
	buffer_clear(&summary);
	pthread_cond_destroy(&exporter.errand.changed);
	pthread_mutex_destroy(&exporter.errand.mutex);
	return failure;
}
