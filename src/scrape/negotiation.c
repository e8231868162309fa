/* SPDX-License-Identifier: MIT */
#include "scrape/negotiation.h"

#include <stddef.h>
#include <string.h>

/* Weights are in thousandths; they have at most three decimals (RFC 9110 section 12.4.2). */
#define WEIGHT_ONE 1000
#define WEIGHT_UNSET NEGOTIATION_UNSET

/* One element of a header's list. */
struct choice {
	struct span name;
	/* Parameters; empty where there are none. */
	struct span version;
	struct span proto;
	struct span encoding;
	int weight;
};

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
	const char *equals = span_find_separator(parameter.start, end, '=');
	if (equals == end)
		return;
	struct span name = span_trimmed(parameter.start, equals);
	struct span value = span_trimmed(equals + 1, end);
	if (value.length >= 2 && value.start[0] == '"' && value.start[value.length - 1] == '"') {
		value.start++;
		value.length -= 2;
	}
	if (span_is(name, "q"))
		choice->weight = parse_weight(value);
	else if (span_is(name, "version"))
		choice->version = value;
	else if (span_is(name, "proto"))
		choice->proto = value;
	else if (span_is(name, "encoding"))
		choice->encoding = value;
}

/* Takes the next element off a list. Returns false at the end. */
static bool next_choice(struct span *list, struct choice *choice)
{
	struct span element;
	if (!span_next_element(list, &element))
		return false;
	const char *end = element.start + element.length;
	const char *part = span_find_separator(element.start, end, ';');
	*choice = (struct choice){.name = span_trimmed(element.start, part), .weight = WEIGHT_ONE};
	while (part < end) {
		const char *start = part + 1;
		part = span_find_separator(start, end, ';');
		read_parameter(span_trimmed(start, part), choice);
	}
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

void negotiation_read_accept(struct negotiation *wishes, struct span list)
{
	struct choice choice;
	while (next_choice(&list, &choice)) {
		if (span_is(choice.name, "application/vnd.google.protobuf")) {
			if (span_is(choice.proto, "io.prometheus.client.MetricFamily") &&
				span_is(choice.encoding, "delimited"))
				raise_to(&wishes->protobuf, choice.weight);
		} else if (span_is(choice.name, "application/openmetrics-text")) {
			if (version_is(&choice, "1.0.0"))
				raise_to(&wishes->openmetrics, choice.weight);
		} else if (span_is(choice.name, "text/plain")) {
			if (version_is(&choice, "0.0.4"))
				raise_to(&wishes->text, choice.weight);
		} else if (span_is(choice.name, "text/*")) {
			raise_to(&wishes->any_text, choice.weight);
		} else if (span_is(choice.name, "*/*")) {
			raise_to(&wishes->anything, choice.weight);
		}
	}
}

enum exposition_format negotiation_format(const struct negotiation *wishes)
{
	/* The most specific range counts (RFC 9110 section 12.5.1). */
	int text = wishes->text;
	if (text == WEIGHT_UNSET)
		text = wishes->any_text != WEIGHT_UNSET ? wishes->any_text : wishes->anything;
	if (wishes->protobuf > 0 && wishes->protobuf >= wishes->openmetrics &&
		wishes->protobuf >= text)
		return EXPOSITION_PROTOBUF;
	return wishes->openmetrics > 0 && wishes->openmetrics >= text ? EXPOSITION_OPENMETRICS
								      : EXPOSITION_TEXT;
}

void negotiation_read_accept_encoding(struct negotiation *wishes, struct span list)
{
	struct choice choice;
	while (next_choice(&list, &choice)) {
		if (span_is(choice.name, "gzip") || span_is(choice.name, "x-gzip"))
			raise_to(&wishes->gzip, choice.weight);
		else if (span_is(choice.name, "identity"))
			raise_to(&wishes->identity, choice.weight);
		else if (span_is(choice.name, "*"))
			raise_to(&wishes->any_coding, choice.weight);
	}
}

bool negotiation_takes_gzip(const struct negotiation *wishes)
{
	int gzip = wishes->gzip != WEIGHT_UNSET ? wishes->gzip : wishes->any_coding;
	return gzip > 0 && gzip >= wishes->identity;
}

bool negotiation_has_version(struct span list, const char *etag)
{
	struct span element;
	while (span_next_element(&list, &element)) {
		/* A strong one of the same text would be of the same version. */
		bool is_weak = element.length > 2 && memcmp(element.start, etag, 2) == 0;
		if (span_is_exactly(element, "*") ||
			span_is_exactly(element, is_weak ? etag : etag + 2))
			return true;
	}
	return false;
}
