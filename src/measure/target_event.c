/* SPDX-License-Identifier: MIT */
#include "measure/target_event.h"

#include <stddef.h>

struct target_failure target_failure_of_connect(enum connect_failure failure)
{
	return (struct target_failure){TARGET_FAILURE_OF_CONNECT, (uint8_t)failure};
}

struct target_failure target_failure_of_disconnect(enum disconnect disconnect)
{
	return (struct target_failure){TARGET_FAILURE_OF_CONNECTION, (uint8_t)disconnect};
}

const char *target_failure_name(const struct target_failure *failure)
{
	switch ((enum target_failure_kind)failure->kind) {
	case TARGET_FAILURE_NONE:
		return NULL;
	case TARGET_FAILURE_OF_CONNECT:
		return connect_failure_name((enum connect_failure)failure->reason);
	case TARGET_FAILURE_OF_CONNECTION:
		return disconnect_name((enum disconnect)failure->reason);
	}
	__builtin_unreachable();
}

const char *target_event_name(enum target_event_kind kind)
{
	static const char *const names[TARGET_EVENTS] = {
		[TARGET_EVENT_NONE] = "",
		[TARGET_EVENT_UP] = "up",
		[TARGET_EVENT_DOWN] = "down",
		[TARGET_EVENT_MOVED] = "moved",
	};
	return names[kind];
}
