/* SPDX-License-Identifier: MIT */
#include "net/resolver_system.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/files.h"
#include "base/thread.h"

/* Look-ups at the same time, except those that have taken longer than SLOW_NS. */
#define QUICK_MAX 32
#define SLOW_NS (100 * NS_PER_MS)
/* Look-ups at the same time, however long they take. Each needs a descriptor or two. */
#define THREADS_MAX 256
#define DESCRIPTORS_PER_THREAD 16
#define IDLE_NS (10 * NS_PER_S)
#define STOP_WAIT_NS (500 * NS_PER_MS)
/* Before another thread is tried where the system has none. */
#define NO_THREAD_WAIT_NS (200 * NS_PER_MS)

struct job {
	struct resolver_task task;
	int64_t begun_ns;
	struct job *next; /* Waiting, or busy. */
};

struct pool {
	struct resolver_back_end back_end;
	struct resolver_sink sink;
	pthread_mutex_t mutex;
	pthread_cond_t is_wanted;   /* A worker: there is a job, or the end has come. */
	pthread_cond_t is_watched;  /* The watch: likewise. */
	pthread_cond_t has_changed; /* Whoever stops it: a worker or the watch has got further. */
	pthread_t watch;
	struct job *first;
	struct job **last; /* Where the next one goes. */
	struct job *busy;
	unsigned waiting; /* Jobs. */
	unsigned idle;
	unsigned threads;
	unsigned threads_max;
	unsigned handing_over;
	bool is_stopping;
	unsigned references; /* The owner's and each worker's. */
};

static struct pool *pool_of(struct resolver_back_end *back_end)
{
	return container_at(back_end, offsetof(struct pool, back_end));
}

static struct job *take_job(struct pool *pool)
{
	struct job *job = pool->first;
	if (!job)
		return NULL;
	pool->first = job->next;
	if (!pool->first)
		pool->last = &pool->first;
	pool->waiting--;
	return job;
}

