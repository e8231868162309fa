/* SPDX-License-Identifier: MIT */
/* Questions to the resolver on their way, and where the answers arrive. */
#ifndef NET_RESOLVER_INBOX_H
#define NET_RESOLVER_INBOX_H

#include <stdint.h>

#include "base/endpoint.h"
#include "net/resolver_answer.h"
#include "net/waker.h"

/* Where the answers for one asking thread arrive. */
struct resolver_inbox;

/*
 * waker: woken when an answer is there; borrowed until resolver_inbox_free(). Returns 0 with *inbox
 * owned by the caller, or -ENOMEM.
 */
int resolver_inbox_new(struct waker *waker, struct resolver_inbox **inbox);

/* Answers that have not been taken, or come later, are dropped. NULL is accepted. */
void resolver_inbox_free(struct resolver_inbox *inbox);

/* A question and its answer. Made by resolver_ask(), freed once it was taken from the inbox. */
struct resolver_query {
	void *owner; /* Who asked. Set to NULL to cancel, by the asking thread. */
	enum resolver_result result;
	const char *reason;	  /* Why not, in English; static. NULL if found. */
	struct address_list list; /* Owned. All there are, with the port; may be thousands. */
	int64_t valid_ns;	  /* If found: how long it holds from now on, 0 or more. */
};

struct resolver_question {
	const struct endpoint *endpoint; /* Copied. */
	int family;			 /* AF_INET, AF_INET6, or AF_UNSPEC for either. */
	/* How long an answer may have been remembered, even if it still holds; 0 or more. */
	int64_t max_age_ns;
	void *owner;
};

/*
 * Takes an answered query, owned by the caller from then on; NULL if there is none. One whose owner
 * is NULL was cancelled.
 */
struct resolver_query *resolver_inbox_take(struct resolver_inbox *inbox);

/* NULL is accepted. */
void resolver_query_free(struct resolver_query *query);

/* The rest is the resolver's own. */

/* The whole of a query, with what the asker does not see. */
struct resolver_job {
	struct resolver_query query;
	uint16_t port;
	struct resolver_inbox *inbox; /* A reference. */
	struct resolver_job *next;
};

struct resolver_jobs {
	struct resolver_job *first;
	struct resolver_job **last; /* Where the next one goes. */
};

void resolver_jobs_init(struct resolver_jobs *jobs);
void resolver_jobs_put(struct resolver_jobs *jobs, struct resolver_job *job);

/* The oldest; NULL if there is none. */
struct resolver_job *resolver_jobs_take(struct resolver_jobs *jobs);

/* Frees them all. */
void resolver_jobs_clear(struct resolver_jobs *jobs);

/* Makes a job for the inbox. Returns it, or NULL without memory. */
struct resolver_job *resolver_job_new(
	struct resolver_inbox *inbox, const struct resolver_question *question);

/* Puts the job into its inbox, or frees it if nobody waits for it. From any thread. */
void resolver_job_deliver(struct resolver_job *job);

#endif
