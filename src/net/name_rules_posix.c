/* SPDX-License-Identifier: MIT */
#include "net/name_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_text.h"

/* Bytes of a file. */
#define FILE_MAX 1048576
#define HOST_NAME_BYTES 256

/* A file that cannot be read says nothing. */
static const char *read_file(const char *path, struct buffer *text)
{
	struct text_error error;
	return file_text_read(path, FILE_MAX, text, &error) == 0 ? text->data : "";
}

/* That of this machine's name: where resolv.conf has none. */
static int set_own_domain(struct name_rules *rules)
{
	char name[HOST_NAME_BYTES] = "";
	if (gethostname(name, sizeof(name) - 1) < 0)
		return 0;
	const char *dot = strchr(name, '.');
	return dot ? name_rules_set_domains(rules, dot + 1) : 0;
}

int name_rules_load(const char *resolv_conf, struct name_rules *rules)
{
	struct name_rules made;
	struct buffer names = {0};
	struct buffer sources = {0};
	/* Nobody changes the environment. NOLINTBEGIN(concurrency-mt-unsafe) */
	const char *domains = getenv("LOCALDOMAIN");
	const char *options = getenv("RES_OPTIONS");
	/* NOLINTEND(concurrency-mt-unsafe) */
	name_rules_init(&made);
	int error = name_rules_read_resolv_conf(
		&made, read_file(resolv_conf ? resolv_conf : "/etc/resolv.conf", &names));
	if (!error && domains)
		error = name_rules_set_domains(&made, domains);
	if (!error && made.count == 0)
		error = set_own_domain(&made);
	if (options)
		name_rules_read_options(&made, options);
	name_rules_read_nsswitch(&made, read_file("/etc/nsswitch.conf", &sources));
	buffer_clear(&names);
	buffer_clear(&sources);
	if (error)
		name_rules_clear(&made);
	else
		*rules = made;
	return error;
}
