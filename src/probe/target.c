/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "net/socket.h"

/* How many probes can be unanswered before the connection is stalled, with room for late wake-ups.
 */
static uint32_t flight_capacity(const struct target_terms *terms)
{
	int64_t patience_ns = terms->timeout_ns + TARGET_STALL_GRACE_NS;
	return (uint32_t)(patience_ns / terms->interval_ns) + 2;
}

int target_new(const struct target_config *config, const struct target_terms *terms,
	struct target **target)
{
	struct target *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(&config->address, address);
	made->name = strdup(config->name);
	made->address = strdup(address);
	made->phase_ns = terms->phase_ns;
	made->fd = -1;
	made->lane = RESOLVER_LANE_FRESH;
	alarm_init(&made->alarm);
	int error = made->name && made->address ? 0 : -ENOMEM;
	if (!error)
		error = flight_init(&made->flight, flight_capacity(terms));
	if (!error)
		error = target_stats_new(terms->window, &made->stats);
	if (error) {
		target_free(made);
		return error;
	}
	*target = made;
	return 0;
}

void target_free(struct target *target)
{
	if (!target)
		return;
	flight_clear(&target->flight);
	target_stats_free(target->stats);
	free(target->address);
	free(target->name);
	free(target);
}

struct target *target_of_alarm(struct alarm *alarm)
{
	return (struct target *)((char *)alarm - offsetof(struct target, alarm));
}

static void tell_watcher(const struct target *target, bool is_up, const char *text)
{
	const struct target_watcher *watcher = &target->context->watcher;
	if (!watcher->on_change)
		return;
	const struct target_change change = {
		.target = target->name,
		.is_up = is_up,
		.outage_ns = is_up ? target->report.outage_ns : 0,
		.text = text,
	};
	watcher->on_change(watcher->context, &change);
}

void target_report_up(struct target *target)
{
	char peer[SOCKET_ADDRESS_TEXT_MAX];
	socket_address_format(&target->peer.any, peer);
	if (!report_up(&target->report, target->context->log, target->name, peer,
		    clock_monotonic_ns()))
		return;
	char text[SOCKET_ADDRESS_TEXT_MAX + 16];
	snprintf(text, sizeof(text), "%s answers", peer);
	tell_watcher(target, true, text);
}

void target_report_down(struct target *target, const char *why, int64_t now_ns)
{
	if (report_down(&target->report, target->context->log, target->name, why, now_ns))
		tell_watcher(target, false, why);
}
