/* SPDX-License-Identifier: MIT */
#include "probe/addresses.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void addresses_clear(struct addresses *addresses)
{
	address_list_clear(&addresses->list);
	addresses->next = 0;
}

/* The position of the address in the list; the list's length if it is not in there. */
static size_t find(const struct address_list *list, const union address *address)
{
	size_t at = 0;
	while (at < list->count && !address_is_same(&list->addresses[at], address))
		at++;
	return at;
}

static void reverse(union address *addresses, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		union address kept = addresses[i];
		addresses[i] = addresses[count - 1 - i];
		addresses[count - 1 - i] = kept;
	}
}

/* Moves the first `by` of them to the end; the order stays. */
static void rotate(union address *addresses, size_t count, size_t by)
{
	reverse(addresses, by);
	reverse(addresses + by, count - by);
	reverse(addresses, count);
}

void addresses_take(struct addresses *addresses, struct address_list *list)
{
	size_t count = list->count;
	size_t first = 0;
	if (addresses_are_left(addresses))
		first = find(list, &addresses->list.addresses[addresses->next]);
	addresses_clear(addresses);
	addresses->list = *list;
	*list = (struct address_list){0};
	if (first < count)
		rotate(addresses->list.addresses, count, first);
	size_t good = find(&addresses->list, &addresses->good);
	if (good == count)
		return;
	/* The others keep their order. */
	rotate(addresses->list.addresses, good + 1, good);
}

void addresses_renew(struct addresses *addresses, struct address_list *list)
{
	const union address turn = *addresses_turn(addresses);
	addresses_take(addresses, list);
	size_t at = find(&addresses->list, &turn);
	if (at < addresses->list.count)
		addresses->next = at;
}

int addresses_take_good(struct addresses *addresses)
{
	struct address_list list = {.addresses = malloc(sizeof(*list.addresses)), .count = 1};
	if (!list.addresses)
		return -ENOMEM;
	list.addresses[0] = addresses->good;
	addresses_take(addresses, &list);
	return 0;
}

bool addresses_have_good(const struct addresses *addresses)
{
	return addresses->good.any.sa_family != AF_UNSPEC;
}

bool addresses_next(struct addresses *addresses, union address *address)
{
	if (!addresses_are_left(addresses))
		return false;
	*address = addresses->list.addresses[addresses->next++];
	return true;
}

void addresses_put_back(struct addresses *addresses)
{
	assert(addresses->next > 0);
	addresses->next--;
}

bool addresses_are_left(const struct addresses *addresses)
{
	return addresses->next < addresses->list.count;
}

bool addresses_contain(const struct addresses *addresses, const union address *address)
{
	return find(&addresses->list, address) < addresses->list.count;
}

const union address *addresses_turn(const struct addresses *addresses)
{
	const struct address_list *list = &addresses->list;
	assert(list->count > 0);
	return &list->addresses[addresses->next % list->count];
}

void addresses_pass(struct addresses *addresses, const union address *failed)
{
	if (address_is_same(addresses_turn(addresses), failed))
		addresses->next = (addresses->next + 1) % addresses->list.count;
}
