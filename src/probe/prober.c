/* SPDX-License-Identifier: MIT */
#include "probe/prober.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/thread.h"
#include "net/deadline_timer.h"
#include "net/nap.h"
#include "net/timestamps.h"
#include "net/waker.h"
#include "probe/context.h"
#include "probe/schedule.h"

/*
 * Since the kernel says when replies arrived, they may wait this long to be read: until the next slots, if
 * those come that soon. So may deadlines, which nothing is measured by.
 */
#define PATIENCE_NS (10 * NS_PER_MS)

/*
 * What has come is read after so many slots: a peer of several targets gets the time to answer, and their
 * probes do not queue behind each other there.
 */
#define SLOTS_IN_A_ROW 8

/* How many deadlines are reviewed, at most, before a wait that would end with one of them. */
#define REVIEWS_A_TURN 8

/* Ten thousand targets that start at once dial over a second. */
#define DIAL_SPACING_NS (100 * NS_PER_US)

/*
 * How many targets come, and go, in a turn: ten thousand must not make the others wait. Of a turn with many slots that
 * would be too little, so it is one for so many of those.
 */
#define CHANGES_A_TURN 32
#define SLOTS_PER_CHANGE 8

/* Targets in the order in which they came. */
struct queue {
	struct probed_target *first;
	struct probed_target **end;
};

struct prober {
	struct probe_context context;
	struct schedule schedule;
	struct probed_target *targets; /* All that are owned, a list. */
	size_t target_count;
	struct event *wake_event;
	struct deadline_timer timer;
	int64_t woken_ns; /* When this turn began. */
	/* Taken from the mailbox, and still to be done. */
	struct queue coming;
	struct queue going;
	int64_t dial_ns;   /* When the next one that comes may be dialled. */
	int spare_sockets; /* As the context got them. */
	struct waker waker;
	struct heartbeat heartbeat;
	pthread_t thread;
	/* The mailbox, guarded by the mutex, except for the flag that says that it is not empty. */
	atomic_bool has_mail;
	pthread_mutex_t mutex;
	struct queue to_add;
	struct queue to_remove;
	int spare_sockets_wanted;
	bool is_stopping;
};

static void queue_init(struct queue *queue)
{
	*queue = (struct queue){.end = &queue->first};
}

/* Appends all that another queue has, which is empty afterwards. */
static void queue_take(struct queue *queue, struct queue *other)
{
	if (!other->first)
		return;
	*queue->end = other->first;
	queue->end = other->end;
	queue_init(other);
}

/* The next deadline, if it comes that long before the next slots that it cannot wait for them. */
static int64_t next_alarm_ns(struct prober *prober, int64_t slots_ns, int64_t now_ns)
{
	struct alarms *alarms = &prober->context.alarms;
	struct alarm *alarm;
	for (unsigned i = 0; i < REVIEWS_A_TURN && (alarm = alarms_at(alarms, 0)); i++) {
		int64_t due_ns = alarm->due_ns;
		if (due_ns - now_ns <= PATIENCE_NS || slots_ns - due_ns <= PATIENCE_NS)
			break;
		link_review_alarm(alarm, now_ns);
		if (alarm->due_ns == due_ns)
			break;
	}
	int64_t next_ns = alarms_next_ns(alarms);
	return slots_ns - next_ns <= PATIENCE_NS ? ALARM_NEVER : next_ns;
}

/* When there is something to do that nobody else tells of. */
static int64_t next_due_ns(struct prober *prober, int64_t now_ns)
{
	if (prober->coming.first || prober->going.first)
		return prober->woken_ns;
	int64_t slots_ns = schedule_wake_ns(&prober->schedule);
	int64_t alarm_ns = next_alarm_ns(prober, slots_ns, now_ns);
	return slots_ns < alarm_ns ? slots_ns : alarm_ns;
}

/* Blocks in the event loop until something happens or until_ns. */
static void wait_for_events(struct prober *prober, int64_t until_ns, int64_t now_ns)
{
	deadline_timer_set(&prober->timer, until_ns, now_ns);
	prober->context.turn.is_waiting = true;
	event_base_loop(prober->context.base, EVLOOP_ONCE);
	prober->context.turn.is_waiting = false;
}

/* Looks away until then, but for handshakes. */
static void look_away(struct prober *prober, int64_t until_ns, int64_t now_ns)
{
	int64_t look_ns = lookout_due_ns(&prober->context.lookout, now_ns);
	nap_until(&prober->waker, -1, until_ns < look_ns ? until_ns : look_ns, now_ns);
}

/* Waits until the next thing is due. */
static void wait_for_turn(struct prober *prober)
{
	int64_t now_ns = clock_monotonic_ns();
	int64_t until_ns = next_due_ns(prober, now_ns);
	prober->context.turn.is_clock_fresh = false;
	if (until_ns <= now_ns)
		return;
	heartbeat_rest(&prober->heartbeat, now_ns, until_ns);
	if (prober->context.has_timestamps && until_ns - now_ns <= PATIENCE_NS)
		look_away(prober, until_ns, now_ns);
	else
		wait_for_events(prober, until_ns, now_ns);
}

