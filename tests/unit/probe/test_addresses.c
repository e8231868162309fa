/* SPDX-License-Identifier: MIT */
#include "probe/addresses.h"

#include <stdlib.h>
#include <string.h>

#include "../unit.h"
#include "scripted.h"

static struct address_list list_of(const char *letters)
{
	struct address_list list = {.count = strlen(letters)};
	list.addresses = calloc(list.count, sizeof(*list.addresses));
	for (size_t i = 0; i < list.count; i++)
		list.addresses[i] = script_address(letters[i]);
	return list;
}

static struct addresses make(const char *letters, char good)
{
	struct addresses addresses = {0};
	if (good)
		addresses.good = script_address(good);
	struct address_list list = list_of(letters);
	addresses_take(&addresses, &list);
	ck_assert_ptr_null(list.addresses);
	return addresses;
}

/* Takes all that are left. order: room for all of them and a NUL. */
static void take_all(struct addresses *addresses, char *order)
{
	union address address;
	while (addresses_next(addresses, &address))
		*order++ = script_letter(&address);
	*order = '\0';
}

static const struct {
	const char *says;
	const char *list;
	char good; /* NUL: none yet. */
	const char *order;
} orders[] = {
	{"in the resolver's order", "abc", '\0', "abc"},
	{"the good one is already first", "abc", 'a', "abc"},
	{"the good one comes first", "abc", 'b', "bac"},
	{"from the end too", "abcd", 'd', "dabc"},
	{"the good one is gone", "abc", 'x', "abc"},
	{"a single one", "a", 'a', "a"},
	{"the good one is of the other family", "aBc", 'B', "Bac"},
};

START_TEST(the_good_one_comes_first_and_each_comes_once)
{
	struct addresses addresses = make(orders[_i].list, orders[_i].good);
	char order[8];
	take_all(&addresses, order);
	ck_assert_msg(strcmp(order, orders[_i].order) == 0, "%s: %s", orders[_i].says, order);
	union address untouched = script_address('u');
	ck_assert(!addresses_next(&addresses, &untouched));
	ck_assert_int_eq(script_letter(&untouched), 'u');
	addresses_clear(&addresses);
	ck_assert_uint_eq(addresses.list.count, 0);
	ck_assert_int_eq(addresses_have_good(&addresses), orders[_i].good != '\0');
}
END_TEST

static const struct {
	const char *says;
	const char *list;
	size_t taken;
	char good;
	const char *list_then;
	const char *order_then;
} resumptions[] = {
	{"goes on where the last one was left", "abcde", 2, '\0', "abcde", "cdeab"},
	{"after the good one", "abcde", 2, 'e', "abcde", "ecdab"},
	{"the last one was at its end", "abc", 3, '\0', "abc", "abc"},
	{"another order", "abcde", 2, '\0', "edcba", "cbaed"},
	{"the next one is gone", "abcde", 2, '\0', "abde", "abde"},
};

START_TEST(a_list_goes_on_where_the_last_one_was_left)
{
	struct addresses addresses = make(resumptions[_i].list, '\0');
	union address address;
	for (size_t i = 0; i < resumptions[_i].taken; i++)
		ck_assert(addresses_next(&addresses, &address));
	if (resumptions[_i].good)
		addresses.good = script_address(resumptions[_i].good);
	struct address_list list = list_of(resumptions[_i].list_then);
	addresses_take(&addresses, &list);
	char order[8];
	take_all(&addresses, order);
	ck_assert_msg(strcmp(order, resumptions[_i].order_then) == 0, "%s: %s",
		resumptions[_i].says, order);
	addresses_clear(&addresses);
}
END_TEST

