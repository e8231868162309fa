/* SPDX-License-Identifier: MIT */
#include "net/resolver_inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/container.h"

struct resolver_inbox {
	pthread_mutex_t mutex;
	struct resolver_jobs answered;
	struct waker *waker; /* NULL once nobody waits for answers. */
	unsigned references; /* The owner's and each job's. */
};

void resolver_jobs_init(struct resolver_jobs *jobs)
{
	jobs->first = NULL;
	jobs->last = &jobs->first;
}

void resolver_jobs_put(struct resolver_jobs *jobs, struct resolver_job *job)
{
	job->next = NULL;
	*jobs->last = job;
	jobs->last = &job->next;
}

struct resolver_job *resolver_jobs_take(struct resolver_jobs *jobs)
{
	struct resolver_job *job = jobs->first;
	if (!job)
		return NULL;
	jobs->first = job->next;
	if (!jobs->first)
		jobs->last = &jobs->first;
	return job;
}

int resolver_inbox_new(struct waker *waker, struct resolver_inbox **inbox)
{
	struct resolver_inbox *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	pthread_mutex_init(&made->mutex, NULL);
	resolver_jobs_init(&made->answered);
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

struct resolver_job *resolver_job_new(
	struct resolver_inbox *inbox, const struct resolver_question *question)
{
	struct resolver_job *job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->query.owner = question->owner;
	job->port = question->endpoint->port;
	job->inbox = inbox;
	pthread_mutex_lock(&inbox->mutex);
	inbox->references++;
	pthread_mutex_unlock(&inbox->mutex);
	return job;
}

static void job_free(struct resolver_job *job)
{
	inbox_release(job->inbox);
	address_list_clear(&job->query.list);
	free(job);
}

void resolver_jobs_clear(struct resolver_jobs *jobs)
{
	struct resolver_job *job;
	while ((job = resolver_jobs_take(jobs)))
		job_free(job);
}

void resolver_inbox_free(struct resolver_inbox *inbox)
{
	if (!inbox)
		return;
	pthread_mutex_lock(&inbox->mutex);
	inbox->waker = NULL;
	struct resolver_jobs answered;
	resolver_jobs_init(&answered);
	struct resolver_job *job;
	while ((job = resolver_jobs_take(&inbox->answered)))
		resolver_jobs_put(&answered, job);
	pthread_mutex_unlock(&inbox->mutex);
	resolver_jobs_clear(&answered);
	inbox_release(inbox);
}

struct resolver_query *resolver_inbox_take(struct resolver_inbox *inbox)
{
	pthread_mutex_lock(&inbox->mutex);
	struct resolver_job *job = resolver_jobs_take(&inbox->answered);
	pthread_mutex_unlock(&inbox->mutex);
	return job ? &job->query : NULL;
}

void resolver_query_free(struct resolver_query *query)
{
	if (query)
		job_free(container_at(query, offsetof(struct resolver_job, query)));
}

void resolver_job_deliver(struct resolver_job *job)
{
	struct resolver_inbox *inbox = job->inbox;
	pthread_mutex_lock(&inbox->mutex);
	bool is_wanted = inbox->waker != NULL;
	if (is_wanted) {
		resolver_jobs_put(&inbox->answered, job);
		waker_wake(inbox->waker);
	}
	pthread_mutex_unlock(&inbox->mutex);
	if (!is_wanted)
		job_free(job);
}
