/* SPDX-License-Identifier: MIT */
#include "service/launchd_plist.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

int launchd_plist_check(const struct service_command *command, struct text_error *error)
{
	for (size_t i = 0; i < command->count; i++) {
		const char *word = command->words[i];
		if (utf8_has_control(word, strlen(word))) {
			text_error_set(error, 0,
				"\"%s\" is not valid UTF-8 without control characters, which launchd requires",
				word);
			return -EILSEQ;
		}
	}
	return 0;
}

static void append_xml(const char *word, struct buffer *text)
{
	for (; *word != '\0'; word++) {
		switch (*word) {
		case '&':
			buffer_append_text(text, "&amp;");
			break;
		case '<':
			buffer_append_text(text, "&lt;");
			break;
		case '>':
			buffer_append_text(text, "&gt;");
			break;
		default:
			buffer_append(text, word, 1);
		}
	}
}

void launchd_plist_append(const char *name, const struct service_command *command, const char *log,
	struct buffer *text)
{
	buffer_append_format(text,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!-- " SERVICE_MARK " -->\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\">\n"
		"<dict>\n"
		"\t<key>Label</key>\n"
		"\t<string>%s</string>\n"
		"\t<key>ProgramArguments</key>\n"
		"\t<array>\n",
		name);
	for (size_t i = 0; i < command->count; i++) {
		buffer_append_text(text, "\t\t<string>");
		append_xml(command->words[i], text);
		buffer_append_text(text, "</string>\n");
	}
	buffer_append_text(text, "\t</array>\n"
				 "\t<key>RunAtLoad</key>\n"
				 "\t<true/>\n"
				 "\t<key>KeepAlive</key>\n"
				 "\t<dict>\n"
				 "\t\t<key>SuccessfulExit</key>\n"
				 "\t\t<false/>\n"
				 "\t</dict>\n"
				 "\t<key>StandardErrorPath</key>\n"
				 "\t<string>");
	append_xml(log, text);
	buffer_append_text(text, "</string>\n"
				 "</dict>\n"
				 "</plist>\n");
}
