/* SPDX-License-Identifier: MIT */
/*
 * Whatever name servers say of names, in any order: what two answers come to has the addresses of
 * both, none of them impossible, and what is remembered is what was last known of each family.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/remote_address.h"
#include "net/resolver_cache.h"

#define HOSTS 8
#define CACHE_SIZE 4

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* One of a few addresses, some of which no host can have. */
static union address make_address(int family, uint8_t which)
{
	static const uint8_t firsts[] = {192, 10, 0, 224, 255, 127, 203, 8};
	union address address = {0};
	if (family == AF_INET) {
		address.v4.sin_family = AF_INET;
		memset(&address.v4.sin_addr, firsts[which % 8], sizeof(address.v4.sin_addr));
	} else {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_addr.s6_addr[0] = which & 8 ? 0x20 : which & 16 ? 0xff : 0;
		address.v6.sin6_addr.s6_addr[15] = which % 8;
	}
	return address;
}

/* What is left of the input. */
struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take_byte(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

/* An answer for one family, as a back end hands it over. */
static struct resolver_answer take_answer(struct input *input, int family)
{
	uint8_t how = take_byte(input);
	struct resolver_answer answer = {.result = RESOLVER_FAILED, .reason = "it failed"};
	if (how % 4 == 0)
		return answer;
	if (how % 4 == 1) {
		answer.result = RESOLVER_NOT_FOUND;
		return answer;
	}
	answer = (struct resolver_answer){
		.result = RESOLVER_FOUND, .valid_ns = take_byte(input) * NS_PER_S};
	for (unsigned count = 1U + how / 4 % 8; count > 0; count--) {
		union address address = make_address(family, take_byte(input));
		expect(address_list_add(&answer.list, &address) == 0);
	}
	expect(address_list_drop_duplicates(&answer.list) == 0);
	resolver_answer_keep_possible(&answer);
	return answer;
}

static void check_list(const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		expect(remote_address_is_possible(&list->addresses[i]));
		for (size_t k = 0; k < i; k++)
			expect(!address_is_same(&list->addresses[i], &list->addresses[k]));
	}
}

static struct resolver_answer join(struct input *input)
{
	int family = take_byte(input) % 2 ? AF_INET : AF_INET6;
	int other = family == AF_INET ? AF_INET6 : AF_INET;
	struct resolver_answer first = take_answer(input, family);
	struct resolver_answer second = take_answer(input, other);
	bool is_found = first.result == RESOLVER_FOUND || second.result == RESOLVER_FOUND;
	bool has_failed = first.result == RESOLVER_FAILED || second.result == RESOLVER_FAILED;
	size_t first_count = first.list.count;
	size_t count = first_count + second.list.count;
	struct resolver_answer joined;
	resolver_answer_join(&first, family, &second, &joined);
	expect((joined.result == RESOLVER_FOUND) == is_found);
	expect(is_found || (joined.result == RESOLVER_FAILED) == has_failed);
	expect((joined.reason == NULL) == is_found && joined.list.count == count);
	expect((joined.lacks != AF_UNSPEC) == (is_found && has_failed));
	for (size_t i = 0; i < count; i++)
		expect(joined.list.addresses[i].any.sa_family ==
			(i < first_count ? family : other));
	check_list(&joined.list);
	return joined;
}

/* Stores an answer, and compares what is then known with what is known before. */
static void store(struct resolver_cache_entry *entry, struct input *input, int64_t now_ns)
{
	struct resolver_answer answer = join(input);
	size_t known = entry->list.count;
	size_t count = answer.list.count;
	bool had_place = entry->place != 0;
	resolver_cache_store(entry, &answer, now_ns);
	expect(entry->has_answer && entry->result == answer.result && entry->at_ns == now_ns);
	check_list(&entry->list);
	switch (answer.result) {
	case RESOLVER_FOUND:
		expect(entry->list.count >= count && entry->list.count <= count + known);
		expect(answer.lacks != AF_UNSPEC || entry->list.count == count);
		expect(resolver_cache_is_good(entry, INT64_MAX, now_ns) == (answer.valid_ns > 0));
		break;
	case RESOLVER_NOT_FOUND:
		expect(entry->list.count == 0 && entry->place == 0);
		break;
	case RESOLVER_FAILED:
		expect(entry->list.count == known && (entry->place != 0) == had_place);
		break;
	}
	address_list_clear(&answer.list);
}

static unsigned busy_seen;

static void count_busy(struct resolver_cache_entry *entry)
{
	(void)entry;
	busy_seen++;
}

/* How many entries are busy, by asking for each name that may be there. */
static void check_busy(struct resolver_cache *cache, const bool *is_busy)
{
	unsigned expected = 0;
	for (size_t i = 0; i < HOSTS; i++)
		expected += is_busy[i];
	busy_seen = 0;
	resolver_cache_visit_busy(cache, count_busy);
	expect(busy_seen == expected);
}

static struct resolver_cache_entry *get(struct resolver_cache *cache, uint8_t host, int64_t now_ns)
{
	const char name[] = {(char)((host & 128 ? 'A' : 'a') + host % HOSTS), '\0'};
	struct resolver_cache_entry *entry = resolver_cache_get(cache, name, AF_UNSPEC, now_ns);
	expect(entry != NULL && entry->host[0] == 'a' + host % HOSTS);
	return entry;
}

/* Each step is a byte for what is done, one for the name, and what an answer needs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	bool is_busy[HOSTS] = {false};
	int64_t now_ns = NS_PER_S;
	struct resolver_cache *cache = resolver_cache_new(CACHE_SIZE);
	expect(cache != NULL);
	while (input.size > 0) {
		uint8_t what = take_byte(&input);
		uint8_t host = take_byte(&input);
		struct resolver_cache_entry *entry = get(cache, host, now_ns);
		expect((entry->busy != NULL) == is_busy[host % HOSTS]);
		switch (what % 4) {
		case 0:
		case 1:
			store(entry, &input, now_ns);
			break;
		case 2:
			is_busy[host % HOSTS] = what & 128;
			entry->busy = what & 128 ? &now_ns : NULL;
			break;
		default:
			if (what & 128)
				resolver_cache_expire(cache);
			expect(!(what & 128) || !resolver_cache_is_good(entry, INT64_MAX, now_ns));
			now_ns += what / 4 % 32 * NS_PER_S;
			break;
		}
		check_busy(cache, is_busy);
	}
	resolver_cache_free(cache);
	return 0;
}
