/* SPDX-License-Identifier: MIT */
/* Options of a target on one line, "interval=1s probe=connect", for tables. */
#ifndef UNIT_TARGET_OPTIONS_TEXT_H
#define UNIT_TARGET_OPTIONS_TEXT_H

#include <stdio.h>
#include <string.h>

#include "config/target_options.h"
#include "unit.h"

/* For all options together. */
#define TARGET_OPTIONS_TEXT_MAX 512

/* Sets the options in the text, by the keys of the targets file. */
static inline void target_options_text_read(const char *text, struct target_options *options)
{
	char word[128];
	while (sscanf(text, "%127s", word) == 1) {
		text = strstr(text, word) + strlen(word);
		char *value_text = strchr(word, '=');
		ck_assert_ptr_nonnull(value_text);
		*value_text++ = '\0';
		const struct option *option = option_find_key(word);
		ck_assert_msg(option && option->scope == OPTION_OF_TARGET, "%s", word);
		struct option_value value = {0};
		const char *reason = "";
		int result = option_value_parse(option, value_text, &value, &reason);
		ck_assert_msg(result == 0, "%s %s %s", word, value_text, reason);
		target_options_set(options, option, &value);
	}
}

/* Options of which only those in the text are given. */
static inline struct target_options target_options_of(const char *text)
{
	struct target_options options = {0};
	target_options_text_read(text, &options);
	return options;
}

/*
 * Prints those that are given and in which, one bit for each enum option_id, in the order of the
 * table. text: TARGET_OPTIONS_TEXT_MAX bytes.
 */
static inline void target_options_text_write(
	const struct target_options *options, uint64_t which, char *text)
{
	size_t length = 0;
	text[0] = '\0';
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		char value[OPTION_VALUE_TEXT_MAX];
		if (!(options->given & which & UINT64_C(1) << id))
			continue;
		target_options_format(options, option, value);
		length += (size_t)snprintf(text + length, TARGET_OPTIONS_TEXT_MAX - length,
			"%s%s=%s", length > 0 ? " " : "", option->key, value);
	}
}

#endif
