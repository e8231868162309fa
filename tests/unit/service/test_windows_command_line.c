/* SPDX-License-Identifier: MIT */
#include "service/windows_command_line.h"

#include "../unit.h"
#include "words.h"

/* By "Parsing C command-line arguments" in Microsoft's C documentation. */
static const struct {
	const char *says;
	const char *words[WORDS_MAX];
	const char *line;
} lines[] = {
	{"just the program", {"C:\\a\\x.exe"}, "\"C:\\a\\x.exe\""},
	{"a program with spaces", {"C:\\a b\\x.exe", "-a=b"}, "\"C:\\a b\\x.exe\" -a=b"},
	{"spaces", {"x", "-a=b c"}, "\"x\" \"-a=b c\""},
	{"nothing", {"x", "", "y"}, "\"x\" \"\" y"},
	{"a quotation mark", {"x", "a\"b"}, "\"x\" \"a\\\"b\""},
	{"literal backslashes", {"x", "a\\\\b"}, "\"x\" a\\\\b"},
	{"backslashes and spaces", {"x", "a\\b c"}, "\"x\" \"a\\b c\""},
	{"a backslash at the end", {"x", "a b\\"}, "\"x\" \"a b\\\\\""},
	{"a backslash before a quotation mark", {"x", "a\\\"b"}, "\"x\" \"a\\\\\\\"b\""},
	{"two backslashes at the end", {"x", "a \\\\"}, "\"x\" \"a \\\\\\\\\""},
};

START_TEST(writes_lines_that_windows_splits_correctly)
{
	struct service_command command = command_of(lines[_i].words);
	struct buffer text = {0};
	windows_command_line_append(&command, &text);
	assert_text(&text, lines[_i].line, lines[_i].says);
	service_command_clear(&command);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("windows_command_line");
	tcase_add_loop_test(tcase, writes_lines_that_windows_splits_correctly, 0, ROWS(lines));
	return unit_run("service/windows_command_line", tcase);
}
