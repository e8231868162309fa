/* SPDX-License-Identifier: MIT */
#include "exporter/as_service.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

#define WORDS_MAX 12

static const struct {
	const char *says;
	const char *words[WORDS_MAX];
	const char *name;
	const char *flags; /* "-name=value " of each; '*' before a path. */
	const char *targets;
	bool low_ports;
} requests[] = {
	{"nothing given", {"-svc=install"}, "tcp-echo-metrics", "", NULL, false},
	{"a name", {"-svc=install", "-name=x"}, "x", "", NULL, false},
	{"any spelling, the last of each, in the order of -help",
		{"-window", "7", "--svc", "install", "-mode=both", "-json-logs", "-window=8",
			"-targets=./t 1.json", "-check=false", "-name=other", "-svc=install"},
		"other", "-mode=both *-targets=./t 1.json -window=8 -json-logs=true ", "./t 1.json",
		false},
	{"a file that a server does not read", {"-svc=install", "-mode=server", "-targets=t"},
		"tcp-echo-metrics", "-mode=server *-targets=t ", NULL, false},
	{"a low port of the server", {"-svc=install", "-listen=:7"}, "tcp-echo-metrics",
		"-listen=:7 ", NULL, true},
	{"a low port of the metrics", {"-svc=install", "-metrics=:1023"}, "tcp-echo-metrics",
		"-metrics=:1023 ", NULL, true},
	{"no low port", {"-svc=install", "-metrics=:1024", "-listen=:0"}, "tcp-echo-metrics",
		"-listen=:0 -metrics=:1024 ", NULL, false},
	{"a low port without a server", {"-svc=install", "-mode=client", "-listen=:7"},
		"tcp-echo-metrics", "-mode=client -listen=:7 ", NULL, false},
};

START_TEST(asks_for_what_the_command_line_says)
{
	char arguments[WORDS_MAX + 1][32] = {"x"};
	char *argv[WORDS_MAX + 1] = {arguments[0]};
	int argc = 1;
	struct options options;
	struct text_error error = {.reason = ""};
	struct buffer flags = {0};
	for (; argc <= WORDS_MAX && requests[_i].words[argc - 1]; argc++) {
		snprintf(arguments[argc], sizeof(arguments[argc]), "%s",
			requests[_i].words[argc - 1]);
		argv[argc] = arguments[argc];
	}
	ck_assert_msg(options_parse(argc, argv, &options, &error) == 0, "%s", error.reason);
	const struct service_request request = as_service_request(&options, NULL);
	ck_assert_int_eq(request.verb, VERB_INSTALL);
	ck_assert_str_eq(request.name, requests[_i].name);
	for (size_t i = 0; i < request.flag_count; i++)
		buffer_append_format(&flags, "%s-%s=%s ", request.flags[i].is_path ? "*" : "",
			request.flags[i].name, request.flags[i].value);
	buffer_append(&flags, "", 1);
	ck_assert_msg(strcmp(flags.data, requests[_i].flags) == 0, "%s: %s", requests[_i].says,
		flags.data);
	ck_assert_pstr_eq(request.files[0], requests[_i].targets);
	ck_assert_msg(request.low_ports == requests[_i].low_ports, "%s", requests[_i].says);
	buffer_clear(&flags);
	options_clear(&options);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("as_service");
	tcase_add_loop_test(tcase, asks_for_what_the_command_line_says, 0, ROWS(requests));
	return unit_run("exporter/as_service", tcase);
}
