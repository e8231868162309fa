/* SPDX-License-Identifier: MIT */
/* What a process owes its system: a command line at its start, and an end when it is asked for. */
#ifndef EXPORTER_PROCESS_H
#define EXPORTER_PROCESS_H

#include <stdint.h>

/*
 * First of all: gets ready what the system wants to have got ready, and on Windows turns the
 * command line into UTF-8. *argv then lives as long as the process. Returns 0 or a negative errno.
 */
int process_begin(int *argc, char ***argv);

/* What can be asked of a running process. */
enum process_request {
	PROCESS_NOTHING, /* Until the time was up. */
	PROCESS_END,
	PROCESS_RELOAD, /* Read the targets again. */
};

/*
 * From now on requests wait for process_wait(): SIGINT, SIGTERM and SIGHUP, for good; on Windows
 * Ctrl-C, Ctrl-Break, the closing of the console, and process_ask_to_end(). To be called before
 * there is any other thread. Returns 0 or a negative errno.
 */
int process_catch_requests(void);

/*
 * Waits for the next request, but not longer than until_ns (monotonic, or INT64_MAX). *by: what it
 * came by, e.g. "SIGINT" or "Ctrl-C". Static.
 */
enum process_request process_wait(int64_t until_ns, const char **by);

#ifdef _WIN32
/*
 * Asks for the end, from any thread: by is static, or lives as long as the process. Others send
 * SIGTERM.
 */
void process_ask_to_end(const char *by);
#endif

#endif
