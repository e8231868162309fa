/* SPDX-License-Identifier: MIT */
#include "probe/dialling.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "net/timestamps.h"
#include "probe/dial.h"

/* From one address to the next: RFC 8305 section 5. */
#define STAGGER_NS (250 * NS_PER_MS)

struct handshake_under_way {
	struct dialling *dialling;
	struct handshake_under_way *next;
	struct event event;
	struct dialled dialled;
	bool is_spare; /* Beyond the one descriptor that each target has for sure. */
};

void dialling_init(struct dialling *dialling, const struct dialling_operations *operations,
	const struct target *target, struct addresses *addresses)
{
	*dialling = (struct dialling){
		.operations = operations,
		.target = target,
		.addresses = addresses,
		.due_ns = ALARM_NEVER,
		.next_ns = ALARM_NEVER,
	};
	dialling->last = &dialling->first;
}

static void schedule(struct dialling *dialling)
{
	int64_t due_ns = dialling->next_ns;
	if (dialling->first) {
		int64_t patience_ns = dialling->first->dialled.begun_ns + DIALLING_TIMEOUT_NS;
		if (due_ns > patience_ns)
			due_ns = patience_ns;
	}
	if (dialling->due_ns == due_ns)
		return;
	dialling->due_ns = due_ns;
	dialling->operations->rescheduled(dialling);
}

bool dialling_is_active(const struct dialling *dialling)
{
	return dialling->first || dialling->next_ns != ALARM_NEVER;
}

static bool is_under_way(const struct dialling *dialling, const union address *address)
{
	const struct handshake_under_way *one = dialling->first;
	while (one && !address_is_same(&one->dialled.peer, address))
		one = one->next;
	return one != NULL;
}

static void append(struct dialling *dialling, struct handshake_under_way *made)
{
	*dialling->last = made;
	dialling->last = &made->next;
	dialling->count++;
}

/* Takes it out of the list, and frees it. Its socket stays. */
static void take_out(struct handshake_under_way *gone)
{
	struct dialling *dialling = gone->dialling;
	struct handshake_under_way **link = &dialling->first;
	while (*link != gone)
		link = &(*link)->next;
	*link = gone->next;
	if (dialling->last == &gone->next)
		dialling->last = link;
	dialling->count--;
	event_del(&gone->event);
	if (gone->is_spare)
		dialling->target->context->spare_sockets++;
	free(gone);
}

/* Drops a handshake, with what the kernel still does for it. */
static void drop(struct handshake_under_way *gone)
{
	const struct target *target = gone->dialling->target;
	evutil_socket_t fd = gone->dialled.fd;
	struct tcp_facts facts;
	take_out(gone);
	if (fd < 0)
		return;
	if (tcp_info_read(fd, &facts))
		target_stats_retransmitted(target->stats, facts.retransmits);
	socket_reset_on_close(fd);
	socket_close(fd);
}

static void note_failure(struct dialling *dialling, const union address *address, int error)
{
	const union address *good = &dialling->addresses->good;
	dialling->has_failed = true;
	if (dialling->error && address_is_same(&dialling->failed, good) &&
		!address_is_same(address, good))
		return;
	dialling->error = error;
	dialling->failed = *address;
}

/* A handshake came to its end. error: how it failed, or 0. Returns whether all is over: with a
 * connection. */
static bool conclude(struct handshake_under_way *done, int error, int64_t now_ns)
{
	struct dialling *dialling = done->dialling;
	const struct dialled dialled = done->dialled;
	if (!error) {
		event_del(&done->event);
		error = dialling->operations->connected(dialling, &dialled, now_ns);
	}
	if (error) {
		note_failure(dialling, &dialled.peer, error);
		drop(done);
		return false;
	}
	take_out(done);
	dialling_end(dialling);
	return true;
}

static bool dial_next(struct dialling *dialling, int64_t now_ns);

/* Dials on if there is anything left, and tells of failures. */
static void proceed(struct dialling *dialling, int64_t now_ns)
{
	if (dialling->next_ns != ALARM_NEVER && dial_next(dialling, now_ns))
		return;
	schedule(dialling);
	if (!dialling->has_failed)
		return;
	dialling->has_failed = false;
	dialling->operations->failed(dialling, !dialling_is_active(dialling), now_ns);
}

static void end_handshake(struct handshake_under_way *done, int error, int64_t now_ns)
{
	struct dialling *dialling = done->dialling;
	if (!conclude(done, error, now_ns))
		proceed(dialling, now_ns);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)what;
	int64_t now_ns = clock_monotonic_ns();
	end_handshake(context, dial_result(fd), now_ns);
}

