/* SPDX-License-Identifier: MIT */
/* Whatever a web configuration has in it: it is taken, or refused with one line that names the file. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/web_config.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	expect(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	struct web_config config;
	struct text_error error = {0};
	int result = web_config_parse(text, size, "/nonexistent/web.yml", &config, &error);
	if (result != 0) {
		expect(strncmp(error.reason, "/nonexistent/web.yml:", 21) == 0);
		expect(!strchr(error.reason, '\n') && error.line > 0);
	}
	web_config_clear(&config);
	free(text);
	return 0;
}
