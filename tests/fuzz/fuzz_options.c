/* SPDX-License-Identifier: MIT */
/* Any command line is accepted, or refused with one line. Input: arguments, each ended by NUL. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "exporter/description.h"
#include "exporter/options.h"

#define ARGUMENTS_MAX 32

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int argc, char *const argv[])
{
	struct options options;
	struct text_error error = {.reason = ""};
	if (options_parse(argc, argv, &options, &error) == 0) {
		struct buffer buffer = {0};
		const struct description description = {
			.options = &options, .targets = &options.settings.targets};
		description_append(&description, &buffer);
		buffer_clear(&buffer);
		if (options.action == OPTIONS_RUN && settings_check(&options.settings, NULL) != 0)
			abort();
	} else if (error.reason[0] == '\0' ||
		   utf8_has_control(error.reason, strlen(error.reason))) {
		abort();
	}
	options_clear(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	char name[] = "tcp-echo-metrics";
	char *argv[ARGUMENTS_MAX + 1] = {name};
	int argc = 1;
	for (char *at = text; at < text + size && argc < ARGUMENTS_MAX; at += strlen(at) + 1)
		argv[argc++] = at;
	check(argc, argv);
	free(text);
	return 0;
}
