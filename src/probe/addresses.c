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

void addresses_take(struct addresses *addresses, struct address_list *list)
{
	addresses_clear(addresses);
	addresses->list = *list;
	*list = (struct address_list){0};
	size_t good = find(&addresses->list, &addresses->good);
	if (good == addresses->list.count)
		return;
	union address *first = &addresses->list.addresses[0];
	addresses->list.addresses[good] = *first;
	*first = addresses->good;
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
	if (addresses->next >= addresses->list.count)
		return false;
	*address = addresses->list.addresses[addresses->next++];
	return true;
}

void addresses_skip(struct addresses *addresses, const union address *dialled)
{
	if (find(&addresses->list, dialled) == 0)
		addresses->next = 1;
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
