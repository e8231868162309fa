/* SPDX-License-Identifier: MIT */
#include "scrape/negotiation.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Weights are in thousandths; they have at most three decimals (RFC 9110 section 12.4.2). */
#define WEIGHT_ONE 1000
#define WEIGHT_UNSET (-1)

/* Part of a header, not NUL-terminated. */
struct span {
	const char *start;
	size_t length;
};

/* One element of a header's list. */
struct choice {
	struct span name;
	struct span version; /* The parameter "version"; empty if there is none. */
	int weight;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(const char *start, const char *end)
{
	while (start < end && is_space(*start))
		start++;
	while (end > start && is_space(end[-1]))
		end--;
	return (struct span){start, (size_t)(end - start)};
}

static bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && strncasecmp(span.start, text, span.length) == 0;
}

/* The next separator outside quotes, or end. */
static const char *find_separator(const char *at, const char *end, char separator)
{
	bool quoted = false;
	for (; at < end && (quoted || *at != separator); at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at + 1 < end)
			at++;
	}
	return at;
}

/* Reads "1", "0.5", "0.123". Returns thousandths, or WEIGHT_UNSET if malformed. */
static int parse_weight(struct span text)
{
	if (text.length == 0 || text.length > strlen("0.123"))
		return WEIGHT_UNSET;
	if (text.start[0] != '0' && text.start[0] != '1')
		return WEIGHT_UNSET;
	if (text.length > 1 && text.start[1] != '.')
		return WEIGHT_UNSET;
	int weight = (text.start[0] - '0') * WEIGHT_ONE;
	int unit = WEIGHT_ONE / 10;
	for (size_t i = 2; i < text.length; i++, unit /= 10) {
		if (text.start[i] < '0' || text.start[i] > '9')
			return WEIGHT_UNSET;
		weight += (text.start[i] - '0') * unit;
	}
	return weight <= WEIGHT_ONE ? weight : WEIGHT_UNSET;
}

/* Reads one "name=value". */
static void read_parameter(struct span parameter, struct choice *choice)
{
	const char *end = parameter.start + parameter.length;
	const char *equals = find_separator(parameter.start, end, '=');
	if (equals == end)
		return;
	struct span name = trimmed(parameter.start, equals);
	struct span value = trimmed(equals + 1, end);
	if (value.length >= 2 && value.start[0] == '"' && value.start[value.length - 1] == '"') {
		value.start++;
		value.length -= 2;
	}
	if (span_is(name, "q"))
		choice->weight = parse_weight(value);
	else if (span_is(name, "version"))
		choice->version = value;
}

/* Reads the next element of the list at *at and moves *at past it. Returns false at the end. */
static bool next_choice(const char **at, struct choice *choice)
{
	if (**at == '\0')
		return false;
	const char *end = find_separator(*at, *at + strlen(*at), ',');
	const char *part = find_separator(*at, end, ';');
	*choice = (struct choice){.name = trimmed(*at, part), .weight = WEIGHT_ONE};
	while (part < end) {
		const char *start = part + 1;
		part = find_separator(start, end, ';');
		read_parameter(trimmed(start, part), choice);
	}
	*at = *end == ',' ? end + 1 : end;
	return true;
}

static void raise_to(int *weight, int other)
{
	if (other > *weight)
		*weight = other;
}

static bool version_is(const struct choice *choice, const char *version)
{
	return choice->version.length == 0 || span_is(choice->version, version);
}

enum exposition_format negotiation_format(const char *accept)
{
	int openmetrics = WEIGHT_UNSET;
	int text = WEIGHT_UNSET;
	int any_text = WEIGHT_UNSET;
	int anything = WEIGHT_UNSET;
	struct choice choice;
	const char *at = accept ? accept : "";
	while (next_choice(&at, &choice)) {
		if (span_is(choice.name, "application/openmetrics-text")) {
			if (version_is(&choice, "1.0.0"))
				raise_to(&openmetrics, choice.weight);
		} else if (span_is(choice.name, "text/plain")) {
			if (version_is(&choice, "0.0.4"))
				raise_to(&text, choice.weight);
		} else if (span_is(choice.name, "text/*")) {
			raise_to(&any_text, choice.weight);
		} else if (span_is(choice.name, "*/*")) {
			raise_to(&anything, choice.weight);
		}
	}
	/* The most specific range counts (RFC 9110 section 12.5.1). */
	if (text == WEIGHT_UNSET)
		text = any_text != WEIGHT_UNSET ? any_text : anything;
	return openmetrics > 0 && openmetrics >= text ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
}

bool negotiation_takes_gzip(const char *accept_encoding)
{
	int gzip = WEIGHT_UNSET;
	int identity = WEIGHT_UNSET;
	int anything = WEIGHT_UNSET;
	struct choice choice;
	const char *at = accept_encoding ? accept_encoding : "";
	while (next_choice(&at, &choice)) {
		if (span_is(choice.name, "gzip") || span_is(choice.name, "x-gzip"))
			raise_to(&gzip, choice.weight);
		else if (span_is(choice.name, "identity"))
			raise_to(&identity, choice.weight);
		else if (span_is(choice.name, "*"))
			raise_to(&anything, choice.weight);
	}
	if (gzip == WEIGHT_UNSET)
		gzip = anything;
	return gzip > 0 && gzip >= identity;
}
