/* SPDX-License-Identifier: MIT */
/* Any bytes are a targets file or are refused with a reason; what is accepted is valid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/label_rules.h"
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

static void check_labels(const struct labels *labels)
{
	const char *value;
	const char *name = NULL;
	unsigned count = 0;
	while ((name = labels_next(labels, name, &value))) {
		size_t length = strlen(value);
		if (name[0] == '\0' || strchr("0123456789", name[0]) ||
			strlen(name) > LABEL_NAME_MAX || length == 0 || length > LABEL_VALUE_MAX ||
			!utf8_is_valid(value, length) || utf8_has_control(value, length))
			abort();
		count++;
	}
	if (count > LABELS_MAX)
		abort();
}

/* They are complete, and can be probed. */
static void check_options(const struct target_config *target, const struct target_options *defaults)
{
	struct target_options again = target->options;
	target_options_inherit(&again, defaults);
	uint32_t records = target_options_records(&target->options);
	if (target_options_check(&target->options, &target->address, NULL) != 0 ||
		!target_options_are_equal(&target->options, &again) ||
		(target->own & ~target->options.given) != 0 ||
		target->options.dscp > option_get(OPTION_DSCP)->most || records < 2 ||
		records > TARGET_RECORDS_MAX + 2)
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
	for (size_t i = 0; i < list.count; i++) {
		check_name(list.targets[i].name);
		check_labels(&list.targets[i].labels);
		check_options(&list.targets[i], &defaults);
	}
	target_list_clear(&list);
	return 0;
}
