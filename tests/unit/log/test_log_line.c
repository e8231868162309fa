/* SPDX-License-Identifier: MIT */
#include "log/log_line.h"

#include <string.h>

#include "../unit.h"

/* 2026-11-22T20:51:36.123456789Z */
#define TIME_NS INT64_C(1795380696123456789)

static const struct {
	const char *says;
	const char *subject;
	const char *message;
	const char *text;
	const char *json;
} lines[] = {
	{"with a target", "server1", "connected",
		"2026-11-22T20:51:36.123Z info    server1: connected\n",
		"{\"time\":\"2026-11-22T20:51:36.123Z\",\"level\":\"info\",\"target\":\"server1\","
		"\"message\":\"connected\"}\n"},
	{"without", NULL, "starting", "2026-11-22T20:51:36.123Z info    starting\n",
		"{\"time\":\"2026-11-22T20:51:36.123Z\",\"level\":\"info\",\"message\":"
		"\"starting\"}\n"},
	{"empty", NULL, "", "2026-11-22T20:51:36.123Z info    \n",
		"{\"time\":\"2026-11-22T20:51:36.123Z\",\"level\":\"info\",\"message\":\"\"}\n"},
	{"characters that JSON escapes", "\"a\\", "\\\"b\"",
		"2026-11-22T20:51:36.123Z info    \"a\\: \\\"b\"\n",
		"{\"time\":\"2026-11-22T20:51:36.123Z\",\"level\":\"info\",\"target\":"
		"\"\\\"a\\\\\","
		"\"message\":\"\\\\\\\"b\\\"\"}\n"},
	{"characters that no line may contain", "\xff", "a\nb",
		"2026-11-22T20:51:36.123Z info    ?: a?b\n",
		"{\"time\":\"2026-11-22T20:51:36.123Z\",\"level\":\"info\",\"target\":\"?\","
		"\"message\":\"a?b\"}\n"},
};

static void check_line(int row, enum log_format format, const char *wanted)
{
	struct buffer buffer = {0};
	log_line_append(
		&buffer, format, TIME_NS, LOG_LEVEL_INFO, lines[row].subject, lines[row].message);
	buffer_append(&buffer, "", 1);
	ck_assert_msg(strcmp(buffer.data, wanted) == 0, "%s: %s", lines[row].says, buffer.data);
	buffer_clear(&buffer);
}

START_TEST(formats_text_and_json)
{
	check_line(_i, LOG_FORMAT_TEXT, lines[_i].text);
	check_line(_i, LOG_FORMAT_JSON, lines[_i].json);
}
END_TEST

static const struct {
	const char *says;
	const char *subject;
	const char *message;
	const char *line; /* Behind time and level. */
} logfmt[] = {
	{"words", NULL, "up", " msg=up\n"},
	{"a sentence of a target", "server1", "down: refused",
		" target=server1 msg=\"down: refused\"\n"},
	{"nothing", NULL, "", " msg=\"\"\n"},
	{"what would end a value", "a=b", "say \"x\\\"",
		" target=\"a=b\" msg=\"say \\\"x\\\\\\\"\"\n"},
	{"letters beyond ASCII", "Z\xc3\xbcrich", "a\nb", " target=Z\xc3\xbcrich msg=a?b\n"},
};

START_TEST(formats_logfmt)
{
	struct buffer buffer = {0};
	log_line_append(&buffer, LOG_FORMAT_LOGFMT, TIME_NS, LOG_LEVEL_INFO, logfmt[_i].subject,
		logfmt[_i].message);
	buffer_append(&buffer, "", 1);
	static const char head[] = "time=2026-11-22T20:51:36.123Z level=info";
	ck_assert_msg(strncmp(buffer.data, head, strlen(head)) == 0, "%s", buffer.data);
	ck_assert_msg(strcmp(buffer.data + strlen(head), logfmt[_i].line) == 0, "%s: %s",
		logfmt[_i].says, buffer.data);
	buffer_clear(&buffer);
}
END_TEST

static const struct {
	enum log_level level;
	const char *text;
	const char *json;
} levels[] = {
	{LOG_LEVEL_ERROR, " error   x\n", ",\"level\":\"error\","},
	{LOG_LEVEL_WARNING, " warning x\n", ",\"level\":\"warning\","},
	{LOG_LEVEL_INFO, " info    x\n", ",\"level\":\"info\","},
	{LOG_LEVEL_DEBUG, " debug   x\n", ",\"level\":\"debug\","},
};

START_TEST(names_each_level)
{
	for (int json = 0; json <= 1; json++) {
		const char *wanted = json ? levels[_i].json : levels[_i].text;
		struct buffer buffer = {0};
		log_line_append(&buffer, json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, TIME_NS,
			levels[_i].level, NULL, "x");
		buffer_append(&buffer, "", 1);
		ck_assert_msg(strstr(buffer.data, wanted) != NULL, "%s", buffer.data);
		buffer_clear(&buffer);
	}
}
END_TEST

START_TEST(cuts_what_is_too_long)
{
	char message[2 * LOG_MESSAGE_MAX];
	struct buffer buffer = {0};
	memset(message, '"', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	log_line_append(&buffer, LOG_FORMAT_JSON, TIME_NS, LOG_LEVEL_INFO, message, message);
	buffer_append(&buffer, "", 1);
	ck_assert_uint_lt(buffer.length, 3000);
	ck_assert_str_eq(buffer.data + buffer.length - 4, "\"}\n");
	buffer_clear(&buffer);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("log_line");
	tcase_add_loop_test(tcase, formats_text_and_json, 0, ROWS(lines));
	tcase_add_loop_test(tcase, formats_logfmt, 0, ROWS(logfmt));
	tcase_add_loop_test(tcase, names_each_level, 0, ROWS(levels));
	tcase_add_test(tcase, cuts_what_is_too_long);
	return unit_run("log/log_line", tcase);
}
