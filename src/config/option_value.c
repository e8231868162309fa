/* SPDX-License-Identifier: MIT */
#include "config/option_value.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/destinations.h"
#include "base/duration.h"
#include "base/networks.h"
#include "config/target_source.h"

#define SERVICE_NAME_MAX 64
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* No range reaches as far: what is beyond need not be told apart. */
#define WHOLE_MAX INT64_C(1000000000000000)

static const char out_of_range[] = "is out of range";
static const char not_whole[] = "is not a whole number";

static int set_in_range(const struct option *option, int64_t number, struct option_value *value,
	const char **reason)
{
	*reason = out_of_range;
	if (!option_is_in_range(option, number))
		return -EINVAL;
	value->number = number;
	return 0;
}

/* Digits alone, perhaps behind a minus sign. What is beyond WHOLE_MAX comes out as more than that. */
static int parse_whole(const char *text, int64_t *number)
{
	bool is_negative = text[0] == '-';
	const char *digits = text + (is_negative ? 1 : 0);
	size_t count = strspn(digits, "0123456789");
	if (count == 0 || digits[count] != '\0')
		return -EINVAL;
	int64_t read = 0;
	for (size_t i = 0; i < count && read <= WHOLE_MAX; i++)
		read = read * 10 + (digits[i] - '0');
	*number = is_negative ? -read : read;
	return 0;
}

static int parse_duration(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	int64_t duration_ns = 0;
	if (option_find_word(option, text) > 0) {
		value->number = OPTION_DURATION_WORD;
		return 0;
	}
	int error = duration_parse(text, &duration_ns);
	if (!error)
		return set_in_range(option, duration_ns, value, reason);
	*reason = error == -ERANGE ? out_of_range : "is not a valid duration";
	return -EINVAL;
}

static int parse_number(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	int64_t number = 0;
	*reason = not_whole;
	int error = parse_whole(text, &number);
	return error ? error : set_in_range(option, number, value, reason);
}

static int percent_of_number(
	const struct option *option, double number, struct option_value *value, const char **reason)
{
	/* Less than nothing must not be rounded to nothing. */
	int64_t parts = number < 0 ? -1 : (int64_t)(number * (double)OPTION_PERCENT + 0.5);
	return set_in_range(option, parts, value, reason);
}

static int parse_percent(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	char *end = NULL;
	double number = strtod(text, &end);
	*reason = "is not a number";
	if (end == text || *end != '\0' || text[strspn(text, "0123456789.-")] != '\0')
		return -EINVAL;
	return percent_of_number(option, number > 1e9 ? 1e9 : number, value, reason);
}

static int parse_choice(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	/* A number is the same with zeros before it. */
	if (option_takes_number(option) && text[strspn(text, "0123456789")] == '\0')
		while (text[0] == '0' && text[1] != '\0')
			text++;
	int word = option_find_word(option, text);
	*reason = option->invalid;
	if (word == 0)
		return -EINVAL;
	value->number = word;
	return 0;
}

/* Class selectors (RFC 2474), assured (RFC 2597) and expedited forwarding (RFC 3246), VOICE-ADMIT
 * (RFC 5865), lower effort (RFC 8622). Returns -1 for another name. */
static int dscp_of_name(const char *name)
{
	size_t length = strlen(name);
	if (length == 3 && strncasecmp(name, "cs", 2) == 0 && name[2] >= '0' && name[2] <= '7')
		return 8 * (name[2] - '0');
	if (length == 4 && strncasecmp(name, "af", 2) == 0 && name[2] >= '1' && name[2] <= '4' &&
		name[3] >= '1' && name[3] <= '3')
		return 8 * (name[2] - '0') + 2 * (name[3] - '0');
	if (strcasecmp(name, "ef") == 0)
		return 46;
	if (strcasecmp(name, "va") == 0 || strcasecmp(name, "voice-admit") == 0)
		return 44;
	return strcasecmp(name, "le") == 0 ? 1 : -1;
}

static int parse_dscp(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	int64_t number = dscp_of_name(text);
	*reason = "is not a valid codepoint";
	if (number < 0 && parse_whole(text, &number) != 0)
		return -EINVAL;
	return set_in_range(option, number, value, reason);
}

