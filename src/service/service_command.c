/* SPDX-License-Identifier: MIT */
#include "service/service_command.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "service/service_path.h"

int service_command_add(struct service_command *command, const char *text, const char *value)
{
	struct buffer word = {0};
	size_t unused;
	if (!value)
		buffer_append_text(&word, text);
	else
		buffer_append_format(&word, "-%s=%s", text, value);
	buffer_append(&word, "", 1);
	char *made = buffer_release(&word, &unused);
	if (!made || command->count == SERVICE_WORDS_MAX) {
		free(made);
		return -ENOMEM;
	}
	command->words[command->count++] = made;
	return 0;
}

static int add_flag(
	const struct service_flag *flag, struct service_command *command, struct text_error *error)
{
	char *absolute = NULL;
	if (flag->is_path) {
		int failure = service_path_absolute(flag->value, &absolute, error);
		if (failure)
			return failure;
	}
	int failure = service_command_add(command, flag->name, absolute ? absolute : flag->value);
	free(absolute);
	if (failure)
		text_error_set(error, 0, "out of memory");
	return failure;
}

int service_command_make(const char *program, const struct service_request *request,
	struct service_command *command, struct text_error *error)
{
	const struct service_flag last[] = {
		{.name = "svc", .value = "run"},
		{.name = "name", .value = request->name},
	};
	int failure = service_command_add(command, program, NULL);
	if (failure)
		text_error_set(error, 0, "out of memory");
	for (size_t i = 0; i < request->flag_count && !failure; i++)
		failure = add_flag(&request->flags[i], command, error);
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]) && !failure; i++)
		failure = add_flag(&last[i], command, error);
	return failure;
}

void service_command_clear(struct service_command *command)
{
	for (size_t i = 0; i < command->count; i++)
		free(command->words[i]);
	*command = (struct service_command){.count = 0};
}
