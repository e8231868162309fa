/* SPDX-License-Identifier: MIT */
#include "exporter/service_manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/clock.h"
#include "base/wide.h"
#include "exporter/process.h"
#include "exporter/run.h"
#include "exporter/service.h"
#include "log/event_log.h"
#include "log/output.h"

#define DESCRIPTION L"TCP echo server and prober with metrics for Prometheus."

/* It may use the network, and read what every user may read. */
#define ACCOUNT L"NT AUTHORITY\\LocalService"

/* How long to wait for a start or an end, and between two looks. */
#define WAIT_NS (60 * NS_PER_S)
#define LOOK_MS 50

/* Started again after so long; failures are forgotten after a day without one. */
#define RESTART_MS 5000
#define FORGET_S 86400

/* So long the system may wait for the ports to be open, or to be closed. */
#define HINT_MS 30000

/* What is held while a service is looked at. All NULL is nothing. */
struct hold {
	SC_HANDLE manager;
	SC_HANDLE service;
};

/* What this process is as a service; there is one at most. */
static struct {
	struct options *options;
	SERVICE_STATUS_HANDLE handle;
	SERVICE_STATUS status;
	struct text_error *error;
	int result;
} served;

static int error_number(DWORD wrong)
{
	switch (wrong) {
	case ERROR_ACCESS_DENIED:
		return -EPERM;
	case ERROR_NOT_ENOUGH_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* "cannot start the service: Access is denied. (5)" */
static int fail(const char *what, DWORD wrong, struct text_error *error)
{
	wchar_t wide[256] = L"";
	DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
		NULL, wrong, 0, wide, sizeof(wide) / sizeof(wide[0]), NULL);
	while (length > 0 && wide[length - 1] <= L' ')
		wide[--length] = L'\0';
	char *why = length > 0 ? wide_to_utf8(wide) : NULL;
	text_error_set(error, 0, "cannot %s: %s (Windows error %lu)", what,
		why != NULL ? why : "for a reason without a name", wrong);
	free(why);
	return error_number(wrong);
}

static void let_go(struct hold *hold)
{
	if (hold->service != NULL)
		CloseServiceHandle(hold->service);
	if (hold->manager != NULL)
		CloseServiceHandle(hold->manager);
	*hold = (struct hold){NULL, NULL};
}

static int hold_manager(struct hold *hold, DWORD rights, struct text_error *error)
{
	hold->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | rights);
	if (hold->manager != NULL)
		return 0;
	DWORD wrong = GetLastError();
	if (wrong == ERROR_ACCESS_DENIED) {
		text_error_set(error, 0,
			"services are the administrator's: try it in a prompt that was started as "
			"administrator");
		return -EPERM;
	}
	return fail("ask for services", wrong, error);
}

/* Returns -ENOENT where there is no such service, without error. */
static int hold_service(const char *name, DWORD rights, struct hold *hold, struct text_error *error)
{
	int result = hold_manager(hold, 0, error);
	if (result != 0)
		return result;
	wchar_t *wide = wide_from_utf8(name);
	hold->service = wide != NULL ? OpenServiceW(hold->manager, wide, rights) : NULL;
	DWORD wrong = wide != NULL ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY;
	free(wide);
	if (hold->service != NULL)
		return 0;
	let_go(hold);
	return wrong == ERROR_SERVICE_DOES_NOT_EXIST ? -ENOENT
						     : fail("open the service", wrong, error);
}

int service_manager_open(struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	int result = hold_manager(&hold, SC_MANAGER_CREATE_SERVICE, error);
	let_go(&hold);
	return result;
}

/* The command line of the service, or NULL. The caller frees it. */
static char *line_of(SC_HANDLE service)
{
	DWORD size = 0;
	QueryServiceConfigW(service, NULL, 0, &size);
	QUERY_SERVICE_CONFIGW *config = calloc(1, size + sizeof(*config));
	char *line = NULL;
	if (config != NULL && QueryServiceConfigW(service, config, size, &size))
		line = wide_to_utf8(config->lpBinaryPathName);
	free(config);
	return line;
}

/* Whether the line ends as -svc=install writes it, which is how its services are known. */
static bool is_own(const char *line, const char *name)
{
	char end[128];
	int length = snprintf(end, sizeof(end), " -svc=run -name=%s", name);
	size_t all = strlen(line);
	return all > (size_t)length && strcmp(line + all - (size_t)length, end) == 0;
}

static DWORD status_of(SC_HANDLE service, SERVICE_STATUS *status)
{
	return QueryServiceStatus(service, status) ? ERROR_SUCCESS : GetLastError();
}

