/* SPDX-License-Identifier: MIT */
#include "exporter/service.h"

#include <errno.h>
#include <stdlib.h>

#include "exporter/service_command.h"
#include "exporter/service_manager.h"
#include "exporter/service_path.h"

#define LOW_PORTS 1024

/* Why the verb is not possible in that state; NULL where it is. */
static const char *refusal(enum service_verb verb, enum service_state state)
{
	static const char *const refusals[VERB_RUN][SERVICE_IS_RUNNING + 1] = {
		[VERB_INSTALL] =
			{
				[SERVICE_IS_STOPPED] =
					"is installed already; -svc=uninstall removes it, or -name "
					"picks another name",
				[SERVICE_IS_RUNNING] =
					"is installed already, and runs; -svc=uninstall removes "
					"it, or -name picks another name",
			},
		[VERB_UNINSTALL] = {[SERVICE_IS_ABSENT] = "is not installed"},
		[VERB_START] =
			{
				[SERVICE_IS_ABSENT] = "is not installed; -svc=install does that",
				[SERVICE_IS_RUNNING] = "runs already",
			},
		[VERB_STOP] =
			{
				[SERVICE_IS_ABSENT] = "is not installed",
				[SERVICE_IS_STOPPED] = "does not run",
			},
	};
	return refusals[verb][state];
}

static bool is_low(const struct endpoint *endpoint)
{
	return endpoint->port != 0 && endpoint->port < LOW_PORTS;
}

static int install(const struct options *options, struct text_error *error)
{
	struct service_command command = {.count = 0};
	char *program = NULL;
	int result = service_path_own(&program, error);
	if (result == 0)
		result = service_command_make(program, options, &command, error);
	if (result == 0) {
		const struct service_plan plan = {
			.name = options->service_name,
			.command = &command,
			.targets = options->targets_path,
			.low_ports = is_low(&options->metrics) ||
				     (options->settings.serve && is_low(&options->settings.listen)),
		};
		result = service_manager_install(&plan, error);
	}
	service_command_clear(&command);
	free(program);
	return result;
}

/* The state allows it. */
static int act(const struct options *options, enum service_state state, struct text_error *error)
{
	const char *name = options->service_name;
	switch (options->verb) {
	case VERB_INSTALL:
		return install(options, error);
	case VERB_UNINSTALL:
		return service_manager_uninstall(name, state == SERVICE_IS_RUNNING, error);
	case VERB_START:
		return service_manager_start(name, error);
	case VERB_STOP:
		return service_manager_stop(name, error);
	case VERB_NONE:
	case VERB_RUN:
		break;
	}
	__builtin_unreachable();
}

static void append_done(
	const struct options *options, const struct buffer *place, struct buffer *said)
{
	static const char *const done[] = {
		[VERB_INSTALL] = "installed",
		[VERB_UNINSTALL] = "uninstalled",
		[VERB_START] = "started",
		[VERB_STOP] = "stopped",
	};
	buffer_append_format(said, "service \"%s\" %s", options->service_name, done[options->verb]);
	if (options->verb == VERB_INSTALL)
		buffer_append_format(said, ": %.*s; it starts with the machine, and by -svc=start",
			(int)place->length, place->data);
	buffer_append_text(said, "\n");
}

int service_act(const struct options *options, struct buffer *said, struct text_error *error)
{
	const char *name = options->service_name;
	enum service_state state = SERVICE_IS_ABSENT;
	struct buffer place = {0};
	const char *reason = NULL;
	int result = service_manager_open(error);
	if (result == 0)
		result = service_manager_query(name, &state, &place, error);
	if (result == 0 && state == SERVICE_IS_FOREIGN) {
		text_error_set(error, 0,
			"service \"%s\" is not from -svc=install, and stays as it is: %.*s; -name "
			"picks another name",
			name, (int)place.length, place.data);
		result = -EEXIST;
	} else if (result == 0) {
		reason = refusal(options->verb, state);
	}
	if (reason != NULL) {
		text_error_set(error, 0, "service \"%s\" %s", name, reason);
		result = -EALREADY;
	}
	if (result == 0)
		result = act(options, state, error);
	if (result == 0)
		append_done(options, &place, said);
	buffer_clear(&place);
	return result;
}
