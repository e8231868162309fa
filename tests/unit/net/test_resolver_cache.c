/* SPDX-License-Identifier: MIT */
#include "net/resolver_cache.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"

#define S NS_PER_S

/* When the answers come. */
#define NOW (1000 * S)

/* A capital letter is an IPv6 address. */
static union address address_of(char letter)
{
	union address address = {0};
	if (letter >= 'A' && letter <= 'Z') {
		address.any.sa_family = AF_INET6;
		address.v6.sin6_addr.s6_addr[15] = (uint8_t)letter;
	} else {
		address.any.sa_family = AF_INET;
		address.v4.sin_addr.s_addr = htonl((uint8_t)letter);
	}
	return address;
}

static char letter_of(const union address *address)
{
	if (address->any.sa_family == AF_INET6)
		return (char)address->v6.sin6_addr.s6_addr[15];
	return (char)ntohl(address->v4.sin_addr.s_addr);
}

static const char *letters_of(const struct address_list *list)
{
	static char letters[32];
	for (size_t i = 0; i < list->count; i++)
		letters[i] = letter_of(&list->addresses[i]);
	letters[list->count] = '\0';
	return letters;
}

static struct resolver_answer found(const char *letters, int64_t valid_ns, int lacks)
{
	struct resolver_answer answer = {
		.result = RESOLVER_FOUND, .valid_ns = valid_ns, .lacks = lacks};
	for (; *letters; letters++) {
		union address address = address_of(*letters);
		ck_assert_int_eq(address_list_add(&answer.list, &address), 0);
	}
	return answer;
}

static struct resolver_answer not_found(enum resolver_result result)
{
	return (struct resolver_answer){.result = result, .reason = "why"};
}

static void store(struct resolver_cache_entry *entry, struct resolver_answer answer, int64_t now_ns)
{
	resolver_cache_store(entry, &answer, now_ns);
	address_list_clear(&answer.list);
}

static struct resolver_cache_entry *get(struct resolver_cache *cache, const char *host)
{
	struct resolver_cache_entry *entry = resolver_cache_get(cache, host, AF_UNSPEC, NOW);
	ck_assert_ptr_nonnull(entry);
	return entry;
}

static const struct {
	const char *says;
	enum resolver_result result;
	int64_t valid_ns;
	int64_t after_ns;
	int64_t max_age_ns;
	bool is_good;
} answers[] = {
	{"at once", RESOLVER_FOUND, 60 * S, 0, INT64_MAX, true},
	{"just before it is over", RESOLVER_FOUND, 60 * S, 60 * S - 1, INT64_MAX, true},
	{"once it is over", RESOLVER_FOUND, 60 * S, 60 * S, INT64_MAX, false},
	{"it never held", RESOLVER_FOUND, 0, 0, INT64_MAX, false},
	{"young enough", RESOLVER_FOUND, 60 * S, 30 * S, 30 * S, true},
	{"too old", RESOLVER_FOUND, 60 * S, 30 * S + 1, 30 * S, false},
	{"only a new one will do", RESOLVER_FOUND, 60 * S, 1, 0, false},
	{"no such name: for a moment", RESOLVER_NOT_FOUND, 0, S - 1, INT64_MAX, true},
	{"no such name: not longer", RESOLVER_NOT_FOUND, 0, S, INT64_MAX, false},
	{"a failure: for a moment", RESOLVER_FAILED, 0, S - 1, INT64_MAX, true},
	{"a failure: not longer", RESOLVER_FAILED, 0, S, INT64_MAX, false},
};

START_TEST(an_answer_holds_for_its_time)
{
	struct resolver_cache *cache = resolver_cache_new(10);
	struct resolver_cache_entry *entry = get(cache, "name");
	ck_assert(!resolver_cache_is_good(entry, INT64_MAX, NOW));
	store(entry,
		answers[_i].result == RESOLVER_FOUND ? found("a", answers[_i].valid_ns, AF_UNSPEC)
						     : not_found(answers[_i].result),
		NOW);
	ck_assert_msg(resolver_cache_is_good(entry, answers[_i].max_age_ns,
			      NOW + answers[_i].after_ns) == answers[_i].is_good,
		"%s", answers[_i].says);
	ck_assert_int_eq(entry->result, answers[_i].result);
	ck_assert_int_eq(entry->reason == NULL, answers[_i].result == RESOLVER_FOUND);
	resolver_cache_free(cache);
}
END_TEST

/* Words of answers: letters are found, with '4' or '6' that family could not be learnt; "-" is no
 * such name, "?" a failure. */
static const struct {
	const char *says;
	const char *words[4];
	const char *last; /* What the last one comes to. */
} series[] = {
	{"one after another", {"aB", "cD"}, "cD"},
	{"IPv6 is missing for once", {"aB", "c6"}, "cB"},
	{"IPv4 is missing for once", {"aB", "D4"}, "Da"},
	{"for long", {"aB", "c6", "e6"}, "eB"},
	{"it was never known", {"a6"}, "a"},
	{"a failure in between", {"aB", "?", "c6"}, "cB"},
	{"no such name in between", {"aB", "-", "c6"}, "c"},
	{"IPv6 is gone", {"aB", "c"}, "c"},
};

