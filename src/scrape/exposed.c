/* SPDX-License-Identifier: MIT */
#include "scrape/exposed.h"

enum exposition_presence exposition_presence(
	const struct exposition *exposition, const struct metric *metric, const void **values)
{
	const struct snapshot *snapshot = exposition->snapshot;
	if (metric->known == KNOWN_WITH_TCP_INFO && snapshot->lacks_tcp_info)
		return EXPOSITION_HAS_NONE;
	if (exposition->is_of_targets && metric->subject != METRIC_OF_TARGET)
		return EXPOSITION_HAS_NONE;
	switch (metric->subject) {
	case METRIC_OF_TARGET:
		if (!snapshot->has_prober || (exposition->is_lean && !metric->is_lean))
			return EXPOSITION_HAS_NONE;
		return EXPOSITION_HAS_EACH_TARGETS;
	case METRIC_OF_READING:
		return EXPOSITION_HAS_NONE;
	case METRIC_OF_PROBER:
		*values = snapshot;
		return snapshot->has_prober ? EXPOSITION_HAS_ONE : EXPOSITION_HAS_NONE;
	case METRIC_OF_SERVER:
		*values = &snapshot->server;
		return snapshot->has_server ? EXPOSITION_HAS_ONE : EXPOSITION_HAS_NONE;
	case METRIC_OF_SOURCE:
		return exposition->source_count > 0 ? EXPOSITION_HAS_EACH_SOURCES
						    : EXPOSITION_HAS_NONE;
	case METRIC_OF_MESH:
		*values = exposition->mesh;
		return exposition->mesh ? EXPOSITION_HAS_ONE : EXPOSITION_HAS_NONE;
	case METRIC_OF_PROCESS:
		*values = exposition->process;
		return EXPOSITION_HAS_ONE;
	}
	__builtin_unreachable();
}
