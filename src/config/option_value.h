/* SPDX-License-Identifier: MIT */
/* What an option is set to: read from text and numbers, by the rules of its row. */
#ifndef CONFIG_OPTION_VALUE_H
#define CONFIG_OPTION_VALUE_H

#include <stdint.h>

#include "base/endpoint.h"
#include "config/option.h"

/* What option_value_format() writes, with its NUL. */
#define OPTION_VALUE_TEXT_MAX ENDPOINT_TEXT_MAX

/* The option's kind tells which member counts. Stored by the caller. */
struct option_value {
	/* A duration in nanoseconds, a number, a percentage in parts of OPTION_PERCENT, a codepoint,
	 * a choice's word counted from 1; 1 or 0 for true or false. */
	int64_t number;
	const char
		*text; /* An IP address, networks, a path, a name. Borrowed from what was read. */
	struct endpoint endpoint;
};

/*
 * Reads text, as on a command line. Returns 0 with *value filled, or -EINVAL with *reason (static)
 * that is to follow the quoted text, "is not a valid duration", and *value untouched.
 */
int option_value_parse(const struct option *option, const char *text, struct option_value *value,
	const char **reason);

/* The same for a number of JSON or collectd; durations are in seconds. */
int option_value_of_number(const struct option *option, double number, struct option_value *value,
	const char **reason);

/* The row's default. It must have one. */
void option_value_initial(const struct option *option, struct option_value *value);

/* Writes it as option_value_parse() reads it. text: OPTION_VALUE_TEXT_MAX bytes. */
void option_value_format(const struct option *option, const struct option_value *value, char *text);

#endif
