/* SPDX-License-Identifier: MIT */
#include "scripted.h"

#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/nap.h"
#include "net/socket.h"
#include "net/timestamps.h"

#define FDS_MAX 1024

struct script script;

/* By descriptor: the peer's end, and how the peer behaves. */
static int far_ends[FDS_MAX];
static const struct script_peer *behaviours[FDS_MAX];
static bool is_reset[FDS_MAX];

/* The clock. */

int64_t clock_monotonic_ns(void)
{
	script.now_ns += script.tick_ns;
	return script.now_ns;
}

struct wall_time clock_wall(void)
{
	return (struct wall_time){.unix_ns = script.now_ns + SCRIPT_AHEAD_NS};
}

uint32_t clock_max_error_us(void)
{
	return script.has_clock_error ? script.clock_error_us : CLOCK_ERROR_UNKNOWN;
}

bool nap_until(
	const struct waker *waker, evutil_socket_t other, int64_t deadline_ns, int64_t now_ns)
{
	(void)waker;
	(void)other;
	(void)now_ns;
	bool may_pass = !script.on_sleep || script.on_sleep(deadline_ns);
	if (may_pass && script.now_ns < deadline_ns)
		script.now_ns = deadline_ns;
	return false;
}

void clock_sleep_until(int64_t deadline_ns)
{
	(void)deadline_ns;
}

void clock_keep_deadlines(void)
{
}

/* Sockets. */

int socket_errno(void)
{
	return errno;
}

evutil_socket_t socket_open(int family)
{
	(void)family;
	int pair[2];
	if (script.open_error)
		return script.open_error;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(evutil_make_socket_nonblocking(pair[i]), 0);
#ifdef SO_NOSIGPIPE
		int on = 1;
		setsockopt(pair[i], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
	}
	ck_assert_int_lt(pair[0], FDS_MAX);
	far_ends[pair[0]] = pair[1];
	behaviours[pair[0]] = NULL;
	is_reset[pair[0]] = false;
	script.far_fd = pair[1];
	script.opened++;
	return pair[0];
}

void socket_close(evutil_socket_t fd)
{
	script.closed++;
	script.was_reset = is_reset[fd];
	close(fd);
	close(far_ends[fd]);
	far_ends[fd] = 0;
}

evutil_socket_t socket_move_up(evutil_socket_t fd)
{
	return fd;
}

void script_each_peer(void (*call)(int far_fd))
{
	for (int fd = 0; fd < FDS_MAX; fd++)
		if (far_ends[fd] > 0)
			call(far_ends[fd]);
}

evutil_socket_t socket_accept(evutil_socket_t fd, union address *peer)
{
	(void)fd;
	(void)peer;
	return -EINVAL;
}

/* A full socket is not writable, so its handshake seems not to end. */
static void fill(int fd)
{
	char bytes[4096] = {0};
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static const struct script_peer *find_peer(char letter)
{
	for (size_t i = 0; i < script.peer_count; i++)
		if (script.peers[i].address == letter)
			return &script.peers[i];
	return NULL;
}

int socket_connect(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	union address dialled = {0};
	memcpy(&dialled, address, length);
	char letter = script_letter(&dialled);
	size_t count = strlen(script.dialled);
	if (count + 1 < sizeof(script.dialled))
		script.dialled[count] = letter;
	behaviours[fd] = find_peer(letter);
	if (!behaviours[fd])
		return -EINPROGRESS;
	if (behaviours[fd]->is_silent)
		fill(fd);
	return behaviours[fd]->connect_error;
}

bool socket_is_dialled(evutil_socket_t fd)
{
	const struct script_peer *peer = behaviours[fd];
	return script.is_over_now || !peer || (!peer->is_silent && peer->pending_error == 0);
}

int socket_pending_error(evutil_socket_t fd)
{
	return behaviours[fd] ? behaviours[fd]->pending_error : 0;
}

int socket_own_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length)
{
	bool is_itself = behaviours[fd] && behaviours[fd]->is_itself;
	union address own = script_address(is_itself ? 'p' : 'o');
	*length = address_length(&own);
	memcpy(address, &own, *length);
	return 0;
}

int socket_peer_address(evutil_socket_t fd, struct sockaddr *address, socklen_t *length)
{
	(void)fd;
	union address peer = script_address('p');
	*length = address_length(&peer);
	memcpy(address, &peer, *length);
	return 0;
}

