/* SPDX-License-Identifier: MIT */
#include "service/service_manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/clock.h"
#include "base/wide.h"
#include "log/event_log.h"
#include "service/system_error.h"
#include "service/windows_command_line.h"

#define DESCRIPTION L"TCP echo server and prober with metrics for Prometheus."

/* It may use the network, and read what every user may read. */
#define ACCOUNT L"NT AUTHORITY\\LocalService"

/* How long to wait for a start or an end, and how often to look. */
#define WAIT_NS (60 * NS_PER_S)
#define LOOK_MS 50

/* How soon it is started again; failures are forgotten after a day without one. */
#define RESTART_MS 5000
#define FORGET_S 86400

/* What is held while a service is dealt with. All NULL is nothing. */
struct hold {
	SC_HANDLE manager;
	SC_HANDLE service;
};

static void let_go(struct hold *hold)
{
	if (hold->service)
		CloseServiceHandle(hold->service);
	if (hold->manager)
		CloseServiceHandle(hold->manager);
	*hold = (struct hold){NULL, NULL};
}

static int hold_manager(struct hold *hold, DWORD rights, struct text_error *error)
{
	hold->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | rights);
	if (hold->manager)
		return 0;
	DWORD code = GetLastError();
	if (code == ERROR_ACCESS_DENIED) {
		text_error_set(error, 0,
			"managing services needs administrator rights; use a prompt started as administrator");
		return -EPERM;
	}
	return system_error_set("open the service manager", code, error);
}

/* Returns -ENOENT, without error, where there is no such service. */
static int hold_service(const char *name, DWORD rights, struct hold *hold, struct text_error *error)
{
	int failure = hold_manager(hold, 0, error);
	if (failure)
		return failure;
	wchar_t *wide = wide_from_utf8(name);
	hold->service = wide ? OpenServiceW(hold->manager, wide, rights) : NULL;
	DWORD code = wide ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY;
	free(wide);
	if (hold->service)
		return 0;
	let_go(hold);
	return code == ERROR_SERVICE_DOES_NOT_EXIST
		       ? -ENOENT
		       : system_error_set("open the service", code, error);
}

int service_manager_open(struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	int failure = hold_manager(&hold, SC_MANAGER_CREATE_SERVICE, error);
	let_go(&hold);
	return failure;
}

/* The command line of the service, or NULL. The caller frees it. */
static char *line_of(SC_HANDLE service)
{
	DWORD size = 0;
	QueryServiceConfigW(service, NULL, 0, &size);
	QUERY_SERVICE_CONFIGW *config = calloc(1, size + sizeof(*config));
	char *line = NULL;
	if (config && QueryServiceConfigW(service, config, size, &size))
		line = wide_to_utf8(config->lpBinaryPathName);
	free(config);
	return line;
}

/* Whether the line ends as -svc=install writes it, by which its services are known. */
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
	int failure = hold_service(name, SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS, &hold, error);
	if (failure == -ENOENT) {
		*state = SERVICE_IS_ABSENT;
		buffer_append_format(place, "%s in services.msc", name);
		return 0;
	}
	if (failure)
		return failure;
	char *line = line_of(hold.service);
	DWORD code = status_of(hold.service, &status);
	if (code != ERROR_SUCCESS) {
		failure = system_error_set("query the service", code, error);
	} else {
		buffer_append_text(place, line ? line : "unknown command line");
		*state = status.dwCurrentState == SERVICE_STOPPED ? SERVICE_IS_STOPPED
								  : SERVICE_IS_RUNNING;
		if (!line || !is_own(line, name))
			*state = SERVICE_IS_FOREIGN;
	}
	free(line);
	let_go(&hold);
	return failure;
}

static DWORD set(SC_HANDLE service, DWORD level, void *value)
{
	if (ChangeServiceConfig2W(service, level, value))
		return ERROR_SUCCESS;
	DWORD code = GetLastError();
	/* wine has no restarts: the service does without. */
	return code == ERROR_INVALID_LEVEL ? ERROR_SUCCESS : code;
}

/* What people see, and a restart after every failure. */
static DWORD describe(SC_HANDLE service)
{
	wchar_t text[] = DESCRIPTION;
	SERVICE_DESCRIPTIONW description = {.lpDescription = text};
	SC_ACTION restart = {.Type = SC_ACTION_RESTART, .Delay = RESTART_MS};
	SERVICE_FAILURE_ACTIONSW failures = {
		.dwResetPeriod = FORGET_S, .cActions = 1, .lpsaActions = &restart};
	SERVICE_FAILURE_ACTIONS_FLAG also_statuses = {.fFailureActionsOnNonCrashFailures = TRUE};
	DWORD code = set(service, SERVICE_CONFIG_DESCRIPTION, &description);
	if (code == ERROR_SUCCESS)
		code = set(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failures);
	if (code == ERROR_SUCCESS)
		code = set(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_statuses);
	return code;
}

