/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/thread.h"

/* At most this many threads for each lane: started on demand, ended when idle for IDLE_NS. */
#define LANE_THREADS_MAX 16
#define IDLE_NS (10 * NS_PER_S)
#define FREE_WAIT_NS (500 * NS_PER_MS)

/* The whole of a query, with what the asker does not see. */
struct job {
	struct resolver_query query;
	struct endpoint endpoint;
	int family;
	struct resolver_inbox *inbox; /* A reference. */
	struct job *next;
};

struct job_queue {
	struct job *first;
	struct job **last; /* Where the next one goes. */
};

struct lane {
	struct job_queue waiting;
	pthread_cond_t is_wanted;
	unsigned waiting_count;
	unsigned threads;
	unsigned idle;
};

struct resolver {
	pthread_mutex_t mutex;
	pthread_cond_t thread_ended;
	struct lane lanes[RESOLVER_LANES];
	bool is_stopping;
	unsigned references; /* The owner's and each thread's. */
};

struct resolver_inbox {
	pthread_mutex_t mutex;
	struct job_queue answered;
	struct waker *waker; /* NULL once nobody waits for answers. */
	unsigned references; /* The owner's and each job's. */
};

static void queue_init(struct job_queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void queue_put(struct job_queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct job *queue_take(struct job_queue *queue)
{
	struct job *job = queue->first;
	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	return job;
}

int resolver_inbox_new(struct waker *waker, struct resolver_inbox **inbox)
{
	struct resolver_inbox *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	pthread_mutex_init(&made->mutex, NULL);
	queue_init(&made->answered);
	made->waker = waker;
	made->references = 1;
	*inbox = made;
	return 0;
}

static void inbox_release(struct resolver_inbox *inbox)
{
	pthread_mutex_lock(&inbox->mutex);
	unsigned left = --inbox->references;
	pthread_mutex_unlock(&inbox->mutex);
	if (left > 0)
		return;
	pthread_mutex_destroy(&inbox->mutex);
	free(inbox);
}

static void job_free(struct job *job)
{
	if (job->inbox)
		inbox_release(job->inbox);
	address_list_clear(&job->query.list);
	free(job);
}

void resolver_inbox_free(struct resolver_inbox *inbox)
{
	if (!inbox)
		return;
	pthread_mutex_lock(&inbox->mutex);
	inbox->waker = NULL;
	struct job *job = inbox->answered.first;
	queue_init(&inbox->answered);
	pthread_mutex_unlock(&inbox->mutex);
	while (job) {
		struct job *next = job->next;
		job_free(job);
		job = next;
	}
	inbox_release(inbox);
}

struct resolver_query *resolver_inbox_take(struct resolver_inbox *inbox)
{
	pthread_mutex_lock(&inbox->mutex);
	struct job *job = queue_take(&inbox->answered);
	pthread_mutex_unlock(&inbox->mutex);
	return job ? &job->query : NULL;
}

void resolver_query_free(struct resolver_query *query)
{
	if (query)
		job_free(container_at(query, offsetof(struct job, query)));
}

/* Puts the job into its inbox, or frees it if nobody waits for it. */
static void deliver(struct job *job)
{
	struct resolver_inbox *inbox = job->inbox;
	pthread_mutex_lock(&inbox->mutex);
	bool is_wanted = inbox->waker != NULL;
	if (is_wanted) {
		queue_put(&inbox->answered, job);
		waker_wake(inbox->waker);
	}
	pthread_mutex_unlock(&inbox->mutex);
	if (!is_wanted)
		job_free(job);
}

/* With the mutex held: drops a reference, and the resolver with the last one. Unlocks. */
static void release_locked(struct resolver *resolver)
{
	unsigned left = --resolver->references;
	pthread_cond_broadcast(&resolver->thread_ended);
	pthread_mutex_unlock(&resolver->mutex);
	if (left > 0)
		return;
	for (unsigned i = 0; i < RESOLVER_LANES; i++) {
		struct job *job;
		while ((job = queue_take(&resolver->lanes[i].waiting)))
			job_free(job);
		pthread_cond_destroy(&resolver->lanes[i].is_wanted);
	}
	pthread_cond_destroy(&resolver->thread_ended);
	pthread_mutex_destroy(&resolver->mutex);
	free(resolver);
}

/* With the mutex held: waits for a job. Returns NULL when this thread should end. */
static struct job *wait_for_job(struct resolver *resolver, struct lane *lane)
{
	int64_t until_ns = clock_monotonic_ns() + IDLE_NS;
	int error = 0;
	while (!resolver->is_stopping && !lane->waiting.first && error != -ETIMEDOUT) {
		lane->idle++;
		error = thread_wait_until(&lane->is_wanted, &resolver->mutex, until_ns);
		lane->idle--;
	}
	if (resolver->is_stopping || !lane->waiting.first)
		return NULL;
	lane->waiting_count--;
	return queue_take(&lane->waiting);
}

struct worker {
	struct resolver *resolver; /* A reference. */
	struct lane *lane;
};

static void *work(void *context)
{
	struct worker worker = *(struct worker *)context;
	free(context);
	pthread_mutex_lock(&worker.resolver->mutex);
	struct job *job;
	while ((job = wait_for_job(worker.resolver, worker.lane))) {
		pthread_mutex_unlock(&worker.resolver->mutex);
		job->query.failure =
			address_list_look_up(&job->endpoint, job->family, 0, &job->query.list);
		deliver(job);
		pthread_mutex_lock(&worker.resolver->mutex);
	}
	worker.lane->threads--;
	release_locked(worker.resolver);
	return NULL;
}

/* With the mutex held: one more thread for the lane. Returns 0 or a negative errno. */
static int add_thread(struct resolver *resolver, struct lane *lane)
{
	struct worker *worker = malloc(sizeof(*worker));
	if (!worker)
		return -ENOMEM;
	*worker = (struct worker){.resolver = resolver, .lane = lane};
	pthread_t thread;
	int error = thread_start(&thread, "resolver", work, worker);
	if (error) {
		free(worker);
		return error;
	}
	pthread_detach(thread);
	resolver->references++;
	lane->threads++;
	return 0;
}

int resolver_new(struct resolver **resolver)
{
	struct resolver *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	pthread_mutex_init(&made->mutex, NULL);
	thread_condition_init(&made->thread_ended);
	for (unsigned i = 0; i < RESOLVER_LANES; i++) {
		queue_init(&made->lanes[i].waiting);
		thread_condition_init(&made->lanes[i].is_wanted);
	}
	made->references = 1;
	*resolver = made;
	return 0;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	int64_t until_ns = clock_monotonic_ns() + FREE_WAIT_NS;
	pthread_mutex_lock(&resolver->mutex);
	resolver->is_stopping = true;
	for (unsigned i = 0; i < RESOLVER_LANES; i++)
		pthread_cond_broadcast(&resolver->lanes[i].is_wanted);
	int error = 0;
	while (resolver->references > 1 && error != -ETIMEDOUT)
		error = thread_wait_until(&resolver->thread_ended, &resolver->mutex, until_ns);
	release_locked(resolver);
}

/*
 * With the mutex held: makes sure that a thread takes one more of the lane's jobs. A thread that
 * was signalled but has not run yet still counts as idle, and is spoken for by a waiting job.
 * Returns 0 or a negative errno.
 */
static int ensure_thread(struct resolver *resolver, struct lane *lane)
{
	if (lane->idle <= lane->waiting_count && lane->threads < LANE_THREADS_MAX) {
		int error = add_thread(resolver, lane);
		if (error && lane->threads == 0)
			return error;
	}
	return 0;
}

int resolver_ask(struct resolver *resolver, struct resolver_inbox *inbox,
	const struct resolver_question *question, struct resolver_query **query)
{
	struct job *job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->query.owner = question->owner;
	job->endpoint = *question->endpoint;
	job->family = question->family;
	struct lane *lane = &resolver->lanes[question->lane];
	pthread_mutex_lock(&resolver->mutex);
	int error = ensure_thread(resolver, lane);
	if (error) {
		pthread_mutex_unlock(&resolver->mutex);
		free(job);
		return error;
	}
	pthread_mutex_lock(&inbox->mutex);
	inbox->references++;
	pthread_mutex_unlock(&inbox->mutex);
	job->inbox = inbox;
	queue_put(&lane->waiting, job);
	lane->waiting_count++;
	pthread_cond_signal(&lane->is_wanted);
	pthread_mutex_unlock(&resolver->mutex);
	*query = &job->query;
	return 0;
}
