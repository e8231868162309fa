/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <errno.h>

#define DEFAULT_PORT 4000

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.listen = {.port = DEFAULT_PORT},
		.threads = 1,
	};
	target_options_init(&settings->defaults);
}

void settings_clear(struct settings *settings)
{
	target_list_clear(&settings->targets);
}

int settings_check(const struct settings *settings, struct text_error *error)
{
	int wrong = target_options_check(&settings->defaults, NULL, error);
	if (wrong != 0)
		return wrong;
	if (settings->threads >= 1 && settings->threads <= SETTINGS_THREADS_MAX)
		return 0;
	text_error_set(error, 0, "threads: %u is out of range; allowed: 1 to %d", settings->threads,
		SETTINGS_THREADS_MAX);
	return -EINVAL;
}

int settings_check_targets(const struct settings *settings, struct text_error *error)
{
	return target_list_check(&settings->targets, &settings->defaults, error);
}
