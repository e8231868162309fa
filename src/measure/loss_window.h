/* SPDX-License-Identifier: MIT */
/* How many of the last settled probes were lost. */
#ifndef MEASURE_LOSS_WINDOW_H
#define MEASURE_LOSS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* The largest window, in probes. */
#define LOSS_WINDOW_MAX 1000000

/* A ring of one bit for each probe. Stored by the caller; loss_window_init() fills it. */
struct loss_window {
	uint64_t *bits;	  /* Owned. */
	uint32_t size;	  /* In probes. */
	uint32_t next;	  /* Where the next probe's bit goes. */
	uint32_t settled; /* How many of the bits are of probes, at most size. */
	uint32_t lost;	  /* How many of those are of lost ones. */
};

/*
 * size: in probes, 1 to LOSS_WINDOW_MAX. Returns 0, or -ENOMEM with *window untouched. Release it
 * with loss_window_clear().
 */
int loss_window_init(struct loss_window *window, uint32_t size);

/* Frees the bits; all zero afterwards. */
void loss_window_clear(struct loss_window *window);

/* Adds a settled probe; once the window is full, the oldest drops out. */
void loss_window_record(struct loss_window *window, bool lost);

#endif
