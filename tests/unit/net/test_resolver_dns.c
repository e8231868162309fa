/* SPDX-License-Identifier: MIT */
#include "net/resolver_dns.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "net/dns_channel.h"
#include "net/resolver.h"
#include "net/socket.h"

#define TYPE_A 1
#define TYPE_CNAME 5
#define TYPE_AAAA 28
#define MESSAGE_MAX 65535

/* What a silent server costs: this, then twice and four times as much. */
#define TIMEOUT_MS INT64_C(400)
/* Longer than any test waits. */
#define ENDLESS_MS INT64_C(3600000)

/*
 * A name server on the loopback interface. What it says to a question for an IPv4 or an IPv6 address
 * is a word of its script: an address with its time to live ("192.0.2.1/60"), several of them with
 * spaces between; "alias/5", which comes before them; "many/60" for 1,000 IPv4 addresses; "cut",
 * which over UDP leaves only a truncated answer of what follows; "slow" and what follows, after a
 * while; "none", "unknown", "failed", "refused", "silent" or "garbage".
 */
struct name_server {
	const char *_Atomic a;
	const char *_Atomic aaaa;
	/* The only name that is as the script says; NULL: all are. */
	const char *_Atomic only;
	const char *_Atomic others; /* What the others are; NULL: unknown. */
	int udp;
	int tcp;
	pthread_t thread;
	atomic_bool is_ending;
	atomic_uint queries;
	char text[32]; /* Its address and port. */
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t length;
};

static void put(struct message *message, const void *bytes, size_t length)
{
	ck_assert_uint_le(message->length + length, MESSAGE_MAX);
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

static void put_16(struct message *message, unsigned value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
	put(message, bytes, sizeof(bytes));
}

static void put_record(
	struct message *message, unsigned type, unsigned ttl_s, const void *data, size_t length)
{
	/* Aliases are of the name of the question, and everything is found under that again. */
	put_16(message, 0xc00c);
	put_16(message, type);
	put_16(message, 1);
	put_16(message, ttl_s >> 16);
	put_16(message, ttl_s & 0xffff);
	put_16(message, (unsigned)length);
	put(message, data, length);
	message->bytes[7]++;
	if (message->bytes[7] == 0)
		message->bytes[6]++;
}

static void put_address(struct message *message, const char *word, size_t length)
{
	char text[64];
	uint8_t address[16];
	memcpy(text, word, length);
	text[length] = '\0';
	char *slash = strchr(text, '/');
	ck_assert_ptr_nonnull(slash);
	*slash = '\0';
	unsigned ttl_s = (unsigned)strtoul(slash + 1, NULL, 10);
	static const uint8_t own_name[] = {0xc0, 0x0c};
	if (strcmp(text, "alias") == 0) {
		put_record(message, TYPE_CNAME, ttl_s, own_name, sizeof(own_name));
	} else if (strcmp(text, "many") == 0) {
		for (unsigned i = 0; i < 1000; i++) {
			const uint8_t v4[] = {198, 18, (uint8_t)(i >> 8), (uint8_t)i};
			put_record(message, TYPE_A, ttl_s, v4, sizeof(v4));
		}
	} else if (inet_pton(AF_INET, text, address) == 1) {
		put_record(message, TYPE_A, ttl_s, address, 4);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, address), 1);
		put_record(message, TYPE_AAAA, ttl_s, address, 16);
	}
}

static bool skip_word(const char **words, const char *word)
{
	size_t length = strlen(word);
	if (strncmp(*words, word, length) != 0)
		return false;
	*words += length;
	*words += strspn(*words, " ");
	return true;
}

/* The name of a question as text; returns its length in the message. */
static size_t read_name(const uint8_t *bytes, char *name)
{
	size_t place = 0;
	/* The length of each label is where the text has a dot. */
	while (bytes[place] != 0) {
		size_t length = bytes[place];
		memcpy(name + place, bytes + place + 1, length);
		place += length + 1;
		name[place - 1] = '.';
	}
	name[place > 0 ? place - 1 : 0] = '\0';
	return place + 1;
}

