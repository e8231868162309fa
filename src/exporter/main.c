/* SPDX-License-Identifier: MIT */
/* tcp-echo-metrics: command line in, exit status out. */
#include "config.h"

#include <ares.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/version.h"
#include "discover/fetch_http.h"
#include "exporter/as_service.h"
#include "exporter/description.h"
#include "exporter/options.h"
#include "exporter/process.h"
#include "exporter/run.h"
#include "log/log_line.h"
#include "scrape/gzip.h"

#ifdef HAVE_SYSTEMD
#define NOTIFIES ", libsystemd"
#else
#define NOTIFIES ""
#endif

#define STATUS_OK 0
#define STATUS_FAILED 1
#define STATUS_USAGE 2

/* Says why the program does not run, or a warning that nothing else would say. */
static void complain(const struct options *options, enum log_level level, const char *reason)
{
	struct buffer line = {0};
	if (options->log_format != LOG_FORMAT_TEXT)
		log_line_append(
			&line, options->log_format, clock_wall().unix_ns, level, NULL, reason);
	else
		buffer_append_format(&line, PACKAGE_NAME ": %s%s\n",
			level == LOG_LEVEL_WARNING ? "warning: " : "", reason);
	fwrite(line.data, 1, line.length, stderr);
	buffer_clear(&line);
}

/* Writes to stdout and clears buffer. Returns the exit status. */
static int print(const struct options *options, struct buffer *buffer)
{
	int status = STATUS_OK;
	if (buffer->failed || fwrite(buffer->data, 1, buffer->length, stdout) != buffer->length ||
		fflush(stdout) != 0) {
		complain(options, LOG_LEVEL_ERROR, "cannot write to stdout");
		status = STATUS_FAILED;
	}
	buffer_clear(buffer);
	return status;
}

static void append_versions(struct buffer *buffer)
{
	buffer_append_format(buffer,
		PACKAGE_NAME " " PACKAGE_VERSION "\n"
			     "commit %s, built on %s with %s\n"
			     "libevent %s, cJSON %s, %s, c-ares %s",
		version_revision(), version_build_date(), version_compiler(), event_get_version(),
		cJSON_Version(), gzip_library(), ares_version(NULL));
	fetch_http_append_library(buffer);
	web_guard_append_libraries(buffer);
	buffer_append_text(buffer, NOTIFIES "\n");
}

static int load_web_config(
	const struct options *options, struct web_guard **guard, struct text_error *error)
{
	return options->web_config_path ? web_guard_new(options->web_config_path, guard, error) : 0;
}

/* Says what would run. Returns the exit status. */
static int describe(const struct options *options, struct discovery *discovery,
	const struct target_list *targets, const struct web_guard *guard)
{
	struct source_values sources[TARGET_SOURCES_MAX];
	struct text_error warning;
	const struct description description = {
		.options = options,
		.guard = guard,
		.targets = targets,
		.sources = sources,
		.source_count = discovery_read(discovery, sources),
	};
	struct buffer text = {0};
	description_append(&description, &text);
	discovery_warn(discovery, &warning);
	if (options->warning.reason[0] != '\0')
		warning = options->warning;
	if (warning.reason[0] != '\0')
		complain(options, LOG_LEVEL_WARNING, warning.reason);
	return print(options, &text);
}

/* Returns 0 with *status, or a negative errno with error. */
static int check(const struct options *options, int *status, struct text_error *error)
{
	const struct discovery_input input = options_discovery(options);
	struct discovery *discovery = NULL;
	struct web_guard *guard = NULL;
	struct target_list targets = {0};
	int failure = discovery_new(&input, &discovery, error);
	if (!failure)
		failure = discovery_ask(discovery, error);
	if (!failure)
		failure = discovery_collect(discovery, &targets, error);
	if (!failure)
		failure = load_web_config(options, &guard, error);
	if (!failure)
		*status = describe(options, discovery, &targets, guard);
	web_guard_free(guard);
	target_list_clear(&targets);
	discovery_free(discovery);
	return failure;
}

static int act_on_service(struct options *options)
{
	struct buffer said = {0};
	struct text_error error;
	if (as_service_act(options, &said, &error) != 0) {
		complain(options, LOG_LEVEL_ERROR, error.reason);
		buffer_clear(&said);
		return STATUS_FAILED;
	}
	if (options->warning.reason[0] != '\0')
		complain(options, LOG_LEVEL_WARNING, options->warning.reason);
	return print(options, &said);
}

/* Does what the command line asks for. Returns the exit status. */
static int act(struct options *options)
{
	struct buffer text = {0};
	struct text_error error;
	if (options->action == OPTIONS_RUN)
		process_await_start();
	else
		process_take_signals();
	switch (options->action) {
	case OPTIONS_HELP:
		options_usage(&text);
		return print(options, &text);
	case OPTIONS_VERSION:
		append_versions(&text);
		return print(options, &text);
	case OPTIONS_SERVICE:
		return act_on_service(options);
	case OPTIONS_CHECK:
	case OPTIONS_RUN:
		break;
	}
	int failure;
	int status = STATUS_OK;
	if (options->verb == VERB_RUN)
		failure = as_service_run(options, &error);
	else if (options->action == OPTIONS_CHECK)
		failure = check(options, &status, &error);
	else
		failure = run(options, STDERR_FILENO, NULL, &error);
	if (!failure)
		return status;
	complain(options, LOG_LEVEL_ERROR, error.reason);
	return STATUS_FAILED;
}

int main(int argc, char *argv[])
{
	struct options options;
	struct text_error error;
	int status = STATUS_OK;
	int failure = process_begin(&argc, &argv);
	if (failure) {
		fputs(PACKAGE_NAME ": the system lacks its network, or /dev/null\n", stderr);
		return STATUS_FAILED;
	}
	failure = options_parse(argc, argv, &options, &error);
	if (!failure) {
		status = act(&options);
	} else {
		complain(&options, LOG_LEVEL_ERROR, error.reason);
		status = failure == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
	}
	options_clear(&options);
	return status;
}
