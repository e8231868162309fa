/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* The magnitude of INT64_MIN, the most negative duration. */
#define MAGNITUDE_MAX ((uint64_t)INT64_MAX + 1)

#define DIGITS "0123456789"

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {
	{"ns", 1},
	{"us", NS_PER_US},
	{"\xc2\xb5s", NS_PER_US}, /* U+00B5, the micro sign. */
	{"\xce\xbcs", NS_PER_US}, /* U+03BC, the Greek letter: looks the same. */
	{"ms", NS_PER_MS},
	{"s", NS_PER_S},
	{"m", 60 * NS_PER_S},
	{"h", 3600 * NS_PER_S},
};

/* Returns the unit's nanoseconds, or 0 for a name that is not a unit. */
static uint64_t unit_find(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0)
			return (uint64_t)units[i].ns;
	}
	return 0;
}

/* Returns digits * unit, or UINT64_MAX if that exceeds MAGNITUDE_MAX. */
static uint64_t whole_part(const char *digits, size_t count, uint64_t unit)
{
	uint64_t value = 0;
	for (size_t i = 0; i < count; i++) {
		if (value > MAGNITUDE_MAX / 10)
			return UINT64_MAX;
		value = value * 10 + (uint64_t)(digits[i] - '0');
	}
	return value > MAGNITUDE_MAX / unit ? UINT64_MAX : value * unit;
}

/*
 * Returns 0.digits * unit, cut to whole nanoseconds. Works from the last digit to the first, so
 * that it is exact however many digits there are.
 */
static uint64_t fraction_part(const char *digits, size_t count, uint64_t unit)
{
	uint64_t value = 0;
	while (count > 0)
		value = ((uint64_t)(digits[--count] - '0') * unit + value) / 10;
	return value;
}

/* Reads a number with its unit, adds it to *sum and moves *text past it. */
static int parse_part(const char **text, uint64_t *sum)
{
	const char *whole = *text;
	size_t whole_count = strspn(whole, DIGITS);
	const char *fraction = whole + whole_count;
	size_t fraction_count = 0;
	const char *name = fraction;
	if (*fraction == '.') {
		fraction++;
		fraction_count = strspn(fraction, DIGITS);
		name = fraction + fraction_count;
	}
	size_t name_length = strcspn(name, "." DIGITS);
	uint64_t unit = unit_find(name, name_length);
	if (whole_count + fraction_count == 0 || unit == 0)
		return -EINVAL;
	uint64_t value = whole_part(whole, whole_count, unit);
	if (value > MAGNITUDE_MAX)
		return -ERANGE;
	value += fraction_part(fraction, fraction_count, unit);
	if (value > MAGNITUDE_MAX - *sum)
		return -ERANGE;
	*sum += value;
	*text = name + name_length;
	return 0;
}

int duration_parse(const char *text, int64_t *duration_ns)
{
	bool negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*duration_ns = 0;
		return 0;
	}
	uint64_t sum = 0;
	do {
		int error = parse_part(&text, &sum);
		if (error)
			return error;
	} while (*text != '\0');
	if (sum > (negative ? MAGNITUDE_MAX : (uint64_t)INT64_MAX))
		return -ERANGE;
	/* Negated as unsigned: INT64_MIN has no positive counterpart. */
	*duration_ns = (int64_t)(negative ? 0 - sum : sum);
	return 0;
}

/* Writes value / unit with as many decimals as needed, and the unit's name. */
static int format_decimal(char *text, size_t size, uint64_t value, uint64_t unit, const char *name)
{
	uint64_t fraction = value % unit;
	if (fraction == 0)
		return snprintf(text, size, "%llu%s", (unsigned long long)(value / unit), name);
	int digits = 0;
	for (uint64_t rest = unit; rest > 1; rest /= 10)
		digits++;
	for (; fraction % 10 == 0; fraction /= 10)
		digits--;
	return snprintf(text, size, "%llu.%0*llu%s", (unsigned long long)(value / unit), digits,
		(unsigned long long)fraction, name);
}

void duration_format(int64_t duration_ns, char *text)
{
	uint64_t rest = duration_ns < 0 ? 0 - (uint64_t)duration_ns : (uint64_t)duration_ns;
	char *const end = text + DURATION_TEXT_MAX;
	if (rest == 0) {
		memcpy(text, "0s", sizeof("0s"));
		return;
	}
	if (duration_ns < 0)
		*text++ = '-';
	if (rest < NS_PER_US) {
		format_decimal(text, (size_t)(end - text), rest, 1, "ns");
		return;
	}
	if (rest < NS_PER_S) {
		bool below_ms = rest < NS_PER_MS;
		format_decimal(text, (size_t)(end - text), rest, below_ms ? NS_PER_US : NS_PER_MS,
			below_ms ? "us" : "ms");
		return;
	}
	static const struct unit large[] = {{"h", 3600 * NS_PER_S}, {"m", 60 * NS_PER_S}};
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		uint64_t unit = (uint64_t)large[i].ns;
		if (rest >= unit)
			text += format_decimal(text, (size_t)(end - text), rest - rest % unit, unit,
				large[i].name);
		rest %= unit;
	}
	if (rest > 0)
		format_decimal(text, (size_t)(end - text), rest, NS_PER_S, "s");
}
