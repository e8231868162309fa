/* SPDX-License-Identifier: MIT */
#include "exporter/as_service.h"

#include "exporter/process.h"
#include "exporter/run.h"
#include "service/service.h"
#include "service/service_host.h"

/* Ports below this one need a privilege. */
#define LOW_PORTS 1024

static bool is_low(const struct endpoint *endpoint)
{
	return endpoint->port != 0 && endpoint->port < LOW_PORTS;
}

static bool has_low_address(const struct http_front_settings *front)
{
	for (size_t i = 0; i < front->listen_count; i++)
		if (is_low(&front->listen[i]))
			return true;
	return false;
}

_Static_assert(
	TARGET_SOURCES_MAX + DISCOVERY_TEXTS + 1 + WEB_SECRETS < SERVICE_FILES_MAX, "and a NULL");

/* Those that the targets come from, and what is asked with. Returns how many. */
static size_t list_files(const struct discovery_settings *discovery, const char **files)
{
	size_t count = 0;
	for (size_t i = 0; i < discovery->source_count; i++) {
		struct target_source source;
		const char *unused;
		if (target_source_parse(discovery->sources[i], &source, &unused) == 0 &&
			source.kind == TARGET_SOURCE_FILE)
			files[count++] = source.text;
	}
	for (int i = 0; i < DISCOVERY_TEXTS; i++)
		if (discovery->texts[i] && discovery_text_is_path((enum discovery_text)i))
			files[count++] = discovery->texts[i];
	return count;
}

struct service_request as_service_request(
	const struct options *options, const struct web_guard *guard)
{
	const struct settings *settings = &options->settings;
	struct service_request request = {
		.verb = options->verb,
		.name = options->service_name,
		.flags = options->given,
		.flag_count = options->given_count,
		.low_ports = has_low_address(&options->front) ||
			     (settings->serve && is_low(&settings->listen)),
	};
	size_t count = list_files(&options->discovery, request.files);
	if (options->web_config_path)
		request.files[count++] = options->web_config_path;
	web_guard_files(guard, &request.files[count]);
	return request;
}

/* Whether the files of targets can be read. */
static int check_targets(const struct options *options, struct text_error *error)
{
	const struct discovery_input input = options_discovery(options);
	struct discovery *discovery = NULL;
	struct target_list targets = {0};
	int failure = discovery_new(&input, &discovery, error);
	if (!failure)
		failure = discovery_collect(discovery, &targets, error);
	target_list_clear(&targets);
	discovery_free(discovery);
	return failure;
}

int as_service_act(struct options *options, struct buffer *said, struct text_error *error)
{
	struct web_guard *guard = NULL;
	int failure = 0;
	if (options->verb == VERB_INSTALL)
		failure = check_targets(options, error);
	if (!failure && options->verb == VERB_INSTALL && options->web_config_path)
		failure = web_guard_new(options->web_config_path, &guard, error);
	if (!failure) {
		const struct service_request request = as_service_request(options, guard);
		failure = service_act(&request, said, error);
	}
	web_guard_free(guard);
	return failure;
}

static int load_and_run(void *context, int log_fd, void (*on_ready)(void), struct text_error *error)
{
	return run(context, log_fd, on_ready, error);
}

int as_service_run(struct options *options, struct text_error *error)
{
	const struct service_program program = {
		.name = options->service_name,
		.run = load_and_run,
		.context = options,
		.ask_to_end = process_ask_to_end,
	};
	return service_host_run(&program, error);
}
