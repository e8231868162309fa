/* SPDX-License-Identifier: MIT */
#include "scrape/probe_request.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "config/option.h"
#include "scrape/http_query.h"

#define TARGET_PARAMETER "target"
/* What messages quote is cut at this many bytes. */
#define SHOWN_MAX 100

/*
 * Whether it is an option of targets, which has a parameter like its key. Over which way packets leave this machine is not
 * for others to say: what may be probed is told by addresses alone.
 */
static bool is_parameter(const struct option *option)
{
	return option->scope == OPTION_OF_TARGET && option->id != OPTION_SOURCE &&
	       option->id != OPTION_INTERFACE;
}

static bool is_name(const char *name, size_t length, const char *known)
{
	return strlen(known) == length && memcmp(name, known, length) == 0;
}

static bool is_known(const char *name, size_t length)
{
	bool is_found = is_name(name, length, TARGET_PARAMETER);
	for (int id = 0; id < OPTIONS && !is_found; id++) {
		const struct option *option = option_get((enum option_id)id);
		is_found = is_parameter(option) && is_name(name, length, option->key);
	}
	return is_found;
}

static int refuse_unknown(const char *name, size_t length, struct text_error *error)
{
	text_error_set(error, 0, "unknown parameter \"%.*s\"; allowed: " TARGET_PARAMETER,
		length < SHOWN_MAX ? (int)length : SHOWN_MAX, name);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (is_parameter(option))
			text_error_set(error, 0, "%s, %s", error->reason, option->key);
	}
	return -EINVAL;
}

static int check_names(const char *query, struct text_error *error)
{
	const char *name;
	size_t length;
	while (http_query_next(&query, &name, &length))
		if (!is_known(name, length))
			return refuse_unknown(name, length, error);
	return 0;
}

/* Reads a parameter's text. Returns 0, -ENOENT, or -EINVAL with error. size: of text. */
static int read_text(
	const char *query, const char *name, char *text, size_t size, struct text_error *error)
{
	int result = http_query_text(query, name, text, size);
	if (result == 0 || result == -ENOENT)
		return result;
	text_error_set(error, 0, "%s: %s", name,
		result == -EEXIST  ? "is given twice; allowed: once"
		: result == -E2BIG ? "is too long"
				   : "is not UTF-8 without control characters, as URLs escape it");
	return -EINVAL;
}

static int refuse_value(const char *name, const char *text, const struct option *option,
	const char *reason, struct text_error *error)
{
	char allowed[OPTION_ALLOWED_MAX];
	option_allowed(option, OPTION_STYLE_PLAIN, allowed);
	text_error_set(
		error, 0, "%s: \"%.*s\" %s; allowed: %s", name, SHOWN_MAX, text, reason, allowed);
	return -EINVAL;
}

static int read_target(const char *query, struct probe_request *request, struct text_error *error)
{
	const struct option *option = option_get(OPTION_TARGET_ADDRESS);
	const char *reason;
	int result =
		read_text(query, TARGET_PARAMETER, request->name, sizeof(request->name), error);
	if (result == -ENOENT) {
		char allowed[OPTION_ALLOWED_MAX];
		option_allowed(option, OPTION_STYLE_PLAIN, allowed);
		text_error_set(error, 0, TARGET_PARAMETER ": is missing; allowed: %s", allowed);
	}
	if (result != 0)
		return -EINVAL;
	request->target.name = request->name;
	if (endpoint_parse(request->name, ENDPOINT_TO_DIAL, &request->target.address, &reason) != 0)
		return refuse_value(TARGET_PARAMETER, request->name, option, reason, error);
	return 0;
}

static int read_option(const char *query, const struct option *option,
	struct target_options *options, struct text_error *error)
{
	char text[OPTION_VALUE_TEXT_MAX];
	struct option_value value = {0};
	const char *reason = NULL;
	int result = read_text(query, option->key, text, sizeof(text), error);
	if (result == -ENOENT)
		return 0;
	if (result != 0)
		return result;
	if (option_value_parse(option, text, &value, &reason) != 0)
		return refuse_value(option->key, text, option, reason, error);
	target_options_set(options, option, &value);
	return 0;
}

/* What is right for a target of one's own may be too much for one that anybody asks for. */
static int check_extent(const struct target_options *options, struct text_error *error)
{
	char text[DURATION_TEXT_MAX];
	char most[DURATION_TEXT_MAX];
	if (options->interval_ns < PROBE_REQUEST_INTERVAL_NS) {
		duration_format(options->interval_ns, text);
		duration_format(option_get(OPTION_INTERVAL)->most, most);
		text_error_set(error, 0,
			"interval: %s is too short for /probe; allowed: 100ms to %s", text, most);
		return -EINVAL;
	}
	if (options->window > PROBE_REQUEST_WINDOW) {
		text_error_set(error, 0, "window: %u is too much for /probe; allowed: 1 to %d",
			(unsigned)options->window, PROBE_REQUEST_WINDOW);
		return -EINVAL;
	}
	if (options->size > PROBE_REQUEST_SIZE) {
		text_error_set(error, 0, "size: %u is too much for /probe; allowed: 16 to %d",
			(unsigned)options->size, PROBE_REQUEST_SIZE);
		return -EINVAL;
	}
	int64_t records = options->probe == PROBE_KIND_CONNECT ? PROBE_REQUEST_HANDSHAKES
							       : PROBE_REQUEST_RECORDS;
	if (target_options_records(options) <= records)
		return 0;
	option_format_number(option_get(OPTION_TIMEOUT), options->timeout_ns, text, sizeof(text));
	duration_format((records - 2) * options->interval_ns - TARGET_GRACE_NS, most);
	text_error_set(error, 0,
		"timeout: %s is too long for /probe at this interval; allowed: 1ms to %s", text,
		most);
	return -EINVAL;
}

/* The address, and every option as text. */
static void write_key(struct probe_request *request)
{
	size_t length = (size_t)snprintf(request->key, sizeof(request->key), "%s", request->name);
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		char text[OPTION_VALUE_TEXT_MAX];
		if (!is_parameter(option))
			continue;
		target_options_format(&request->target.options, option, text);
		length += (size_t)snprintf(
			request->key + length, sizeof(request->key) - length, "\n%s", text);
		assert(length < sizeof(request->key));
	}
}

int probe_request_read(const char *query, const struct target_options *defaults,
	struct probe_request *request, struct text_error *error)
{
	*request = (struct probe_request){0};
	int result = check_names(query, error);
	if (result == 0)
		result = read_target(query, request, error);
	struct target_options *options = &request->target.options;
	for (int id = 0; id < OPTIONS && result == 0; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (is_parameter(option))
			result = read_option(query, option, options, error);
	}
	if (result != 0)
		return result;
	request->target.own = options->given;
	target_options_inherit(options, defaults);
	result = target_options_check(options, &request->target.address, error);
	if (result == 0)
		result = check_extent(options, error);
	if (result == 0)
		write_key(request);
	return result;
}
