/* SPDX-License-Identifier: MIT */
#include "probe/link_state.h"

#include "base/clock.h"

#define FIRST_DELAY_NS (500 * NS_PER_MS)
#define LAST_DELAY_NS (5 * NS_PER_S)

enum link_state link_next_state(enum link_state state, enum link_event event)
{
	switch (state) {
	case LINK_WAITING:
		if (event == LINK_ESTABLISHED)
			return LINK_CONNECTED;
		return event == LINK_RETRY_DUE ? LINK_RESOLVING : state;
	case LINK_RESOLVING:
		if (event == LINK_ESTABLISHED)
			return LINK_CONNECTED;
		if (event == LINK_RESOLVED_TO_CONNECT)
			return LINK_DIALLING;
		if (event == LINK_RESOLVED_FOR_PROBES)
			return LINK_RESOLVED;
		return event == LINK_RESOLVE_FAILED ? LINK_WAITING : state;
	case LINK_DIALLING:
		if (event == LINK_ESTABLISHED)
			return LINK_CONNECTED;
		return event == LINK_ATTEMPT_FAILED ? LINK_WAITING : state;
	case LINK_CONNECTED:
		return event == LINK_LOST ? LINK_WAITING : state;
	case LINK_RESOLVED:
		return state;
	}
	__builtin_unreachable();
}

int64_t link_retry_delay_ns(unsigned attempt, uint32_t random)
{
	int64_t delay_ns = FIRST_DELAY_NS;
	for (unsigned i = 1; i < attempt && delay_ns < LAST_DELAY_NS; i++)
		delay_ns *= 2;
	if (delay_ns > LAST_DELAY_NS)
		delay_ns = LAST_DELAY_NS;
	return delay_ns - (int64_t)((uint64_t)(delay_ns / 4) * random >> 32);
}