/* The name or number behind a '%'. What is said of the target quotes it: nothing else may be
 * there. */
static bool is_interface(const char *text)
{
	size_t length = strlen(text);
	if (length < 1 || length > OPTION_INTERFACE_MAX)
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || *text == '/')
			return false;
	return true;
}

static int parse_ip_address(const char *text, struct option_value *value, const char **reason)
{
	const char *zone = strchr(text, '%');
	*reason = "is not a valid IP address";
	if (address_family(text) == AF_UNSPEC || (zone && !is_interface(zone + 1)))
		return -EINVAL;
	value->text = text;
	return 0;
}

static int parse_interface(const char *text, struct option_value *value, const char **reason)
{
	*reason = "is not the name of a network interface";
	if (!is_interface(text))
		return -EINVAL;
	value->text = text;
	return 0;
}

static int parse_networks(const char *text, struct option_value *value, const char **reason)
{
	*reason = "takes more memory than there is";
	if (networks_add(NULL, text, reason) != 0)
		return -EINVAL;
	value->text = text;
	return 0;
}

static int parse_destinations(const char *text, struct option_value *value, const char **reason)
{
	*reason = "takes more memory than there is";
	if (destinations_add(NULL, text, reason) != 0)
		return -EINVAL;
	value->text = text;
	return 0;
}

static int parse_boolean(const char *text, struct option_value *value, const char **reason)
{
	bool is_true = strcmp(text, "true") == 0;
	*reason = "is not a valid boolean";
	if (!is_true && strcmp(text, "false") != 0)
		return -EINVAL;
	value->number = is_true;
	return 0;
}

static int parse_switch(const char *text, struct option_value *value, const char **reason)
{
	bool is_on = strcasecmp(text, "on") == 0;
	*reason = "is neither on nor off";
	if (!is_on && strcasecmp(text, "off") != 0)
		return -EINVAL;
	value->number = is_on;
	return 0;
}

static int parse_share(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	int64_t number;
	*reason = "is neither off nor a share such as 1/100";
	if (strcasecmp(text, "off") == 0) {
		value->number = 0;
		return 0;
	}
	if (strncmp(text, "1/", 2) != 0 || parse_whole(text + 2, &number) != 0)
		return -EINVAL;
	return set_in_range(option, number, value, reason);
}

static int parse_path(const char *text, struct option_value *value, const char **reason)
{
	*reason = "is empty";
	if (text[0] == '\0')
		return -EINVAL;
	value->text = text;
	return 0;
}

/* It becomes the name of a file, and a word of more than one service manager's own. */
static int parse_service_name(const char *text, struct option_value *value, const char **reason)
{
	size_t length = strlen(text);
	*reason = "is not a valid service name";
	if (length < 1 || length > SERVICE_NAME_MAX || strspn(text, NAME_CHARACTERS) != length ||
		text[0] == '-' || text[0] == '.')
		return -EINVAL;
	value->text = text;
	return 0;
}

static int parse_source(const char *text, struct option_value *value, const char **reason)
{
	struct target_source source;
	int result = target_source_parse(text, &source, reason);
	if (result == 0)
		value->text = text;
	return result;
}

