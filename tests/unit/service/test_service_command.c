/* SPDX-License-Identifier: MIT */
#include "service/service_command.h"

#include <unistd.h>

#include "../unit.h"
#include "words.h"

#define FLAGS_MAX 4

static const struct {
	const char *says;
	struct service_flag flags[FLAGS_MAX];
	const char *words; /* Each after a '|'. The program is /a/x, the service other, in /usr. */
} commands[] = {
	{"no flags", {{NULL, NULL, false}}, "|/a/x|-svc=run|-name=other"},
	{"flags in order", {{"mode", "both", false}, {"window", "8", false}},
		"|/a/x|-mode=both|-window=8|-svc=run|-name=other"},
	{"a boolean", {{"json-logs", "true", false}}, "|/a/x|-json-logs=true|-svc=run|-name=other"},
	{"a path", {{"targets", "./t 1.json", true}, {"window", "8", false}},
		"|/a/x|-targets=/usr/t 1.json|-window=8|-svc=run|-name=other"},
	{"an absolute path", {{"targets", "/t.json", true}},
		"|/a/x|-targets=/t.json|-svc=run|-name=other"},
	{"what only looks like a path", {{"listen", "./t", false}},
		"|/a/x|-listen=./t|-svc=run|-name=other"},
	{"an empty value", {{"source", "", false}}, "|/a/x|-source=|-svc=run|-name=other"},
};

START_TEST(makes_the_command_line_of_a_service)
{
	struct service_command command = {.count = 0};
	struct text_error error = {.reason = ""};
	struct buffer words = {0};
	struct service_request request = {.name = "other", .flags = commands[_i].flags};
	while (request.flag_count < FLAGS_MAX && commands[_i].flags[request.flag_count].name)
		request.flag_count++;
	ck_assert_int_eq(chdir("/usr"), 0);
	ck_assert_int_eq(service_command_make("/a/x", &request, &command, &error), 0);
	for (size_t i = 0; i < command.count; i++)
		buffer_append_format(&words, "|%s", command.words[i]);
	assert_text(&words, commands[_i].words, commands[_i].says);
	service_command_clear(&command);
}
END_TEST

START_TEST(takes_no_more_words_than_fit)
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
	tcase_add_loop_test(tcase, makes_the_command_line_of_a_service, 0, ROWS(commands));
	tcase_add_test(tcase, takes_no_more_words_than_fit);
	return unit_run("service/service_command", tcase);
}