int service_manager_query(
	const char *name, enum service_state *state, struct buffer *place, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	SERVICE_STATUS status;
	int result = hold_service(name, SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS, &hold, error);
	if (result == -ENOENT) {
		*state = SERVICE_IS_ABSENT;
		buffer_append_format(place, "%s in services.msc", name);
		return 0;
	}
	if (result != 0)
		return result;
	char *line = line_of(hold.service);
	DWORD wrong = status_of(hold.service, &status);
	if (wrong != ERROR_SUCCESS) {
		result = fail("ask for the service's state", wrong, error);
	} else {
		buffer_append_text(place, line != NULL ? line : "its command line is unknown");
		*state = status.dwCurrentState == SERVICE_STOPPED ? SERVICE_IS_STOPPED
								  : SERVICE_IS_RUNNING;
		if (line == NULL || !is_own(line, name))
			*state = SERVICE_IS_FOREIGN;
	}
	free(line);
	let_go(&hold);
	return result;
}

static DWORD set(SC_HANDLE service, DWORD level, void *value)
{
	if (ChangeServiceConfig2W(service, level, value))
		return ERROR_SUCCESS;
	DWORD wrong = GetLastError();
	/* wine has no restarts; the service is one without. */
	return wrong == ERROR_INVALID_LEVEL ? ERROR_SUCCESS : wrong;
}

/* What people see, and that it is started again whenever it ends with a failure. */
static DWORD describe(SC_HANDLE service)
{
	wchar_t text[] = DESCRIPTION;
	SERVICE_DESCRIPTIONW description = {.lpDescription = text};
	SC_ACTION restart = {.Type = SC_ACTION_RESTART, .Delay = RESTART_MS};
	SERVICE_FAILURE_ACTIONSW failures = {
		.dwResetPeriod = FORGET_S, .cActions = 1, .lpsaActions = &restart};
	SERVICE_FAILURE_ACTIONS_FLAG also_statuses = {.fFailureActionsOnNonCrashFailures = TRUE};
	DWORD wrong = set(service, SERVICE_CONFIG_DESCRIPTION, &description);
	if (wrong == ERROR_SUCCESS)
		wrong = set(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failures);
	if (wrong == ERROR_SUCCESS)
		wrong = set(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_statuses);
	return wrong;
}

static DWORD create(SC_HANDLE manager, const wchar_t *name, const wchar_t *line)
{
	/* To restart it as an action is to start it. */
	const DWORD rights = SERVICE_CHANGE_CONFIG | SERVICE_START | DELETE;
	SC_HANDLE service = CreateServiceW(manager, name, name, rights, SERVICE_WIN32_OWN_PROCESS,
		SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, ACCOUNT, NULL);
	if (service == NULL)
		return GetLastError();
	DWORD wrong = describe(service);
	if (wrong != ERROR_SUCCESS)
		DeleteService(service);
	CloseServiceHandle(service);
	return wrong;
}

/* A text as UTF-16, from a buffer without NUL, which it clears. NULL: malformed, or no memory. */
static wchar_t *wide_from_buffer(struct buffer *text)
{
	buffer_append(text, "", 1);
	wchar_t *wide = text->failed ? NULL : wide_from_utf8(text->data);
	buffer_clear(text);
	return wide;
}

int service_manager_install(const struct service_plan *plan, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	struct buffer line = {0};
	int result = hold_manager(&hold, SC_MANAGER_CREATE_SERVICE, error);
	if (result != 0)
		return result;
	service_windows_line_append(plan->command, &line);
	wchar_t *wide_line = wide_from_buffer(&line);
	wchar_t *wide_name = wide_from_utf8(plan->name);
	DWORD wrong = ERROR_NOT_ENOUGH_MEMORY;
	if (wide_line != NULL && wide_name != NULL)
		wrong = event_log_register(plan->name);
	if (wrong == ERROR_SUCCESS) {
		wrong = create(hold.manager, wide_name, wide_line);
		if (wrong != ERROR_SUCCESS)
			event_log_unregister(plan->name);
	}
	free(wide_name);
	free(wide_line);
	let_go(&hold);
	return wrong == ERROR_SUCCESS ? 0 : fail("install the service", wrong, error);
}

/* Waits until it is no longer in the state pending. Returns 0, or a Windows error. */
static DWORD wait_out(SC_HANDLE service, DWORD pending, SERVICE_STATUS *status)
{
	int64_t until_ns = clock_monotonic_ns() + WAIT_NS;
	for (;;) {
		DWORD wrong = status_of(service, status);
		if (wrong != ERROR_SUCCESS || status->dwCurrentState != pending)
			return wrong;
		if (clock_monotonic_ns() > until_ns)
			return ERROR_TIMEOUT;
		Sleep(LOOK_MS);
	}
}

