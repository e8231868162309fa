/* SPDX-License-Identifier: MIT */
#include "net/edge.h"

void edge_read(
	struct event *event, short what, enum edge_reading (*read_once)(void *owner), void *owner)
{
	for (unsigned i = 0; i < EDGE_READINGS_MAX; i++) {
		enum edge_reading reading = read_once(owner);
		if (reading == EDGE_OVER || (reading == EDGE_SHORT && !(what & EV_CLOSED)))
			return;
	}
	/*
	 * event_active() would run the event again before any other, so one busy peer could starve
	 * the rest. An event that is added again is reported by the next poll of all sockets.
	 */
	event_del(event);
	event_add(event, NULL);
}
