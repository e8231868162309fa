/* SPDX-License-Identifier: MIT */
#include "base/heartbeat.h"

bool heartbeat_ask(struct heartbeat *heartbeat, int64_t now_ns)
{
	int64_t asked_ns = 0;
	if (atomic_compare_exchange_strong_explicit(&heartbeat->asked_ns, &asked_ns, now_ns,
		    memory_order_relaxed, memory_order_relaxed))
		return true;
	return now_ns - asked_ns <= HEARTBEAT_PATIENCE_NS;
}
