/* SPDX-License-Identifier: MIT */
/* The minimum of the last while, which forgets what is older: over one period to two. Pure. */
#ifndef MEASURE_RECENT_MINIMUM_H
#define MEASURE_RECENT_MINIMUM_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is empty. Stored by the caller. */
struct recent_minimum {
	int64_t present; /* In the present period; INT64_MAX without a value. */
	int64_t before;	 /* In the one before, likewise. */
	int64_t began_ns;
	bool is_known; /* There was a value. */
};

/* Takes a value. period_ns: the same each time. */
static inline void recent_minimum_note(
	struct recent_minimum *minimum, int64_t value, int64_t period_ns, int64_t now_ns)
{
	int64_t age_ns = now_ns - minimum->began_ns;
	if (!minimum->is_known || age_ns >= 2 * period_ns)
		*minimum = (struct recent_minimum){value, INT64_MAX, now_ns, true};
	else if (age_ns >= period_ns)
		*minimum = (struct recent_minimum){value, minimum->present, now_ns, true};
	else if (value < minimum->present)
		minimum->present = value;
}

/* INT64_MAX if it is empty. */
static inline int64_t recent_minimum_get(const struct recent_minimum *minimum)
{
	if (!minimum->is_known)
		return INT64_MAX;
	return minimum->present < minimum->before ? minimum->present : minimum->before;
}

#endif
