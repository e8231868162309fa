/* SPDX-License-Identifier: MIT */
/* Numbers as text, fast: half of an exposition is numbers. */
#ifndef SCRAPE_NUMBER_H
#define SCRAPE_NUMBER_H

#include <stdint.h>

/* No number takes more bytes than this. */
#define NUMBER_TEXT_MAX 32

/* Each writes up to NUMBER_TEXT_MAX bytes at end, without a NUL, and returns the new end. */

char *number_put_unsigned(char *end, uint64_t value);

/* Nanoseconds as seconds, exactly: 123456 becomes "0.000123456", 1500000000 becomes "1.5". */
char *number_put_seconds(char *end, uint64_t ns);

/* The shortest text that reads back as the same number: "0.1", "1e-05", "+Inf". Slower by far. */
char *number_put_double(char *end, double value);

#endif
