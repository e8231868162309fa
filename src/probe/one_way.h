/* SPDX-License-Identifier: MIT */
/*
 * In which direction a round trip lost its time, from when the peer says that it had the probe. Pure.
 *
 * The clocks of two machines are apart, and drift. Round trips that took the least time tell how far: half of
 * what is not the peer's is taken for the way out (RFC 5905, section 8), whatever it really is. That error is
 * the same for all, and so what a direction takes above its own least (RFC 5481, PDV) does not have it.
 */
#ifndef PROBE_ONE_WAY_H
#define PROBE_ONE_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/direction.h"
#include "measure/recent_minimum.h"

/* Round trips that tell how far the clocks are apart. */
#define ONE_WAY_ANCHORS 16

/* What is known of one round trip. */
struct one_way_sample {
	int64_t departure_ns; /* Monotonic, as is the next. */
	int64_t arrival_ns;
	int64_t received_unix_ns; /* When the peer had the probe, by its clock. */
	int64_t residence_ns;	  /* How long it kept it: 0 to the round trip. */
	bool is_exact;		  /* Both arrivals are the kernels', and nothing was held up. */
};

struct one_way_anchor {
	int64_t time_ns;    /* Monotonic. */
	int64_t offset_ns;  /* How far the peer's clock was ahead, beyond base_ns. */
	int64_t network_ns; /* The round trip without the residence. */
};

/* All zero is new. Of one connection. Private; stored by the caller. */
struct one_way {
	bool has_base;
	bool has_line;
	uint8_t count; /* Of the anchors. */
	int64_t base_ns;
	int64_t bin_ns;		    /* How long anchors are apart. */
	int64_t bin_began_ns;	    /* The present one. */
	struct one_way_anchor best; /* In the present bin; network_ns is INT64_MAX without any. */
	struct recent_minimum rtt;
	struct recent_minimum network;
	/* offset = offset_ns + slope * (time - time_ns), as of fitted_ns. */
	int64_t time_ns;
	int64_t offset_ns;
	double slope;
	int64_t fitted_ns;
	int64_t least_ns[DIRECTIONS];			/* Of each direction, by that line. */
	struct one_way_anchor anchors[ONE_WAY_ANCHORS]; /* The oldest first. Rarely needed. */
};

/* What a round trip comes to. */
struct one_way_result {
	bool is_known;		       /* What the next two are. */
	int64_t excess_ns[DIRECTIONS]; /* Of each direction, above its least: 0 or more. */
	bool is_slow;		       /* It took longer than usual by more than half, and 1 ms. */
	enum slow_where where;	       /* If it is slow. */
};

/* Takes a round trip. Its stamps are believable: see struct one_way_sample. */
void one_way_take(struct one_way *one_way, const struct one_way_sample *sample,
	struct one_way_result *result);

#endif
