/* SPDX-License-Identifier: MIT */
#include "net/dns_channel.h"

/* Later versions would have DNS records for structs of their own, which earlier ones do not know. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/name_rules.h"

/* Of the first round through the servers; each further one is twice as long. */
#define TIMEOUT_MS 1000
#define ROUNDS 3
/* c-ares reads its clock now and then: finding out when it needs to is slow with many questions. */
#define TICK_US 50000
/* Room for the answers to many questions. */
#define RECEIVE_BUFFER 1048576

/* An answer is believed for a day at most, as RFC 8767 section 4 suggests some limit. */
#define VALID_MAX_S 86400

/*
 * Each round is a channel of c-ares of its own. Later versions measure how quick a server is, wait for a quarter of a
 * second only where it has been quick, and take no answer after that, however many rounds they make: a slow one among
 * quick ones would never come. The later rounds have their own experience.
 */
struct round {
	struct dns_channel *channel;
	ares_channel servers;
};

struct dns_socket {
	ares_socket_t fd;
	struct event *event;
	struct dns_socket *next;
};

struct dns_channel {
	struct event_base *base;
	struct event *tick;
	struct round rounds[ROUNDS];
	ares_channel hosts;
	struct name_rules rules;
	struct dns_search search; /* Borrowed from the rules. */
	bool has_servers;
	struct dns_socket *sockets;
	unsigned asked;
};

