/* SPDX-License-Identifier: MIT */
#include "service/service_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "log/event_log.h"
#include "log/output.h"
#include "service/system_error.h"

/* How long Windows may wait for the ports to be open, or closed. */
#define HINT_MS 30000

/* What this process is as a service; there is one at most, and Windows' calls bring no context. */
static struct {
	const struct service_program *program;
	SERVICE_STATUS_HANDLE handle;
	SERVICE_STATUS status;
	struct text_error *error;
	int result;
} served;

static void report_state(DWORD state, DWORD accepted, DWORD hint_ms)
{
	served.status.dwCurrentState = state;
	served.status.dwControlsAccepted = accepted;
	served.status.dwWaitHint = hint_ms;
	SetServiceStatus(served.handle, &served.status);
}

static void on_ready(void)
{
	report_state(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN, 0);
}

/* In the dispatcher's thread. */
static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context)
{
	(void)type;
	(void)data;
	(void)context;
	switch (control) {
	case SERVICE_CONTROL_STOP:
	case SERVICE_CONTROL_SHUTDOWN:
		report_state(SERVICE_STOP_PENDING, 0, HINT_MS);
		served.program->ask_to_end(control == SERVICE_CONTROL_STOP
						   ? "stopped by the service manager"
						   : "system shutdown");
		return NO_ERROR;
	case SERVICE_CONTROL_INTERROGATE:
		return NO_ERROR;
	default:
		return ERROR_CALL_NOT_IMPLEMENTED;
	}
}

/* In a thread of its own. */
static void WINAPI serve(DWORD argc, wchar_t **argv)
{
	const struct service_program *program = served.program;
	(void)argc;
	served.handle = RegisterServiceCtrlHandlerExW(argv[0], on_control, NULL);
	if (!served.handle)
		return;
	served.status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
	report_state(SERVICE_START_PENDING, 0, HINT_MS);
	event_log_open(program->name);
	served.result = program->run(program->context, OUTPUT_EVENT_LOG, on_ready, served.error);
	if (served.result != 0) {
		event_log_write(
			LOG_LEVEL_ERROR, served.error->reason, strlen(served.error->reason));
		served.status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
		served.status.dwServiceSpecificExitCode = EXIT_FAILURE;
	}
	report_state(SERVICE_STOPPED, 0, 0);
}

int service_host_run(const struct service_program *program, struct text_error *error)
{
	/* In a process with one service this name is ignored. */
	wchar_t name[] = L"";
	const SERVICE_TABLE_ENTRYW table[] = {{name, serve}, {NULL, NULL}};
	served.program = program;
	served.error = error;
	if (StartServiceCtrlDispatcherW(table))
		return served.result;
	DWORD code = GetLastError();
	if (code != ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
		return system_error_set("reach the service manager", code, error);
	text_error_set(
		error, 0, "-svc=run is for the service manager; leave out -svc to run it here");
	return -EINVAL;
}