START_TEST(an_address_can_be_put_back)
{
	struct addresses addresses = make("ab", '\0');
	union address address;
	ck_assert(addresses_are_left(&addresses));
	ck_assert(addresses_next(&addresses, &address));
	ck_assert(addresses_next(&addresses, &address));
	ck_assert(!addresses_are_left(&addresses));
	addresses_put_back(&addresses);
	ck_assert(addresses_are_left(&addresses));
	ck_assert(addresses_next(&addresses, &address));
	ck_assert_int_eq(script_letter(&address), 'b');
	ck_assert(addresses_contain(&addresses, &address));
	address = script_address('x');
	ck_assert(!addresses_contain(&addresses, &address));
	addresses_clear(&addresses);
}
END_TEST

static const struct {
	const char *says;
	const char *list;
	size_t passed; /* How often the turn is passed on beforehand. */
	char turn;
	char good;
	const char *renewed;
	char turn_then;
} renewals[] = {
	{"nothing changes", "abc", 1, 'b', '\0', "abc", 'b'},
	{"another order", "abc", 1, 'b', '\0', "cba", 'b'},
	{"the one whose turn it is has gone", "abc", 2, 'c', '\0', "abd", 'a'},
	{"the good one moves to the front, the turn stays", "abc", 1, 'b', 'c', "abc", 'b'},
	{"round and round", "abc", 4, 'b', '\0', "abc", 'b'},
	{"a shorter list", "abcd", 3, 'd', '\0', "da", 'd'},
	{"a single one", "a", 5, 'a', '\0', "b", 'b'},
};

START_TEST(a_renewed_list_keeps_the_turn)
{
	struct addresses addresses = make(renewals[_i].list, '\0');
	for (size_t i = 0; i < renewals[_i].passed; i++) {
		union address turn = *addresses_turn(&addresses);
		addresses_pass(&addresses, &turn);
	}
	ck_assert_msg(script_letter(addresses_turn(&addresses)) == renewals[_i].turn, "%s",
		renewals[_i].says);
	if (renewals[_i].good)
		addresses.good = script_address(renewals[_i].good);
	struct address_list list = list_of(renewals[_i].renewed);
	addresses_renew(&addresses, &list);
	ck_assert_msg(script_letter(addresses_turn(&addresses)) == renewals[_i].turn_then, "%s: %c",
		renewals[_i].says, script_letter(addresses_turn(&addresses)));
	addresses_clear(&addresses);
}
END_TEST

START_TEST(only_the_one_whose_turn_it_is_passes_it_on)
{
	struct addresses addresses = make("abc", '\0');
	union address other = script_address('b');
	addresses_pass(&addresses, &other);
	ck_assert_int_eq(script_letter(addresses_turn(&addresses)), 'a');
	union address turn = script_address('a');
	addresses_pass(&addresses, &turn);
	/* Of many failed handshakes with one address, only the first counts. */
	addresses_pass(&addresses, &turn);
	ck_assert_int_eq(script_letter(addresses_turn(&addresses)), 'b');
	addresses_clear(&addresses);
}
END_TEST

START_TEST(the_good_one_can_be_the_only_one)
{
	struct addresses addresses = make("abc", '\0');
	ck_assert(!addresses_have_good(&addresses));
	addresses.good = script_address('B');
	ck_assert(addresses_have_good(&addresses));
	ck_assert_int_eq(addresses_take_good(&addresses), 0);
	char order[8];
	take_all(&addresses, order);
	ck_assert_str_eq(order, "B");
	addresses_clear(&addresses);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("addresses");
	tcase_add_loop_test(tcase, the_good_one_comes_first_and_each_comes_once, 0, ROWS(orders));
	tcase_add_loop_test(
		tcase, a_list_goes_on_where_the_last_one_was_left, 0, ROWS(resumptions));
	tcase_add_test(tcase, an_address_can_be_put_back);
	tcase_add_loop_test(tcase, a_renewed_list_keeps_the_turn, 0, ROWS(renewals));
	tcase_add_test(tcase, only_the_one_whose_turn_it_is_passes_it_on);
	tcase_add_test(tcase, the_good_one_can_be_the_only_one);
	return unit_run("probe/addresses", tcase);
}
