/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/network_files.h"
#include "net/resolver_back_end.h"
#include "net/resolver_cache.h"
#include "net/resolver_dns.h"
#include "net/resolver_inbox.h"
#include "net/resolver_system.h"

/* Names that are remembered at most: more than there can be targets. */
#define NAMES_MAX 16384

static const char no_memory[] = "out of memory";

struct resolver {
	pthread_mutex_t mutex; /* Guards what follows, except the back end. */
	struct resolver_cache *cache;
	struct network_files files;
	int64_t files_read_ns;
	struct resolver_back_end *back_end;
};

/* All who wait for the same name. */
struct look_up {
	struct resolver_cache_entry *entry; /* Busy with this. */
	struct resolver_jobs jobs;
};

/* Without memory for its addresses the job fails. */
static void fill_job(struct resolver_job *job, enum resolver_result result, const char *reason,
	const struct address_list *list)
{
	job->query.result = result;
	job->query.reason = reason;
	if (result != RESOLVER_FOUND || address_list_copy(list, job->port, &job->query.list) == 0)
		return;
	job->query.result = RESOLVER_FAILED;
	job->query.reason = no_memory;
}

/* Remembers the answer, and takes those who wait for it. */
static void take_jobs(struct resolver *resolver, struct look_up *look_up,
	struct resolver_answer *answer, bool is_final, struct resolver_jobs *jobs)
{
	struct resolver_job *job;
	resolver_jobs_init(jobs);
	pthread_mutex_lock(&resolver->mutex);
	resolver_cache_store(look_up->entry, answer, clock_monotonic_ns());
	while ((job = resolver_jobs_take(&look_up->jobs)))
		resolver_jobs_put(jobs, job);
	if (is_final)
		look_up->entry->busy = NULL;
	pthread_mutex_unlock(&resolver->mutex);
	if (is_final)
		free(look_up);
}

static void take_answer(void *context, void *token, struct resolver_answer *answer, bool is_final)
{
	struct resolver_jobs jobs;
	take_jobs(context, token, answer, is_final, &jobs);
	struct resolver_job *job;
	while ((job = resolver_jobs_take(&jobs))) {
		fill_job(job, answer->result, answer->reason, &answer->list);
		job->query.valid_ns = answer->valid_ns;
		resolver_job_deliver(job);
	}
	address_list_clear(&answer->list);
}

int resolver_new_with(
	resolver_back_end_start *start, const void *config, struct resolver **resolver)
{
	struct resolver *made = calloc(1, sizeof(*made));
	struct resolver_cache *cache = resolver_cache_new(NAMES_MAX);
	if (!made || !cache) {
		free(made);
		resolver_cache_free(cache);
		return -ENOMEM;
	}
	pthread_mutex_init(&made->mutex, NULL);
	made->cache = cache;
	network_files_read(NULL, &made->files);
	const struct resolver_sink sink = {.take = take_answer, .context = made};
	int error = start(config, &sink, &made->back_end);
	if (error) {
		resolver_free(made);
		return error;
	}
	*resolver = made;
	return 0;
}

int resolver_new(enum resolver_kind kind, struct resolver **resolver)
{
	switch (kind) {
	case RESOLVER_DNS:
		return resolver_new_with(resolver_dns_start, NULL, resolver);
	case RESOLVER_SYSTEM:
		return resolver_new_with(resolver_system_start, NULL, resolver);
	}
	__builtin_unreachable();
}

static void drop_look_up(struct resolver_cache_entry *entry)
{
	struct look_up *look_up = entry->busy;
	resolver_jobs_clear(&look_up->jobs);
	free(look_up);
	entry->busy = NULL;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	if (resolver->back_end)
		resolver->back_end->stop(resolver->back_end);
	resolver_cache_visit_busy(resolver->cache, drop_look_up);
	resolver_cache_free(resolver->cache);
	pthread_mutex_destroy(&resolver->mutex);
	free(resolver);
}

static struct look_up *begin_look_up(struct resolver_cache_entry *entry)
{
	struct look_up *look_up = malloc(sizeof(*look_up));
	if (!look_up)
		return NULL;
	look_up->entry = entry;
	resolver_jobs_init(&look_up->jobs);
	entry->busy = look_up;
	return look_up;
}

/* With the mutex held. Another network, another hosts file: names may mean something else. */
static void follow_changes(struct resolver *resolver, int64_t now_ns)
{
	if (now_ns - resolver->files_read_ns < NETWORK_FILES_PERIOD_NS)
		return;
	struct network_files files;
	network_files_read(NULL, &files);
	if (memcmp(&files, &resolver->files, sizeof(files)) != 0)
		resolver_cache_expire(resolver->cache);
	resolver->files = files;
	resolver->files_read_ns = now_ns;
}

/* What becomes of a new question. */
enum asked {
	ASKED_ANSWERED, /* Its answer is remembered. */
	ASKED_WAITING,	/* For a look-up in progress. */
	ASKED_FIRST,	/* For a look-up that has to be started. */
};

/* With the mutex held. Returns 0 with *asked and *entry, or -ENOMEM. */
static int place_job(struct resolver_cache_entry *entry, struct resolver_job *job,
	int64_t max_age_ns, int64_t now_ns, enum asked *asked)
{
	if (resolver_cache_is_good(entry, max_age_ns, now_ns)) {
		fill_job(job, entry->result, entry->reason, &entry->list);
		job->query.valid_ns = entry->until_ns - now_ns;
		*asked = ASKED_ANSWERED;
		return 0;
	}
	*asked = entry->busy ? ASKED_WAITING : ASKED_FIRST;
	if (!entry->busy && !begin_look_up(entry))
		return -ENOMEM;
	struct look_up *look_up = entry->busy;
	resolver_jobs_put(&look_up->jobs, job);
	return 0;
}

static void start_look_up(struct resolver *resolver, const struct resolver_task *task)
{
	if (resolver->back_end->look_up(resolver->back_end, task) == 0)
		return;
	struct resolver_answer answer = {.result = RESOLVER_FAILED, .reason = no_memory};
	take_answer(resolver, task->token, &answer, true);
}

int resolver_ask(struct resolver *resolver, struct resolver_inbox *inbox,
	const struct resolver_question *question, struct resolver_query **query)
{
	struct resolver_job *job = resolver_job_new(inbox, question);
	if (!job)
		return -ENOMEM;
	*query = &job->query;
	struct resolver_task task = {.family = question->family};
	enum asked asked = ASKED_WAITING;
	int error = -ENOMEM;
	pthread_mutex_lock(&resolver->mutex);
	int64_t now_ns = clock_monotonic_ns();
	follow_changes(resolver, now_ns);
	struct resolver_cache_entry *entry = resolver_cache_get(
		resolver->cache, question->endpoint->host, question->family, now_ns);
	if (entry)
		error = place_job(entry, job, question->max_age_ns, now_ns, &asked);
	if (!error && asked == ASKED_FIRST) {
		memcpy(task.host, entry->host, sizeof(task.host));
		task.token = entry->busy;
		task.known_place = entry->place;
	}
	pthread_mutex_unlock(&resolver->mutex);
	if (error) {
		resolver_query_free(&job->query);
		return error;
	}
	if (asked == ASKED_FIRST)
		start_look_up(resolver, &task);
	else if (asked == ASKED_ANSWERED)
		resolver_job_deliver(job);
	return 0;
}
