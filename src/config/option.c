/* SPDX-License-Identifier: MIT */
#include "config/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/spelling.h"
#include "config/target_source.h"
#include "measure/loss_window.h"

static const struct option table[OPTIONS] = {
#define OPTION_ROW(of, which, what, ...)                                                           \
	[OPTION_##which] = {                                                                       \
		.id = OPTION_##which,                                                              \
		.kind = OPTION_KIND_##what,                                                        \
		.scope = (of),                                                                     \
		__VA_ARGS__,                                                                       \
	},
#define TARGET_OPTION(id, kind, type, field, ...)                                                  \
	OPTION_ROW(OPTION_OF_TARGET, id, kind, .group = OPTION_GROUP_HOW, __VA_ARGS__)
#define TARGET_KEY(id, kind, ...) OPTION_ROW(OPTION_KEY_OF_TARGET, id, kind, __VA_ARGS__)
#define PROGRAM_OPTION(id, kind, ...) OPTION_ROW(OPTION_OF_PROGRAM, id, kind, __VA_ARGS__)
#include "config/options.def"
};

const struct option *option_get(enum option_id id)
{
	return &table[id];
}

static bool is_just(const char *name, const char *text, size_t length)
{
	return name && strlen(name) == length && memcmp(name, text, length) == 0;
}

const struct option *option_find_flag(const char *flag, size_t length)
{
	for (int id = 0; id < OPTIONS; id++) {
		if (is_just(table[id].flag, flag, length) || is_just(table[id].alias, flag, length))
			return &table[id];
	}
	return NULL;
}

const char *option_nearest_flag(const char *flag, size_t length)
{
	struct spelling spelling = {0};
	for (int id = 0; id < OPTIONS; id++) {
		if (table[id].flag)
			spelling_consider(&spelling, flag, length, table[id].flag);
		if (table[id].alias)
			spelling_consider(&spelling, flag, length, table[id].alias);
	}
	return spelling.nearest;
}

const char *option_nearest_key(const char *key)
{
	struct spelling spelling = {0};
	for (int id = 0; id < OPTIONS; id++)
		if (table[id].key)
			spelling_consider(&spelling, key, strlen(key), table[id].key);
	return spelling.nearest;
}

const char *option_nearest_collectd(const char *name)
{
	struct spelling spelling = {0};
	for (int id = 0; id < OPTIONS; id++)
		if (table[id].collectd)
			spelling_consider(&spelling, name, strlen(name), table[id].collectd);
	return spelling.nearest;
}

const struct option *option_find_key(const char *key)
{
	for (int id = 0; id < OPTIONS; id++)
		if (table[id].key && strcmp(table[id].key, key) == 0)
			return &table[id];
	return NULL;
}

const struct option *option_find_collectd(const char *name)
{
	for (int id = 0; id < OPTIONS; id++)
		if (table[id].collectd && strcasecmp(table[id].collectd, name) == 0)
			return &table[id];
	return NULL;
}

