/* SPDX-License-Identifier: MIT */
/*
 * How the system wants names looked up: resolv.conf(5), nsswitch.conf(5). c-ares reads these files, too, but its later
 * versions do not tell what they have.
 */
#ifndef NET_NAME_RULES_H
#define NET_NAME_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* Stored by the caller. */
struct name_rules {
	char **domains; /* Those in which names are searched. Owned, as each of them. */
	size_t count;
	int ndots;     /* As in struct dns_search. */
	bool uses_dns; /* Or is it the hosts file alone? */
};

/* No domains, and DNS. */
void name_rules_init(struct name_rules *rules);

/* One more domain. Returns 0 or -ENOMEM. */
int name_rules_add_domain(struct name_rules *rules, const char *name, size_t length);

/* The domains of a list with spaces between, in place of those before. Returns 0 or -ENOMEM. */
int name_rules_set_domains(struct name_rules *rules, const char *list);

/* The words after "options", of which only ndots matters here. */
void name_rules_read_options(struct name_rules *rules, const char *options);

/* text: that of the file. Returns 0 or -ENOMEM. */
int name_rules_read_resolv_conf(struct name_rules *rules, const char *text);

/* text: that of the file. */
void name_rules_read_nsswitch(struct name_rules *rules, const char *text);

/*
 * Reads all of the system's configuration. resolv_conf: the path of a file in place of the system's, or NULL; Windows
 * has no such file. Returns 0 with *rules owned by the caller, or a negative errno.
 */
int name_rules_load(const char *resolv_conf, struct name_rules *rules);

void name_rules_clear(struct name_rules *rules);

#endif
