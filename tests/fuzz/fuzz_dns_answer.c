/* SPDX-License-Identifier: MIT */
/* Whatever a name server answers: it is taken for addresses of the family asked for, or for none. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/dns_channel.h"
#include "net/remote_address.h"

#define HEADER_SIZE 12
#define MESSAGE_MAX 65000
/* Of RFC 1035 section 4.1.1. */
#define NXDOMAIN 3

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int server;
static struct event_base *base;
static struct dns_channel *channel;

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* The name server is a socket on the loopback interface. */
static void start(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	server = socket(AF_INET, SOCK_DGRAM, 0);
	expect(server >= 0 && bind(server, (const struct sockaddr *)&address, length) == 0 &&
		getsockname(server, (struct sockaddr *)&address, &length) == 0);
	char text[32];
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(address.sin_port));
	const struct dns_config config = {
		.servers = text, .resolv_conf = "/dev/null", .timeout_ms = 20};
	base = event_base_new();
	expect(base && dns_channel_new(base, &config, &channel) == 0);
}

struct question {
	int family;
	bool is_answered;
};

static void take(void *context, struct dns_reply *reply)
{
	struct question *question = context;
	struct resolver_answer *answer = &reply->answer;
	expect(!question->is_answered);
	question->is_answered = true;
	expect((answer->result == RESOLVER_FOUND) == (answer->list.count > 0));
	expect((answer->result == RESOLVER_FOUND) == (answer->reason == NULL));
	expect(answer->valid_ns >= 0 && answer->valid_ns <= 86400 * NS_PER_S);
	for (size_t i = 0; i < answer->list.count; i++) {
		const union address *address = &answer->list.addresses[i];
		expect(address->any.sa_family == question->family);
		expect(remote_address_is_possible(address));
		for (size_t k = 0; k < i; k++)
			expect(!address_is_same(address, &answer->list.addresses[k]));
	}
	address_list_clear(&answer->list);
}

/* What is said to the first query; all others learn that there is no such name. */
struct reply {
	const uint8_t *data;
	size_t size;
};

/*
 * The first byte says what the query's header and question are replaced by: nothing, counts, or
 * everything except for the number. Returns the length.
 */
static size_t make_reply(const struct reply *reply, uint8_t *message, size_t query_length)
{
	size_t at = query_length;
	size_t used = 1;
	uint8_t how = reply->size > 0 ? reply->data[0] : 0;
	message[2] |= 0x80;
	/* Records in the sections for answers. */
	message[7] = how / 4;
	if (how % 4 == 1 && reply->size > HEADER_SIZE) {
		memcpy(message + 2, reply->data + 1, HEADER_SIZE - 2);
		used = HEADER_SIZE - 1;
	} else if (how % 4 == 2) {
		at = 2;
	}
	if (reply->size > used) {
		memcpy(message + at, reply->data + used, reply->size - used);
		at += reply->size - used;
	}
	return at;
}

/* Answers a query, if there is one. Returns whether there was. */
static bool answer_query(const struct reply *reply)
{
	static uint8_t message[HEADER_SIZE + 512 + MESSAGE_MAX];
	struct sockaddr_in asker;
	socklen_t length = sizeof(asker);
	ssize_t got =
		recvfrom(server, message, 512, MSG_DONTWAIT, (struct sockaddr *)&asker, &length);
	if (got < HEADER_SIZE)
		return false;
	uint8_t denial[512];
	memcpy(denial, message, (size_t)got);
	denial[2] |= 0x80;
	denial[3] = NXDOMAIN;
	if (reply) {
		size_t size = make_reply(reply, message, (size_t)got);
		sendto(server, message, size, 0, (const struct sockaddr *)&asker, length);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	/* The reply may not have been one. */
	sendto(server, denial, (size_t)got, 0, (const struct sockaddr *)&asker, length);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!channel)
		start();
	if (size < 1 || size > MESSAGE_MAX)
		return 0;
	const struct reply reply = {data + 1, size - 1};
	struct question question = {.family = data[0] % 2 ? AF_INET : AF_INET6};
	dns_channel_ask(channel, "host.test.", question.family, take, &question);
	bool is_first = true;
	while (!question.is_answered) {
		if (answer_query(is_first ? &reply : NULL))
			is_first = false;
		event_base_loop(base, is_first ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
		if (!question.is_answered && !is_first)
			event_base_loop(base, EVLOOP_ONCE);
	}
	/* Queries that were sent again. */
	uint8_t rest[512];
	while (recv(server, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	return 0;
}
