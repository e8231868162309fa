/* SPDX-License-Identifier: MIT */
#include "exporter/service_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"

#define WORDS_MAX 6

/* Compares and clears. */
static void assert_text(struct buffer *text, const char *wanted, const char *says)
{
	buffer_append(text, "", 1);
	ck_assert(!text->failed);
	ck_assert_msg(strcmp(text->data, wanted) == 0, "%s: %s", says, text->data);
	buffer_clear(text);
}

static void assert_holds(const struct buffer *text, const char *wanted, bool holds)
{
	ck_assert_msg((strstr(text->data, wanted) != NULL) == holds, "%s %s: %s",
		holds ? "lacks" : "has", wanted, text->data);
}

static void add_words(struct service_command *command, const char *const *words)
{
	for (int i = 0; i < WORDS_MAX && words[i] != NULL; i++)
		ck_assert_int_eq(service_command_add(command, words[i], NULL), 0);
}

static const struct {
	const char *says;
	const char *word;
	bool is_program;
	const char *written;
} systemd_words[] = {
	{"plain", "-mode=client", false, "-mode=client"},
	{"a path", "/usr/bin/tcp-echo-metrics", true, "/usr/bin/tcp-echo-metrics"},
	{"addresses", "-target=[::1]:4000", false, "\"-target=[::1]:4000\""},
	{"empty", "", false, "\"\""},
	{"a space", "-targets=/a b", false, "\"-targets=/a b\""},
	{"a tab and a line end", "a\tb\nc", false, "\"a\\x09b\\x0ac\""},
	{"delete", "a\x7f", false, "\"a\\x7f\""},
	{"quotation marks", "a\"b'c", false, "\"a\\\"b'c\""},
	{"backslashes", "a\\b\\", false, "\"a\\\\b\\\\\""},
	{"a specifier", "%n", false, "\"%%n\""},
	{"a specifier in the program", "/a%n", true, "\"/a%%n\""},
	{"a variable", "${HOME}$", false, "\"$${HOME}$$\""},
	{"no variable in the program", "/a$HOME", true, "\"/a$HOME\""},
	{"a semicolon", ";", false, "\";\""},
	{"a comment", "#", false, "\"#\""},
	{"UTF-8", "-targets=/\xc3\xa4", false, "\"-targets=/\xc3\xa4\""},
};

START_TEST(writes_words_for_systemd)
{
	struct buffer text = {0};
	service_systemd_word_append(systemd_words[_i].word, systemd_words[_i].is_program, &text);
	assert_text(&text, systemd_words[_i].written, systemd_words[_i].says);
}
END_TEST

/* By "Parsing C Command-Line Arguments" of Microsoft's manual. */
static const struct {
	const char *says;
	const char *words[WORDS_MAX];
	const char *line;
} windows_lines[] = {
	{"the program alone", {"C:\\a\\x.exe"}, "\"C:\\a\\x.exe\""},
	{"a program with spaces", {"C:\\a b\\x.exe", "-a=b"}, "\"C:\\a b\\x.exe\" -a=b"},
	{"spaces", {"x", "-a=b c"}, "\"x\" \"-a=b c\""},
	{"nothing", {"x", "", "y"}, "\"x\" \"\" y"},
	{"a quotation mark", {"x", "a\"b"}, "\"x\" \"a\\\"b\""},
	{"backslashes that mean themselves", {"x", "a\\\\b"}, "\"x\" a\\\\b"},
	{"backslashes and spaces", {"x", "a\\b c"}, "\"x\" \"a\\b c\""},
	{"a backslash at the end", {"x", "a b\\"}, "\"x\" \"a b\\\\\""},
	{"a backslash before a quotation mark", {"x", "a\\\"b"}, "\"x\" \"a\\\\\\\"b\""},
	{"two at the end", {"x", "a \\\\"}, "\"x\" \"a \\\\\\\\\""},
};

START_TEST(writes_lines_for_windows)
{
	struct service_command command = {.count = 0};
	struct buffer text = {0};
	add_words(&command, windows_lines[_i].words);
	service_windows_line_append(&command, &text);
	assert_text(&text, windows_lines[_i].line, windows_lines[_i].says);
	service_command_clear(&command);
}
END_TEST

START_TEST(writes_a_property_list_for_launchd)
{
	const char *const words[WORDS_MAX] = {"/a<b>", "-target=\"x&y'"};
	struct service_command command = {.count = 0};
	struct buffer text = {0};
	add_words(&command, words);
	service_plist_append("tem.a", &command, "/var/log/tem.a.log", &text);
	assert_text(&text,
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
		"\t\t<string>/a&lt;b&gt;</string>\n"
		"\t\t<string>-target=\"x&amp;y'</string>\n"
		"\t</array>\n"
		"\t<key>RunAtLoad</key>\n"
		"\t<true/>\n"
		"\t<key>KeepAlive</key>\n"
		"\t<dict>\n"
		"\t\t<key>SuccessfulExit</key>\n"
		"\t\t<false/>\n"
		"\t</dict>\n"
		"\t<key>StandardErrorPath</key>\n"
		"\t<string>/var/log/tem.a.log</string>\n"
		"</dict>\n"
		"</plist>\n",
		"property list");
	service_command_clear(&command);
}
END_TEST

