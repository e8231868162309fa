/* SPDX-License-Identifier: MIT */
/* Durations as Go's time.ParseDuration reads and writes them: "200ms", "1m30s", "1.5h", "250us". */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdint.h>

#define DURATION_TEXT_MAX 32

/*
 * Reads a duration: one or more of a decimal number, with an optional fraction, and a unit out of
 * ns, us, µs, ms, s, m, h; a sign may stand before the whole; "0" alone needs no unit.
 * Returns 0, -EINVAL (malformed) or -ERANGE (beyond what 64 bits of nanoseconds hold); on failure
 * *duration_ns is untouched. Fractions of a nanosecond are cut off.
 */
int duration_parse(const char *text, int64_t *duration_ns);

/*
 * Writes the exact value as Go does ("200ms", "1m30s", "1.5s", "0s"), but without parts that are
 * zero ("24h", not "24h0m0s") and in ASCII ("250us"). text: DURATION_TEXT_MAX bytes.
 */
void duration_format(int64_t duration_ns, char *text);

#endif