void socket_set_option(evutil_socket_t fd, int level, int name, int value)
{
	(void)fd;
	(void)level;
	(void)name;
	(void)value;
}

int socket_bind(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	(void)fd;
	(void)address;
	(void)length;
	return script.bind_error;
}

int socket_mark(evutil_socket_t fd, int family, unsigned dscp)
{
	(void)fd;
	(void)family;
	script.dscp = dscp;
	return 0;
}

int socket_bind_interface(evutil_socket_t fd, int family, const char *name)
{
	(void)fd;
	(void)family;
	snprintf(script.interface, sizeof(script.interface), "%s", name);
	return script.interface_error;
}

void socket_claim_address(evutil_socket_t fd)
{
	(void)fd;
}

int socket_listen(evutil_socket_t fd, const struct sockaddr *address, socklen_t length)
{
	(void)fd;
	(void)address;
	(void)length;
	return -EINVAL;
}

void socket_reset_on_close(evutil_socket_t fd)
{
	is_reset[fd] = true;
}

void socket_keep_alive(evutil_socket_t fd, int idle_s, int interval_s, int probes)
{
	(void)fd;
	(void)idle_s;
	(void)interval_s;
	(void)probes;
}

/* What the kernel knows. */

bool timestamps_enable(evutil_socket_t fd)
{
	(void)fd;
	return script.has_timestamps;
}

ssize_t timestamps_receive(
	evutil_socket_t fd, void *buffer, size_t size, struct wall_time *timestamp)
{
	ssize_t length = recv(fd, buffer, size, MSG_DONTWAIT);
	if (length < 0)
		return -errno;
	*timestamp = WALL_TIME_UNKNOWN;
	if (length > 0 && script.stamped_ns)
		timestamp->unix_ns = script.stamped_ns + SCRIPT_AHEAD_NS;
	return length;
}

bool timestamps_enable_departures(evutil_socket_t fd)
{
	(void)fd;
	return script.has_departures;
}

ssize_t timestamps_send(evutil_socket_t fd, const void *bytes, size_t length)
{
	script.timed++;
	return socket_send(fd, bytes, length);
}

struct wall_time timestamps_departure(evutil_socket_t fd)
{
	(void)fd;
	if (script.departures == 0)
		return WALL_TIME_UNKNOWN;
	return (struct wall_time){
		.unix_ns = script.departed_ns[--script.departures] + SCRIPT_AHEAD_NS};
}

bool tcp_info_is_available(void)
{
	return script.has_facts;
}

bool tcp_info_read(evutil_socket_t fd, struct tcp_facts *facts)
{
	(void)fd;
	if (script.has_facts)
		*facts = script.facts;
	return script.has_facts;
}

/* The resolver. Tests have a single thread and answer queries themselves, so there is no inbox. */

int resolver_inbox_new(struct waker *waker, struct resolver_inbox **inbox)
{
	(void)waker;
	*inbox = NULL;
	return 0;
}

void resolver_inbox_free(struct resolver_inbox *inbox)
{
	(void)inbox;
}

struct resolver_query *resolver_inbox_take(struct resolver_inbox *inbox)
{
	(void)inbox;
	return NULL;
}

int resolver_ask(struct resolver *resolver, struct resolver_inbox *inbox,
	const struct resolver_question *question, struct resolver_query **query)
{
	(void)resolver;
	(void)inbox;
	if (script.ask_error)
		return script.ask_error;
	ck_assert_ptr_null(script.query);
	script.query = calloc(1, sizeof(*script.query));
	ck_assert_ptr_nonnull(script.query);
	script.query->owner = question->owner;
	script.question = *question;
	script.asked++;
	*query = script.query;
	return 0;
}

void resolver_query_free(struct resolver_query *query)
{
	if (!query)
		return;
	address_list_clear(&query->list);
	free(query);
}

void script_answer(const char *letters, enum resolver_result failure)
{
	struct resolver_query *query = script.query;
	ck_assert_ptr_nonnull(query);
	script.query = NULL;
	query->result = letters ? RESOLVER_FOUND : failure;
	query->reason = letters ? NULL : "there is no such name";
	query->valid_ns = letters ? script.valid_ns : 0;
	if (letters) {
		query->list.count = strlen(letters);
		query->list.addresses = calloc(query->list.count, sizeof(*query->list.addresses));
		for (size_t i = 0; i < query->list.count; i++)
			query->list.addresses[i] = script_address(letters[i]);
	}
	if (query->owner)
		link_on_resolved(query->owner, query, script.now_ns);
	else
		resolver_query_free(query);
}

