/* SPDX-License-Identifier: MIT */
/* One name being looked up: hosts file, search, both families of addresses. Of one thread. */
#ifndef NET_DNS_LOOK_UP_H
#define NET_DNS_LOOK_UP_H

#include <event2/event.h>

#include "net/dns_channel.h"
#include "net/resolver_back_end.h"

/*
 * Begins to look up task's name; it frees itself after the final answer, which may come before this
 * returns. What is found for one family is given to the sink early if the other takes much longer.
 * base, channel, sink: borrowed until then. Returns 0, or -ENOMEM and nothing comes.
 */
int dns_look_up_start(struct event_base *base, struct dns_channel *channel,
	const struct resolver_sink *sink, const struct resolver_task *task);

#endif
