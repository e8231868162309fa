/* SPDX-License-Identifier: MIT */
#include "config/discovery_settings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Which option a text is. */
static const enum option_id text_options[DISCOVERY_TEXTS] = {
	[DISCOVERY_CA_FILE] = OPTION_TARGETS_CA_FILE,
	[DISCOVERY_CERT_FILE] = OPTION_TARGETS_CERT_FILE,
	[DISCOVERY_KEY_FILE] = OPTION_TARGETS_KEY_FILE,
	[DISCOVERY_TOKEN_FILE] = OPTION_TARGETS_TOKEN_FILE,
	[DISCOVERY_USER] = OPTION_TARGETS_USER,
	[DISCOVERY_PASSWORD_FILE] = OPTION_TARGETS_PASSWORD_FILE,
	[DISCOVERY_SELF] = OPTION_SELF,
	[DISCOVERY_GROUP_LABEL] = OPTION_GROUP_LABEL,
};

/* Returns DISCOVERY_TEXTS where it is none. */
static int find_text(enum option_id id)
{
	int text = 0;
	while (text < DISCOVERY_TEXTS && text_options[text] != id)
		text++;
	return text;
}

static int64_t initial_ns(enum option_id id)
{
	struct option_value value = {0};
	option_value_initial(option_get(id), &value);
	return value.number;
}

void discovery_settings_init(struct discovery_settings *settings)
{
	*settings = (struct discovery_settings){
		.refresh_ns = initial_ns(OPTION_TARGETS_REFRESH),
		.timeout_ns = initial_ns(OPTION_TARGETS_TIMEOUT),
	};
}

bool discovery_settings_has(enum option_id id)
{
	return id == OPTION_TARGETS || id == OPTION_TARGETS_FROM || id == OPTION_TARGETS_REFRESH ||
	       id == OPTION_TARGETS_TIMEOUT || id == OPTION_PROBERS_PER_TARGET ||
	       find_text(id) < DISCOVERY_TEXTS;
}

bool discovery_text_is_path(enum discovery_text text)
{
	return option_get(text_options[text])->kind == OPTION_KIND_PATH;
}

int discovery_settings_set(
	struct discovery_settings *settings, enum option_id id, const struct option_value *value)
{
	if (id == OPTION_TARGETS_REFRESH) {
		settings->refresh_ns = value->number;
		return 0;
	}
	if (id == OPTION_TARGETS_TIMEOUT) {
		settings->timeout_ns = value->number;
		return 0;
	}
	if (id == OPTION_PROBERS_PER_TARGET) {
		settings->probers_per_target = (unsigned)value->number;
		return 0;
	}
	char *copy = strdup(value->text);
	if (!copy)
		return -ENOMEM;
	int text = find_text(id);
	if (text < DISCOVERY_TEXTS) {
		free(settings->texts[text]);
		settings->texts[text] = copy;
		return 0;
	}
	assert(settings->source_count < TARGET_SOURCES_MAX);
	settings->sources[settings->source_count++] = copy;
	return 0;
}

/* Those of which one is nothing without the other, and those that exclude each other. */
static const struct {
	enum discovery_text one;
	enum discovery_text other;
	bool excludes;
} pairs[] = {
	{DISCOVERY_CERT_FILE, DISCOVERY_KEY_FILE, false},
	{DISCOVERY_KEY_FILE, DISCOVERY_CERT_FILE, false},
	{DISCOVERY_USER, DISCOVERY_PASSWORD_FILE, false},
	{DISCOVERY_PASSWORD_FILE, DISCOVERY_USER, false},
	{DISCOVERY_TOKEN_FILE, DISCOVERY_USER, true},
	{DISCOVERY_GROUP_LABEL, DISCOVERY_SELF, false},
};

/* option's name is first in the line, and the front's sign stands before it. */
static int refuse(enum option_id id, const char *reason, enum option_id other,
	enum option_style style, struct text_error *error)
{
	bool is_collectd = style == OPTION_STYLE_COLLECTD;
	const struct option *culprit = option_get(id);
	const struct option *partner = option_get(other);
	text_error_set(error, 0, "%s: %s %s%s", is_collectd ? culprit->collectd : culprit->flag,
		reason, is_collectd ? "" : "-", is_collectd ? partner->collectd : partner->flag);
	return -EINVAL;
}

int discovery_settings_check(const struct discovery_settings *settings, enum option_style style,
	struct text_error *error)
{
	static const char without[] = "is of no use without";
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		bool has_other = settings->texts[pairs[i].other];
		if (settings->texts[pairs[i].one] && has_other == pairs[i].excludes)
			return refuse(text_options[pairs[i].one],
				pairs[i].excludes ? "cannot be combined with" : without,
				text_options[pairs[i].other], style, error);
	}
	bool has_self = settings->texts[DISCOVERY_SELF];
	bool has_probers = settings->probers_per_target > 0;
	if (has_self && !has_probers)
		return refuse(OPTION_SELF, without, OPTION_PROBERS_PER_TARGET, style, error);
	if (has_probers && !has_self)
		return refuse(OPTION_PROBERS_PER_TARGET, without, OPTION_SELF, style, error);
	return 0;
}

void discovery_settings_clear(struct discovery_settings *settings)
{
	for (size_t i = 0; i < settings->source_count; i++)
		free(settings->sources[i]);
	for (int i = 0; i < DISCOVERY_TEXTS; i++)
		free(settings->texts[i]);
	discovery_settings_init(settings);
}