static DWORD create(SC_HANDLE manager, const wchar_t *name, const wchar_t *line)
{
	/* An action that restarts it needs the right to start it. */
	const DWORD rights = SERVICE_CHANGE_CONFIG | SERVICE_START | DELETE;
	SC_HANDLE service = CreateServiceW(manager, name, name, rights, SERVICE_WIN32_OWN_PROCESS,
		SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, ACCOUNT, NULL);
	if (!service)
		return GetLastError();
	DWORD code = describe(service);
	if (code != ERROR_SUCCESS)
		DeleteService(service);
	CloseServiceHandle(service);
	return code;
}

/* Turns a buffer without NUL into UTF-16 and clears it. NULL: malformed, or out of memory. */
static wchar_t *wide_from_buffer(struct buffer *text)
{
	buffer_append(text, "", 1);
	wchar_t *wide = text->failed ? NULL : wide_from_utf8(text->data);
	buffer_clear(text);
	return wide;
}

int service_manager_install(const struct service_request *request,
	const struct service_command *command, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	struct buffer line = {0};
	int failure = hold_manager(&hold, SC_MANAGER_CREATE_SERVICE, error);
	if (failure)
		return failure;
	windows_command_line_append(command, &line);
	wchar_t *wide_line = wide_from_buffer(&line);
	wchar_t *wide_name = wide_from_utf8(request->name);
	DWORD code = ERROR_NOT_ENOUGH_MEMORY;
	if (wide_line && wide_name)
		code = event_log_register(request->name);
	if (code == ERROR_SUCCESS) {
		code = create(hold.manager, wide_name, wide_line);
		if (code != ERROR_SUCCESS)
			event_log_unregister(request->name);
	}
	free(wide_name);
	free(wide_line);
	let_go(&hold);
	return code == ERROR_SUCCESS ? 0 : system_error_set("install the service", code, error);
}

/* Waits until it is no longer in the state pending. Returns 0, or a Windows error. */
static DWORD wait_out(SC_HANDLE service, DWORD pending, SERVICE_STATUS *status)
{
	int64_t until_ns = clock_monotonic_ns() + WAIT_NS;
	for (;;) {
		DWORD code = status_of(service, status);
		if (code != ERROR_SUCCESS || status->dwCurrentState != pending)
			return code;
		if (clock_monotonic_ns() > until_ns)
			return ERROR_TIMEOUT;
		Sleep(LOOK_MS);
	}
}

static DWORD stop(SC_HANDLE service)
{
	SERVICE_STATUS status;
	if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) {
		DWORD code = GetLastError();
		return code == ERROR_SERVICE_NOT_ACTIVE ? ERROR_SUCCESS : code;
	}
	DWORD code = wait_out(service, SERVICE_STOP_PENDING, &status);
	if (code == ERROR_SUCCESS && status.dwCurrentState != SERVICE_STOPPED)
		code = ERROR_INVALID_SERVICE_CONTROL;
	return code;
}

int service_manager_stop(const char *name, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	int failure = hold_service(name, SERVICE_STOP | SERVICE_QUERY_STATUS, &hold, error);
	if (failure)
		return failure;
	DWORD code = stop(hold.service);
	let_go(&hold);
	return code == ERROR_SUCCESS ? 0 : system_error_set("stop the service", code, error);
}

int service_manager_uninstall(const char *name, bool is_running, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	int failure = hold_service(
		name, SERVICE_STOP | SERVICE_START | SERVICE_QUERY_STATUS | DELETE, &hold, error);
	if (failure)
		return failure;
	DWORD code = is_running ? stop(hold.service) : ERROR_SUCCESS;
	if (code == ERROR_SUCCESS && !DeleteService(hold.service)) {
		code = GetLastError();
		if (is_running)
			StartServiceW(hold.service, 0, NULL);
	}
	let_go(&hold);
	if (code != ERROR_SUCCESS)
		return system_error_set("uninstall the service", code, error);
	event_log_unregister(name);
	return 0;
}

/* It ended instead of starting. */
static int explain_end(const char *name, const SERVICE_STATUS *status, struct text_error *error)
{
	if (status->dwWin32ExitCode != ERROR_SERVICE_SPECIFIC_ERROR &&
		status->dwWin32ExitCode != ERROR_SUCCESS)
		return system_error_set("start the service", status->dwWin32ExitCode, error);
	text_error_set(error, 0,
		"service \"%s\" ended with status %lu; see the event viewer's application log",
		name, status->dwServiceSpecificExitCode);
	return -EIO;
}

int service_manager_start(const char *name, struct text_error *error)
{
	struct hold hold = {NULL, NULL};
	SERVICE_STATUS status;
	int failure = hold_service(name, SERVICE_START | SERVICE_QUERY_STATUS, &hold, error);
	if (failure)
		return failure;
	DWORD code = ERROR_SUCCESS;
	if (!StartServiceW(hold.service, 0, NULL))
		code = GetLastError();
	if (code == ERROR_SUCCESS)
		code = wait_out(hold.service, SERVICE_START_PENDING, &status);
	let_go(&hold);
	if (code == ERROR_ACCESS_DENIED) {
		text_error_set(error, 0,
			"cannot start the service: its account, LocalService, may not use the program's file; put it below C:\\Program Files");
		return -EPERM;
	}
	if (code != ERROR_SUCCESS)
		return system_error_set("start the service", code, error);
	return status.dwCurrentState == SERVICE_RUNNING ? 0 : explain_end(name, &status, error);
}
