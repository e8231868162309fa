/* SPDX-License-Identifier: MIT */
#include "exporter/description.h"

#include "base/duration.h"

/* How many targets are shown. */
#define TARGETS_SHOWN 5

static void describe_endpoint(
	const char *name, const struct endpoint *endpoint, struct buffer *buffer)
{
	char text[ENDPOINT_TEXT_MAX];
	endpoint_format(endpoint, text);
	buffer_append_format(buffer, "%-10s%s\n", name, text);
}

static void describe_duration(const char *name, int64_t duration_ns, struct buffer *buffer)
{
	char text[DURATION_TEXT_MAX];
	duration_format(duration_ns, text);
	buffer_append_format(buffer, "%-10s%s\n", name, text);
}

static void describe_text(const char *name, const char *text, struct buffer *buffer)
{
	buffer_append_format(buffer, "%-10s%s\n", name, text);
}

/* What holds for all targets that do not say otherwise; the rarer ones only where they were given.
 */
static void describe_defaults(const struct target_options *defaults, struct buffer *buffer)
{
	describe_duration("interval", defaults->interval_ns, buffer);
	describe_duration("timeout", defaults->timeout_ns, buffer);
	buffer_append_format(buffer, "%-10s%lu\n", "window", (unsigned long)defaults->window);
	if (defaults->probe != PROBE_KIND_ECHO)
		describe_text("probe", probe_kind_name(defaults->probe), buffer);
	if (defaults->source[0] != '\0')
		describe_text("source", defaults->source, buffer);
	if (defaults->dscp != 0)
		buffer_append_format(buffer, "%-10s%u\n", "dscp", defaults->dscp);
	if (defaults->ip_version != IP_VERSION_ANY)
		describe_text("ip", ip_version_name(defaults->ip_version), buffer);
}

/* What a target has of its own. */
static void describe_target(const struct target_config *target, struct buffer *buffer)
{
	const struct target_options *options = &target->options;
	char text[DURATION_TEXT_MAX];
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(&target->address, address);
	buffer_append_format(buffer, "%-10s%s at %s", "", target->name, address);
	if (options->interval_ns != 0) {
		duration_format(options->interval_ns, text);
		buffer_append_format(buffer, ", every %s", text);
	}
	if (options->timeout_ns != 0) {
		duration_format(options->timeout_ns, text);
		buffer_append_format(buffer, ", timeout %s", text);
	}
	if (options->window != 0)
		buffer_append_format(buffer, ", window %lu", (unsigned long)options->window);
	if (options->probe != PROBE_KIND_UNSET)
		buffer_append_format(buffer, ", by %s", probe_kind_name(options->probe));
	if (options->source[0] != '\0')
		buffer_append_format(buffer, ", from %s", options->source);
	if (options->has_dscp)
		buffer_append_format(buffer, ", DSCP %u", options->dscp);
	if (options->ip_version != IP_VERSION_UNSET)
		buffer_append_format(buffer, ", IP %s", ip_version_name(options->ip_version));
	buffer_append_text(buffer, "\n");
}

static void describe_targets(const struct options *options, struct buffer *buffer)
{
	const struct target_list *list = &options->settings.targets;
	buffer_append_format(buffer, "%-10s%zu", "targets", list->count);
	if (options->targets_path != NULL)
		buffer_append_format(buffer, " from %s", options->targets_path);
	buffer_append_text(buffer, "\n");
	for (size_t i = 0; i < list->count && i < TARGETS_SHOWN; i++)
		describe_target(&list->targets[i], buffer);
	if (list->count > TARGETS_SHOWN)
		buffer_append_format(
			buffer, "%-10sand %zu more\n", "", list->count - TARGETS_SHOWN);
}

void description_append(const struct options *options, struct buffer *buffer)
{
	const struct settings *settings = &options->settings;
	buffer_append_format(buffer, "%-10s%s\n", "mode", options_mode(options));
	if (settings->serve)
		describe_endpoint("listen", &settings->listen, buffer);
	describe_endpoint("metrics", &options->metrics, buffer);
	if (!settings->probe)
		return;
	describe_defaults(&settings->defaults, buffer);
	buffer_append_format(buffer, "%-10s%u\n", "threads", settings->threads);
	describe_targets(options, buffer);
}
