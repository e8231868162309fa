/* SPDX-License-Identifier: MIT */
/* The process within its system: its command line, and requests to end or to reload. */
#ifndef EXPORTER_PROCESS_H
#define EXPORTER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * First of all: prepares what the system needs. Standard streams that are closed become /dev/null, so
 * that nothing else gets their numbers. Requests wait until process_await_start() or
 * process_take_signals(). On Windows turns the command line into UTF-8, in an *argv that lives as long
 * as the process. Returns 0 or a negative errno.
 */
int process_begin(int *argc, char ***argv);

/* The program does one thing and ends: signals have their usual effect. */
void process_take_signals(void);

/*
 * The program is about to run: SIGINT and SIGTERM end it at once, with status 0; SIGHUP waits. Until
 * process_catch_requests(). Not on Windows.
 */
void process_await_start(void);

/* Whether somebody sees what is written to stderr. */
bool process_has_terminal(void);

/* Whether what process_wait() returned in *by is Ctrl-C. */
bool process_is_interrupt(const char *by);

/* What a running process can be asked to do. */
enum process_request {
	PROCESS_NOTHING, /* The time is up. */
	PROCESS_END,
	PROCESS_RELOAD, /* Read the targets again. *by is left alone. */
};

/*
 * From now on requests wait for process_wait(): SIGINT, SIGTERM and SIGHUP, for good; on Windows
 * Ctrl-C, Ctrl-Break, the closing of the console, and process_ask_to_end(). Other threads must have been
 * started by thread_start(), which keeps signals from them. Returns 0 or a negative errno.
 */
int process_catch_requests(void);

/*
 * Waits for the next request, until until_ns at most (monotonic; INT64_MAX: no limit). *by: where
 * it came from, e.g. "SIGINT" or "Ctrl-C"; static.
 */
enum process_request process_wait(int64_t until_ns, const char **by);

/*
 * Asks this process to end, from any thread. by: what process_wait() names on Windows; static.
 * Elsewhere this is the same as a SIGTERM.
 */
void process_ask_to_end(const char *by);

#endif
