/* SPDX-License-Identifier: MIT */
/* Values as the API writes them in JSON. */
#ifndef PAGE_API_JSON_H
#define PAGE_API_JSON_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/labels.h"
#include "history/step.h"

/* Appends a string, or null. */
void api_json_append_text(struct buffer *buffer, const char *text);

/* Appends an object of strings. */
void api_json_append_labels(struct buffer *buffer, const struct labels *labels);

/* Appends Unix time in seconds, to the millisecond: 1795804000.123; null for none (0 or less). */
void api_json_append_time(struct buffer *buffer, int64_t unix_ns);

/* Appends whole microseconds, rounded; null for a negative time. */
void api_json_append_us(struct buffer *buffer, int64_t time_ns);

/* Appends a share in percent that is given in hundredths of it: 0.25, 12.5, 100. */
void api_json_append_percent(struct buffer *buffer, unsigned hundredths);

/* Appends a step as docs/api.md has it; null for one of which nothing is known. */
void api_json_append_step(struct buffer *buffer, const struct history_step *step);

/* The upper bound of a distribution's bucket in whole microseconds, rounded. */
uint64_t api_json_bound_us(unsigned bucket);

#endif
