/* SPDX-License-Identifier: MIT */
#include "net/address_list.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "../unit.h"

/*
 * The system's resolver as these tests need it, in place of the C library's: numeric hosts and a
 * missing host are looked up as usual. The script answers other names, and keeps the query.
 */
static struct {
	int failure;
	struct addrinfo *found;
	const char *host;
	struct addrinfo hints;
	int freed;
} resolver;

int getaddrinfo(
	const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **found)
{
	if (host && !(hints->ai_flags & AI_NUMERICHOST)) {
		resolver.host = host;
		resolver.hints = *hints;
		*found = resolver.found;
		return resolver.failure;
	}
	int (*look_up)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&look_up, &symbol, sizeof(look_up));
	return look_up(host, port, hints, found);
}

void freeaddrinfo(struct addrinfo *found)
{
	if (found && found == resolver.found) {
		resolver.freed++;
		return;
	}
	void (*release)(struct addrinfo *);
	void *symbol = dlsym(RTLD_NEXT, "freeaddrinfo");
	memcpy(&release, &symbol, sizeof(release));
	release(found);
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;
	const char *reason;
	ck_assert_int_eq(endpoint_parse(text, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	return endpoint;
}

static const struct {
	const char *says;
	const char *text;
	int family;
	const char *address; /* NULL: none, so -ENOENT. */
} hosts[] = {
	{"IPv4", "192.0.2.1:4000", AF_UNSPEC, "192.0.2.1:4000"},
	{"IPv4 alone", "192.0.2.1:4000", AF_INET, "192.0.2.1:4000"},
	{"IPv4 where IPv6 is wanted", "192.0.2.1:4000", AF_INET6, NULL},
	{"IPv6", "[2001:db8::1]:4000", AF_UNSPEC, "[2001:db8::1]:4000"},
	{"IPv6 alone", "[2001:db8::1]:4000", AF_INET6, "[2001:db8::1]:4000"},
	{"IPv6 where IPv4 is wanted", "[2001:db8::1]:4000", AF_INET, NULL},
	{"the largest port", "127.0.0.1:65535", AF_UNSPEC, "127.0.0.1:65535"},
	{"no host, IPv4", ":4321", AF_INET, "127.0.0.1:4321"},
	{"no host, IPv6", ":4321", AF_INET6, "[::1]:4321"},
	{"localhost, IPv4", "localhost:4321", AF_INET, "127.0.0.1:4321"},
	{"localhost in capitals, IPv6", "LOCALHOST:4321", AF_INET6, "[::1]:4321"},
	{"a name", "name.invalid:4000", AF_UNSPEC, NULL},
	{"a name that begins like localhost", "localhost.invalid:4000", AF_UNSPEC, NULL},
	{"a name of digits and dots", "1.2.3.4.5:4000", AF_UNSPEC, NULL},
};

START_TEST(numeric_hosts_and_this_machine_need_no_resolver)
{
	struct endpoint endpoint = endpoint_of(hosts[_i].text);
	struct address_list list = {.count = 17};
	int error = address_list_from_numeric(&endpoint, hosts[_i].family, &list);
	ck_assert_msg(!resolver.host, "%s: asked for %s", hosts[_i].says, resolver.host);
	if (!hosts[_i].address) {
		ck_assert_msg(error == -ENOENT, "%s: %d", hosts[_i].says, error);
		ck_assert_uint_eq(list.count, 17);
		return;
	}
	ck_assert_msg(error == 0, "%s: %d", hosts[_i].says, error);
	ck_assert_uint_eq(list.count, 1);
	char text[ADDRESS_TEXT_MAX];
	address_format(&list.addresses[0].any, text);
	ck_assert_msg(strcmp(text, hosts[_i].address) == 0, "%s: %s", hosts[_i].says, text);
	address_list_clear(&list);
	ck_assert_ptr_null(list.addresses);
	ck_assert_uint_eq(list.count, 0);
	address_list_clear(&list);
}
END_TEST

static const char *const own_hosts[] = {":4321", "localhost:4321", "LOCALHOST:4321"};

START_TEST(this_machine_is_never_looked_up)
{
	struct endpoint endpoint = endpoint_of(own_hosts[_i]);
	struct address_list list;
	ck_assert_int_eq(address_list_look_up(&endpoint, AF_UNSPEC, 0, &list), 0);
	ck_assert_ptr_null(resolver.host);
	ck_assert_uint_ge(list.count, 1);
	for (size_t i = 0; i < list.count; i++) {
		char text[ADDRESS_TEXT_MAX];
		address_format(&list.addresses[i].any, text);
		ck_assert_msg(
			strcmp(text, "127.0.0.1:4321") == 0 || strcmp(text, "[::1]:4321") == 0,
			"%s: %s", own_hosts[_i], text);
	}
	address_list_clear(&list);
}
END_TEST

/*
 * What a resolver finds: a letter for each address, 4, 6, x for another family, or = for the
 * previous one again.
 */
static const struct {
	const char *says;
	const char *found;
	int failure;
	int result;
	const char *kept;
} answers[] = {
	{"one", "4", 0, 0, "4"},
	{"both families, in order", "646", 0, 0, "646"},
	{"other families are left out", "x4x6x", 0, 0, "46"},
	{"duplicates are dropped", "4=6==4=", 0, 0, "464"},
	{"only other families", "xx", 0, EAI_NONAME, NULL},
	{"many", "4444444444444466666666", 0, 0, "4444444444444466666666"},
	{"no such name", "", EAI_NONAME, EAI_NONAME, NULL},
	{"no answer for now", "", EAI_AGAIN, EAI_AGAIN, NULL},
	{"out of memory", "", EAI_MEMORY, EAI_MEMORY, NULL},
};

/* Each address with its place in the answer, from 1, as port. */
static struct addrinfo *make_answer(
	const char *letters, struct addrinfo *found, union address *addresses)
{
	size_t count = strlen(letters);
	for (size_t i = 0; i < count; i++) {
		addresses[i] = (union address){0};
		int family = AF_UNIX;
		if (letters[i] == '4') {
			family = AF_INET;
			addresses[i].v4.sin_port = htons((uint16_t)(i + 1));
		} else if (letters[i] == '6') {
			family = AF_INET6;
			addresses[i].v6.sin6_port = htons((uint16_t)(i + 1));
		}
		addresses[i].any.sa_family = (sa_family_t)family;
		if (letters[i] == '=') {
			addresses[i] = addresses[i - 1];
			family = addresses[i].any.sa_family;
		}
		found[i] = (struct addrinfo){
			.ai_family = family,
			.ai_addr = &addresses[i].any,
			.ai_addrlen = address_length(&addresses[i]),
			.ai_next = i + 1 < count ? &found[i + 1] : NULL,
		};
	}
	return count > 0 ? found : NULL;
}

START_TEST(resolver_results_are_kept_in_order)
{
	struct addrinfo found[32];
	union address addresses[32];
	struct endpoint endpoint = endpoint_of("name.invalid:4000");
	struct address_list list = {.count = 17};
	resolver.found = make_answer(answers[_i].found, found, addresses);
	resolver.failure = answers[_i].failure;
	int result = address_list_look_up(&endpoint, AF_INET6, AI_CANONNAME, &list);
	ck_assert_msg(result == answers[_i].result, "%s: %d", answers[_i].says, result);
	ck_assert_msg(resolver.freed == (answers[_i].failure == 0), "%s", answers[_i].says);

	ck_assert_str_eq(resolver.host, "name.invalid");
	ck_assert_int_eq(resolver.hints.ai_family, AF_INET6);
	ck_assert_int_eq(resolver.hints.ai_socktype, SOCK_STREAM);
	ck_assert_int_eq(resolver.hints.ai_flags, AI_NUMERICSERV | AI_CANONNAME);
	if (!answers[_i].kept) {
		ck_assert_uint_eq(list.count, 17);
		return;
	}
	ck_assert_msg(list.count == strlen(answers[_i].kept), "%s", answers[_i].says);
	const char *letter = answers[_i].found;
	for (size_t i = 0; i < list.count; i++, letter++) {
		while (*letter == 'x' || *letter == '=')
			letter++;
		ck_assert_int_eq(*letter, answers[_i].kept[i]);
		ck_assert(address_is_same(
			&list.addresses[i], &addresses[letter - answers[_i].found]));
	}
	address_list_clear(&list);
}
END_TEST

static const int failures[] = {EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_SYSTEM};

START_TEST(a_failure_has_a_text)
{
	const char *text = address_list_error(failures[_i]);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_gt(strlen(text), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("address_list");
	tcase_add_loop_test(tcase, numeric_hosts_and_this_machine_need_no_resolver, 0, ROWS(hosts));
	tcase_add_loop_test(tcase, this_machine_is_never_looked_up, 0, ROWS(own_hosts));
	tcase_add_loop_test(tcase, resolver_results_are_kept_in_order, 0, ROWS(answers));
	tcase_add_loop_test(tcase, a_failure_has_a_text, 0, ROWS(failures));
	return unit_run("net/address_list", tcase);
}
