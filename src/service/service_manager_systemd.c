/* SPDX-License-Identifier: MIT */
#include "service/service_manager.h"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/command.h"
#include "service/service_file.h"
#include "service/systemd_unit.h"

#define UNIT_FOLDER "/etc/systemd/system"
#define UNIT_NAME_MAX 80
#define UNIT_PATH_MAX (sizeof(UNIT_FOLDER) + UNIT_NAME_MAX)

#ifdef HAVE_SYSTEMD
#define NOTIFIES true
#else
#define NOTIFIES false
#endif

struct unit {
	char name[UNIT_NAME_MAX]; /* "tcp-echo-metrics.service" */
	char path[UNIT_PATH_MAX];
};

static struct unit unit_of(const char *service)
{
	struct unit unit;
	snprintf(unit.name, sizeof(unit.name), "%s.service", service);
	snprintf(unit.path, sizeof(unit.path), UNIT_FOLDER "/%s", unit.name);
	return unit;
}

/* unit: NULL for verbs that take none. error: NULL to ignore a failure. */
static int systemctl(const char *verb, const struct unit *unit, struct text_error *error)
{
	const char *const words[] = {"systemctl", verb, unit ? unit->name : NULL, NULL};
	return command_run(words, NULL, error);
}

int service_manager_open(struct text_error *error)
{
	/* The test of sd_booted(3). */
	if (access("/run/systemd/system", F_OK) != 0) {
		text_error_set(error, 0,
			"systemd does not manage this machine's services, and no other service manager is supported; have yours start the program without -svc");
		return -ENOSYS;
	}
	if (geteuid() != 0) {
		text_error_set(error, 0, "managing services needs root; try sudo");
		return -EPERM;
	}
	command_hold_signals();
	return 0;
}

/* Copies the value behind "NAME=" in lines of systemctl show; "" where there is none. */
static void take_property(const struct buffer *shown, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	const char *at = shown->data;
	const char *end = at + shown->length;
	value[0] = '\0';
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;
		if ((size_t)(line_end - at) > length && memcmp(at, name, length) == 0 &&
			at[length] == '=') {
			at += length + 1;
			snprintf(value, size, "%.*s", (int)(line_end - at), at);
			return;
		}
		at = line_end + 1;
	}
}

static bool is_active(const char *active_state)
{
	return active_state[0] != '\0' && strcmp(active_state, "inactive") != 0 &&
	       strcmp(active_state, "failed") != 0;
}

int service_manager_query(
	const char *name, enum service_state *state, struct buffer *place, struct text_error *error)
{
	const struct unit unit = unit_of(name);
	const char *const words[] = {"systemctl", "show",
		"--property=LoadState,FragmentPath,ActiveState", unit.name, NULL};
	struct buffer shown = {0};
	char load[32];
	char active[32];
	char fragment[512];
	int failure = command_run(words, &shown, error);
	if (failure) {
		buffer_clear(&shown);
		return failure;
	}
	take_property(&shown, "LoadState", load, sizeof(load));
	take_property(&shown, "ActiveState", active, sizeof(active));
	take_property(&shown, "FragmentPath", fragment, sizeof(fragment));
	buffer_clear(&shown);
	enum service_file_state file = service_file_look(unit.path);
	if (file == SERVICE_FILE_OURS) {
		*state = is_active(active) ? SERVICE_IS_RUNNING : SERVICE_IS_STOPPED;
	} else if (file == SERVICE_FILE_ABSENT &&
		   (strcmp(load, "not-found") == 0 || strcmp(fragment, unit.path) == 0)) {
		/* systemd may still know a unit that was removed by hand. */
		*state = SERVICE_IS_ABSENT;
	} else {
		*state = SERVICE_IS_FOREIGN;
	}
	buffer_append_text(place,
		*state == SERVICE_IS_FOREIGN && file == SERVICE_FILE_ABSENT && fragment[0] != '\0'
			? fragment
			: unit.path);
	return 0;
}