/* Addresses. */

union address script_address(char letter)
{
	union address address = {0};
	if (letter >= 'A' && letter <= 'Z') {
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(4000);
		inet_pton(AF_INET6, "2001:db8::", &address.v6.sin6_addr);
		address.v6.sin6_addr.s6_addr[15] = (unsigned char)letter;
	} else {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(4000);
		address.v4.sin_addr.s_addr = htonl(0xc0000200U + (unsigned char)letter);
	}
	return address;
}

char script_letter(const union address *address)
{
	if (address->any.sa_family == AF_INET6)
		return (char)address->v6.sin6_addr.s6_addr[15];
	return (char)(ntohl(address->v4.sin_addr.s_addr) & 0xff);
}

/* What is logged. */

static void keep_line(void *context, enum log_level level, const char *subject, const char *message)
{
	(void)context;
	(void)level;
	(void)subject;
	snprintf(script.log, sizeof(script.log), "%s", message);
}

static void keep_change(void *context, const struct target_change *change)
{
	(void)context;
	script.changes++;
	script.is_up = change->is_up;
}

static const struct log log_to_script = {.sink = keep_line, .threshold = LOG_LEVEL_DEBUG};

/* Starting, running, ending. */

void script_begin(struct probe_context *context)
{
	script = (struct script){
		.now_ns = SCRIPT_START_NS,
		.has_timestamps = true,
		.valid_ns = 30 * NS_PER_S,
	};
	*context = (struct probe_context){
		.log = &log_to_script,
		.watcher = {.on_change = keep_change},
		.base = event_base_new(),
		.spare_sockets = SCRIPT_SPARE_SOCKETS,
		.has_timestamps = true,
		.random = 1,
	};
	ck_assert_ptr_nonnull(context->base);
	ck_assert_int_eq(alarms_reserve(&context->alarms, 16), 0);
}

void script_end(struct probe_context *context)
{
	ck_assert_uint_eq(script.opened, script.closed);
	ck_assert_int_eq(alarms_next_ns(&context->alarms), ALARM_NEVER);
	ck_assert_uint_eq(context->lookout.open, 0);
	ck_assert_int_eq(context->spare_sockets, SCRIPT_SPARE_SOCKETS);
	if (script.query)
		script_answer(NULL, RESOLVER_FAILED);
	alarms_clear(&context->alarms);
	event_base_free(context->base);
}

void script_run(struct probe_context *context)
{
	context->turn.is_clock_fresh = false;
	turn_refresh_clock(&context->turn);
	event_base_loop(context->base, EVLOOP_NONBLOCK);
	context->turn.polled_ns = script.now_ns;
}

void script_go_to(struct probe_context *context, int64_t now_ns)
{
	while (alarms_next_ns(&context->alarms) <= now_ns) {
		script.now_ns = alarms_next_ns(&context->alarms);
		struct alarm *alarm = alarms_take(&context->alarms, script.now_ns);
		link_on_alarm(alarm, script.now_ns);
	}
	script.now_ns = now_ns;
}

struct target_options script_options(enum probe_kind probe)
{
	struct target_options options;
	target_options_init(&options);
	options.interval_ns = 100 * NS_PER_MS;
	options.timeout_ns = 300 * NS_PER_MS;
	options.probe = probe;
	options.stamps = false;
	return options;
}

struct probed_target *script_target(struct probe_context *context, const char *name_and_port,
	const struct target_options *options)
{
	struct endpoint endpoint;
	const char *reason = NULL;
	ck_assert_int_eq(endpoint_parse(name_and_port, ENDPOINT_TO_DIAL, &endpoint, &reason), 0);
	struct probed_target *target = NULL;
	ck_assert_int_eq(probed_target_new("server1", &endpoint, options, &target), 0);
	link_start(&target->link, context, script.now_ns);
	return target;
}

struct target_values script_values(const struct probed_target *target)
{
	struct target_values values;
	target_stats_read(target->link.target.stats, &values);
	ck_assert_uint_eq(values.received, histogram_count(&values.rtt));
	ck_assert_uint_le(values.received + values.timeouts, values.sent);
	ck_assert_uint_le(values.late, values.timeouts);
	ck_assert_uint_le(values.unsent, values.timeouts);
	return values;
}