/* A question to the name servers. */
struct question {
	struct dns_channel *channel;
	size_t round;
	char name[DNS_NAME_MAX];
	int family;
	void (*take)(void *context, struct dns_reply *reply);
	void (*take_services)(void *context, struct dns_services *services);
	void *context;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* Never undone: others in this process may use the library, too. */
static void init_library(void)
{
	ares_library_init(ARES_LIB_INIT_ALL);
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
	struct round *round = context;
	ares_process_fd(round->servers, what & EV_READ ? (ares_socket_t)fd : ARES_SOCKET_BAD,
		what & EV_WRITE ? (ares_socket_t)fd : ARES_SOCKET_BAD);
}

static void set_tick(struct dns_channel *channel)
{
	const struct timeval tick = {.tv_usec = TICK_US};
	if (channel->asked > 0 && !event_pending(channel->tick, EV_TIMEOUT, NULL))
		event_add(channel->tick, &tick);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct dns_channel *channel = context;
	for (size_t i = 0; i < ROUNDS; i++)
		ares_process_fd(channel->rounds[i].servers, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_tick(channel);
}

static struct dns_socket **find_socket(struct dns_channel *channel, ares_socket_t fd)
{
	struct dns_socket **link = &channel->sockets;
	while (*link && (*link)->fd != fd)
		link = &(*link)->next;
	return link;
}

/* Without memory its questions time out. */
static void watch_socket(
	struct round *round, struct dns_socket **link, ares_socket_t fd, short events)
{
	struct dns_socket *made = *link;
	if (!made)
		made = calloc(1, sizeof(*made));
	if (!made)
		return;
	if (made->event)
		event_free(made->event);
	made->fd = fd;
	made->event = event_new(round->channel->base, (evutil_socket_t)fd, events, on_ready, round);
	*link = made;
	if (made->event)
		event_add(made->event, NULL);
}

static void on_socket(void *context, ares_socket_t fd, int is_read, int is_written)
{
	struct round *round = context;
	struct dns_socket **link = find_socket(round->channel, fd);
	if (is_read || is_written) {
		watch_socket(round, link, fd,
			(short)(EV_PERSIST | (is_read ? EV_READ : 0) |
				(is_written ? EV_WRITE : 0)));
		return;
	}
	struct dns_socket *gone = *link;
	if (!gone)
		return;
	*link = gone->next;
	if (gone->event)
		event_free(gone->event);
	free(gone);
}

/* lookups: "b" for the name servers, "f" for the hosts file. round: the number of it. */
static int open_channel(struct dns_channel *channel, const char *lookups,
	const struct dns_config *config, size_t round, ares_channel *opened)
{
	char which[2] = {lookups[0]};
	char path[1024] = "";
	int timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_MS;
	/* No EDNS: not every name server copes with it, and long answers come over TCP. */
	struct ares_options options = {
		.flags = 0,
		.timeout = timeout_ms << round,
		.tries = 1,
		.lookups = which,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = &channel->rounds[round],
		.socket_receive_buffer_size = RECEIVE_BUFFER,
		.resolvconf_path = path,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
		   ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF;
#ifdef ARES_OPT_QUERY_CACHE
	/* Later versions remember answers themselves, which would make them older than they seem. */
	mask |= ARES_OPT_QUERY_CACHE;
#endif
	if (config->resolv_conf) {
		strncpy(path, config->resolv_conf, sizeof(path) - 1);
		mask |= ARES_OPT_RESOLVCONF;
	}
	int status = ares_init_options(opened, &options, mask);
	return status == ARES_SUCCESS ? 0 : status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

static int open_round(struct dns_channel *channel, const struct dns_config *config, size_t number)
{
	struct round *round = &channel->rounds[number];
	round->channel = channel;
	int error = open_channel(channel, "b", config, number, &round->servers);
	if (!error && config->servers &&
		ares_set_servers_ports_csv(round->servers, config->servers) != ARES_SUCCESS)
		error = -EINVAL;
	return error;
}

static int read_rules(struct dns_channel *channel, const struct dns_config *config)
{
	int error = name_rules_load(config->resolv_conf, &channel->rules);
	if (error)
		return error;
	channel->has_servers = config->servers || channel->rules.uses_dns;
	channel->search = (struct dns_search){
		.domains = (const char *const *)channel->rules.domains,
		.count = channel->rules.count,
		.ndots = channel->rules.ndots,
	};
	return 0;
}

static int open_channels(struct dns_channel *channel, const struct dns_config *config)
{
	int error = 0;
	for (size_t i = 0; i < ROUNDS && !error; i++)
		error = open_round(channel, config, i);
	if (!error)
		error = open_channel(channel, "f", config, 0, &channel->hosts);
	return error ? error : read_rules(channel, config);
}

int dns_channel_new(
	struct event_base *base, const struct dns_config *config, struct dns_channel **channel)
{
	pthread_once(&library_once, init_library);
	struct dns_channel *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->base = base;
	made->tick = evtimer_new(base, on_tick, made);
	int error = made->tick ? open_channels(made, config) : -ENOMEM;
	if (error) {
		dns_channel_free(made);
		return error;
	}
	*channel = made;
	return 0;
}

void dns_channel_free(struct dns_channel *channel)
{
	if (!channel)
		return;
	for (size_t i = 0; i < ROUNDS; i++)
		if (channel->rounds[i].servers)
			ares_destroy(channel->rounds[i].servers);
	if (channel->hosts)
		ares_destroy(channel->hosts);
	name_rules_clear(&channel->rules);
	if (channel->tick)
		event_free(channel->tick);
	free(channel);
}

const struct dns_search *dns_channel_search(const struct dns_channel *channel)
{
	return &channel->search;
}

/* The shortest time to live of all that led to the addresses; RFC 2181 section 8: never below 0. */
static int64_t find_valid_ns(const struct ares_addrinfo *found)
{
	int valid_s = VALID_MAX_S;
	for (const struct ares_addrinfo_node *node = found->nodes; node; node = node->ai_next)
		if (node->ai_ttl < valid_s)
			valid_s = node->ai_ttl;
	for (const struct ares_addrinfo_cname *cname = found->cnames; cname; cname = cname->next)
		if (cname->ttl < valid_s)
			valid_s = cname->ttl;
	return valid_s > 0 ? valid_s * NS_PER_S : 0;
}

/* c-ares takes whatever addresses an answer has; those of a family not asked for are left out. */
static int copy_addresses(const struct ares_addrinfo *found, int family, struct address_list *list)
{
	struct address_list made = {0};
	int error = 0;
	for (const struct ares_addrinfo_node *node = found->nodes; node && !error;
		node = node->ai_next) {
		union address address = {0};
		if ((size_t)node->ai_addrlen > sizeof(address) ||
			(family != AF_UNSPEC && node->ai_family != family))
			continue;
		memcpy(&address, node->ai_addr, (size_t)node->ai_addrlen);
		error = address_list_add(&made, &address);
	}
	if (!error)
		error = address_list_drop_duplicates(&made);
	if (error)
		address_list_clear(&made);
	else
		*list = made;
	return error;
}

/* RFC 1035 section 3.2.4, RFC 2782. */
#define CLASS_IN 1
#define TYPE_SRV 33

/* Of our own, beside those of c-ares. */
#define NO_SERVERS (-1)

/* What c-ares' failures mean. Version 1.18 has ARES_ECONNREFUSED for SERVFAIL and REFUSED, too. */
static const struct {
	int status;
	enum resolver_result result;
	bool is_silence;
	const char *reason;
} failures[] = {
	{NO_SERVERS, RESOLVER_NOT_FOUND, false,
		"not in the hosts file, and the system uses no DNS"},
	{ARES_ENOTFOUND, RESOLVER_NOT_FOUND, false, "there is no such name"},
	{ARES_ENODATA, RESOLVER_NOT_FOUND, false, "the name has no address"},
	{ARES_EBADNAME, RESOLVER_NOT_FOUND, false, "not a valid name"},
	{ARES_ESERVFAIL, RESOLVER_FAILED, false, "the name server failed"},
	{ARES_EREFUSED, RESOLVER_FAILED, false, "the name server refused"},
	{ARES_ECONNREFUSED, RESOLVER_FAILED, false, "the name server failed or cannot be reached"},
	{ARES_EFORMERR, RESOLVER_FAILED, false, "the name server does not understand"},
	{ARES_ENOTIMP, RESOLVER_FAILED, false, "the name server does not understand"},
	{ARES_EBADRESP, RESOLVER_FAILED, false, "malformed answer from a name server"},
	{ARES_ETIMEOUT, RESOLVER_FAILED, true, "no answer from a name server"},
	{ARES_ENOMEM, RESOLVER_FAILED, true, "out of memory"},
	{ARES_EDESTRUCTION, RESOLVER_FAILED, true, "the name servers changed meanwhile"},
	{0, RESOLVER_FAILED, true, "the resolver failed"},
};

static size_t find_failure(int status)
{
	size_t i = 0;
	while (failures[i].status != 0 && failures[i].status != status)
		i++;
	return i;
}

static void set_failure(int status, struct dns_reply *reply)
{
	size_t i = find_failure(status);
	reply->answer.result = failures[i].result;
	reply->answer.reason = failures[i].reason;
	reply->is_silence = failures[i].is_silence;
}

static void read_result(
	int status, const struct ares_addrinfo *found, int family, struct dns_reply *reply)
{
	*reply = (struct dns_reply){.answer.result = RESOLVER_FOUND};
	if (status != ARES_SUCCESS) {
		set_failure(status, reply);
		return;
	}
	if (found && copy_addresses(found, family, &reply->answer.list) < 0) {
		set_failure(ARES_ENOMEM, reply);
		return;
	}
	if (reply->answer.list.count == 0) {
		set_failure(ARES_ENODATA, reply);
		return;
	}
	reply->answer.valid_ns = find_valid_ns(found);
	resolver_answer_keep_possible(&reply->answer);
}

struct hosts_reading {
	int family;
	bool has_name;
	struct dns_reply reply;
};

static void on_hosts(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
	(void)timeouts;
	struct hosts_reading *reading = context;
	reading->has_name = status == ARES_SUCCESS;
	read_result(status, found, reading->family, &reading->reply);
	ares_freeaddrinfo(found);
}

bool dns_channel_read_hosts(
	struct dns_channel *channel, const char *host, int family, struct resolver_answer *answer)
{
	struct hosts_reading reading = {.family = family};
	const struct ares_addrinfo_hints hints = {.ai_family = family, .ai_flags = ARES_AI_NOSORT};
	ares_getaddrinfo(channel->hosts, host, NULL, &hints, on_hosts, &reading);
	*answer = reading.reply.answer;
	answer->valid_ns = RESOLVER_VALID_NS;
	return reading.has_name;
}

static void on_servers(void *context, int status, int timeouts, struct ares_addrinfo *found);
static void on_services(
	void *context, int status, int timeouts, unsigned char *message, int length);

static void send_question(struct question *question)
{
	ares_channel servers = question->channel->rounds[question->round].servers;
	const struct ares_addrinfo_hints hints = {
		.ai_family = question->family, .ai_flags = ARES_AI_NOSORT};
	if (question->take)
		ares_getaddrinfo(servers, question->name, NULL, &hints, on_servers, question);
	else
		ares_query(servers, question->name, CLASS_IN, TYPE_SRV, on_services, question);
}

/* question: copied. Returns false without memory. */
static bool ask(const struct question *question, const char *name)
{
	struct question *made = malloc(sizeof(*made));
	if (!made)
		return false;
	*made = *question;
	snprintf(made->name, sizeof(made->name), "%s", name);
	made->channel->asked++;
	set_tick(made->channel);
	send_question(made);
	return true;
}

/*
 * Whether there is another round, in which it has been sent. What makes no sense may be the answer to another question:
 * later versions of c-ares have all that came by the same socket pay for it.
 */
static bool goes_on(struct question *question, int status)
{
	if ((status != ARES_ETIMEOUT && status != ARES_EBADRESP) || question->round + 1 == ROUNDS)
		return false;
	question->round++;
	send_question(question);
	return true;
}

/* Takes a question that is answered. */
static struct question take_question(struct question *question)
{
	struct question taken = *question;
	free(question);
	taken.channel->asked--;
	return taken;
}

static void on_servers(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
	(void)timeouts;
	if (goes_on(context, status)) {
		ares_freeaddrinfo(found);
		return;
	}
	struct question question = take_question(context);
	struct dns_reply reply;
	read_result(status, found, question.family, &reply);
	ares_freeaddrinfo(found);
	question.take(question.context, &reply);
}

void dns_channel_ask(struct dns_channel *channel, const char *name, int family,
	void (*take)(void *context, struct dns_reply *reply), void *context)
{
	const struct question question = {
		.channel = channel, .family = family, .take = take, .context = context};
	if (channel->has_servers && ask(&question, name))
		return;
	struct dns_reply reply = {0};
	set_failure(channel->has_servers ? ARES_ENOMEM : NO_SERVERS, &reply);
	take(context, &reply);
}

static void read_services(
	int status, const unsigned char *message, int length, struct dns_services *services)
{
	*services = (struct dns_services){.result = RESOLVER_FOUND};
	if (status == ARES_SUCCESS) {
		int error = srv_answer_read(message, length, &services->list);
		status = error == -ENOMEM ? ARES_ENOMEM : error ? ARES_EBADRESP : ARES_SUCCESS;
	}
	if (status == ARES_SUCCESS && services->list.count == 0) {
		services->result = RESOLVER_NOT_FOUND;
		services->reason = "the name has no services";
		return;
	}
	if (status == ARES_SUCCESS)
		return;
	size_t i = find_failure(status);
	services->result = failures[i].result;
	services->reason = status == ARES_ENODATA ? "the name has no services" : failures[i].reason;
	services->is_silence = failures[i].is_silence;
}

static void on_services(void *context, int status, int timeouts, unsigned char *message, int length)
{
	(void)timeouts;
	if (goes_on(context, status))
		return;
	struct question question = take_question(context);
	struct dns_services services;
	read_services(status, message, length, &services);
	question.take_services(question.context, &services);
}

void dns_channel_ask_services(struct dns_channel *channel, const char *name,
	void (*take)(void *context, struct dns_services *services), void *context)
{
	const struct question question = {
		.channel = channel, .take_services = take, .context = context};
	if (channel->has_servers && ask(&question, name))
		return;
	struct dns_services services;
	read_services(channel->has_servers ? ARES_ENOMEM : NO_SERVERS, NULL, 0, &services);
	take(context, &services);
}
