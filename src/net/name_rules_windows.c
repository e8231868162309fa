/* SPDX-License-Identifier: MIT */
#include "net/name_rules.h"

/* As in dns_channel.c. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <errno.h>
#include <string.h>

/* The registry has it in many places: c-ares knows them, and its earlier versions tell what they found. */
int name_rules_load(const char *resolv_conf, struct name_rules *rules)
{
	(void)resolv_conf;
	ares_channel system = NULL;
	struct ares_options options = {0};
	int mask = 0;
	name_rules_init(rules);
	if (ares_init_options(&system, &options, 0) != ARES_SUCCESS)
		return -EIO;
	int status = ares_save_options(system, &options, &mask);
	ares_destroy(system);
	int error = status == ARES_SUCCESS ? 0 : -ENOMEM;
	if (!error && (mask & ARES_OPT_NDOTS))
		rules->ndots = options.ndots;
	for (int i = 0; !error && (mask & ARES_OPT_DOMAINS) && i < options.ndomains; i++)
		error = name_rules_add_domain(
			rules, options.domains[i], strlen(options.domains[i]));
	ares_destroy_options(&options);
	if (error)
		name_rules_clear(rules);
	return error;
}
