/* SPDX-License-Identifier: MIT */
#include "net/dns_look_up.h"

#include <errno.h>
#include <stdlib.h>

#include "net/destination_order.h"

/* How long addresses of one family wait for those of the other: RFC 8305 section 3. */
#define PATIENCE_US 50000

enum { V6, V4, FAMILIES };

static const int families[FAMILIES] = {[V6] = AF_INET6, [V4] = AF_INET};

struct look_up;

/* The question for one family. */
struct side {
	struct look_up *look_up;
	bool is_asked;
	bool is_answered;
	struct dns_reply reply;
};

struct look_up {
	struct dns_channel *channel;
	const struct resolver_sink *sink;
	struct resolver_task task;
	struct event *patience;
	struct side sides[FAMILIES];
	struct resolver_answer failure; /* The best reason so far. */
	size_t next_name;
	bool is_asking; /* Answers may come while questions are still being asked. */
};

static void ask_next(struct look_up *look_up);

/* Takes the answer over, and ends. */
static void finish(struct look_up *look_up, struct resolver_answer *answer)
{
	look_up->sink->take(look_up->sink->context, look_up->task.token, answer, true);
	for (int i = 0; i < FAMILIES; i++)
		address_list_clear(&look_up->sides[i].reply.answer.list);
	event_free(look_up->patience);
	free(look_up);
}

/* What both sides come to; those without an answer yet count as failed. */
static void join(struct look_up *look_up, struct resolver_answer *joined)
{
	struct resolver_answer none[FAMILIES] = {
		{.result = RESOLVER_FAILED}, {.result = RESOLVER_FAILED}};
	struct resolver_answer *answers[FAMILIES];
	for (int i = 0; i < FAMILIES; i++)
		answers[i] =
			look_up->sides[i].is_answered ? &look_up->sides[i].reply.answer : &none[i];
	if (look_up->sides[V6].is_asked && look_up->sides[V4].is_asked) {
		resolver_answer_join(answers[V6], AF_INET6, answers[V4], joined);
	} else {
		struct resolver_answer *only = answers[look_up->sides[V6].is_asked ? V6 : V4];
		*joined = *only;
		only->list = (struct address_list){0};
	}
	destination_order_sort(&joined->list);
}

static bool is_complete(const struct look_up *look_up)
{
	if (look_up->is_asking)
		return false;
	for (int i = 0; i < FAMILIES; i++)
		if (look_up->sides[i].is_asked && !look_up->sides[i].is_answered)
			return false;
	return true;
}

static bool was_silent(const struct look_up *look_up)
{
	for (int i = 0; i < FAMILIES; i++)
		if (look_up->sides[i].is_answered && look_up->sides[i].reply.is_silence)
			return true;
	return false;
}

/* A name that was found in a domain whose server fails now is not taken for one farther away. */
static void settle_found(struct look_up *look_up, struct resolver_answer *found)
{
	found->place = look_up->next_name;
	size_t known = look_up->task.known_place;
	bool has_failed = look_up->failure.reason && look_up->failure.result == RESOLVER_FAILED;
	if (!has_failed || known == 0 || found->place <= known) {
		finish(look_up, found);
		return;
	}
	address_list_clear(&found->list);
	finish(look_up, &look_up->failure);
}

/* All that was asked for one name is answered: that is it, or the next name is asked for. */
static void settle(struct look_up *look_up)
{
	evtimer_del(look_up->patience);
	struct resolver_answer joined;
	join(look_up, &joined);
	if (joined.result == RESOLVER_FOUND) {
		settle_found(look_up, &joined);
		return;
	}
	/* A failure may have hidden an address; and the first name is the most likely one. */
	if (!look_up->failure.reason ||
		(joined.result == RESOLVER_FAILED && look_up->failure.result != RESOLVER_FAILED))
		look_up->failure = joined;
	if (was_silent(look_up))
		finish(look_up, &look_up->failure);
	else
		ask_next(look_up);
}

/* The other family takes long: whoever waits gets what there is. */
static void on_patience(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct look_up *look_up = context;
	struct resolver_answer answers[FAMILIES] = {{0}};
	struct resolver_answer early;
	for (int i = 0; i < FAMILIES; i++) {
		answers[i] = look_up->sides[i].reply.answer;
		answers[i].list = (struct address_list){0};
		if (!look_up->sides[i].is_answered)
			answers[i].result = RESOLVER_FAILED;
		else if (address_list_copy(
				 &look_up->sides[i].reply.answer.list, 0, &answers[i].list) < 0)
			return;
	}
	resolver_answer_join(&answers[V6], AF_INET6, &answers[V4], &early);
	look_up->sink->take(look_up->sink->context, look_up->task.token, &early, false);
}

static void take_reply(void *context, struct dns_reply *reply)
{
	struct side *side = context;
	struct look_up *look_up = side->look_up;
	const struct timeval patience = {.tv_usec = PATIENCE_US};
	side->reply = *reply;
	side->is_answered = true;
	if (is_complete(look_up))
		settle(look_up);
	else if (reply->answer.result == RESOLVER_FOUND)
		evtimer_add(look_up->patience, &patience);
}

static void ask_side(struct look_up *look_up, struct side *side, const char *name, int family)
{
	int wanted = look_up->task.family;
	*side = (struct side){
		.look_up = look_up, .is_asked = wanted == AF_UNSPEC || wanted == family};
	if (side->is_asked)
		dns_channel_ask(look_up->channel, name, family, take_reply, side);
}

/* Asks for the next name, or gives up. */
static void ask_next(struct look_up *look_up)
{
	char name[DNS_NAME_MAX];
	if (!dns_search_next(dns_channel_search(look_up->channel), look_up->task.host,
		    &look_up->next_name, name)) {
		if (!look_up->failure.reason)
			look_up->failure = (struct resolver_answer){
				.result = RESOLVER_NOT_FOUND, .reason = "not a valid name"};
		finish(look_up, &look_up->failure);
		return;
	}
	look_up->is_asking = true;
	for (int i = 0; i < FAMILIES; i++)
		ask_side(look_up, &look_up->sides[i], name, families[i]);
	look_up->is_asking = false;
	if (is_complete(look_up))
		settle(look_up);
}

int dns_look_up_start(struct event_base *base, struct dns_channel *channel,
	const struct resolver_sink *sink, const struct resolver_task *task)
{
	struct look_up *look_up = calloc(1, sizeof(*look_up));
	if (!look_up)
		return -ENOMEM;
	*look_up = (struct look_up){.channel = channel, .sink = sink, .task = *task};
	look_up->patience = evtimer_new(base, on_patience, look_up);
	if (!look_up->patience) {
		free(look_up);
		return -ENOMEM;
	}
	struct resolver_answer answer;
	if (dns_channel_read_hosts(channel, task->host, task->family, &answer)) {
		destination_order_sort(&answer.list);
		finish(look_up, &answer);
	} else {
		address_list_clear(&answer.list);
		ask_next(look_up);
	}
	return 0;
}
