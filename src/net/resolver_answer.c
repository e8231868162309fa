/* SPDX-License-Identifier: MIT */
#include "net/resolver_answer.h"

#include "net/remote_address.h"

static const char impossible[] = "only addresses that no host can have, such as 0.0.0.0";

void resolver_answer_keep_possible(struct resolver_answer *answer)
{
	if (answer->result != RESOLVER_FOUND)
		return;
	remote_address_keep_possible(&answer->list);
	if (answer->list.count == 0)
		*answer = (struct resolver_answer){
			.result = RESOLVER_NOT_FOUND, .reason = impossible};
}

static void join_lists(struct resolver_answer *first, struct resolver_answer *second,
	struct resolver_answer *joined)
{
	*joined = *first;
	first->list = (struct address_list){0};
	if (second->valid_ns < joined->valid_ns)
		joined->valid_ns = second->valid_ns;
	for (size_t i = 0; i < second->list.count; i++)
		if (address_list_add(&joined->list, &second->list.addresses[i]) < 0)
			break;
	address_list_clear(&second->list);
}

/* One of two was found. */
static void take_found(struct resolver_answer *found, const struct resolver_answer *other,
	int family_of_other, struct resolver_answer *joined)
{
	*joined = *found;
	found->list = (struct address_list){0};
	if (other->result != RESOLVER_FAILED)
		return;
	joined->lacks = family_of_other;
	if (joined->valid_ns > RESOLVER_VALID_NS)
		joined->valid_ns = RESOLVER_VALID_NS;
}

void resolver_answer_join(struct resolver_answer *first, int first_family,
	struct resolver_answer *second, struct resolver_answer *joined)
{
	bool is_first = first->result == RESOLVER_FOUND;
	bool is_second = second->result == RESOLVER_FOUND;
	int second_family = first_family == AF_INET ? AF_INET6 : AF_INET;
	if (is_first && is_second)
		join_lists(first, second, joined);
	else if (is_first)
		take_found(first, second, second_family, joined);
	else if (is_second)
		take_found(second, first, first_family, joined);
	else if (second->result == RESOLVER_FAILED || second->reason == impossible)
		*joined = first->result == RESOLVER_FAILED ? *first : *second;
	else
		*joined = *first;
}
