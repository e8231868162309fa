/* SPDX-License-Identifier: MIT */
#include "service/command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "../unit.h"

static const struct {
	const char *says;
	const char *words[COMMAND_WORDS_MAX];
	int result;
	const char *said; /* NULL: anything. */
	const char *reason;
} commands[] = {
	{"one that succeeds", {"printf", "a b"}, 0, "a b", ""},
	{"one that says what is wrong", {"sh", "-c", "echo a >&2; echo b; exit 3"}, -EIO, "a\nb\n",
		"sh -c echo a >&2; echo b; exit 3: a b"},
	{"one that says nothing", {"sh", "-c", "exit 3"}, -EIO, "",
		"sh -c exit 3: exited with status 3"},
	{"one that is killed", {"sh", "-c", "kill -9 $$"}, -EIO, "",
		"sh -c kill -9 $$: killed by signal 9"},
	{"one that does not exist", {"no-such-command"}, -ENOENT, "", "cannot run no-such-command"},
	{"no path", {"../usr/bin/no-such-command"}, -ENOENT, "", "cannot run"},
	{"without input", {"cat"}, 0, "", ""},
	{"without our environment", {"sh", "-c", "echo $TEM_X$HOME $PATH $LC_ALL"}, 0,
		"/usr/sbin:/usr/bin:/sbin:/bin C\n", ""},
	{"one that says too much", {"sh", "-c", "yes x | head -n 100000"}, 0, NULL, ""},
};

START_TEST(runs_the_systems_own_commands)
{
	struct buffer said = {0};
	struct text_error error = {.reason = ""};
	/* There is no other thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	ck_assert_int_eq(setenv("TEM_X", "x", 1), 0);
	int result = command_run(commands[_i].words, &said, &error);
	ck_assert_msg(result == commands[_i].result, "%s: %d %s", commands[_i].says, result,
		error.reason);
	ck_assert_uint_le(said.length, 65536);
	buffer_append(&said, "", 1);
	ck_assert_msg(commands[_i].said == NULL || strcmp(said.data, commands[_i].said) == 0,
		"%s: %s", commands[_i].says, said.data);
	ck_assert_msg(strncmp(error.reason, commands[_i].reason, strlen(commands[_i].reason)) == 0,
		"%s: %s", commands[_i].says, error.reason);
	ck_assert(result != 0 || error.reason[0] == '\0');
	buffer_clear(&said);
}
END_TEST

START_TEST(signals_end_the_command_but_not_the_caller)
{
	const char *const words[] = {"sh", "-c", "kill -INT $PPID; kill -INT $$; exit 0", NULL};
	struct text_error error = {.reason = ""};
	signal(SIGCHLD, SIG_IGN);
	command_hold_signals();
	ck_assert_int_eq(command_run(words, NULL, &error), -EIO);
	ck_assert_msg(strstr(error.reason, "killed by signal 2") != NULL, "%s", error.reason);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("command");
	tcase_add_loop_test(tcase, runs_the_systems_own_commands, 0, ROWS(commands));
	tcase_add_test(tcase, signals_end_the_command_but_not_the_caller);
	return unit_run("service/command", tcase);
}