/* Begins a handshake. Returns 0 if it is done already, -EINPROGRESS, or another negative errno. */
static int start(struct handshake_under_way *made)
{
	struct dialled *dialled = &made->dialled;
	const struct target *target = made->dialling->target;
	struct probe_context *context = target->context;
	dialled->begun_ns = clock_monotonic_ns();
	int error = dial_begin(&target->options, target->allowed, &dialled->peer, &dialled->fd);
	/* It can be deleted in any case. */
	event_assign(&made->event, context->base, dialled->fd, EV_WRITE, on_writable, made);
	if (dialled->fd < 0)
		return error;
	/* The kernel turns them on with a delay, in the background: the sooner, the better. */
	if (!timestamps_enable(dialled->fd))
		context->has_timestamps = false;
	if (error == -EINPROGRESS && event_add(&made->event, NULL) < 0)
		return -ENOMEM;
	return error ? error : dial_result(dialled->fd);
}

/* What came of dialling an address. */
enum dial_outcome {
	DIAL_UNDER_WAY,
	DIAL_CONNECTED, /* All is over. */
	DIAL_FAILED,
	DIAL_LATER, /* There is no room for one more. */
};

static enum dial_outcome dial(struct dialling *dialling, const union address *address)
{
	struct probe_context *context = dialling->target->context;
	bool is_spare = dialling->first || dialling->is_beside;
	if (is_spare && context->spare_sockets <= 0)
		return DIAL_LATER;
	struct handshake_under_way *made = calloc(1, sizeof(*made));
	if (!made) {
		note_failure(dialling, address, -ENOMEM);
		return DIAL_FAILED;
	}
	made->dialling = dialling;
	made->dialled.peer = *address;
	made->is_spare = is_spare;
	if (is_spare)
		context->spare_sockets--;
	append(dialling, made);
	int error = start(made);
	if (error == -EINPROGRESS)
		return DIAL_UNDER_WAY;
	if (is_spare && (error == -EMFILE || error == -ENFILE)) {
		drop(made);
		return DIAL_LATER;
	}
	return conclude(made, error, clock_monotonic_ns()) ? DIAL_CONNECTED : DIAL_FAILED;
}

/* Dials the next address whose handshake does not fail at once. Returns whether all is over. */
static bool dial_next(struct dialling *dialling, int64_t now_ns)
{
	union address address;
	enum dial_outcome outcome = DIAL_FAILED;
	dialling->next_ns = ALARM_NEVER;
	if (dialling->first && dialling->count == DIALLING_MAX) {
		/* At the latest once the oldest of them times out. */
		dialling->next_ns = dialling->first->dialled.begun_ns + DIALLING_TIMEOUT_NS;
		return false;
	}
	while (outcome == DIAL_FAILED && addresses_next(dialling->addresses, &address))
		if (!is_under_way(dialling, &address))
			outcome = dial(dialling, &address);
	if (outcome == DIAL_CONNECTED)
		return true;
	if (outcome == DIAL_LATER)
		addresses_put_back(dialling->addresses);
	if (addresses_are_left(dialling->addresses))
		dialling->next_ns = now_ns + STAGGER_NS;
	return false;
}

void dialling_begin(struct dialling *dialling, bool is_beside, int64_t now_ns)
{
	dialling->is_beside = is_beside;
	dialling->error = 0;
	dialling->has_failed = false;
	dialling->next_ns = now_ns;
	proceed(dialling, now_ns);
}

void dialling_go_on(struct dialling *dialling, int64_t now_ns)
{
	if (dialling->next_ns != ALARM_NEVER)
		return;
	dialling->next_ns = now_ns + STAGGER_NS;
	schedule(dialling);
}

void dialling_on_alarm(struct dialling *dialling, int64_t now_ns)
{
	struct handshake_under_way *oldest = dialling->first;
	if (oldest && oldest->dialled.begun_ns + DIALLING_TIMEOUT_NS <= now_ns)
		end_handshake(oldest, -ETIMEDOUT, now_ns);
	else if (dialling->next_ns <= now_ns)
		proceed(dialling, now_ns);
}

void dialling_pause(struct dialling *dialling)
{
	dialling->next_ns = ALARM_NEVER;
	schedule(dialling);
}

void dialling_end(struct dialling *dialling)
{
	while (dialling->first)
		drop(dialling->first);
	dialling_pause(dialling);
}

void dialling_describe(const struct dialling *dialling, char *why, size_t size)
{
	dial_describe(&dialling->target->options, &dialling->failed, dialling->error,
		DIALLING_TIMEOUT_NS, why, size);
}
