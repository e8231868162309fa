/* SPDX-License-Identifier: MIT */
#include "service/service_manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_text.h"
#include "service/command.h"
#include "service/launchd_plist.h"
#include "service/service_file.h"

/* launchd loads what is in here when the machine starts, and RunAtLoad then starts it. */
#define FOLDER "/Library/LaunchDaemons"
#define LOG_FOLDER "/var/log"
#define TEXT_MAX 128

struct daemon {
	char path[TEXT_MAX];
	char log[TEXT_MAX];
	char label[TEXT_MAX]; /* "system/tcp-echo-metrics" */
};

static struct daemon daemon_of(const char *service)
{
	struct daemon daemon;
	snprintf(daemon.path, sizeof(daemon.path), FOLDER "/%s.plist", service);
	snprintf(daemon.log, sizeof(daemon.log), LOG_FOLDER "/%s.log", service);
	snprintf(daemon.label, sizeof(daemon.label), "system/%s", service);
	return daemon;
}

static int launchctl(
	const char *verb, const char *label, const char *path, struct text_error *error)
{
	const char *const words[] = {"launchctl", verb, label, path, NULL};
	return command_run(words, NULL, error);
}

int service_manager_open(struct text_error *error)
{
	if (access(FOLDER, F_OK) != 0) {
		char why[ERROR_TEXT_MAX];
		error_text(errno, why);
		text_error_set(error, 0, "cannot find launchd's folder " FOLDER ": %s", why);
		return -ENOSYS;
	}
	if (geteuid() != 0) {
		text_error_set(error, 0, "managing services needs root; try sudo");
		return -EPERM;
	}
	command_hold_signals();
	return 0;
}

/* Returns whether launchd has loaded it. *is_running: whether its process runs. */
static bool is_loaded(const struct daemon *daemon, bool *is_running)
{
	const char *const words[] = {"launchctl", "print", daemon->label, NULL};
	struct buffer shown = {0};
	int failure = command_run(words, &shown, NULL);
	buffer_append(&shown, "", 1);
	*is_running = !failure && !shown.failed && strstr(shown.data, "state = running") != NULL;
	buffer_clear(&shown);
	return !failure;
}

int service_manager_query(
	const char *name, enum service_state *state, struct buffer *place, struct text_error *error)
{
	const struct daemon daemon = daemon_of(name);
	bool is_running = false;
	bool is_known = is_loaded(&daemon, &is_running);
	(void)error;
	buffer_append_text(place, daemon.path);
	switch (service_file_look(daemon.path)) {
	case SERVICE_FILE_ABSENT:
		*state = is_known ? SERVICE_IS_FOREIGN : SERVICE_IS_ABSENT;
		if (is_known)
			buffer_append_format(
				place, " does not exist, but launchd knows %s", daemon.label);
		return 0;
	case SERVICE_FILE_OURS:
		*state = is_running ? SERVICE_IS_RUNNING : SERVICE_IS_STOPPED;
		return 0;
	case SERVICE_FILE_FOREIGN:
		*state = SERVICE_IS_FOREIGN;
		return 0;
	}
	__builtin_unreachable();
}

int service_manager_install(const struct service_request *request,
	const struct service_command *command, struct text_error *error)
{
	const struct daemon daemon = daemon_of(request->name);
	int failure = launchd_plist_check(command, error);
	if (failure)
		return failure;
	struct buffer text = {0};
	launchd_plist_append(request->name, command, daemon.log, &text);
	failure = service_file_create(daemon.path, &text, error);
	buffer_clear(&text);
	if (failure)
		return failure;
	/* A service of that name may have been disabled before, which outlives its file. */
	failure = launchctl("enable", daemon.label, NULL, error);
	if (failure)
		service_file_remove(daemon.path, NULL);
	return failure;
}

int service_manager_stop(const char *name, struct text_error *error)
{
	const struct daemon daemon = daemon_of(name);
	return launchctl("bootout", daemon.label, NULL, error);
}

int service_manager_start(const char *name, struct text_error *error)
{
	const struct daemon daemon = daemon_of(name);
	bool is_running = false;
	/* A service that ended by itself is still loaded, as it was then. */
	if (is_loaded(&daemon, &is_running)) {
		int failure = launchctl("bootout", daemon.label, NULL, error);
		if (failure)
			return failure;
	}
	return launchctl("bootstrap", "system", daemon.path, error);
}

int service_manager_uninstall(const char *name, bool is_running, struct text_error *error)
{
	const struct daemon daemon = daemon_of(name);
	bool unused = false;
	if (is_running || is_loaded(&daemon, &unused)) {
		int failure = service_manager_stop(name, error);
		if (failure)
			return failure;
	}
	int failure = service_file_remove(daemon.path, error);
	if (failure && is_running)
		launchctl("bootstrap", "system", daemon.path, NULL);
	return failure;
}