/* Reads all that has arrived. */
static void poll_events(struct prober *prober)
{
	struct probe_context *context = &prober->context;
	turn_refresh_clock(&context->turn);
	int64_t now_ns = clock_monotonic_ns();
	/* Either flag alone would go on until nothing is active. */
	event_base_loop(context->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	context->turn.polled_ns = now_ns;
}

static void take_answers(struct prober *prober)
{
	struct resolver_query *query;
	while ((query = resolver_inbox_take(prober->context.inbox))) {
		if (query->owner)
			link_on_resolved(query->owner, query, prober->woken_ns);
		else
			resolver_query_free(query);
	}
}

static void run_alarms(struct prober *prober)
{
	struct alarm *alarm;
	while ((alarm = alarms_take(&prober->context.alarms, prober->woken_ns)))
		link_on_alarm(alarm, prober->woken_ns);
}

/* Returns how many there were. */
static unsigned run_slots(struct prober *prober)
{
	struct due_slot due;
	unsigned sent = 0;
	unsigned count = 0;
	while (schedule_take(&prober->schedule, prober->woken_ns, &due)) {
		struct link *link = due.owner;
		if (sent++ == SLOTS_IN_A_ROW) {
			poll_events(prober);
			/* That may have taken the wake-up for them. */
			take_answers(prober);
			sent = 1;
		}
		if (due.missed > 0)
			target_stats_missed(link->target.stats, due.missed);
		link_use_slot(link, due.due_ns, prober->woken_ns);
		count++;
	}
	return count;
}

/* Takes a target out of everything, and frees it. */
static void retire(struct prober *prober, struct probed_target *target)
{
	*(target->previous ? &target->previous->next : &prober->targets) = target->next;
	if (target->next)
		target->next->previous = target->previous;
	prober->target_count--;
	schedule_remove(&prober->schedule, &target->place, &target->link);
	probed_target_free(target);
}

static void admit(struct prober *prober, struct probed_target *target, int64_t dial_ns)
{
	struct probe_context *context = &prober->context;
	const struct target *identity = &target->link.target;
	target->next = prober->targets;
	if (target->next)
		target->next->previous = target;
	prober->targets = target;
	prober->target_count++;
	target->is_admitted = true;
	if (alarms_reserve(&context->alarms, prober->target_count) < 0 ||
		schedule_add(&prober->schedule, identity->options.interval_ns, prober->woken_ns,
			&target->link, &target->place) < 0) {
		log_write(
			context->log, LOG_LEVEL_ERROR, identity->name, "not probed: out of memory");
		return;
	}
	link_start(&target->link, context, dial_ns);
}

/* Those that go make room for those that come. */
static void let_some_go(struct prober *prober, unsigned most)
{
	struct queue *going = &prober->going;
	for (unsigned i = 0; going->first && i < most; i++) {
		struct probed_target *target = going->first;
		going->first = target->next_to_remove;
		if (target->is_admitted)
			retire(prober, target);
		else
			target->is_gone = true;
	}
	if (!going->first)
		queue_init(going);
}

static void let_some_come(struct prober *prober, unsigned most)
{
	struct queue *coming = &prober->coming;
	if (prober->dial_ns < prober->woken_ns)
		prober->dial_ns = prober->woken_ns;
	for (unsigned i = 0; coming->first && i < most; i++) {
		struct probed_target *target = coming->first;
		coming->first = target->next_to_add;
		if (target->is_gone) {
			probed_target_free(target);
			continue;
		}
		admit(prober, target, prober->dial_ns);
		prober->dial_ns += DIAL_SPACING_NS;
	}
	if (!coming->first)
		queue_init(coming);
}

/* Takes what is in the mailbox. Returns false when the thread is to end. */
static bool read_mail(struct prober *prober)
{
	if (!atomic_exchange_explicit(&prober->has_mail, false, memory_order_acq_rel))
		return true;
	pthread_mutex_lock(&prober->mutex);
	queue_take(&prober->coming, &prober->to_add);
	queue_take(&prober->going, &prober->to_remove);
	bool is_stopping = prober->is_stopping;
	/* Below 0 until enough of them are given back. */
	prober->context.spare_sockets += prober->spare_sockets_wanted - prober->spare_sockets;
	prober->spare_sockets = prober->spare_sockets_wanted;
	pthread_mutex_unlock(&prober->mutex);
	return !is_stopping;
}

/* slots: how many this turn had. Returns false when the thread is to end. */
static bool run_commands(struct prober *prober, unsigned slots)
{
	unsigned share = slots / SLOTS_PER_CHANGE;
	unsigned most = share > CHANGES_A_TURN ? share : CHANGES_A_TURN;
	bool goes_on = read_mail(prober);
	let_some_go(prober, most);
	let_some_come(prober, most);
	return goes_on;
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct prober *prober = context;
	waker_drain(&prober->waker);
}

static void *probe(void *context)
{
	struct prober *prober = context;
	clock_keep_deadlines();
	unsigned slots;
	do {
		wait_for_turn(prober);
		heartbeat_rise(&prober->heartbeat);
		poll_events(prober);
		prober->woken_ns = clock_monotonic_ns();
		take_answers(prober);
		run_alarms(prober);
		slots = run_slots(prober);
		heartbeat_answer(&prober->heartbeat);
	} while (run_commands(prober, slots));
	return NULL;
}

/* Returns 0 or a negative errno; what was made is freed by prober_free() in any case. */
static int make_events(struct prober *prober)
{
	struct probe_context *context = &prober->context;
	struct event_config *config = event_config_new();
	if (!config)
		return -ENOMEM;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	if (deadline_timer_prepare(config) == 0)
		context->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!context->base)
		return -ENOMEM;
	prober->wake_event = event_new(
		context->base, prober->waker.read_fd, EV_READ | EV_PERSIST, on_wake, prober);
	if (!prober->wake_event || event_add(prober->wake_event, NULL) < 0)
		return -ENOMEM;
	int error = deadline_timer_open(&prober->timer, context->base);
	if (error)
		return error;
	return resolver_inbox_new(&prober->waker, &context->inbox);
}

