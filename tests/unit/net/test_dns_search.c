/* SPDX-License-Identifier: MIT */
#include "net/dns_search.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

/* 200 letters. */
#define LONG                                                                                                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *says;
	const char *host;
	int ndots;
	const char *domains[4];
	const char *names; /* With spaces between. */
} searches[] = {
	{"no domain", "a", 1, {NULL}, "a."},
	{"fewer dots than that: the domains first", "a", 1, {"x.test", "y.test"},
		"a.x.test. a.y.test. a."},
	{"as many: first as it is", "a.b", 1, {"x.test", "y.test"}, "a.b. a.b.x.test. a.b.y.test."},
	{"many dots are asked for", "a.b.c", 5, {"x.test"}, "a.b.c.x.test. a.b.c."},
	{"none are", "a", 0, {"x.test"}, "a. a.x.test."},
	{"a final dot: nothing else", "a.", 5, {"x.test"}, "a."},
	{"a domain with a final dot", "a", 1, {"x.test."}, "a.x.test. a."},
	{"the root as a domain", "a", 1, {"."}, "a. a."},
	{"what gets too long is left out", "b", 1, {LONG "." LONG, "x.test"}, "b.x.test. b."},
};

START_TEST(names_come_in_the_order_of_resolv_conf)
{
	size_t count = 0;
	while (searches[_i].domains[count])
		count++;
	const struct dns_search search = {
		.domains = searches[_i].domains, .count = count, .ndots = searches[_i].ndots};
	char names[1024] = "";
	char name[DNS_NAME_MAX];
	size_t index = 0;
	while (dns_search_next(&search, searches[_i].host, &index, name)) {
		size_t length = strlen(names);
		snprintf(names + length, sizeof(names) - length, "%s%s", length > 0 ? " " : "",
			name);
	}
	ck_assert_msg(strcmp(names, searches[_i].names) == 0, "%s: %s", searches[_i].says, names);
	ck_assert(!dns_search_next(&search, searches[_i].host, &index, name));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("dns_search");
	tcase_add_loop_test(tcase, names_come_in_the_order_of_resolv_conf, 0, ROWS(searches));
	return unit_run("net/dns_search", tcase);
}