static DWORD stop(SC_HANDLE service)
{
	SERVICE_STATUS status;
	if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) {
		DWORD wrong = GetLastError();
		return wrong == ERROR_SERVICE_NOT_ACTIVE ? ERROR_SUCCESS : wrong;
	}
	DWORD wrong = wait_out(service, SERVICE_STOP_PENDING, &status);
	if (wrong == ERROR_SUCCESS && status.dwCurrentState != SERVICE_STOPPED)
		wrong = ERROR_INVALID_SERVICE_CONTROL;
	return wrong;
}

int service_manager_stop(const char *name, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	int result = hold_service(name, SERVICE_STOP | SERVICE_QUERY_STATUS, &hold, error);
	if (result != 0)
		return result;
	DWORD wrong = stop(hold.service);
	let_go(&hold);
	return wrong == ERROR_SUCCESS ? 0 : fail("stop the service", wrong, error);
}

int service_manager_uninstall(const char *name, bool is_running, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	int result = hold_service(
		name, SERVICE_STOP | SERVICE_START | SERVICE_QUERY_STATUS | DELETE, &hold, error);
	if (result != 0)
		return result;
	DWORD wrong = is_running ? stop(hold.service) : ERROR_SUCCESS;
	if (wrong == ERROR_SUCCESS && !DeleteService(hold.service)) {
		wrong = GetLastError();
		if (is_running)
			StartServiceW(hold.service, 0, NULL);
	}
	let_go(&hold);
	if (wrong != ERROR_SUCCESS)
		return fail("uninstall the service", wrong, error);
	event_log_unregister(name);
	return 0;
}

/* It has ended instead of being started. */
static int explain_end(const char *name, const SERVICE_STATUS *status, struct text_error *error)
{
	if (status->dwWin32ExitCode != ERROR_SERVICE_SPECIFIC_ERROR &&
		status->dwWin32ExitCode != ERROR_SUCCESS)
		return fail("start the service", status->dwWin32ExitCode, error);
	text_error_set(error, 0,
		"service \"%s\" has ended with status %lu; the event viewer's application log "
		"tells why",
		name, status->dwServiceSpecificExitCode);
	return -EIO;
}

int service_manager_start(const char *name, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	SERVICE_STATUS status;
	int result = hold_service(name, SERVICE_START | SERVICE_QUERY_STATUS, &hold, error);
	if (result != 0)
		return result;
	DWORD wrong = ERROR_SUCCESS;
	if (!StartServiceW(hold.service, 0, NULL))
		wrong = GetLastError();
	if (wrong == ERROR_SUCCESS)
		wrong = wait_out(hold.service, SERVICE_START_PENDING, &status);
	let_go(&hold);
	if (wrong == ERROR_ACCESS_DENIED) {
		text_error_set(error, 0,
			"cannot start the service: its account, LocalService, may not use the "
			"program's file; a folder below C:\\Program Files would do");
		return -EPERM;
	}
	if (wrong != ERROR_SUCCESS)
		return fail("start the service", wrong, error);
	return status.dwCurrentState == SERVICE_RUNNING ? 0 : explain_end(name, &status, error);
}

static void tell_state(DWORD state, DWORD accepted, DWORD hint_ms)
{
	served.status.dwCurrentState = state;
	served.status.dwControlsAccepted = accepted;
	served.status.dwWaitHint = hint_ms;
	SetServiceStatus(served.handle, &served.status);
}

static void on_ready(void)
{
	tell_state(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN, 0);
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
		tell_state(SERVICE_STOP_PENDING, 0, HINT_MS);
		process_ask_to_end(control == SERVICE_CONTROL_STOP ? "stopped as a service"
								   : "the machine's end");
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
	const struct run_place place = {.log_fd = OUTPUT_EVENT_LOG, .on_ready = on_ready};
	(void)argc;
	served.handle = RegisterServiceCtrlHandlerExW(argv[0], on_control, NULL);
	if (served.handle == NULL)
		return;
	served.status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
	tell_state(SERVICE_START_PENDING, 0, HINT_MS);
	event_log_open(served.options->service_name);
	served.result = options_load_targets(served.options, served.error);
	if (served.result == 0)
		served.result = run(served.options, &place, served.error);
	if (served.result != 0) {
		event_log_write(
			LOG_LEVEL_ERROR, served.error->reason, strlen(served.error->reason));
		served.status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
		served.status.dwServiceSpecificExitCode = EXIT_FAILURE;
	}
	tell_state(SERVICE_STOPPED, 0, 0);
}

int service_run(struct options *options, struct text_error *error)
{
	/* Of a process with one service its name here does not count. */
	wchar_t name[] = L"";
	const SERVICE_TABLE_ENTRYW table[] = {{name, serve}, {NULL, NULL}};
	served.options = options;
	served.error = error;
	if (StartServiceCtrlDispatcherW(table))
		return served.result;
	if (GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		text_error_set(
			error, 0, "-svc=run is for the service manager; without -svc it runs here");
		return -EINVAL;
	}
	return fail("reach the service manager", GetLastError(), error);
}
