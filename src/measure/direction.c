/* SPDX-License-Identifier: MIT */
#include "measure/direction.h"

const char *direction_name(enum direction direction)
{
	static const char *const names[DIRECTIONS] = {
		[DIRECTION_OUT] = "out",
		[DIRECTION_BACK] = "back",
	};
	return names[direction];
}

const char *slow_where_name(enum slow_where where)
{
	static const char *const names[SLOW_WHERES] = {
		[SLOW_OUT] = "out",
		[SLOW_BACK] = "back",
		[SLOW_PEER] = "peer",
		[SLOW_UNKNOWN] = "unknown",
	};
	return names[where];
}
