/* SPDX-License-Identifier: MIT */
#include "service/systemd_unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "words.h"

static void assert_holds(const struct buffer *text, const char *wanted, bool holds)
{
	ck_assert_msg((strstr(text->data, wanted) != NULL) == holds, "%s %s: %s",
		holds ? "lacks" : "has", wanted, text->data);
}

static const struct {
	const char *says;
	const char *word;
	bool is_program;
	const char *written;
} words[] = {
	{"plain", "-mode=client", false, "-mode=client"},
	{"a path", "/usr/bin/tcp-echo-metrics", true, "/usr/bin/tcp-echo-metrics"},
	{"addresses", "-target=[::1]:4000", false, "\"-target=[::1]:4000\""},
	{"empty", "", false, "\"\""},
	{"a space", "-targets=/a b", false, "\"-targets=/a b\""},
	{"a tab and a newline", "a\tb\nc", false, "\"a\\x09b\\x0ac\""},
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

START_TEST(writes_words_as_systemd_reads_them)
{
	struct buffer text = {0};
	systemd_unit_append_word(words[_i].word, words[_i].is_program, &text);
	assert_text(&text, words[_i].written, words[_i].says);
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

START_TEST(gives_a_unit_only_the_rights_that_it_needs)
{
	const char *const program[WORDS_MAX] = {"/x"};
	struct service_command command = command_of(program);
	const struct systemd_unit unit = {
		.name = "a",
		.command = &command,
		.is_for_anyone = users[_i].is_for_anyone,
		.low_ports = users[_i].low_ports,
	};
	struct buffer text = {0};
	char line[128];
	systemd_unit_append(&unit, &text);
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

static const struct {
	const char *says;
	bool notifies;
	const char *type;
	bool has_watchdog;
} kinds[] = {
	{"a build that notifies", true, "\nType=notify\n", true},
	{"one that does not", false, "\nType=exec\n", false},
};

START_TEST(writes_units_with_and_without_notification)
{
	const char *const command_words[WORDS_MAX] = {"/a b", "-target=$x"};
	struct service_command command = command_of(command_words);
	const struct systemd_unit unit = {
		.name = "a.b", .command = &command, .notifies = kinds[_i].notifies};
	struct buffer text = {0};
	systemd_unit_append(&unit, &text);
	buffer_append(&text, "", 1);
	ck_assert_int_eq(strncmp(text.data, "# " SERVICE_MARK, strlen("# " SERVICE_MARK)), 0);
	assert_holds(&text, "\n# -svc=uninstall -name=a.b removes it.\n[Unit]\n", true);
	assert_holds(&text, "\nExecStart=\"/a b\" \"-target=$$x\"\n", true);
	assert_holds(&text, kinds[_i].type, true);
	assert_holds(&text, "\nWatchdogSec=30\n", kinds[_i].has_watchdog);
	buffer_clear(&text);
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
	{"control characters, which it escapes", {"/a\nb\x7f"}, NULL},
	{"a stray byte", {"/a", "-x=\xe4", "z"}, "\"-x=?\""},
};

START_TEST(refuses_words_that_are_not_utf_8)
{
	struct service_command command = command_of(checks[_i].words);
	struct text_error error = {.reason = ""};
	int result = systemd_unit_check(&command, &error);
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
	TCase *tcase = tcase_create("systemd_unit");
	tcase_add_loop_test(tcase, writes_words_as_systemd_reads_them, 0, ROWS(words));
	tcase_add_loop_test(tcase, gives_a_unit_only_the_rights_that_it_needs, 0, ROWS(users));
	tcase_add_loop_test(tcase, writes_units_with_and_without_notification, 0, ROWS(kinds));
	tcase_add_loop_test(tcase, refuses_words_that_are_not_utf_8, 0, ROWS(checks));
	return unit_run("service/systemd_unit", tcase);
}