const char *option_initial_in_collectd(const struct option *option)
{
	return option->collectd_text ? NULL : option->initial;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool option_takes_number(const struct option *option)
{
	if (option->kind == OPTION_KIND_CHOICE)
		/* Of words that are numbers the first one is. */
		return is_digit(option->words[0][0]);
	return option_has_range(option);
}

bool option_takes_boolean(const struct option *option)
{
	return option->kind == OPTION_KIND_BOOLEAN || option->kind == OPTION_KIND_SWITCH;
}

bool option_takes_text(const struct option *option)
{
	return option->kind != OPTION_KIND_NUMBER && option->kind != OPTION_KIND_LABELS;
}

bool option_has_range(const struct option *option)
{
	return option->kind == OPTION_KIND_DURATION || option->kind == OPTION_KIND_NUMBER ||
	       option->kind == OPTION_KIND_PERCENT || option->kind == OPTION_KIND_DSCP;
}

bool option_is_in_range(const struct option *option, int64_t number)
{
	return number >= option->least && number <= option->most;
}

int option_find_word(const struct option *option, const char *word)
{
	for (int i = 0; option->words[i]; i++) {
		const char *each = option->words[i];
		if (option->any_case ? strcasecmp(each, word) == 0 : strcmp(each, word) == 0)
			return i + 1;
	}
	return 0;
}

static bool is_word_for_duration(const struct option *option, int64_t number)
{
	return option->kind == OPTION_KIND_DURATION && option->words[0] &&
	       number == OPTION_DURATION_WORD;
}

void option_format_number(const struct option *option, int64_t number, char *text, size_t size)
{
	char duration[DURATION_TEXT_MAX];
	if (option->kind == OPTION_KIND_CHOICE) {
		snprintf(text, size, "%s", option->words[number - 1]);
	} else if (is_word_for_duration(option, number)) {
		snprintf(text, size, "%s", option->words[0]);
	} else if (option->kind == OPTION_KIND_DURATION) {
		duration_format(number, duration);
		snprintf(text, size, "%s", duration);
	} else if (option->kind == OPTION_KIND_PERCENT) {
		snprintf(text, size, "%.9g", (double)number / (double)OPTION_PERCENT);
	} else {
		snprintf(text, size, "%lld", (long long)number);
	}
}

/* Appends to what option_allowed() writes. */
static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text + length, OPTION_ALLOWED_MAX - length, format, arguments);
	va_end(arguments);
}

/* "echo or connect", "4, 6 or any". */
static void append_words(const struct option *option, enum option_style style, char *text)
{
	const char *comma = "";
	for (int i = 0; option->words[i]; i++) {
		const char *word = option->words[i];
		const char *quote = style == OPTION_STYLE_DOCUMENT ? "`" : "";
		if (style == OPTION_STYLE_COLLECTD && !is_digit(word[0]))
			quote = "\"";
		if (i > 0)
			comma = option->words[i + 1] ? ", " : " or ";
		append(text, "%s%s%s%s", comma, quote, word, quote);
	}
}

/* "1ms to 24h"; in collectd durations are seconds. */
static void append_range(const struct option *option, enum option_style style, char *text)
{
	char least[DURATION_TEXT_MAX];
	char most[DURATION_TEXT_MAX];
	option_format_number(option, option->least, least, sizeof(least));
	option_format_number(option, option->most, most, sizeof(most));
	if (option->kind == OPTION_KIND_DURATION && style == OPTION_STYLE_COLLECTD)
		append(text, "%.10g to %.10g seconds", (double)option->least / (double)NS_PER_S,
			(double)option->most / (double)NS_PER_S);
	else
		append(text, "%s to %s", least, most);
}

int option_check_range(const struct option *option, int64_t number, struct text_error *error)
{
	if (is_word_for_duration(option, number) || option_is_in_range(option, number))
		return 0;
	char value[DURATION_TEXT_MAX];
	char allowed[OPTION_ALLOWED_MAX] = "";
	option_format_number(option, number, value, sizeof(value));
	append_range(option, OPTION_STYLE_PLAIN, allowed);
	text_error_set(error, 0, "%s: %s is out of range; allowed: %s",
		option->key ? option->key : option->flag, value, allowed);
	return -EINVAL;
}

static void append_duration(const struct option *option, enum option_style style, char *text)
{
	static const char *const quotes[] = {
		[OPTION_STYLE_PLAIN] = "",
		[OPTION_STYLE_COLLECTD] = "\"",
		[OPTION_STYLE_DOCUMENT] = "`",
	};
	append_range(option, style, text);
	if (style == OPTION_STYLE_COLLECTD)
		append(text, ", or text such as \"200ms\" or \"1m30s\"");
	else if (style == OPTION_STYLE_PLAIN)
		append(text, ", with its unit, e.g. %s",
			option->initial ? option->initial : "200ms");
	if (option->words[0])
		append(text, ", or %s%s%s", quotes[style], option->words[0], quotes[style]);
}

