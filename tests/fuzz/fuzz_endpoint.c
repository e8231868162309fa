/* SPDX-License-Identifier: MIT */
/* What endpoint_parse() accepts is fit for a label, and reads back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "base/utf8.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, enum endpoint_use use)
{
	struct endpoint endpoint;
	const char *reason = NULL;
	if (endpoint_parse(text, use, &endpoint, &reason) != 0) {
		if (reason == NULL)
			abort();
		return;
	}
	char written[ENDPOINT_TEXT_MAX];
	endpoint_format(&endpoint, written);
	if (utf8_has_control(written, strlen(written)))
		abort();
	struct endpoint again;
	if (endpoint_parse(written, use, &again, &reason) != 0 || again.port != endpoint.port ||
		strcmp(again.host, endpoint.host) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	if (text != NULL) {
		check(text, ENDPOINT_TO_DIAL);
		check(text, ENDPOINT_TO_LISTEN);
	}
	free(text);
	return 0;
}
