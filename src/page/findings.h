/* SPDX-License-Identifier: MIT */
/* What a target's counters mean, in sentences: docs/reading-losses.md in short. Pure. */
#ifndef PAGE_FINDINGS_H
#define PAGE_FINDINGS_H

#include "measure/target_stats.h"

#define FINDINGS_MAX 32
#define FINDING_TEXT_MAX 192

struct finding {
	const char *code; /* For scripts: letters and underscores. Static. */
	uint64_t count;	  /* 1 or more. */
	char text
		[FINDING_TEXT_MAX]; /* E.g. "12 probes late: the path dropped segments, and TCP repaired it". */
};

/* Fills in what there is to say, the most important first. Returns how many findings there are. */
unsigned findings_make(const struct target_values *values, struct finding findings[FINDINGS_MAX]);

#endif
