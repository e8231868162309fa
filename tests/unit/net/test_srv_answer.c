/* SPDX-License-Identifier: MIT */
#include "net/srv_answer.h"

#include <errno.h>
#include <string.h>

#include "../unit.h"

/* A header with one question, and so many answers. */
#define HEAD(answers) "\0\1\201\200\0\1\0" answers "\0\0\0\0"
/* "s.t", an SRV record's. It stands at byte 12. */
#define QUESTION "\1s\1t\0\0\41\0\1"
/* Its name by a pointer, type, class, time to live, and how long what follows is. */
#define SRV(ttl, length) "\300\14\0\41\0\1\0\0\0" ttl "\0" length
#define PORT_1 "\0\1\0\2\0\1"
#define PORT_0 "\0\1\0\2\0\0"
#define HOST_A "\1a\0"
#define TEXT(text) text, (int)sizeof(text) - 1

static const struct {
	const char *says;
	const char *message;
	int length;
	size_t count;
	int valid_s;
	const char *first;
} good[] = {
	{"one", TEXT(HEAD("\1") QUESTION SRV("\7", "\11") PORT_1 HOST_A), 1, 7, "a"},
	{"two: the shorter time counts",
		TEXT(HEAD("\2") QUESTION SRV("\11", "\11") PORT_1 HOST_A SRV("\3", "\12") PORT_1
			"\1b\300\16"),
		2, 3, "a"},
	{"a compressed host", TEXT(HEAD("\1") QUESTION SRV("\7", "\12") PORT_1 "\1b\300\14"), 1, 7,
		"b.s.t"},
	{"behind an alias, whose time counts",
		TEXT(HEAD("\2") QUESTION "\300\14\0\5\0\1\0\0\0\2\0\3\1x\0" SRV("\7", "\11")
				PORT_1 HOST_A),
		1, 2, "a"},
	{"none", TEXT(HEAD("\0") QUESTION), 0, 86400, NULL},
	{"no such service", TEXT(HEAD("\1") QUESTION SRV("\7", "\7") PORT_1 "\0"), 0, 7, NULL},
	{"no port", TEXT(HEAD("\1") QUESTION SRV("\7", "\11") PORT_0 HOST_A), 0, 7, NULL},
	{"another class", TEXT(HEAD("\1") QUESTION "\300\14\0\41\0\3\0\0\0\7\0\11" PORT_1 HOST_A),
		0, 7, NULL},
	{"a time with the highest bit",
		TEXT(HEAD("\1") QUESTION "\300\14\0\41\0\1\377\0\0\7\0\11" PORT_1 HOST_A), 1, 0,
		"a"},
};

static const struct {
	const char *says;
	const char *message;
	int length;
} bad[] = {
	{"nothing", TEXT("")},
	{"half a header", TEXT("\0\1\201\200\0\1")},
	{"a question too few", TEXT(HEAD("\0"))},
	{"half a question", TEXT(HEAD("\0") "\1s\1t\0\0\41\0")},
	{"an answer too few", TEXT(HEAD("\1") QUESTION)},
	{"half a record", TEXT(HEAD("\1") QUESTION "\300\14\0\41\0\1\0\0")},
	{"data that end beyond it", TEXT(HEAD("\1") QUESTION SRV("\7", "\12") PORT_1 HOST_A)},
	{"data too short for a host", TEXT(HEAD("\1") QUESTION SRV("\7", "\6") PORT_1)},
	{"no data", TEXT(HEAD("\1") QUESTION SRV("\7", "\0"))},
	{"a pointer to itself",
		TEXT(HEAD("\1") QUESTION "\300\25\0\41\0\1\0\0\0\7\0\11" PORT_1 HOST_A)},
	{"a host that points beyond it",
		TEXT(HEAD("\1") QUESTION SRV("\7", "\10") PORT_1 "\303\377")},
};

START_TEST(reads_services)
{
	struct srv_list list = {0};
	ck_assert_msg(srv_answer_read(
			      (const unsigned char *)good[_i].message, good[_i].length, &list) == 0,
		"%s", good[_i].says);
	ck_assert_msg(list.count == good[_i].count, "%s: %zu", good[_i].says, list.count);
	ck_assert_msg(list.valid_s == good[_i].valid_s, "%s: %lld", good[_i].says,
		(long long)list.valid_s);
	if (list.count > 0) {
		ck_assert_str_eq(list.records[0].host, good[_i].first);
		ck_assert_uint_eq(list.records[0].port, 1);
	}
	srv_list_clear(&list);
}
END_TEST

START_TEST(refuses_what_is_malformed)
{
	struct srv_list list = {.count = 17};
	ck_assert_msg(srv_answer_read((const unsigned char *)bad[_i].message, bad[_i].length,
			      &list) == -EBADMSG,
		"%s", bad[_i].says);
	ck_assert_uint_eq(list.count, 17);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("srv_answer");
	tcase_add_loop_test(tcase, reads_services, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tcase, refuses_what_is_malformed, 0, sizeof(bad) / sizeof(bad[0]));
	return unit_run("net/srv_answer", tcase);
}
