/* SPDX-License-Identifier: MIT */
#include "exporter/process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "../unit.h"
#include "base/clock.h"

static const struct {
	const char *says;
	int signal; /* 0: none. */
	enum process_request request;
	const char *by; /* NULL: untouched. */
} requests[] = {
	{"nothing until the time is up", 0, PROCESS_NOTHING, NULL},
	{"Ctrl-C", SIGINT, PROCESS_END, "SIGINT"},
	{"a service manager", SIGTERM, PROCESS_END, "SIGTERM"},
	{"a reload", SIGHUP, PROCESS_RELOAD, "SIGHUP"},
};

START_TEST(waits_for_requests)
{
	const char *by = NULL;
	ck_assert_int_eq(process_catch_requests(), 0);
	if (requests[_i].signal != 0)
		kill(getpid(), requests[_i].signal);
	int64_t until_ns = requests[_i].signal != 0 ? INT64_MAX : clock_monotonic_ns() + NS_PER_MS;
	ck_assert_msg(process_wait(until_ns, &by) == requests[_i].request, "%s", requests[_i].says);
	ck_assert_pstr_eq(by, requests[_i].by);
	/* Each is reported once. */
	ck_assert_int_eq(process_wait(0, &by), PROCESS_NOTHING);
}
END_TEST

START_TEST(can_ask_itself_to_end)
{
	const char *by = NULL;
	ck_assert_int_eq(process_catch_requests(), 0);
	process_ask_to_end("a test");
	ck_assert_int_eq(process_wait(INT64_MAX, &by), PROCESS_END);
	ck_assert_str_eq(by, "SIGTERM");
}
END_TEST

static void begin(void)
{
	int argc = 0;
	char **argv = NULL;
	ck_assert_int_eq(process_begin(&argc, &argv), 0);
}

START_TEST(a_vanished_peer_does_not_end_it)
{
	int fds[2];
	begin();
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	ck_assert_int_eq(write(fds[1], "x", 1), -1);
	close(fds[1]);
}
END_TEST

/* From the very beginning to process_wait(). */
START_TEST(a_reload_during_the_start_waits)
{
	const char *by = NULL;
	begin();
	kill(getpid(), SIGHUP);
	process_await_start();
	kill(getpid(), SIGHUP);
	ck_assert_int_eq(process_catch_requests(), 0);
	ck_assert_int_eq(process_wait(INT64_MAX, &by), PROCESS_RELOAD);
	ck_assert_int_eq(process_wait(0, &by), PROCESS_NOTHING);
}
END_TEST

static const int ends[] = {SIGINT, SIGTERM};

START_TEST(a_request_to_end_during_the_start_is_a_clean_end)
{
	begin();
	process_await_start();
	kill(getpid(), ends[_i]);
	/* Not reached. */
	_exit(1);
}
END_TEST

START_TEST(so_is_one_from_before)
{
	begin();
	kill(getpid(), ends[_i]);
	process_await_start();
	_exit(1);
}
END_TEST

START_TEST(a_command_can_be_interrupted)
{
	/* Under nohup it is ignored. */
	signal(SIGHUP, SIG_DFL);
	begin();
	kill(getpid(), SIGHUP);
	process_take_signals();
	_exit(0);
}
END_TEST

START_TEST(closed_streams_are_filled)
{
	for (int stream = 0; stream < 3; stream++)
		if (_i & 1 << stream)
			close(stream);
	begin();
	int next = open("/dev/null", O_RDONLY);
	ck_assert_int_gt(next, 2);
	close(next);
	/* What is written there goes nowhere. */
	if (_i & 2)
		ck_assert_int_eq(write(1, "x", 1), 1);
	if (_i & 1)
		ck_assert_int_eq(read(0, &next, 1), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("process");
	tcase_add_loop_test(tcase, waits_for_requests, 0, ROWS(requests));
	tcase_add_test(tcase, can_ask_itself_to_end);
	tcase_add_test(tcase, a_vanished_peer_does_not_end_it);
	tcase_add_test(tcase, a_reload_during_the_start_waits);
	tcase_add_loop_exit_test(
		tcase, a_request_to_end_during_the_start_is_a_clean_end, 0, 0, ROWS(ends));
	tcase_add_loop_exit_test(tcase, so_is_one_from_before, 0, 0, ROWS(ends));
	tcase_add_test_raise_signal(tcase, a_command_can_be_interrupted, SIGHUP);
	tcase_add_loop_test(tcase, closed_streams_are_filled, 0, 8);
	return unit_run("exporter/process", tcase);
}
