/* SPDX-License-Identifier: MIT */
#include "exporter/process.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>

/* It needs the types of winsock2.h. */
#include <shellapi.h>

#include "base/clock.h"
#include "base/wide.h"

/* 2.2, which every Windows of this century has. */
#define WANTED_WINSOCK MAKEWORD(2, 2)

/* Set once the process should end; reset by hand, so that it stays set. */
static _Atomic(HANDLE) end_is_asked;
static _Atomic(const char *) asked_by;
/* Resets itself once it was seen. */

static UINT output_code_page;

static void restore_console(void)
{
	SetConsoleOutputCP(output_code_page);
}

static void set_binary(FILE *stream)
{
	/* A service has no console, and then there are no streams. */
	if (_fileno(stream) >= 0)
		_setmode(_fileno(stream), _O_BINARY);
}

/* Output is UTF-8, with the line ends of other systems. */
static void prepare_output(void)
{
	set_binary(stdout);
	set_binary(stderr);
	output_code_page = GetConsoleOutputCP();
	if (output_code_page != 0 && SetConsoleOutputCP(CP_UTF8))
		atexit(restore_console);
}

static int convert_arguments(int count, wchar_t **wide, char ***arguments)
{
	char **made = calloc((size_t)count + 1, sizeof(char *));
	if (!made)
		return -ENOMEM;
	/* Theirs from now on, for as long as the process lives. */
	*arguments = made;
	for (int i = 0; i < count; i++) {
		made[i] = wide_to_utf8(wide[i]);
		if (!made[i])
			return -ENOMEM;
	}
	return 0;
}

int process_begin(int *argc, char ***argv)
{
	prepare_output();
	WSADATA unused;
	if (WSAStartup(WANTED_WINSOCK, &unused) != 0)
		return -ENOSYS;
	int count = 0;
	wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
	if (!wide)
		return -ENOMEM;
	int failure = convert_arguments(count, wide, argv);
	LocalFree(wide);
	if (!failure)
		*argc = count;
	return failure;
}

bool process_has_terminal(void)
{
	return _isatty(_fileno(stderr));
}

bool process_is_interrupt(const char *by)
{
	return strcmp(by, "Ctrl-C") == 0;
}

void process_ask_to_end(const char *by)
{
	const char *nobody = NULL;
	/* The first to ask is named. process_catch_requests() notices one that asked before it. */
	atomic_compare_exchange_strong(&asked_by, &nobody, by);
	HANDLE event = atomic_load(&end_is_asked);
	if (event)
		SetEvent(event);
}

/* Windows calls it in a thread of its own. */
static BOOL WINAPI on_console(DWORD what)
{
	switch (what) {
	case CTRL_C_EVENT:
		process_ask_to_end("Ctrl-C");
		return TRUE;
	case CTRL_BREAK_EVENT:
		process_ask_to_end("Ctrl-Break");
		return TRUE;
	case CTRL_CLOSE_EVENT:
		process_ask_to_end("console closed");
		break;
	default:
		process_ask_to_end("session ended");
		break;
	}
	/* A return would end the process at once: leave it the time to end by itself. */
	Sleep(INFINITE);
	return TRUE;
}

void process_take_signals(void)
{
}

void process_await_start(void)
{
}

int process_catch_requests(void)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!event)
		return -ENOMEM;
	atomic_store(&end_is_asked, event);
	if (atomic_load(&asked_by))
		SetEvent(event);
	/* A parent may have had Ctrl-C ignored for its children (CREATE_NEW_PROCESS_GROUP). */
	SetConsoleCtrlHandler(NULL, FALSE);
	SetConsoleCtrlHandler(on_console, TRUE);
	return 0;
}

enum process_request process_wait(int64_t until_ns, const char **by)
{
	DWORD wait_ms = INFINITE;
	if (until_ns != INT64_MAX) {
		int64_t wait_ns = until_ns - clock_monotonic_ns();
		wait_ms = wait_ns > 0 ? (DWORD)(wait_ns / NS_PER_MS + 1) : 0;
	}
	if (WaitForSingleObject(atomic_load(&end_is_asked), wait_ms) != WAIT_OBJECT_0)
		return PROCESS_NOTHING;
	*by = atomic_load(&asked_by);
	return PROCESS_END;
}
