/* SPDX-License-Identifier: MIT */
/* The share of lost probes among the last so many settled ones. */
#ifndef MEASURE_LOSS_WINDOW_H
#define MEASURE_LOSS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define LOSS_WINDOW_MAX 1000000

/* One bit a probe, in a ring. Stored by the caller. */
struct loss_window {
	uint64_t *bits;	  /* Owned. */
	uint32_t size;	  /* In probes. */
	uint32_t next;	  /* Where the next probe's bit goes. */
	uint32_t settled; /* How many of the bits are probes, up to size. */
	uint32_t lost;	  /* How many of those were lost. */
};

/* size: 1 to LOSS_WINDOW_MAX. Returns 0 or -ENOMEM; release with loss_window_clear(). */
int loss_window_init(struct loss_window *window, uint32_t size);

void loss_window_clear(struct loss_window *window);

/* Takes the next settled probe in; the oldest falls out once the window is full. */
void loss_window_record(struct loss_window *window, bool lost);

#endif