/* Returns false for silence. */
static bool respond(
	struct name_server *server, const uint8_t *query, bool is_udp, struct message *message)
{
	char name[300];
	size_t name_length = read_name(query + 12, name);
	unsigned type = query[12 + name_length + 1];
	const char *words = type == TYPE_A ? server->a : server->aaaa;
	const char *only = server->only;
	atomic_fetch_add(&server->queries, 1);
	if (only && strcmp(only, name) != 0)
		words = server->others ? server->others : "unknown";
	message->length = 0;
	put(message, query, 2);
	put_16(message, 0x8180);
	put_16(message, 1);
	put(message, "\0\0\0\0\0", 6);
	put(message, query + 12, name_length + 4);
	if (skip_word(&words, "silent"))
		return false;
	if (skip_word(&words, "slow"))
		clock_sleep_until(clock_monotonic_ns() + 120 * NS_PER_MS);
	if (skip_word(&words, "cut") && is_udp) {
		message->bytes[2] |= 2;
		return true;
	}
	if (skip_word(&words, "garbage")) {
		message->length = 5;
		return true;
	}
	static const char *const codes[] = {"none", "", "failed", "unknown", "", "refused"};
	for (unsigned i = 0; i < (unsigned)ROWS(codes); i++)
		if (codes[i][0] != '\0' && skip_word(&words, codes[i]))
			message->bytes[3] = (uint8_t)(0x80 | i);
	while (*words) {
		size_t length = strcspn(words, " ");
		put_address(message, words, length);
		words += length;
		words += strspn(words, " ");
	}
	return true;
}

static void serve_udp(struct name_server *server)
{
	static struct message message;
	uint8_t query[512];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t got =
		recvfrom(server->udp, query, sizeof(query), 0, (struct sockaddr *)&from, &length);
	if (got > 12 && respond(server, query, true, &message))
		sendto(server->udp, message.bytes, message.length, 0,
			(const struct sockaddr *)&from, length);
}

static void serve_tcp(struct name_server *server)
{
	static struct message message;
	uint8_t query[512];
	int fd = accept(server->tcp, NULL, NULL);
	ssize_t got = recv(fd, query, 2, MSG_WAITALL);
	if (got == 2)
		got = recv(fd, query, query[1], MSG_WAITALL);
	if (got > 12 && respond(server, query, false, &message)) {
		const uint8_t size[] = {(uint8_t)(message.length >> 8), (uint8_t)message.length};
		send(fd, size, sizeof(size), MSG_NOSIGNAL);
		send(fd, message.bytes, message.length, MSG_NOSIGNAL);
	}
	close(fd);
}

static void *serve(void *context)
{
	struct name_server *server = context;
	while (!atomic_load(&server->is_ending)) {
		struct pollfd fds[] = {{.fd = server->udp, .events = POLLIN},
			{.fd = server->tcp, .events = POLLIN}};
		poll(fds, 2, 20);
		if (fds[0].revents)
			serve_udp(server);
		if (fds[1].revents)
			serve_tcp(server);
	}
	return NULL;
}

