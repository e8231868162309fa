/* SPDX-License-Identifier: MIT */
/* Whatever headers contain, parsing them ends, stays in bounds and yields a valid answer. */
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
	struct negotiation wishes = NEGOTIATION_NOTHING;
	negotiation_read_accept(&wishes, (struct span){header, size});
	negotiation_read_accept_encoding(&wishes, (struct span){header, size});
	enum exposition_format format = negotiation_format(&wishes);
	if (format != EXPOSITION_TEXT && format != EXPOSITION_OPENMETRICS)
		abort();
	/* A header that names neither gzip nor the wildcard cannot have asked for gzip. */
	for (size_t i = 0; i < size; i++)
		if (header[i] == '\0')
			header[i] = ' ';
	if (negotiation_takes_gzip(&wishes) && strcasestr(header, "gzip") == NULL &&
		strchr(header, '*') == NULL)
		abort();
	free(header);
	return 0;
}
