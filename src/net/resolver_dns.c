/* SPDX-License-Identifier: MIT */
#include "net/resolver_dns.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/thread.h"
#include "net/dns_channel.h"
#include "net/dns_look_up.h"
#include "net/network_files.h"
#include "net/waker.h"

/*
 * Look-ups that start together, and the pause between such: hundreds at once would overflow the
 * buffers of a slow name server, whose answers are then waited for in vain. The more are waiting the
 * faster they go: 200 take 0.2 s, and 10,000 take 2.2 s, less than who asks waits for them.
 */
#define BURST_MIN 8
#define BURST_MAX 64
#define BURSTS_WANTED 16
#define PAUSE_US 10000

struct asked {
	struct resolver_task task;
	struct asked *next;
};

struct dns {
	struct resolver_back_end back_end;
	struct resolver_sink sink;
	struct dns_config config;
	struct waker waker;
	pthread_mutex_t mutex; /* Guards what follows up to is_stopping. */
	struct asked *first;
	struct asked **last; /* Where the next one goes. */
	size_t waiting;	     /* How many there are. */
	bool is_stopping;
	/* The thread's own. */
	struct event_base *base;
	struct event *wake_event;
	struct event *pause_event;
	struct network_files files;
	struct dns_channel *channel;
	pthread_t thread;
};

static struct dns *dns_of(struct resolver_back_end *back_end)
{
	return container_at(back_end, offsetof(struct dns, back_end));
}

static struct asked *take_asked(struct dns *dns)
{
	pthread_mutex_lock(&dns->mutex);
	struct asked *asked = dns->first;
	if (asked) {
		dns->first = asked->next;
		dns->waiting--;
	}
	if (!dns->first)
		dns->last = &dns->first;
	pthread_mutex_unlock(&dns->mutex);
	return asked;
}

/* People change networks: what is under way with the old servers fails. */
static void follow_changes(struct dns *dns)
{
	struct network_files files;
	network_files_read(dns->config.resolv_conf, &files);
	if (memcmp(&files, &dns->files, sizeof(files)) == 0)
		return;
	struct dns_channel *channel;
	if (dns_channel_new(dns->base, &dns->config, &channel) < 0)
		return;
	dns->files = files;
	dns_channel_free(dns->channel);
	dns->channel = channel;
}

static void start_look_up(struct dns *dns, const struct resolver_task *task)
{
	if (dns_look_up_start(dns->base, dns->channel, &dns->sink, task) == 0)
		return;
	struct resolver_answer answer = {.result = RESOLVER_FAILED, .reason = "out of memory"};
	dns->sink.take(dns->sink.context, task->token, &answer, true);
}

static size_t find_burst(struct dns *dns)
{
	pthread_mutex_lock(&dns->mutex);
	size_t burst = BURST_MIN + dns->waiting / BURSTS_WANTED;
	pthread_mutex_unlock(&dns->mutex);
	return burst < BURST_MAX ? burst : BURST_MAX;
}

static void start_look_ups(struct dns *dns)
{
	const struct timeval pause = {.tv_usec = PAUSE_US};
	if (event_pending(dns->pause_event, EV_TIMEOUT, NULL))
		return;
	follow_changes(dns);
	size_t left = find_burst(dns);
	struct asked *asked;
	while (left > 0 && (asked = take_asked(dns))) {
		start_look_up(dns, &asked->task);
		free(asked);
		evtimer_add(dns->pause_event, &pause);
		left--;
	}
}

static void on_pause_end(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	start_look_ups(context);
}

static bool is_stopping(struct dns *dns)
{
	pthread_mutex_lock(&dns->mutex);
	bool is_stopping = dns->is_stopping;
	pthread_mutex_unlock(&dns->mutex);
	return is_stopping;
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct dns *dns = context;
	waker_drain(&dns->waker);
	if (is_stopping(dns))
		event_base_loopbreak(dns->base);
	else
		start_look_ups(dns);
}

static void *run(void *context)
{
	struct dns *dns = context;
	event_base_dispatch(dns->base);
	return NULL;
}

static int take_task(struct resolver_back_end *back_end, const struct resolver_task *task)
{
	struct dns *dns = dns_of(back_end);
	struct asked *asked = malloc(sizeof(*asked));
	if (!asked)
		return -ENOMEM;
	asked->task = *task;
	asked->next = NULL;
	pthread_mutex_lock(&dns->mutex);
	bool is_first = dns->first == NULL;
	*dns->last = asked;
	dns->last = &asked->next;
	dns->waiting++;
	pthread_mutex_unlock(&dns->mutex);
	if (is_first)
		waker_wake(&dns->waker);
	return 0;
}

static void drop_answer(void *context, void *token, struct resolver_answer *answer, bool is_final)
{
	(void)context;
	(void)token;
	(void)is_final;
	address_list_clear(&answer->list);
}

/* The thread has ended, or has not begun. */
static void dns_free(struct dns *dns)
{
	struct asked *asked;
	/* Look-ups under way come to an end with their channel. */
	dns->sink.take = drop_answer;
	dns_channel_free(dns->channel);
	while ((asked = take_asked(dns)))
		free(asked);
	if (dns->wake_event)
		event_free(dns->wake_event);
	if (dns->pause_event)
		event_free(dns->pause_event);
	if (dns->base)
		event_base_free(dns->base);
	waker_close(&dns->waker);
	pthread_mutex_destroy(&dns->mutex);
	free(dns);
}

static void stop(struct resolver_back_end *back_end)
{
	struct dns *dns = dns_of(back_end);
	pthread_mutex_lock(&dns->mutex);
	dns->is_stopping = true;
	pthread_mutex_unlock(&dns->mutex);
	waker_wake(&dns->waker);
	pthread_join(dns->thread, NULL);
	dns_free(dns);
}

static struct event_base *make_base(void)
{
	struct event_config *config = event_config_new();
	if (!config)
		return NULL;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static int make_events(struct dns *dns)
{
	dns->base = make_base();
	if (!dns->base)
		return -ENOMEM;
	dns->wake_event =
		event_new(dns->base, dns->waker.read_fd, EV_READ | EV_PERSIST, on_wake, dns);
	dns->pause_event = evtimer_new(dns->base, on_pause_end, dns);
	if (!dns->wake_event || !dns->pause_event || event_add(dns->wake_event, NULL) < 0)
		return -ENOMEM;
	network_files_read(dns->config.resolv_conf, &dns->files);
	return dns_channel_new(dns->base, &dns->config, &dns->channel);
}

int resolver_dns_start(
	const void *config, const struct resolver_sink *sink, struct resolver_back_end **back_end)
{
	struct dns *dns = calloc(1, sizeof(*dns));
	if (!dns)
		return -ENOMEM;
	int error = waker_open(&dns->waker);
	if (error) {
		free(dns);
		return error;
	}
	pthread_mutex_init(&dns->mutex, NULL);
	dns->back_end = (struct resolver_back_end){.look_up = take_task, .stop = stop};
	dns->sink = *sink;
	dns->last = &dns->first;
	if (config)
		dns->config = *(const struct dns_config *)config;
	error = make_events(dns);
	if (!error)
		error = thread_start(&dns->thread, "resolver", run, dns);
	if (error) {
		dns_free(dns);
		return error;
	}
	*back_end = &dns->back_end;
	return 0;
}