static void name_server_start(struct name_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Both have the same port. */
	do {
		server->tcp = socket(AF_INET, SOCK_STREAM, 0);
		server->udp = socket(AF_INET, SOCK_DGRAM, 0);
		address.sin_port = 0;
		ck_assert_int_eq(bind(server->tcp, (struct sockaddr *)&address, length), 0);
		ck_assert_int_eq(listen(server->tcp, 16), 0);
		getsockname(server->tcp, (struct sockaddr *)&address, &length);
		if (bind(server->udp, (struct sockaddr *)&address, length) == 0)
			break;
		close(server->tcp);
		close(server->udp);
	} while (true);
	snprintf(server->text, sizeof(server->text), "127.0.0.1:%u", ntohs(address.sin_port));
	ck_assert_int_eq(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void name_server_stop(struct name_server *server)
{
	atomic_store(&server->is_ending, true);
	pthread_join(server->thread, NULL);
	close(server->udp);
	close(server->tcp);
}

struct fixture {
	struct name_server server;
	char folder[64];
	char resolv_conf[96];
	struct dns_config config;
	struct resolver *resolver;
	struct waker waker;
	struct resolver_inbox *inbox;
};

static void write_resolv_conf(struct fixture *fixture, const char *text)
{
	FILE *file = fopen(fixture->resolv_conf, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "nameserver 127.0.0.1\n%s\n", text);
	fclose(file);
}

static void set_up_for(struct fixture *fixture, const char *a, const char *aaaa, const char *conf,
	int64_t timeout_ms)
{
	*fixture = (struct fixture){.server = {.a = a, .aaaa = aaaa}};
	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/test_resolver_dns.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
	snprintf(fixture->resolv_conf, sizeof(fixture->resolv_conf), "%s/resolv.conf",
		fixture->folder);
	write_resolv_conf(fixture, conf);
	name_server_start(&fixture->server);
	fixture->config.servers = fixture->server.text;
	fixture->config.resolv_conf = fixture->resolv_conf;
	fixture->config.timeout_ms = (int)timeout_ms;
	ck_assert_int_eq(
		resolver_new_with(resolver_dns_start, &fixture->config, &fixture->resolver), 0);
	ck_assert_int_eq(waker_open(&fixture->waker), 0);
	ck_assert_int_eq(resolver_inbox_new(&fixture->waker, &fixture->inbox), 0);
}

static void set_up(struct fixture *fixture, const char *a, const char *aaaa, const char *conf)
{
	set_up_for(fixture, a, aaaa, conf, TIMEOUT_MS);
}

static void tear_down(struct fixture *fixture)
{
	resolver_free(fixture->resolver);
	resolver_inbox_free(fixture->inbox);
	waker_close(&fixture->waker);
	name_server_stop(&fixture->server);
	unlink(fixture->resolv_conf);
	rmdir(fixture->folder);
}

static void ask(struct fixture *fixture, const char *host, int family, int64_t max_age_ns)
{
	struct endpoint endpoint = {.port = 4000};
	struct resolver_query *query = NULL;
	snprintf(endpoint.host, sizeof(endpoint.host), "%s", host);
	const struct resolver_question question = {
		.endpoint = &endpoint, .family = family, .max_age_ns = max_age_ns};
	ck_assert_int_eq(resolver_ask(fixture->resolver, fixture->inbox, &question, &query), 0);
}

static struct resolver_query *await(struct fixture *fixture)
{
	struct resolver_query *query;
	struct pollfd woken = {.fd = fixture->waker.read_fd, .events = POLLIN};
	while (!(query = resolver_inbox_take(fixture->inbox))) {
		ck_assert_int_eq(poll(&woken, 1, UNIT_PATIENCE_MS), 1);
		waker_drain(&fixture->waker);
	}
	return query;
}

/* The addresses without their port, in order of their text. */
static void describe(struct resolver_query *query, char *text, size_t size)
{
	char words[8][ADDRESS_TEXT_MAX] = {{0}};
	size_t count = query->list.count < 8 ? query->list.count : 8;
	for (size_t i = 0; i < count; i++) {
		address_format(&query->list.addresses[i].any, words[i]);
		char *port = strstr(words[i], ":4000");
		ck_assert_ptr_nonnull(port);
		*port = '\0';
	}
	qsort(words, count, sizeof(words[0]), (int (*)(const void *, const void *))strcmp);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), size - strlen(text), "%s%s", i > 0 ? " " : "",
			words[i]);
}

/* RFC 2181 section 8 has it be 0, as do earlier versions of c-ares; later ones take it for the greatest. */
#define NOTHING_OR_A_DAY (-1)

static bool is_valid_for(const struct resolver_query *query, int valid_s)
{
	if (valid_s == NOTHING_OR_A_DAY)
		return query->valid_ns == 0 || query->valid_ns == 86400 * NS_PER_S;
	return query->valid_ns == valid_s * NS_PER_S;
}