START_TEST(addresses_of_a_family_that_is_missing_are_added)
{
	struct resolver_cache *cache = resolver_cache_new(10);
	struct resolver_cache_entry *entry = get(cache, "name");
	struct resolver_answer answer = {0};
	for (int i = 0; series[_i].words[i]; i++) {
		char letters[8];
		snprintf(letters, sizeof(letters), "%s", series[_i].words[i]);
		int lacks = AF_UNSPEC;
		char *digit = strpbrk(letters, "46");
		if (digit) {
			lacks = *digit == '4' ? AF_INET : AF_INET6;
			*digit = '\0';
		}
		address_list_clear(&answer.list);
		if (letters[0] == '-' || letters[0] == '?')
			answer =
				not_found(letters[0] == '-' ? RESOLVER_NOT_FOUND : RESOLVER_FAILED);
		else
			answer = found(letters, S, lacks);
		resolver_cache_store(entry, &answer, NOW + i * S);
	}
	ck_assert_msg(strcmp(letters_of(&answer.list), series[_i].last) == 0, "%s: %s",
		series[_i].says, letters_of(&answer.list));
	ck_assert_msg(strcmp(letters_of(&entry->list), series[_i].last) == 0, "%s: %s remembered",
		series[_i].says, letters_of(&entry->list));
	address_list_clear(&answer.list);
	resolver_cache_free(cache);
}
END_TEST

START_TEST(names_are_told_apart_but_not_by_case)
{
	struct resolver_cache *cache = resolver_cache_new(10);
	struct resolver_cache_entry *entry = get(cache, "Name.Example");
	entry->busy = cache;
	ck_assert_str_eq(entry->host, "name.example");
	ck_assert_ptr_eq(get(cache, "name.EXAMPLE"), entry);
	ck_assert_ptr_ne(get(cache, "name.example."), entry);
	ck_assert_ptr_ne(get(cache, "name.exampl"), entry);
	ck_assert_ptr_ne(resolver_cache_get(cache, "name.example", AF_INET, NOW), entry);
	ck_assert_ptr_ne(resolver_cache_get(cache, "name.example", AF_INET6, NOW), entry);
	resolver_cache_free(cache);
}
END_TEST

static unsigned visited;

static void visit(struct resolver_cache_entry *entry)
{
	ck_assert_ptr_nonnull(entry->busy);
	visited++;
}

START_TEST(what_expires_soonest_makes_room)
{
	struct resolver_cache *cache = resolver_cache_new(3);
	/* Busy ones stay, even if there are too many of them. */
	get(cache, "busy")->busy = cache;
	store(get(cache, "late"), found("a", 60 * S, AF_UNSPEC), NOW);
	store(get(cache, "soon"), found("b", 5 * S, AF_UNSPEC), NOW);
	store(get(cache, "new"), found("c", 30 * S, AF_UNSPEC), NOW);
	ck_assert(resolver_cache_is_good(get(cache, "late"), INT64_MAX, NOW));
	ck_assert(resolver_cache_is_good(get(cache, "new"), INT64_MAX, NOW));
	ck_assert_ptr_nonnull(get(cache, "busy")->busy);
	ck_assert(!resolver_cache_is_good(get(cache, "soon"), INT64_MAX, NOW));
	for (int i = 0; i < 5; i++) {
		char host[8];
		snprintf(host, sizeof(host), "b%d", i);
		get(cache, host)->busy = cache;
	}
	visited = 0;
	resolver_cache_visit_busy(cache, visit);
	ck_assert_uint_eq(visited, 6);
	resolver_cache_free(cache);
}
END_TEST

START_TEST(thousands_of_names_come_and_go)
{
	struct resolver_cache *cache = resolver_cache_new(1000);
	for (int i = 0; i < 5000; i++) {
		char host[16];
		snprintf(host, sizeof(host), "host%d", i);
		struct resolver_cache_entry *entry =
			resolver_cache_get(cache, host, AF_UNSPEC, NOW + i * S);
		ck_assert(!entry->has_answer);
		store(entry, found("a", 100 * S, AF_UNSPEC), NOW + i * S);
	}
	resolver_cache_free(cache);
}
END_TEST

START_TEST(everything_can_be_doubted_at_once)
{
	struct resolver_cache *cache = resolver_cache_new(10);
	struct resolver_cache_entry *entry = get(cache, "name");
	struct resolver_answer answer = found("aB", 60 * S, AF_UNSPEC);
	answer.place = 3;
	store(entry, answer, NOW);
	ck_assert_uint_eq(entry->place, 3);
	store(entry, not_found(RESOLVER_FAILED), NOW);
	ck_assert_uint_eq(entry->place, 3);
	resolver_cache_expire(cache);
	ck_assert(!resolver_cache_is_good(entry, INT64_MAX, NOW));
	ck_assert_uint_eq(entry->place, 0);
	/* The addresses are still known. */
	ck_assert_str_eq(letters_of(&entry->list), "aB");
	resolver_cache_free(cache);
	resolver_cache_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("resolver_cache");
	tcase_add_loop_test(tcase, an_answer_holds_for_its_time, 0, ROWS(answers));
	tcase_add_loop_test(
		tcase, addresses_of_a_family_that_is_missing_are_added, 0, ROWS(series));
	tcase_add_test(tcase, names_are_told_apart_but_not_by_case);
	tcase_add_test(tcase, what_expires_soonest_makes_room);
	tcase_add_test(tcase, thousands_of_names_come_and_go);
	tcase_add_test(tcase, everything_can_be_doubted_at_once);
	return unit_run("net/resolver_cache", tcase);
}
