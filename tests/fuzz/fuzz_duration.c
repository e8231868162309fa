/* SPDX-License-Identifier: MIT */
/* Any text is a duration or is refused; a duration prints as text that reads back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	int64_t duration_ns = 0;
	if (text != NULL && duration_parse(text, &duration_ns) == 0) {
		char written[DURATION_TEXT_MAX];
		duration_format(duration_ns, written);
		int64_t again_ns = 0;
		if (duration_parse(written, &again_ns) != 0 || again_ns != duration_ns)
			abort();
	}
	free(text);
	return 0;
}
