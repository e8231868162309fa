/* SPDX-License-Identifier: MIT */
#include "service/windows_command_line.h"

#include <string.h>

static void append_word(const char *word, struct buffer *text)
{
	if (word[0] != '\0' && word[strcspn(word, " \t\n\v\"")] == '\0') {
		buffer_append_text(text, word);
		return;
	}
	buffer_append_text(text, "\"");
	while (*word != '\0') {
		/* Backslashes mean themselves, except before a quotation mark. */
		size_t backslashes = strspn(word, "\\");
		char next = word[backslashes];
		buffer_append(text, word, backslashes);
		if (next == '"' || next == '\0')
			buffer_append(text, word, backslashes);
		if (next == '"')
			buffer_append_text(text, "\\");
		word += backslashes;
		if (next != '\0')
			buffer_append(text, word++, 1);
	}
	buffer_append_text(text, "\"");
}

void windows_command_line_append(const struct service_command *command, struct buffer *text)
{
	for (size_t i = 0; i < command->count; i++) {
		/* The program's name cannot hold a quotation mark; nothing in it is escaped. */
		if (i == 0)
			buffer_append_format(text, "\"%s\"", command->words[i]);
		else
			append_word(command->words[i], text);
		buffer_append_text(text, i + 1 < command->count ? " " : "");
	}
}
