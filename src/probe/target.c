/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* One block for all of them: there are targets by the thousand. */
static int copy_texts(struct target *target, const char *name, const struct endpoint *endpoint)
{
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(endpoint, address);
	char *text = malloc(strlen(name) + strlen(address) + strlen(endpoint->host) + 3);
	if (!text)
		return -ENOMEM;
	target->name = text;
	text = text_put(text, name) + 1;
	target->address = text;
	text = text_put(text, address) + 1;
	target->host = text;
	text_put(text, endpoint->host);
	return 0;
}

static bool is_estimated(const struct target *target)
{
	return target->options.timeout_ns == TARGET_TIMEOUT_AUTO;
}

int target_init(struct target *target, const char *name, const struct endpoint *endpoint,
	const struct target_options *options)
{
	*target = (struct target){.port = endpoint->port, .options = *options};
	timeout_estimate_init(&target->estimate);
	int error = copy_texts(target, name, endpoint);
	if (!error)
		error = target_stats_new(options->window, &target->stats);
	if (error)
		target_clear(target);
	else if (is_estimated(target))
		target_stats_timeout(target->stats, target->estimate.timeout_ns);
	return error;
}

void target_clear(struct target *target)
{
	target_stats_free(target->stats);
	free(target->name);
	*target = (struct target){0};
}

void target_endpoint(const struct target *target, struct endpoint *endpoint)
{
	snprintf(endpoint->host, sizeof(endpoint->host), "%s", target->host);
	endpoint->port = target->port;
}

void target_received(struct target *target, int64_t rtt_ns)
{
	target_stats_received(target->stats, rtt_ns);
	if (!is_estimated(target))
		return;
	timeout_estimate_record(&target->estimate, rtt_ns);
	target_stats_timeout(target->stats, target->estimate.timeout_ns);
}

void target_timed_out(struct target *target, uint64_t count, int64_t now_ns)
{
	target_stats_timed_out(target->stats, count);
	if (count == 0 || !is_estimated(target))
		return;
	timeout_estimate_expire(&target->estimate, now_ns);
	target_stats_timeout(target->stats, target->estimate.timeout_ns);
}

void target_count_unsent(struct target *target)
{
	if (target->counts_unsent)
		target_stats_unsent(target->stats);
}

static void tell_watcher(const struct target *target, bool is_up, const char *text)
{
	const struct target_watcher *watcher = &target->context->watcher;
	if (!watcher->on_change || target->is_unwatched)
		return;
	struct target_values values;
	target_stats_read(target->stats, &values);
	const struct target_change change = {
		.target = target->name,
		.address = target->address,
		.peer = values.peer,
		.is_up = is_up,
		.outage_ns = is_up ? target->report.outage_ns : 0,
		.text = text,
	};
	watcher->on_change(watcher->context, &change);
}

void target_report_up(struct target *target, const union address *peer, int64_t now_ns)
{
	char address[ADDRESS_TEXT_MAX];
	address_format(&peer->any, address);
	if (!report_up(&target->report, target->context->log, target->name, address, now_ns))
		return;
	target_stats_up(target->stats, clock_wall());
	char text[ADDRESS_TEXT_MAX + 16];
	snprintf(text, sizeof(text), "%s answers", address);
	tell_watcher(target, true, text);
}

void target_report_down(struct target *target, const char *why, int64_t now_ns)
{
	if (!report_down(&target->report, target->context->log, target->name, why, now_ns))
		return;
	target_stats_down(target->stats, clock_wall());
	tell_watcher(target, false, why);
}
