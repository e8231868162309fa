/* SPDX-License-Identifier: MIT */
#include "base/json_text.h"

#include <string.h>

void json_append_string(struct buffer *buffer, const char *text)
{
	buffer_append_text(buffer, "\"");
	for (;;) {
		size_t plain = strcspn(text, "\"\\");
		buffer_append(buffer, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		buffer_append_text(buffer, "\\");
		buffer_append(buffer, text++, 1);
	}
	buffer_append_text(buffer, "\"");
}
