/* SPDX-License-Identifier: MIT */
/* Any bytes are a targets file or are refused with a reason; names keep their rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/targets_file.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reason(const struct text_error *error)
{
	size_t length = strlen(error->reason);
	if (length == 0 || utf8_has_control(error->reason, length))
		abort();
}

static void check_name(const char *name)
{
	size_t length = strlen(name);
	if (length == 0 || length > TARGET_NAME_MAX || utf8_has_control(name, length) ||
		strchr(name, '/') != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	struct target_options defaults;
	target_options_init(&defaults);
	if (targets_file_parse((const char *)data, size, &defaults, &list, &error) != 0) {
		check_reason(&error);
		return 0;
	}
	if (list.count == 0)
		abort();
	for (size_t i = 0; i < list.count; i++)
		check_name(list.targets[i].name);
	target_list_clear(&list);
	return 0;
}
