/* SPDX-License-Identifier: MIT */
#include "net/name_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../page/words.h"
#include "../unit.h"

static void write_domains(const struct name_rules *rules, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < rules->count; i++)
		words_append(text, size, rules->domains[i]);
}

static const struct {
	const char *says;
	const char *text;
	const char *domains;
	int ndots;
} files[] = {
	{"nothing", "", "", 1},
	{"no search list", "nameserver 127.0.0.1\n", "", 1},
	{"a search list", "search one.test two.test\n", "one.test two.test", 1},
	{"tabs, many spaces, the end of a DOS line", "search\t one.test   two.test \r\n",
		"one.test two.test", 1},
	{"no newline at the end", "search one.test", "one.test", 1},
	{"one domain", "domain one.test\n", "one.test", 1},
	{"the last of both counts", "search one.test two.test\ndomain three.test\n", "three.test",
		1},
	{"the last of two lists counts", "search one.test\nsearch two.test three.test\n",
		"two.test three.test", 1},
	{"an empty list is none", "search one.test\nsearch\nsearch \t\ndomain\n", "one.test", 1},
	{"the root", "search .\n", ".", 1},
	{"comments", "#search one.test\n; search two.test\n", "", 1},
	{"the keyword begins the line", " search one.test\n", "", 1},
	{"another keyword", "searches one.test\nsear one.test\n", "", 1},
	{"dots", "options ndots:5\n", "", 5},
	{"among other options", "options edns0 timeout:1 ndots:2 rotate\n", "", 2},
	{"in several lines", "options ndots:3\nsearch one.test\noptions rotate\n", "one.test", 3},
	{"no dots", "options ndots:0\n", "", 0},
	{"too many dots", "options ndots:99999999999999999999\n", "", 15},
	{"too few dots", "options ndots:-1\n", "", 0},
	{"what is not ndots", "options xndots:4 ndot:4\nndots:4\n", "", 1},
};

START_TEST(reads_resolv_conf)
{
	struct name_rules rules;
	char domains[256];
	name_rules_init(&rules);
	ck_assert_int_eq(name_rules_read_resolv_conf(&rules, files[_i].text), 0);
	write_domains(&rules, domains, sizeof(domains));
	ck_assert_msg(strcmp(domains, files[_i].domains) == 0, "%s: %s", files[_i].says, domains);
	ck_assert_msg(rules.ndots == files[_i].ndots, "%s: %d", files[_i].says, rules.ndots);
	ck_assert(rules.uses_dns);
	name_rules_clear(&rules);
}
END_TEST

static const struct {
	const char *says;
	const char *text;
	bool uses_dns;
} switches[] = {
	{"nothing", "", true},
	{"other databases", "passwd: files\nnetworks: files\n", true},
	{"both", "passwd: files\nhosts:          files dns\n", true},
	{"the hosts file alone", "hosts: files\n", false},
	{"without a space", "hosts:files\n", false},
	{"with a space before", "\t hosts: files\n", false},
	{"systemd's resolver", "hosts: mymachines resolve [!UNAVAIL=return] files myhostname\n",
		true},
	{"others beside the hosts file", "hosts: files mdns4_minimal [NOTFOUND=return]\n", false},
	{"neither", "hosts: ldap\n", true},
	{"a comment", "hosts: files # dns\n", false},
	{"all of it is a comment", "#hosts: files\n", true},
};

START_TEST(reads_nsswitch_conf)
{
	struct name_rules rules;
	name_rules_init(&rules);
	name_rules_read_nsswitch(&rules, switches[_i].text);
	ck_assert_msg(rules.uses_dns == switches[_i].uses_dns, "%s", switches[_i].says);
	name_rules_clear(&rules);
}
END_TEST

#ifndef _WIN32

/* value: NULL to have none. */
static void set_environment(const char *name, const char *value)
{
	/* There is no other thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	ck_assert_int_eq(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

/* Loads them as the environment and a file say. NULL: not set. */
static void load(const char *domains, const char *options, struct name_rules *rules)
{
	char path[] = "/tmp/test_name_rules.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	ck_assert_ptr_nonnull(file);
	fputs("search one.test two.test\noptions ndots:2\n", file);
	ck_assert_int_eq(fclose(file), 0);
	set_environment("LOCALDOMAIN", domains);
	set_environment("RES_OPTIONS", options);
	ck_assert_int_eq(name_rules_load(path, rules), 0);
	unlink(path);
}

START_TEST(the_environment_overrides_the_file)
{
	struct name_rules rules;
	char domains[256];
	load(NULL, NULL, &rules);
	write_domains(&rules, domains, sizeof(domains));
	ck_assert_str_eq(domains, "one.test two.test");
	ck_assert_int_eq(rules.ndots, 2);
	name_rules_clear(&rules);
	load("three.test four.test", "debug ndots:4", &rules);
	write_domains(&rules, domains, sizeof(domains));
	ck_assert_str_eq(domains, "three.test four.test");
	ck_assert_int_eq(rules.ndots, 4);
	name_rules_clear(&rules);
}
END_TEST

START_TEST(a_missing_file_says_nothing)
{
	struct name_rules rules;
	set_environment("LOCALDOMAIN", NULL);
	set_environment("RES_OPTIONS", NULL);
	ck_assert_int_eq(name_rules_load("/nowhere/resolv.conf", &rules), 0);
	ck_assert_int_eq(rules.ndots, 1);
	name_rules_clear(&rules);
}
END_TEST

#endif

int main(void)
{
	TCase *tcase = tcase_create("name_rules");
	tcase_add_loop_test(tcase, reads_resolv_conf, 0, ROWS(files));
	tcase_add_loop_test(tcase, reads_nsswitch_conf, 0, ROWS(switches));
#ifndef _WIN32
	tcase_add_test(tcase, the_environment_overrides_the_file);
	tcase_add_test(tcase, a_missing_file_says_nothing);
#endif
	return unit_run("net/name_rules", tcase);
}
