/* SPDX-License-Identifier: MIT */
#include "probe/target.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/endpoint.h"

static int make_handshakes(struct target *target, uint32_t count)
{
	uint32_t size = 1;
	while (size < count)
		size *= 2;
	target->handshakes = calloc(size, sizeof(*target->handshakes));
	if (!target->handshakes)
		return -ENOMEM;
	target->handshake_mask = size - 1;
	for (uint32_t i = 0; i < size; i++) {
		target->handshakes[i].target = target;
		target->handshakes[i].fd = -1;
	}
	return 0;
}

/* Makes what the kind of probe needs. */
static int make_records(struct target *target)
{
	uint32_t records = target_options_records(&target->options);
	if (target->options.probe == PROBE_KIND_CONNECT)
		return make_handshakes(target, records);
	return flight_init(&target->flight, records);
}

int target_new(const char *name, const struct endpoint *address,
	const struct target_options *options, struct target **target)
{
	struct target *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	char text[ENDPOINT_TEXT_MAX];
	endpoint_format(address, text);
	made->name = strdup(name);
	made->address = strdup(text);
	made->options = *options;
	made->fd = -1;
	made->lane = RESOLVER_LANE_FRESH;
	alarm_init(&made->alarm);
	int error = made->name && made->address ? 0 : -ENOMEM;
	if (!error)
		error = make_records(made);
	if (!error)
		error = target_stats_new(options->window, &made->stats);
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
	free(target->handshakes);
	target_stats_free(target->stats);
	free(target->address);
	free(target->name);
	free(target);
}

struct target *target_of_alarm(struct alarm *alarm)
{
	/* By way of void: it is as aligned as what it lies in. */
	void *target = (char *)alarm - offsetof(struct target, alarm);
	return target;
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
	char peer[ADDRESS_TEXT_MAX];
	address_format(&target->peer.any, peer);
	if (!report_up(&target->report, target->context->log, target->name, peer,
		    clock_monotonic_ns()))
		return;
	char text[ADDRESS_TEXT_MAX + 16];
	snprintf(text, sizeof(text), "%s answers", peer);
	tell_watcher(target, true, text);
}

void target_report_down(struct target *target, const char *why, int64_t now_ns)
{
	if (report_down(&target->report, target->context->log, target->name, why, now_ns))
		tell_watcher(target, false, why);
}
