/* SPDX-License-Identifier: MIT */
/* Shared by the tests of command lines. */
#ifndef UNIT_SERVICE_WORDS_H
#define UNIT_SERVICE_WORDS_H

#include <string.h>

#include "../unit.h"
#include "base/buffer.h"
#include "service/service_command.h"

#define WORDS_MAX 6

/* A command of these words, up to a NULL. Release it with service_command_clear(). */
static inline struct service_command command_of(const char *const *words)
{
	struct service_command command = {.count = 0};
	for (int i = 0; i < WORDS_MAX && words[i]; i++)
		ck_assert_int_eq(service_command_add(&command, words[i], NULL), 0);
	return command;
}

/* Compares the text and clears it. */
static inline void assert_text(struct buffer *text, const char *wanted, const char *says)
{
	buffer_append(text, "", 1);
	ck_assert(!text->failed);
	ck_assert_msg(strcmp(text->data, wanted) == 0, "%s: %s", says, text->data);
	buffer_clear(text);
}

#endif