/* Whether everyone may reach path (absolute, without links), and has these rights there. */
static bool anyone_may(char *path, mode_t rights)
{
	struct stat status;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool may_pass = stat(path, &status) == 0 && (status.st_mode & S_IXOTH) != 0;
		*slash = '/';
		if (!may_pass)
			return false;
	}
	return stat(path, &status) == 0 && (status.st_mode & rights) == rights;
}

/* Whether a service with a user and a /tmp of its own may use the file. */
static bool is_for_anyone(const char *path, mode_t rights)
{
	char *real = realpath(path, NULL);
	bool is = real && strncmp(real, "/tmp/", 5) != 0 && strncmp(real, "/var/tmp/", 9) != 0 &&
		  anyone_may(real, rights);
	free(real);
	return is;
}

/* Whether it may read all its files. */
static bool are_for_anyone(const struct service_request *request)
{
	for (int i = 0; request->files[i]; i++)
		if (!is_for_anyone(request->files[i], S_IROTH))
			return false;
	return true;
}

static int create_unit(const struct service_request *request, const struct service_command *command,
	const struct unit *unit, struct text_error *error)
{
	const struct systemd_unit content = {
		.name = request->name,
		.command = command,
		.notifies = NOTIFIES,
		.is_for_anyone =
			is_for_anyone(command->words[0], S_IXOTH) && are_for_anyone(request),
		.low_ports = request->low_ports,
	};
	struct buffer text = {0};
	systemd_unit_append(&content, &text);
	int failure = service_file_create(unit->path, &text, error);
	buffer_clear(&text);
	return failure;
}

int service_manager_install(const struct service_request *request,
	const struct service_command *command, struct text_error *error)
{
	const struct unit unit = unit_of(request->name);
	int failure = systemd_unit_check(command, error);
	if (!failure)
		failure = create_unit(request, command, &unit, error);
	if (failure)
		return failure;
	failure = systemctl("daemon-reload", NULL, error);
	if (!failure) {
		failure = systemctl("enable", &unit, error);
		if (failure)
			systemctl("disable", &unit, NULL);
	}
	if (failure) {
		service_file_remove(unit.path, NULL);
		systemctl("daemon-reload", NULL, NULL);
	}
	return failure;
}

/* Disables the unit and sets its file aside. *aside: its path there; owned by the caller. */
static int take_away(const struct unit *unit, char **aside, struct text_error *error)
{
	int failure = systemctl("disable", unit, error);
	if (!failure)
		failure = service_file_set_aside(unit->path, aside, error);
	if (!failure)
		failure = systemctl("daemon-reload", NULL, error);
	if (!failure)
		return 0;
	if (*aside)
		service_file_put_back(*aside, unit->path);
	systemctl("daemon-reload", NULL, NULL);
	systemctl("enable", unit, NULL);
	return failure;
}

int service_manager_uninstall(const char *name, bool is_running, struct text_error *error)
{
	const struct unit unit = unit_of(name);
	char *aside = NULL;
	int failure = is_running ? systemctl("stop", &unit, error) : 0;
	if (!failure) {
		failure = take_away(&unit, &aside, error);
		if (!failure) {
			/* systemd remembers a failure longer than the unit. */
			systemctl("reset-failed", &unit, NULL);
			service_file_remove(aside, NULL);
		}
	}
	if (failure && is_running)
		systemctl("start", &unit, NULL);
	free(aside);
	return failure;
}

int service_manager_start(const char *name, struct text_error *error)
{
	const struct unit unit = unit_of(name);
	int failure = systemctl("start", &unit, error);
	if (failure)
		/* Otherwise systemd would keep trying, though this reports a failure. */
		systemctl("stop", &unit, NULL);
	return failure;
}

int service_manager_stop(const char *name, struct text_error *error)
{
	const struct unit unit = unit_of(name);
	return systemctl("stop", &unit, error);
}