static void append_dscp(const struct option *option, enum option_style style, char *text)
{
	static const char *const names[] = {
		[OPTION_STYLE_PLAIN] = "ef, af41, cs1",
		[OPTION_STYLE_COLLECTD] = "\"ef\"",
		[OPTION_STYLE_DOCUMENT] = "`ef`, `af41`, `cs1`",
	};
	append_range(option, style, text);
	append(text, ", or a name like %s", names[style]);
}

static void append_networks(const struct option *option, const char *quoted, char *text)
{
	if (option->kind == OPTION_KIND_NETWORKS)
		append(text, "IP addresses and networks separated by commas, e.g. %s%s",
			"10.0.0.0/8,2001:db8::/32", quoted);
	else
		append(text, "networks, with a port or ports or without, e.g. %s%s",
			"10.0.0.0/8:4000-4010,[2001:db8::/32]:7", quoted);
}

static void append_path(const struct option *option, enum option_style style, char *text)
{
	static const char network[] = "http://..., https://..., dns:NAME:PORT or srv:NAME";
	bool is_collectd = style == OPTION_STYLE_COLLECTD;
	if (option->kind == OPTION_KIND_PATH)
		append(text, "the %spath of a %s file", is_collectd ? "absolute " : "",
			option->content);
	else if (!is_collectd)
		append(text, "a path, a pattern of paths, %s", network);
	else if (option->id == OPTION_TARGETS)
		append(text, "the absolute path of a file, or a pattern, in quotes");
	else
		append(text, "%s, in quotes", network);
}

void option_allowed(const struct option *option, enum option_style style, char *text)
{
	const char *quoted = style == OPTION_STYLE_COLLECTD ? ", in quotes" : "";
	text[0] = '\0';
	switch (option->kind) {
	case OPTION_KIND_DURATION:
		append_duration(option, style, text);
		return;
	case OPTION_KIND_PERCENT:
		append_range(option, style, text);
		return;
	case OPTION_KIND_NUMBER:
		append_range(option, style, text);
		append(text, "%s", style == OPTION_STYLE_COLLECTD ? ", without quotes" : "");
		return;
	case OPTION_KIND_CHOICE:
		append_words(option, style, text);
		return;
	case OPTION_KIND_DSCP:
		append_dscp(option, style, text);
		return;
	case OPTION_KIND_IP_ADDRESS:
		append(text, "an IP address of this machine%s", quoted);
		return;
	case OPTION_KIND_INTERFACE:
		append(text, "1 to %d ASCII characters without blanks or '/'%s",
			OPTION_INTERFACE_MAX, quoted);
		return;
	case OPTION_KIND_NETWORKS:
	case OPTION_KIND_DESTINATIONS:
		append_networks(option, quoted, text);
		return;
	case OPTION_KIND_ENDPOINT_TO_LISTEN:
		append(text, "host:port, or :port for every address%s", quoted);
		return;
	case OPTION_KIND_ENDPOINT_TO_DIAL:
		append(text, "host:port, or :port for localhost%s", quoted);
		return;
	case OPTION_KIND_PATH:
	case OPTION_KIND_SOURCE:
		append_path(option, style, text);
		return;
	case OPTION_KIND_BOOLEAN:
		append(text, "true or false");
		return;
	case OPTION_KIND_SWITCH:
		append(text, "on or off");
		return;
	case OPTION_KIND_SHARE:
		append(text, "off, or 1/%lld to 1/%lld%s", (long long)option->least,
			(long long)option->most, quoted);
		return;
	case OPTION_KIND_SERVICE_NAME:
		append(text,
			"1 to 64 letters, digits, '-', '_' and '.', not beginning with '-' or '.'");
		return;
	case OPTION_KIND_TEXT:
	case OPTION_KIND_LABELS:
		return;
	}
	__builtin_unreachable();
}
