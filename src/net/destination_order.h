/* SPDX-License-Identifier: MIT */
/* In which order the addresses of a name are best dialled: RFC 6724 section 6. */
#ifndef NET_DESTINATION_ORDER_H
#define NET_DESTINATION_ORDER_H

#include "base/address.h"
#include "net/address_list.h"

/*
 * The rank of a destination, the lower the better: rules 1, 2, 5, 6 and 8 with the default policy
 * table. Not rule 9, the longest matching prefix, which would undo the order that name servers
 * share out load by. source: what the system would dial it from, or NULL if it cannot be reached.
 */
unsigned destination_order_rank(const union address *destination, const union address *source);

/*
 * Sorts by rank; addresses of the same rank keep their order. Asks the system for the sources,
 * which sends nothing. Lists of more than 64 addresses stay as they are.
 */
void destination_order_sort(struct address_list *list);

#endif