/* With the mutex held: drops a reference, and the pool with the last one. Unlocks. */
static void release_locked(struct pool *pool)
{
	unsigned left = --pool->references;
	pthread_cond_broadcast(&pool->has_changed);
	pthread_mutex_unlock(&pool->mutex);
	if (left > 0)
		return;
	struct job *job;
	while ((job = take_job(pool)))
		free(job);
	pthread_cond_destroy(&pool->is_wanted);
	pthread_cond_destroy(&pool->is_watched);
	pthread_cond_destroy(&pool->has_changed);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

static enum resolver_result result_of(int failure)
{
	switch (failure) {
	case 0:
		return RESOLVER_FOUND;
	case EAI_NONAME:
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return RESOLVER_NOT_FOUND;
	default:
		return RESOLVER_FAILED;
	}
}

static void look_up(const struct resolver_task *task, struct resolver_answer *answer)
{
	struct endpoint endpoint = {0};
	memcpy(endpoint.host, task->host, sizeof(endpoint.host));
	*answer = (struct resolver_answer){0};
	int failure = address_list_look_up(&endpoint, task->family, 0, &answer->list);
	answer->result = result_of(failure);
	if (failure)
		answer->reason = address_list_error(failure);
	else
		answer->valid_ns = RESOLVER_VALID_NS;
	resolver_answer_keep_possible(answer);
}

static void enter_busy(struct pool *pool, struct job *job)
{
	job->begun_ns = clock_monotonic_ns();
	job->next = pool->busy;
	pool->busy = job;
}

static void leave_busy(struct pool *pool, struct job *job)
{
	struct job **link = &pool->busy;
	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
}

/* With the mutex held, which it lets go of meanwhile. */
static void carry_out(struct pool *pool, struct job *job)
{
	enter_busy(pool, job);
	pthread_mutex_unlock(&pool->mutex);
	struct resolver_answer answer;
	look_up(&job->task, &answer);
	pthread_mutex_lock(&pool->mutex);
	leave_busy(pool, job);
	if (pool->is_stopping) {
		address_list_clear(&answer.list);
	} else {
		pool->handing_over++;
		pthread_mutex_unlock(&pool->mutex);
		pool->sink.take(pool->sink.context, job->task.token, &answer, true);
		pthread_mutex_lock(&pool->mutex);
		pool->handing_over--;
		pthread_cond_broadcast(&pool->has_changed);
	}
	free(job);
}

/* With the mutex held: waits for a job. Returns NULL when this thread should end. */
static struct job *wait_for_job(struct pool *pool)
{
	int64_t until_ns = clock_monotonic_ns() + IDLE_NS;
	int error = 0;
	while (!pool->is_stopping && !pool->first && error != -ETIMEDOUT) {
		pool->idle++;
		error = thread_wait_until(&pool->is_wanted, &pool->mutex, until_ns);
		pool->idle--;
	}
	return pool->is_stopping ? NULL : take_job(pool);
}

static void *work(void *context)
{
	struct pool *pool = context;
	pthread_mutex_lock(&pool->mutex);
	struct job *job;
	while ((job = wait_for_job(pool)))
		carry_out(pool, job);
	pool->threads--;
	release_locked(pool);
	return NULL;
}

static int add_worker(struct pool *pool)
{
	pthread_t thread;
	int error = thread_start(&thread, "resolver", work, pool);
	if (error)
		return error;
	pthread_detach(thread);
	pool->references++;
	pool->threads++;
	return 0;
}

struct census {
	unsigned quick;
	unsigned slow;
	int64_t next_ns; /* When the next one will be slow. */
};

static struct census count_busy(const struct pool *pool, int64_t now_ns)
{
	/* Those that are about to begin will not be slow before that. */
	struct census census = {.next_ns = now_ns + SLOW_NS};
	for (const struct job *job = pool->busy; job; job = job->next) {
		int64_t slow_ns = job->begun_ns + SLOW_NS;
		if (slow_ns <= now_ns) {
			census.slow++;
			continue;
		}
		census.quick++;
		if (slow_ns < census.next_ns)
			census.next_ns = slow_ns;
	}
	return census;
}

/*
 * With the mutex held: adds workers where jobs are waiting that no worker is about to take. Returns
 * when to look again.
 */
static int64_t add_workers(struct pool *pool)
{
	int64_t now_ns = clock_monotonic_ns();
	struct census busy = count_busy(pool, now_ns);
	while (pool->waiting > pool->threads - busy.slow - busy.quick) {
		if (pool->threads - busy.slow >= QUICK_MAX || pool->threads >= pool->threads_max)
			return busy.next_ns;
		if (add_worker(pool) < 0)
			return now_ns + NO_THREAD_WAIT_NS;
	}
	return INT64_MAX;
}

/* Sees to it that jobs find a worker when others turn out to be slow. */
static void *watch(void *context)
{
	struct pool *pool = context;
	pthread_mutex_lock(&pool->mutex);
	while (!pool->is_stopping)
		thread_wait_until(&pool->is_watched, &pool->mutex, add_workers(pool));
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

static int take_task(struct resolver_back_end *back_end, const struct resolver_task *task)
{
	struct pool *pool = pool_of(back_end);
	struct job *job = malloc(sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->task = *task;
	job->next = NULL;
	pthread_mutex_lock(&pool->mutex);
	*pool->last = job;
	pool->last = &job->next;
	pool->waiting++;
	pthread_cond_signal(&pool->is_wanted);
	pthread_cond_signal(&pool->is_watched);
	pthread_mutex_unlock(&pool->mutex);
	return 0;
}

static void stop(struct resolver_back_end *back_end)
{
	struct pool *pool = pool_of(back_end);
	int64_t until_ns = clock_monotonic_ns() + STOP_WAIT_NS;
	pthread_mutex_lock(&pool->mutex);
	pool->is_stopping = true;
	pthread_cond_broadcast(&pool->is_wanted);
	pthread_cond_broadcast(&pool->is_watched);
	pthread_mutex_unlock(&pool->mutex);
	pthread_join(pool->watch, NULL);
	pthread_mutex_lock(&pool->mutex);
	int error = 0;
	while (pool->handing_over > 0 || (pool->references > 1 && error != -ETIMEDOUT))
		error = thread_wait_until(&pool->has_changed, &pool->mutex, until_ns);
	release_locked(pool);
}

static unsigned choose_threads_max(void)
{
	int64_t threads = files_limit() / DESCRIPTORS_PER_THREAD;
	if (threads < QUICK_MAX)
		return QUICK_MAX;
	return threads < THREADS_MAX ? (unsigned)threads : THREADS_MAX;
}

int resolver_system_start(
	const void *config, const struct resolver_sink *sink, struct resolver_back_end **back_end)
{
	(void)config;
	struct pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	pool->back_end = (struct resolver_back_end){.look_up = take_task, .stop = stop};
	pool->sink = *sink;
	pool->last = &pool->first;
	pool->threads_max = choose_threads_max();
	pool->references = 1;
	pthread_mutex_init(&pool->mutex, NULL);
	thread_condition_init(&pool->is_wanted);
	thread_condition_init(&pool->is_watched);
	thread_condition_init(&pool->has_changed);
	int error = thread_start(&pool->watch, "resolver", watch, pool);
	if (error) {
		pthread_mutex_lock(&pool->mutex);
		release_locked(pool);
		return error;
	}
	*back_end = &pool->back_end;
	return 0;
}
