/* SPDX-License-Identifier: MIT */
/* The two directions of a path, and where a slow reply lost its time: values of labels. */
#ifndef MEASURE_DIRECTION_H
#define MEASURE_DIRECTION_H

enum direction {
	DIRECTION_OUT,	/* From the prober to its peer. */
	DIRECTION_BACK, /* From there to the prober. */
	DIRECTIONS,	/* How many there are. */
};

enum slow_where {
	SLOW_OUT,
	SLOW_BACK,
	SLOW_PEER,    /* In the peer's program, or on its machine. */
	SLOW_UNKNOWN, /* The clocks are not known well enough. */
	SLOW_WHERES,
};

/* Not for the counts, which come last. Static. */
const char *direction_name(enum direction direction);
const char *slow_where_name(enum slow_where where);

#endif
