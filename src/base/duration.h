/* SPDX-License-Identifier: MIT */
/* Durations as Go's time.ParseDuration reads and writes them: "200ms", "1m30s", "1.5h", "250us". */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdint.h>

/* The longest text of duration_format(), with its NUL. */
#define DURATION_TEXT_MAX 32

/*
 * Reads a duration: an optional sign, then one or more decimal numbers, each with an optional
 * fraction and a unit: ns, us, µs, ms, s, m or h. "0" needs no unit. Fractions of a nanosecond are
 * cut off. Returns 0, -EINVAL (malformed) or -ERANGE (more than 64 bits of nanoseconds hold); on
 * failure *duration_ns is untouched.
 */
int duration_parse(const char *text, int64_t *duration_ns);

/*
 * Writes the exact value as Go does ("200ms", "1m30s", "1.5s", "0s"), except that parts that are
 * zero are left out ("24h", not "24h0m0s") and that it is ASCII ("250us"). text: DURATION_TEXT_MAX
 * bytes.
 */
void duration_format(int64_t duration_ns, char *text);

#endif
