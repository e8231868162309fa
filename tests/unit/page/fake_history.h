/* SPDX-License-Identifier: MIT */
/* A history that says what a test wants, in place of the one that a thread keeps. */
#ifndef PAGE_FAKE_HISTORY_H
#define PAGE_FAKE_HISTORY_H

#include "history/history.h"

#define FAKE_STEPS 3

/* Of each target the same, but that those with an odd id have no medians. */
struct history {
	int locked;
	struct history_range ranges[HISTORY_SCALES];
	struct history_step steps[FAKE_STEPS]; /* The newest last. */
	unsigned recent;		       /* Buckets plus 1. */
	unsigned usual;
};

#endif