static void prober_free(struct prober *prober)
{
	while (prober->targets)
		retire(prober, prober->targets);
	queue_take(&prober->coming, &prober->to_add);
	while (prober->coming.first) {
		struct probed_target *target = prober->coming.first;
		prober->coming.first = target->next_to_add;
		probed_target_free(target);
	}
	resolver_inbox_free(prober->context.inbox);
	deadline_timer_close(&prober->timer);
	if (prober->wake_event)
		event_free(prober->wake_event);
	if (prober->context.base)
		event_base_free(prober->context.base);
	schedule_clear(&prober->schedule);
	alarms_clear(&prober->context.alarms);
	waker_close(&prober->waker);
	pthread_mutex_destroy(&prober->mutex);
	free(prober);
}

int prober_start(int64_t start_ns, double shift, struct resolver *resolver, const struct log *log,
	const struct target_watcher *watcher, struct prober **prober)
{
	struct prober *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	int error = waker_open(&made->waker);
	if (error) {
		free(made);
		return error;
	}
	pthread_mutex_init(&made->mutex, NULL);
	queue_init(&made->coming);
	queue_init(&made->going);
	queue_init(&made->to_add);
	queue_init(&made->to_remove);
	made->context.log = log;
	if (watcher)
		made->context.watcher = *watcher;
	made->context.resolver = resolver;
#ifdef TIMESTAMPS_EXIST
	made->context.has_timestamps = true;
#endif
	/* Any number but 0; different for each prober and run. */
	made->context.random = (uint32_t)clock_wall().unix_ns | 1U;
	schedule_init(&made->schedule, start_ns, shift);
	error = make_events(made);
	if (!error)
		error = thread_start(&made->thread, "prober", probe, made);
	if (error) {
		prober_free(made);
		return error;
	}
	*prober = made;
	return 0;
}

/* With the mutex held. */
static void post(struct prober *prober)
{
	/* Whoever posted what is there has woken it. */
	if (!atomic_exchange_explicit(&prober->has_mail, true, memory_order_acq_rel))
		waker_wake(&prober->waker);
}

void prober_add(struct prober *prober, struct probed_target *target)
{
	pthread_mutex_lock(&prober->mutex);
	target->next_to_add = NULL;
	*prober->to_add.end = target;
	prober->to_add.end = &target->next_to_add;
	post(prober);
	pthread_mutex_unlock(&prober->mutex);
}

void prober_remove(struct prober *prober, struct probed_target *target)
{
	pthread_mutex_lock(&prober->mutex);
	target->next_to_remove = NULL;
	*prober->to_remove.end = target;
	prober->to_remove.end = &target->next_to_remove;
	post(prober);
	pthread_mutex_unlock(&prober->mutex);
}

void prober_set_spare_sockets(struct prober *prober, unsigned count)
{
	pthread_mutex_lock(&prober->mutex);
	prober->spare_sockets_wanted = (int)count;
	post(prober);
	pthread_mutex_unlock(&prober->mutex);
}

const struct live_histogram *prober_lag(const struct prober *prober)
{
	return &prober->context.lag;
}

const struct live_histogram *prober_tx_delay(const struct prober *prober)
{
	return &prober->context.tx_delay;
}

int64_t prober_rests_until_ns(struct prober *prober)
{
	return atomic_load(&prober->has_mail) ? 0 : heartbeat_rests_until(&prober->heartbeat);
}

bool prober_is_alive(struct prober *prober, int64_t now_ns)
{
	/* One that sleeps as it should is not woken for that. */
	if (heartbeat_rests(&prober->heartbeat, now_ns))
		return true;
	bool is_alive = heartbeat_ask(&prober->heartbeat, now_ns);
	waker_wake(&prober->waker);
	return is_alive;
}

void prober_stop(struct prober *prober)
{
	if (!prober)
		return;
	pthread_mutex_lock(&prober->mutex);
	prober->is_stopping = true;
	post(prober);
	pthread_mutex_unlock(&prober->mutex);
	pthread_join(prober->thread, NULL);
	prober_free(prober);
}
