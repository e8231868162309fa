/* SPDX-License-Identifier: MIT */
#include "scrape/probe_targets.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/address.h"
#include "base/token_bucket.h"
#include "net/address_list.h"
#include "net/remote_address.h"
#include "scrape/probe_leases.h"
#include "scrape/probe_request.h"

/* How many may begin a second; and at once as many as there may be, after a restart. */
#define BEGINNINGS_A_SECOND 50
#define BEGINNINGS_LEAST 100

struct probe_targets {
	struct probe_rules rules;
	struct engine *engine;
	const struct log *log;
	struct probe_leases *leases;
	struct token_bucket beginnings;
	struct probe_request request; /* The present one. */
	/* For any thread. */
	_Atomic uint64_t count;
	_Atomic uint64_t begun;
	_Atomic uint64_t ended;
	_Atomic uint64_t refused[PROBE_REFUSALS];
};

int probe_targets_new(const struct probe_rules *rules, struct engine *engine, const struct log *log,
	int64_t now_ns, struct probe_targets **made)
{
	struct probe_targets *targets = calloc(1, sizeof(*targets));
	if (!targets || probe_leases_new(rules->most, &targets->leases) != 0) {
		free(targets);
		return -ENOMEM;
	}
	targets->rules = *rules;
	targets->engine = engine;
	targets->log = log;
	unsigned burst = (unsigned)rules->most;
	token_bucket_init(&targets->beginnings, BEGINNINGS_A_SECOND,
		burst < BEGINNINGS_LEAST ? BEGINNINGS_LEAST : burst, now_ns);
	*made = targets;
	return 0;
}

void probe_targets_free(struct probe_targets *targets)
{
	if (!targets)
		return;
	probe_leases_free(targets->leases);
	free(targets);
}

/* The status that a refusal is answered with. */
static unsigned refuse(struct probe_targets *targets, enum probe_refusal why)
{
	atomic_fetch_add_explicit(&targets->refused[why], 1, memory_order_relaxed);
	switch (why) {
	case PROBE_REFUSAL_INVALID:
		return 400;
	case PROBE_REFUSAL_NOT_ALLOWED:
		return 403;
	case PROBE_REFUSAL_LIMIT:
	case PROBE_REFUSAL_RATE:
	case PROBE_REFUSAL_DESCRIPTORS:
	case PROBE_REFUSAL_MEMORY:
	case PROBE_REFUSAL_OTHER:
	case PROBE_REFUSALS:
		break;
	}
	return 503;
}

static bool contain_any(const struct destinations *allowed, const struct address_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (remote_address_is_possible(&list->addresses[i]) &&
			destinations_contain(allowed, &list->addresses[i]))
			return true;
	return false;
}

/*
 * Whether it may be allowed: what a name stands for is known at each dial alone. Returns 0, -EPERM or -ENOMEM.
 */
static int check_allowed(const struct destinations *allowed, const struct endpoint *endpoint)
{
	struct address_list list;
	int error = address_list_from_numeric(endpoint, AF_UNSPEC, &list);
	/* An address with a zone that is not known here is none, and no name either. */
	bool is_name = error == -ENOENT && address_family(endpoint->host) == AF_UNSPEC;
	if (error == -ENOENT)
		return is_name && destinations_have_port(allowed, endpoint->port) ? 0 : -EPERM;
	if (error)
		return error;
	bool is_allowed = contain_any(allowed, &list);
	address_list_clear(&list);
	return is_allowed ? 0 : -EPERM;
}

static unsigned refuse_memory(struct probe_targets *targets, struct text_error *error)
{
	text_error_set(error, 0, "out of memory");
	return refuse(targets, PROBE_REFUSAL_MEMORY);
}

/* Why engine_add() refused. */
static unsigned refuse_addition(
	struct probe_targets *targets, int failure, struct text_error *error)
{
	switch (failure) {
	case -ENOSPC:
		text_error_set(error, 0,
			"as many targets are probed on request as may be: %zu; see -probe-max",
			targets->rules.most);
		return refuse(targets, PROBE_REFUSAL_LIMIT);
	case -EMFILE:
		text_error_set(error, 0,
			"no file descriptors left for more targets on request: raise the limit (ulimit -n, LimitNOFILE=)");
		return refuse(targets, PROBE_REFUSAL_DESCRIPTORS);
	case -ENOMEM:
		return refuse_memory(targets, error);
	default:
		text_error_set(error, 0, "nothing may be probed on request");
		return refuse(targets, PROBE_REFUSAL_OTHER);
	}
}

static unsigned begin(
	struct probe_targets *targets, int64_t now_ns, uint64_t *id, struct text_error *error)
{
	const struct probe_request *request = &targets->request;
	if (probe_leases_count(targets->leases) == targets->rules.most)
		return refuse_addition(targets, -ENOSPC, error);
	if (!token_bucket_take(&targets->beginnings, now_ns)) {
		text_error_set(error, 0,
			"too many new targets at a time: at most %d may begin a second",
			BEGINNINGS_A_SECOND);
		return refuse(targets, PROBE_REFUSAL_RATE);
	}
	int failure = engine_add(targets->engine, &request->target, id);
	if (failure) {
		token_bucket_give(&targets->beginnings);
		return refuse_addition(targets, failure, error);
	}
	if (probe_leases_begin(targets->leases, request->key, *id, now_ns) != 0) {
		engine_remove(targets->engine, *id);
		return refuse_memory(targets, error);
	}
	atomic_fetch_add_explicit(&targets->begun, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&targets->count, 1, memory_order_relaxed);
	log_write(targets->log, LOG_LEVEL_DEBUG, request->name, "probed on request");
	return 0;
}

unsigned probe_targets_ask(struct probe_targets *targets, const char *query, int64_t now_ns,
	uint64_t *id, struct text_error *error)
{
	struct probe_request *request = &targets->request;
	probe_targets_end_due(targets, now_ns);
	if (probe_request_read(query, targets->rules.defaults, request, error) != 0)
		return refuse(targets, PROBE_REFUSAL_INVALID);
	if (probe_leases_renew(targets->leases, request->key, now_ns, id))
		return 0;
	int failure = check_allowed(targets->rules.allow, &request->target.address);
	if (failure == -EPERM) {
		text_error_set(error, 0,
			"target: \"%.100s\" is not among what may be probed; see -probe-allow",
			request->name);
		return refuse(targets, PROBE_REFUSAL_NOT_ALLOWED);
	}
	return failure ? refuse_memory(targets, error) : begin(targets, now_ns, id, error);
}

void probe_targets_end_due(struct probe_targets *targets, int64_t now_ns)
{
	uint64_t id;
	while (probe_leases_take_ended(targets->leases, now_ns, &id)) {
		engine_remove(targets->engine, id);
		atomic_fetch_add_explicit(&targets->ended, 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&targets->count, 1, memory_order_relaxed);
	}
}

void probe_targets_read(const struct probe_targets *targets, struct probe_values *values)
{
	*values = (struct probe_values){.is_on = targets != NULL};
	if (!targets)
		return;
	values->targets = atomic_load_explicit(&targets->count, memory_order_relaxed);
	values->begun = atomic_load_explicit(&targets->begun, memory_order_relaxed);
	values->ended = atomic_load_explicit(&targets->ended, memory_order_relaxed);
	for (unsigned i = 0; i < PROBE_REFUSALS; i++)
		values->refused[i] =
			atomic_load_explicit(&targets->refused[i], memory_order_relaxed);
}