static const struct {
	const char *says;
	bool is_for_anyone;
	bool low_ports;
	bool dynamic_user;
	bool private_users;
	const char *bounding;
	const char *ambient;
} users[] = {
	{"nobody's files", true, false, true, true, "", ""},
	{"and a low port", true, true, true, false, "CAP_NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE"},
	{"somebody's files", false, false, false, false, "CAP_DAC_OVERRIDE", ""},
	{"and a low port there", false, true, false, false, "CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE",
		""},
};

START_TEST(gives_a_unit_the_rights_that_it_needs_and_no_others)
{
	const char *const words[WORDS_MAX] = {"/x"};
	struct service_command command = {.count = 0};
	add_words(&command, words);
	const struct service_unit unit = {
		.name = "a",
		.command = &command,
		.is_for_anyone = users[_i].is_for_anyone,
		.low_ports = users[_i].low_ports,
	};
	struct buffer text = {0};
	char line[128];
	service_unit_append(&unit, &text);
	buffer_append(&text, "", 1);
	assert_holds(&text, "\nDynamicUser=yes\nUser=tcp-echo-metrics\n", users[_i].dynamic_user);
	assert_holds(&text, "\nPrivateTmp=yes\n", users[_i].dynamic_user);
	assert_holds(&text, "\nPrivateUsers=yes\n", users[_i].private_users);
	snprintf(line, sizeof(line), "\nCapabilityBoundingSet=%s\nAmbientCapabilities=%s\n",
		users[_i].bounding, users[_i].ambient);
	assert_holds(&text, line, true);
	buffer_clear(&text);
	service_command_clear(&command);
}
END_TEST

START_TEST(writes_a_unit_that_notifies_or_not)
{
	const char *const words[WORDS_MAX] = {"/a b", "-target=$x"};
	struct service_command command = {.count = 0};
	add_words(&command, words);
	for (int notifies = 0; notifies <= 1; notifies++) {
		const struct service_unit unit = {
			.name = "a.b", .command = &command, .notifies = notifies != 0};
		struct buffer text = {0};
		service_unit_append(&unit, &text);
		buffer_append(&text, "", 1);
		ck_assert_int_eq(strncmp(text.data, "# " SERVICE_MARK, strlen(SERVICE_MARK)), 0);
		assert_holds(&text, "\n# -svc=uninstall -name=a.b removes it.\n[Unit]\n", true);
		assert_holds(&text, "\nExecStart=\"/a b\" \"-target=$$x\"\n", true);
		assert_holds(&text, "\nType=notify\n", notifies != 0);
		assert_holds(&text, "\nWatchdogSec=30\n", notifies != 0);
		assert_holds(&text, "\nType=exec\n", notifies == 0);
		buffer_clear(&text);
	}
	service_command_clear(&command);
}
END_TEST

START_TEST(records_what_was_given_in_its_long_spelling)
{
	char arguments[][32] = {"x", "-window", "7", "--svc", "install", "-mode=both", "-json-logs",
		"-window=8", "-targets=./t 1.json", "-check=false", "-name=other", "-svc=install"};
	char *argv[ROWS(arguments)];
	struct options options;
	struct text_error error = {.reason = ""};
	struct service_command command = {.count = 0};
	for (int i = 0; i < ROWS(arguments); i++)
		argv[i] = arguments[i];
	ck_assert_msg(
		options_parse(ROWS(arguments), argv, &options, &error) == 0, "%s", error.reason);
	ck_assert_int_eq(chdir("/usr"), 0);
	ck_assert_int_eq(service_command_make("/a/x", &options, &command, &error), 0);
	static const char *const words[] = {"/a/x", "-mode=both", "-targets=/usr/t 1.json",
		"-window=8", "-json-logs=true", "-svc=run", "-name=other"};
	ck_assert_uint_eq(command.count, ROWS(words));
	for (int i = 0; i < ROWS(words); i++)
		ck_assert_str_eq(command.words[i], words[i]);
	service_command_clear(&command);
	options_clear(&options);
}
END_TEST

START_TEST(takes_no_more_words_than_it_has_room_for)
{
	struct service_command command = {.count = 0};
	for (int i = 0; i < SERVICE_WORDS_MAX; i++)
		ck_assert_int_eq(service_command_add(&command, "x", "y"), 0);
	ck_assert_int_ne(service_command_add(&command, "x", NULL), 0);
	ck_assert_uint_eq(command.count, SERVICE_WORDS_MAX);
	ck_assert_str_eq(command.words[0], "-x=y");
	service_command_clear(&command);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("service_command");
	tcase_add_loop_test(tcase, writes_words_for_systemd, 0, ROWS(systemd_words));
	tcase_add_loop_test(tcase, writes_lines_for_windows, 0, ROWS(windows_lines));
	tcase_add_test(tcase, writes_a_property_list_for_launchd);
	tcase_add_loop_test(
		tcase, gives_a_unit_the_rights_that_it_needs_and_no_others, 0, ROWS(users));
	tcase_add_test(tcase, writes_a_unit_that_notifies_or_not);
	tcase_add_test(tcase, records_what_was_given_in_its_long_spelling);
	tcase_add_test(tcase, takes_no_more_words_than_it_has_room_for);
	return unit_run("exporter/service_command", tcase);
}
