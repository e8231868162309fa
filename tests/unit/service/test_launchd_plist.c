/* SPDX-License-Identifier: MIT */
#include "service/launchd_plist.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"
#include "words.h"

static const struct {
	const char *says;
	const char *words[WORDS_MAX];
	const char *log;
	const char *arguments;
	const char *log_written;
} lists[] = {
	{"just the program", {"/a"}, "/var/log/a.log", "\t\t<string>/a</string>\n",
		"/var/log/a.log"},
	{"flags", {"/a", "-mode=both", "-svc=run"}, "/l",
		"\t\t<string>/a</string>\n\t\t<string>-mode=both</string>\n\t\t<string>-svc=run</string>\n",
		"/l"},
	{"characters that XML escapes", {"/a<b>", "-target=\"x&y'"}, "/<&>",
		"\t\t<string>/a&lt;b&gt;</string>\n\t\t<string>-target=\"x&amp;y'</string>\n",
		"/&lt;&amp;&gt;"},
	{"an empty word and spaces", {"/a b", ""}, "/l",
		"\t\t<string>/a b</string>\n\t\t<string></string>\n", "/l"},
	{"UTF-8", {"/\xc3\xa4"}, "/l", "\t\t<string>/\xc3\xa4</string>\n", "/l"},
};

START_TEST(writes_a_property_list)
{
	struct service_command command = command_of(lists[_i].words);
	struct buffer text = {0};
	struct buffer wanted = {0};
	launchd_plist_append("tem.a", &command, lists[_i].log, &text);
	buffer_append_format(&wanted,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!-- Written by tcp-echo-metrics -svc=install -->\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\">\n"
		"<dict>\n"
		"\t<key>Label</key>\n"
		"\t<string>tem.a</string>\n"
		"\t<key>ProgramArguments</key>\n"
		"\t<array>\n"
		"%s"
		"\t</array>\n"
		"\t<key>RunAtLoad</key>\n"
		"\t<true/>\n"
		"\t<key>KeepAlive</key>\n"
		"\t<dict>\n"
		"\t\t<key>SuccessfulExit</key>\n"
		"\t\t<false/>\n"
		"\t</dict>\n"
		"\t<key>StandardErrorPath</key>\n"
		"\t<string>%s</string>\n"
		"</dict>\n"
		"</plist>\n",
		lists[_i].arguments, lists[_i].log_written);
	buffer_append(&wanted, "", 1);
	assert_text(&text, wanted.data, lists[_i].says);
	buffer_clear(&wanted);
	service_command_clear(&command);
}
END_TEST

static const struct {
	const char *says;
	const char *words[WORDS_MAX];
	const char *quoted; /* NULL: accepted. */
} checks[] = {
	{"ASCII", {"/a b", "-x=\"y\"", ""}, NULL},
	{"UTF-8", {"/\xc3\xa4"}, NULL},
	{"a stray byte", {"/a", "-x=\xe4", "z"}, "\"-x=?\""},
	{"a newline", {"/a\nb"}, "\"/a?b\""},
	{"delete", {"/a", "b\x7f"}, "\"b?\""},
};

START_TEST(refuses_words_that_xml_cannot_contain)
{
	struct service_command command = command_of(checks[_i].words);
	struct text_error error = {.reason = ""};
	int result = launchd_plist_check(&command, &error);
	ck_assert_msg(result == (checks[_i].quoted ? -EILSEQ : 0), "%s", checks[_i].says);
	if (checks[_i].quoted)
		ck_assert_msg(
			strncmp(error.reason, checks[_i].quoted, strlen(checks[_i].quoted)) == 0,
			"%s: %s", checks[_i].says, error.reason);
	service_command_clear(&command);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("launchd_plist");
	tcase_add_loop_test(tcase, writes_a_property_list, 0, ROWS(lists));
	tcase_add_loop_test(tcase, refuses_words_that_xml_cannot_contain, 0, ROWS(checks));
	return unit_run("service/launchd_plist", tcase);
}