static const struct {
	const char *says;
	const char *a;
	const char *aaaa;
	int family;
	enum resolver_result result;
	const char *addresses;
	int valid_s;
} cases[] = {
	{"both families", "192.0.2.1/60", "2001:db8::1/50", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1 [2001:db8::1]", 50},
	{"IPv4 alone is asked for", "192.0.2.1/60", "silent", AF_INET, RESOLVER_FOUND, "192.0.2.1",
		60},
	{"IPv6 alone is asked for", "silent", "2001:db8::1/60", AF_INET6, RESOLVER_FOUND,
		"[2001:db8::1]", 60},
	{"the shortest time to live", "192.0.2.1/60 192.0.2.2/7", "none", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1 192.0.2.2", 7},
	{"that of an alias counts, too", "alias/5 192.0.2.1/60", "none", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 5},
	{"time to live 0", "192.0.2.1/0", "none", AF_UNSPEC, RESOLVER_FOUND, "192.0.2.1", 0},
	{"a time to live of years", "192.0.2.1/2000000000", "none", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 86400},
	{"one that is negative to some", "192.0.2.1/4000000000", "none", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", NOTHING_OR_A_DAY},
	{"twice the same", "192.0.2.1/60 192.0.2.1/60", "none", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 60},
	{"truncated: over TCP", "cut 192.0.2.1/60", "none", AF_UNSPEC, RESOLVER_FOUND, "192.0.2.1",
		60},
	{"no such name", "unknown", "unknown", AF_UNSPEC, RESOLVER_NOT_FOUND, "", 0},
	{"slow IPv4 beside quick IPv6", "slow 192.0.2.1/60", "2001:db8::1/60", AF_UNSPEC,
		RESOLVER_FOUND, "[2001:db8::1]", 30},
	{"slow alone", "slow 192.0.2.1/60", "none", AF_UNSPEC, RESOLVER_FOUND, "192.0.2.1", 60},
	{"no address", "none", "none", AF_UNSPEC, RESOLVER_NOT_FOUND, "", 0},
	{"an alias of nothing", "alias/5", "alias/5", AF_UNSPEC, RESOLVER_NOT_FOUND, "", 0},
	{"no address of that family", "192.0.2.1/60", "none", AF_INET6, RESOLVER_NOT_FOUND, "", 0},
	{"addresses of another family than asked for", "192.0.2.1/60 2001:db8::1/60",
		"192.0.2.2/60", AF_UNSPEC, RESOLVER_FOUND, "192.0.2.1", 60},
	{"impossible addresses", "0.0.0.0/60 224.0.0.1/60 255.255.255.255/60",
		"::/60 ff02::1/60 ::ffff:0.0.0.0/60", AF_UNSPEC, RESOLVER_NOT_FOUND, "", 0},
	{"some are impossible", "0.0.0.0/60 192.0.2.1/60", "::/60", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 60},
	{"the server fails", "failed", "failed", AF_UNSPEC, RESOLVER_FAILED, "", 0},
	{"it refuses", "refused", "refused", AF_UNSPEC, RESOLVER_FAILED, "", 0},
	{"it is silent", "silent", "silent", AF_UNSPEC, RESOLVER_FAILED, "", 0},
	{"it talks garbage", "garbage", "garbage", AF_UNSPEC, RESOLVER_FAILED, "", 0},
	{"IPv6 fails beside good IPv4", "192.0.2.1/60", "failed", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 30},
	{"IPv4 fails beside good IPv6", "refused", "2001:db8::1/20", AF_UNSPEC, RESOLVER_FOUND,
		"[2001:db8::1]", 20},
	{"IPv6 is unknown beside good IPv4", "192.0.2.1/60", "unknown", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 60},
	{"IPv6 is silent beside good IPv4", "192.0.2.1/60", "silent", AF_UNSPEC, RESOLVER_FOUND,
		"192.0.2.1", 30},
	{"IPv4 is silent beside good IPv6", "silent", "2001:db8::1/60", AF_UNSPEC, RESOLVER_FOUND,
		"[2001:db8::1]", 30},
	{"the other family might have one", "failed", "none", AF_UNSPEC, RESOLVER_FAILED, "", 0},
	{"likewise", "unknown", "refused", AF_UNSPEC, RESOLVER_FAILED, "", 0},
};

START_TEST(a_name_is_what_the_name_server_says)
{
	struct fixture fixture;
	char addresses[256];
	/* Nobody waits for the silent one where there is something else. */
	bool is_silent =
		strcmp(cases[_i].a, "silent") == 0 || strcmp(cases[_i].aaaa, "silent") == 0;
	set_up_for(&fixture, cases[_i].a, cases[_i].aaaa, "",
		is_silent && cases[_i].result == RESOLVER_FOUND ? ENDLESS_MS : TIMEOUT_MS);
	ask(&fixture, "name.example", cases[_i].family, INT64_MAX);
	struct resolver_query *query = await(&fixture);
	describe(query, addresses, sizeof(addresses));
	ck_assert_msg(query->result == cases[_i].result, "%s: %d %s", cases[_i].says, query->result,
		query->reason ? query->reason : "");
	ck_assert_msg(
		strcmp(addresses, cases[_i].addresses) == 0, "%s: %s", cases[_i].says, addresses);
	ck_assert_msg(is_valid_for(query, cases[_i].valid_s), "%s: %lld", cases[_i].says,
		(long long)query->valid_ns);
	ck_assert_int_eq(query->reason == NULL, query->result == RESOLVER_FOUND);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_thousand_addresses_come_over_tcp)
{
	struct fixture fixture;
	set_up(&fixture, "cut many/60", "none", "");
	ask(&fixture, "name.example", AF_UNSPEC, INT64_MAX);
	struct resolver_query *query = await(&fixture);
	ck_assert_int_eq(query->result, RESOLVER_FOUND);
	ck_assert_uint_eq(query->list.count, 1000);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

static const struct {
	const char *says;
	const char *conf;
	const char *host;
	const char *name; /* The only one that there is. */
	bool is_found;
	unsigned queries; /* For IPv4 alone. */
} searches[] = {
	{"as it is", "", "name.example", "name.example", true, 1},
	{"in the second domain", "search one.test two.test", "name", "name.two.test", true, 2},
	{"as it is, after the domains", "search one.test two.test\noptions ndots:5", "name.example",
		"name.example", true, 3},
	{"a final dot means just that", "search one.test\noptions ndots:5", "name.",
		"name.one.test", false, 1},
	{"nowhere", "search one.test", "name", "other", false, 2},
};

START_TEST(names_are_searched_in_domains)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.1/60", "none", searches[_i].conf);
	fixture.server.only = searches[_i].name;
	/* An answer is remembered: a second question costs nothing. */
	for (int i = 0; i < 2; i++) {
		ask(&fixture, searches[_i].host, AF_INET, INT64_MAX);
		struct resolver_query *query = await(&fixture);
		ck_assert_msg((query->result == RESOLVER_FOUND) == searches[_i].is_found, "%s",
			searches[_i].says);
		resolver_query_free(query);
	}
	ck_assert_msg(atomic_load(&fixture.server.queries) == searches[_i].queries, "%s: %u",
		searches[_i].says, atomic_load(&fixture.server.queries));
	tear_down(&fixture);
}
END_TEST

START_TEST(a_domain_whose_server_refuses_does_not_hide_the_others)
{
	struct fixture fixture;
	set_up(&fixture, "refused", "refused", "search one.test two.test");
	ask(&fixture, "name", AF_UNSPEC, INT64_MAX);
	struct resolver_query *query = await(&fixture);
	ck_assert_int_eq(query->result, RESOLVER_FAILED);
	/* All three names, both families. */
	ck_assert_uint_ge(atomic_load(&fixture.server.queries), 6);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_failure_does_not_move_a_name_to_a_farther_domain)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.1/0", "none", "search one.test two.test");
	static const struct {
		const char *only; /* The other names are... */
		const char *others;
		enum resolver_result result;
	} rounds[] = {
		{"name.one.test", "unknown", RESOLVER_FOUND},
		{"name.two.test", "refused", RESOLVER_FAILED},
		{"name.one.test", "refused", RESOLVER_FOUND},
		{"name.two.test", "unknown", RESOLVER_FOUND},
		/* Now it is known there. */
		{"name.two.test", "refused", RESOLVER_FOUND},
	};
	for (int i = 0; i < ROWS(rounds); i++) {
		fixture.server.only = rounds[i].only;
		fixture.server.others = rounds[i].others;
		ask(&fixture, "name", AF_INET, 0);
		struct resolver_query *query = await(&fixture);
		ck_assert_msg(query->result == rounds[i].result, "round %d", i);
		resolver_query_free(query);
	}
	tear_down(&fixture);
}
END_TEST

START_TEST(thousands_that_hang_delay_none_that_is_answered)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.1/60", "none", "");
	static char host[64];
	fixture.server.a = fixture.server.aaaa = "silent";
	for (int i = 0; i < 3000; i++) {
		snprintf(host, sizeof(host), "hangs%d.example", i);
		ask(&fixture, host, AF_INET, INT64_MAX);
	}
	/* Most of them are under way. */
	while (atomic_load(&fixture.server.queries) < 1000)
		clock_sleep_until(clock_monotonic_ns() + NS_PER_MS);
	fixture.server.a = "192.0.2.1/60";
	ask(&fixture, "name.example", AF_INET, INT64_MAX);
	int given_up = -1;
	bool is_found = false;
	for (; !is_found; given_up++) {
		struct resolver_query *query = await(&fixture);
		is_found = query->result == RESOLVER_FOUND;
		resolver_query_free(query);
	}
	ck_assert_int_lt(given_up, 3000);
	tear_down(&fixture);
}
END_TEST

START_TEST(addresses_of_a_family_that_falls_silent_are_kept)
{
	struct fixture fixture;
	char addresses[256];
	set_up(&fixture, "192.0.2.1/0", "2001:db8::1/0", "");
	static const char *const later[] = {"2001:db8::1/0", "silent", "failed", "none"};
	static const char *const expected[] = {"192.0.2.1 [2001:db8::1]", "192.0.2.1 [2001:db8::1]",
		"192.0.2.1 [2001:db8::1]", "192.0.2.1"};
	for (int i = 0; i < ROWS(later); i++) {
		fixture.server.aaaa = later[i];
		ask(&fixture, "name.example", AF_UNSPEC, 0);
		struct resolver_query *query = await(&fixture);
		describe(query, addresses, sizeof(addresses));
		ck_assert_msg(strcmp(addresses, expected[i]) == 0, "%s: %s", later[i], addresses);
		resolver_query_free(query);
		if (strcmp(later[i], "silent") != 0)
			continue;
		/* The look-up goes on until the silent one is given up. */
		fixture.server.aaaa = "failed";
		ask(&fixture, "name.example", AF_UNSPEC, 0);
		resolver_query_free(await(&fixture));
	}
	tear_down(&fixture);
}
END_TEST

START_TEST(changes_of_the_configuration_are_followed)
{
	struct fixture fixture;
	set_up(&fixture, "192.0.2.1/60", "none", "search one.test");
	fixture.server.only = "name.two.test";
	ask(&fixture, "name", AF_INET, INT64_MAX);
	struct resolver_query *query = await(&fixture);
	ck_assert_int_eq(query->result, RESOLVER_NOT_FOUND);
	resolver_query_free(query);
	write_resolv_conf(&fixture, "search two.test three.test");
	ask(&fixture, "name", AF_INET, 0);
	query = await(&fixture);
	ck_assert_int_eq(query->result, RESOLVER_FOUND);
	resolver_query_free(query);
	tear_down(&fixture);
}
END_TEST

START_TEST(the_end_waits_for_nothing)
{
	struct fixture fixture;
	set_up_for(&fixture, "silent", "silent", "", ENDLESS_MS);
	for (int i = 0; i < 10; i++) {
		char host[32];
		snprintf(host, sizeof(host), "hangs%d.example", i);
		ask(&fixture, host, AF_UNSPEC, INT64_MAX);
	}
	while (atomic_load(&fixture.server.queries) == 0)
		clock_sleep_until(clock_monotonic_ns() + NS_PER_MS);
	resolver_free(fixture.resolver);
	fixture.resolver = NULL;
	tear_down(&fixture);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("resolver_dns");
	tcase_add_loop_test(tcase, a_name_is_what_the_name_server_says, 0, ROWS(cases));
	tcase_add_test(tcase, a_thousand_addresses_come_over_tcp);
	tcase_add_loop_test(tcase, names_are_searched_in_domains, 0, ROWS(searches));
	tcase_add_test(tcase, a_domain_whose_server_refuses_does_not_hide_the_others);
	tcase_add_test(tcase, a_failure_does_not_move_a_name_to_a_farther_domain);
	tcase_add_test(tcase, thousands_that_hang_delay_none_that_is_answered);
	tcase_add_test(tcase, addresses_of_a_family_that_falls_silent_are_kept);
	tcase_add_test(tcase, changes_of_the_configuration_are_followed);
	tcase_add_test(tcase, the_end_waits_for_nothing);
	return unit_run("net/resolver_dns", tcase);
}
