/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

void settings_init(struct settings *settings)
{
	struct option_value listen = {0};
	struct option_value threads = {0};
	struct option_value resolver = {0};
	struct option_value reflects = {0};
	struct option_value probe_max = {0};
	option_value_initial(option_get(OPTION_LISTEN), &listen);
	option_value_initial(option_get(OPTION_REFLECT_DSCP), &reflects);
	option_value_initial(option_get(OPTION_THREADS), &threads);
	option_value_initial(option_get(OPTION_PROBE_MAX), &probe_max);
	option_value_initial(option_get(OPTION_RESOLVER), &resolver);
	*settings = (struct settings){
		.listen = listen.endpoint,
		.reflects_dscp = reflects.number,
		.probe_max = (size_t)probe_max.number,
		.threads = (unsigned)threads.number,
		.resolver = (enum settings_resolver)resolver.number,
	};
	target_options_init(&settings->defaults);
}

void settings_clear(struct settings *settings)
{
	target_list_clear(&settings->targets);
	networks_clear(&settings->allow);
	destinations_clear(&settings->probe_allow);
}

int settings_check(const struct settings *settings, struct text_error *error)
{
	int result = target_options_check(&settings->defaults, NULL, error);
	if (result == 0)
		result = option_check_range(option_get(OPTION_THREADS), settings->threads, error);
	return result;
}

int settings_complete(struct settings *settings, struct text_error *error)
{
	int result = settings_check(settings, error);
	if (result == 0)
		result = target_list_complete(&settings->targets, &settings->defaults, error);
	return result;
}
