/* SPDX-License-Identifier: MIT */
#include "service/service.h"

#include <errno.h>
#include <stdlib.h>

#include "service/service_command.h"
#include "service/service_manager.h"
#include "service/service_path.h"

/* Why the verb is not possible in that state; NULL where it is. */
static const char *refusal(enum service_verb verb, enum service_state state)
{
	static const char *const refusals[VERB_RUN][SERVICE_IS_RUNNING + 1] = {
		[VERB_INSTALL] =
			{
				[SERVICE_IS_STOPPED] =
					"is already installed; remove it with -svc=uninstall, or choose another name with -name",
				[SERVICE_IS_RUNNING] =
					"is already installed and running; remove it with -svc=uninstall, or choose another name with -name",
			},
		[VERB_UNINSTALL] =
			{
				[SERVICE_IS_ABSENT] = "is not installed",
			},
		[VERB_START] =
			{
				[SERVICE_IS_ABSENT] =
					"is not installed; install it with -svc=install",
				[SERVICE_IS_RUNNING] = "is already running",
			},
		[VERB_STOP] =
			{
				[SERVICE_IS_ABSENT] = "is not installed",
				[SERVICE_IS_STOPPED] = "is not running",
			},
	};
	return refusals[verb][state];
}

static int install(const struct service_request *request, struct text_error *error)
{
	struct service_command command = {.count = 0};
	char *program = NULL;
	int failure = service_path_own(&program, error);
	if (!failure)
		failure = service_command_make(program, request, &command, error);
	if (!failure)
		failure = service_manager_install(request, &command, error);
	service_command_clear(&command);
	free(program);
	return failure;
}

/* Does what the service's state allows. */
static int act(
	const struct service_request *request, enum service_state state, struct text_error *error)
{
	switch (request->verb) {
	case VERB_INSTALL:
		return install(request, error);
	case VERB_UNINSTALL:
		return service_manager_uninstall(request->name, state == SERVICE_IS_RUNNING, error);
	case VERB_START:
		return service_manager_start(request->name, error);
	case VERB_STOP:
		return service_manager_stop(request->name, error);
	case VERB_NONE:
	case VERB_RUN:
		break;
	}
	__builtin_unreachable();
}

/* Refuses what the service's state does not allow. place: where it is, a text. */
static int check_state(const struct service_request *request, enum service_state state,
	const struct buffer *place, struct text_error *error)
{
	if (state == SERVICE_IS_FOREIGN) {
		text_error_set(error, 0,
			"service \"%s\" was not created by -svc=install and is left alone: %.*s; choose another name with -name",
			request->name, (int)place->length, place->data);
		return -EEXIST;
	}
	const char *reason = refusal(request->verb, state);
	if (!reason)
		return 0;
	text_error_set(error, 0, "service \"%s\" %s", request->name, reason);
	return -EALREADY;
}

static void append_done(
	const struct service_request *request, const struct buffer *place, struct buffer *said)
{
	static const char *const done[] = {
		[VERB_INSTALL] = "installed",
		[VERB_UNINSTALL] = "uninstalled",
		[VERB_START] = "started",
		[VERB_STOP] = "stopped",
	};
	buffer_append_format(said, "service \"%s\" %s", request->name, done[request->verb]);
	if (request->verb == VERB_INSTALL)
		buffer_append_format(said, ": %.*s; it starts at boot, or with -svc=start",
			(int)place->length, place->data);
	buffer_append_text(said, "\n");
}

int service_act(
	const struct service_request *request, struct buffer *said, struct text_error *error)
{
	enum service_state state = SERVICE_IS_ABSENT;
	struct buffer place = {0};
	int failure = service_manager_open(error);
	if (!failure)
		failure = service_manager_query(request->name, &state, &place, error);
	if (!failure)
		failure = check_state(request, state, &place, error);
	if (!failure)
		failure = act(request, state, error);
	if (!failure)
		append_done(request, &place, said);
	buffer_clear(&place);
	return failure;
}