int option_value_parse(const struct option *option, const char *text, struct option_value *value,
	const char **reason)
{
	switch (option->kind) {
	case OPTION_KIND_DURATION:
		return parse_duration(option, text, value, reason);
	case OPTION_KIND_NUMBER:
		return parse_number(option, text, value, reason);
	case OPTION_KIND_PERCENT:
		return parse_percent(option, text, value, reason);
	case OPTION_KIND_CHOICE:
		return parse_choice(option, text, value, reason);
	case OPTION_KIND_DSCP:
		return parse_dscp(option, text, value, reason);
	case OPTION_KIND_IP_ADDRESS:
		return parse_ip_address(text, value, reason);
	case OPTION_KIND_INTERFACE:
		return parse_interface(text, value, reason);
	case OPTION_KIND_NETWORKS:
		return parse_networks(text, value, reason);
	case OPTION_KIND_DESTINATIONS:
		return parse_destinations(text, value, reason);
	case OPTION_KIND_ENDPOINT_TO_LISTEN:
		return endpoint_parse(text, ENDPOINT_TO_LISTEN, &value->endpoint, reason);
	case OPTION_KIND_ENDPOINT_TO_DIAL:
		return endpoint_parse(text, ENDPOINT_TO_DIAL, &value->endpoint, reason);
	case OPTION_KIND_PATH:
		return parse_path(text, value, reason);
	case OPTION_KIND_SOURCE:
		return parse_source(text, value, reason);
	case OPTION_KIND_BOOLEAN:
		return parse_boolean(text, value, reason);
	case OPTION_KIND_SWITCH:
		return parse_switch(text, value, reason);
	case OPTION_KIND_SHARE:
		return parse_share(option, text, value, reason);
	case OPTION_KIND_SERVICE_NAME:
		return parse_service_name(text, value, reason);
	case OPTION_KIND_TEXT:
	case OPTION_KIND_LABELS:
		value->text = text;
		return 0;
	}
	__builtin_unreachable();
}

static int choice_of_number(const struct option *option, int64_t number, struct option_value *value,
	const char **reason)
{
	char word[24];
	snprintf(word, sizeof(word), "%lld", (long long)number);
	return parse_choice(option, word, value, reason);
}

int option_value_of_number(
	const struct option *option, double number, struct option_value *value, const char **reason)
{
	*reason = "is not a string";
	if (!option_takes_number(option))
		return -EINVAL;
	/* What is not a number at all, or too large to be converted, is out of every range. */
	if (!(number >= -1e9 && number <= 1e9))
		number = -1e9;
	if (option->kind == OPTION_KIND_DURATION)
		return set_in_range(
			option, (int64_t)(number * (double)NS_PER_S + 0.5), value, reason);
	if (option->kind == OPTION_KIND_PERCENT)
		return percent_of_number(option, number, value, reason);
	int64_t whole = (int64_t)number;
	*reason = not_whole;
	if (number < (double)whole || number > (double)whole)
		return -EINVAL;
	if (option->kind == OPTION_KIND_CHOICE)
		return choice_of_number(option, whole, value, reason);
	return set_in_range(option, whole, value, reason);
}

void option_value_initial(const struct option *option, struct option_value *value)
{
	const char *reason;
	int error = option_value_parse(option, option->initial, value, &reason);
	assert(!error);
	(void)error;
}

void option_value_format(const struct option *option, const struct option_value *value, char *text)
{
	switch (option->kind) {
	case OPTION_KIND_DURATION:
	case OPTION_KIND_NUMBER:
	case OPTION_KIND_PERCENT:
	case OPTION_KIND_CHOICE:
	case OPTION_KIND_DSCP:
		option_format_number(option, value->number, text, OPTION_VALUE_TEXT_MAX);
		return;
	case OPTION_KIND_BOOLEAN:
		snprintf(text, OPTION_VALUE_TEXT_MAX, "%s", value->number ? "true" : "false");
		return;
	case OPTION_KIND_SWITCH:
		snprintf(text, OPTION_VALUE_TEXT_MAX, "%s", value->number ? "on" : "off");
		return;
	case OPTION_KIND_SHARE:
		if (value->number == 0)
			snprintf(text, OPTION_VALUE_TEXT_MAX, "off");
		else
			snprintf(text, OPTION_VALUE_TEXT_MAX, "1/%lld", (long long)value->number);
		return;
	case OPTION_KIND_ENDPOINT_TO_LISTEN:
	case OPTION_KIND_ENDPOINT_TO_DIAL:
		endpoint_format(&value->endpoint, text);
		return;
	case OPTION_KIND_IP_ADDRESS:
	case OPTION_KIND_INTERFACE:
	case OPTION_KIND_NETWORKS:
	case OPTION_KIND_DESTINATIONS:
	case OPTION_KIND_PATH:
	case OPTION_KIND_SOURCE:
	case OPTION_KIND_SERVICE_NAME:
	case OPTION_KIND_TEXT:
	case OPTION_KIND_LABELS:
		snprintf(text, OPTION_VALUE_TEXT_MAX, "%s", value->text);
		return;
	}
	__builtin_unreachable();
}
