/* SPDX-License-Identifier: MIT */
#include "net/resolver_answer.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

#define S NS_PER_S

/* A letter's address: a capital is an IPv6 one, 0 the unspecified IPv4 one. */
static union address address_of(char letter)
{
	union address address = {0};
	if (letter >= 'A' && letter <= 'Z') {
		address.any.sa_family = AF_INET6;
		address.v6.sin6_addr.s6_addr[0] = 0x20;
		address.v6.sin6_addr.s6_addr[15] = (uint8_t)letter;
		return address;
	}
	address.any.sa_family = AF_INET;
	if (letter != '0')
		address.v4.sin_addr.s_addr = htonl(UINT32_C(0xc0000200) + (uint8_t)letter);
	return address;
}

/* "+" and letters: found. "-" and a reason: not found. "?" and a reason: failed. */
static struct resolver_answer answer_of(const char *text, int64_t valid_ns)
{
	struct resolver_answer answer = {.result = RESOLVER_FOUND, .valid_ns = valid_ns};
	if (text[0] != '+')
		return (struct resolver_answer){
			.result = text[0] == '-' ? RESOLVER_NOT_FOUND : RESOLVER_FAILED,
			.reason = text + 1};
	for (const char *letter = text + 1; *letter; letter++) {
		union address address = address_of(*letter);
		ck_assert_int_eq(address_list_add(&answer.list, &address), 0);
	}
	return answer;
}

static void check(const char *says, const struct resolver_answer *answer, const char *expected)
{
	struct resolver_answer wanted = answer_of(expected, 0);
	ck_assert_msg(answer->result == wanted.result, "%s: %d", says, answer->result);
	ck_assert_msg(answer->list.count == wanted.list.count, "%s", says);
	for (size_t i = 0; i < wanted.list.count; i++)
		ck_assert_msg(
			address_is_same(&answer->list.addresses[i], &wanted.list.addresses[i]),
			"%s: %zu", says, i);
	ck_assert_msg((answer->reason == NULL) == (wanted.reason == NULL), "%s", says);
	if (wanted.reason)
		ck_assert_msg(
			strstr(answer->reason, wanted.reason), "%s: %s", says, answer->reason);
	address_list_clear(&wanted.list);
}

static const struct {
	const char *says;
	const char *v6;
	int64_t v6_valid_ns;
	const char *v4;
	int64_t v4_valid_ns;
	const char *joined;
	int64_t valid_ns;
	int lacks;
} joins[] = {
	{"both", "+AB", 60 * S, "+cd", 50 * S, "+ABcd", 50 * S, AF_UNSPEC},
	{"both, the other way round", "+A", 5 * S, "+c", 50 * S, "+Ac", 5 * S, AF_UNSPEC},
	{"one is none", "+A", 60 * S, "-none", 0, "+A", 60 * S, AF_UNSPEC},
	{"the other is none", "-none", 0, "+c", 60 * S, "+c", 60 * S, AF_UNSPEC},
	{"one failed: not for long", "+A", 60 * S, "?failed", 0, "+A", 30 * S, AF_INET},
	{"the other failed", "?failed", 0, "+c", 20 * S, "+c", 20 * S, AF_INET6},
	{"none at all", "-none", 0, "-nothing", 0, "-none", 0, AF_UNSPEC},
	{"who knows", "-none", 0, "?failed", 0, "?failed", 0, AF_UNSPEC},
	{"who knows the other", "?failed", 0, "-none", 0, "?failed", 0, AF_UNSPEC},
	{"both failed", "?failed", 0, "?refused", 0, "?failed", 0, AF_UNSPEC},
};

START_TEST(two_families_are_joined)
{
	struct resolver_answer v6 = answer_of(joins[_i].v6, joins[_i].v6_valid_ns);
	struct resolver_answer v4 = answer_of(joins[_i].v4, joins[_i].v4_valid_ns);
	struct resolver_answer joined;
	resolver_answer_join(&v6, AF_INET6, &v4, &joined);
	check(joins[_i].says, &joined, joins[_i].joined);
	ck_assert_msg(joined.valid_ns == joins[_i].valid_ns, "%s", joins[_i].says);
	ck_assert_msg(joined.lacks == joins[_i].lacks, "%s", joins[_i].says);
	ck_assert_ptr_null(v6.list.addresses);
	ck_assert_ptr_null(v4.list.addresses);
	address_list_clear(&joined.list);
}
END_TEST

static const struct {
	const char *says;
	const char *answer;
	const char *kept;
} filters[] = {
	{"possible ones", "+aBc", "+aBc"},
	{"one is not", "+a0c", "+ac"},
	{"none is", "+00", "-0.0.0.0"},
	{"there were none anyway", "-none", "-none"},
	{"nor is that known", "?failed", "?failed"},
};

START_TEST(impossible_addresses_are_dropped)
{
	struct resolver_answer answer = answer_of(filters[_i].answer, 60 * S);
	resolver_answer_keep_possible(&answer);
	check(filters[_i].says, &answer, filters[_i].kept);
	address_list_clear(&answer.list);
}
END_TEST

START_TEST(that_there_were_impossible_ones_is_the_better_reason)
{
	struct resolver_answer none = answer_of("-none", 0);
	struct resolver_answer blocked = answer_of("+0", 0);
	struct resolver_answer joined;
	resolver_answer_keep_possible(&blocked);
	resolver_answer_join(&none, AF_INET6, &blocked, &joined);
	check("IPv4 is blocked", &joined, "-0.0.0.0");
	resolver_answer_join(&blocked, AF_INET6, &none, &joined);
	check("IPv6 is blocked", &joined, "-0.0.0.0");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("resolver_answer");
	tcase_add_loop_test(tcase, two_families_are_joined, 0, ROWS(joins));
	tcase_add_loop_test(tcase, impossible_addresses_are_dropped, 0, ROWS(filters));
	tcase_add_test(tcase, that_there_were_impossible_ones_is_the_better_reason);
	return unit_run("net/resolver_answer", tcase);
}
