/* SPDX-License-Identifier: MIT */
#include "scrape/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* Digits of a second's nanoseconds. */
#define FRACTION_DIGITS 9

static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

static unsigned digits_of(uint64_t value)
{
	unsigned digits = 1;
	for (; value >= 10000; value /= 10000)
		digits += 4;
	return digits + (value >= 10) + (value >= 100) + (value >= 1000);
}

/* Writes that many digits, two per division, with leading zeros if value has fewer. */
static void put_digits(char *end, uint64_t value, unsigned digits)
{
	while (digits >= 2) {
		digits -= 2;
		memcpy(end + digits, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (digits > 0)
		*end = (char)('0' + value % 10);
}

char *number_put_unsigned(char *end, uint64_t value)
{
	/* Most counters of a healthy target are 0. */
	if (value < 10) {
		*end = (char)('0' + value);
		return end + 1;
	}
	unsigned digits = digits_of(value);
	put_digits(end, value, digits);
	return end + digits;
}

char *number_put_seconds(char *end, uint64_t ns)
{
	end = number_put_unsigned(end, ns / (uint64_t)NS_PER_S);
	uint64_t fraction = ns % (uint64_t)NS_PER_S;
	if (fraction == 0)
		return end;
	*end++ = '.';
	put_digits(end, fraction, FRACTION_DIGITS);
	end += FRACTION_DIGITS;
	while (end[-1] == '0')
		end--;
	return end;
}

char *number_put_double(char *end, double value)
{
	if (isnan(value))
		return text_put(end, "NaN");
	if (isinf(value))
		return text_put(end, value > 0 ? "+Inf" : "-Inf");
	/*
	 * Where 15 digits are exact they are the shortest form too, since "%g" drops final zeros.
	 * Subnormal numbers have fewer digits than that.
	 */
	int digits = isnormal(value) ? DBL_DIG : 1;
	char text[NUMBER_TEXT_MAX];
	snprintf(text, sizeof(text), "%.*g", digits, value);
	for (; strtod(text, NULL) != value && digits < DBL_DECIMAL_DIG; digits++)
		snprintf(text, sizeof(text), "%.*g", digits + 1, value);
	/* A host program may have set a locale with a decimal comma. */
	char *comma = strchr(text, ',');
	if (comma)
		*comma = '.';
	return text_put(end, text);
}
