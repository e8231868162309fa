/* SPDX-License-Identifier: MIT */
/* Whatever headers hold, reading them ends, stays in bounds and yields one of the answers there
 * are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scrape/negotiation.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *header = malloc(size + 1);
	if (header == NULL)
		return 0;
	memcpy(header, data, size);
	header[size] = '\0';
	enum exposition_format format = negotiation_format(header);
	if (format != EXPOSITION_TEXT && format != EXPOSITION_OPENMETRICS)
		abort();
	/* What names neither gzip nor everything cannot have asked for it. */
	if (negotiation_takes_gzip(header) && strcasestr(header, "gzip") == NULL &&
		strchr(header, '*') == NULL)
		abort();
	free(header);
	return 0;
}
