/* SPDX-License-Identifier: MIT */
#include "discover/fetch_dns.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/network.h"
#include "net/dns_channel.h"
#include "net/dns_look_up.h"

_Static_assert(ENDPOINT_HOST_MAX == DNS_NAME_MAX, "a name is a host");
_Static_assert(ADDRESS_TEXT_MAX <= ENDPOINT_TEXT_MAX, "an address is an endpoint");

/* The label that tells which name a target was found by. */
#define NAME_LABEL "dns_name"

/* A question, while it is asked. */
struct asking {
	const struct fetch *fetch;
	struct event_base *base;
	struct dns_channel *channel;
	struct resolver_sink sink; /* Where addresses go. */
	struct event *step;
	int64_t deadline_ns;
	bool is_answered;
	struct resolver_answer answer; /* Of addresses, */
	struct dns_services services;  /* or of services. */
	size_t next_name;
};

static void on_step(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	struct asking *asking = context;
	if (atomic_load(asking->fetch->is_over) || clock_monotonic_ns() >= asking->deadline_ns)
		event_base_loopbreak(asking->base);
}

static void take_addresses(
	void *context, void *token, struct resolver_answer *answer, bool is_final)
{
	(void)token;
	struct asking *asking = context;
	if (!is_final) {
		address_list_clear(&answer->list);
		return;
	}
	asking->answer = *answer;
	asking->is_answered = true;
	event_base_loopbreak(asking->base);
}

static int family_of(const struct fetch *fetch)
{
	switch (fetch->defaults->ip_version) {
	case IP_VERSION_4:
		return AF_INET;
	case IP_VERSION_6:
		return AF_INET6;
	case IP_VERSION_ANY:
		break;
	}
	return AF_UNSPEC;
}

static int ask_addresses(struct asking *asking)
{
	asking->sink = (struct resolver_sink){take_addresses, asking};
	struct resolver_task task = {.family = family_of(asking->fetch)};
	const char *host = asking->fetch->source->address.host;
	memcpy(task.host, host, strlen(host) + 1);
	int error = dns_look_up_start(asking->base, asking->channel, &asking->sink, &task);
	if (!error && !asking->is_answered)
		event_base_dispatch(asking->base);
	return error;
}

static void ask_next_service(struct asking *asking);

static void take_services(void *context, struct dns_services *services)
{
	struct asking *asking = context;
	bool is_better = !asking->services.reason || services->result == RESOLVER_FOUND ||
			 services->result == RESOLVER_FAILED;
	if (is_better)
		asking->services = *services;
	if (services->result == RESOLVER_FOUND || services->is_silence) {
		asking->is_answered = true;
		event_base_loopbreak(asking->base);
	} else {
		ask_next_service(asking);
	}
}

/* In the domains of the search list, too. */
static void ask_next_service(struct asking *asking)
{
	char name[DNS_NAME_MAX];
	if (dns_search_next(dns_channel_search(asking->channel),
		    asking->fetch->source->address.host, &asking->next_name, name)) {
		dns_channel_ask_services(asking->channel, name, take_services, asking);
		return;
	}
	if (!asking->services.reason)
		asking->services = (struct dns_services){
			.result = RESOLVER_NOT_FOUND, .reason = "not a valid name"};
	asking->is_answered = true;
	event_base_loopbreak(asking->base);
}

static int ask_services(struct asking *asking)
{
	ask_next_service(asking);
	if (!asking->is_answered)
		event_base_dispatch(asking->base);
	return 0;
}

static int open_asking(struct asking *asking)
{
	const struct dns_config config = {0};
	const struct timeval step = {.tv_usec = FETCH_STEP_MS * 1000L};
	asking->deadline_ns = clock_monotonic_ns() + asking->fetch->settings->timeout_ns;
	asking->base = event_base_new();
	if (!asking->base)
		return -ENOMEM;
	asking->step = event_new(asking->base, -1, EV_PERSIST, on_step, asking);
	if (!asking->step || event_add(asking->step, &step) < 0)
		return -ENOMEM;
	return dns_channel_new(asking->base, &config, &asking->channel);
}

static void close_asking(struct asking *asking)
{
	/* Whatever is still under way is answered by that, with what is released below. */
	dns_channel_free(asking->channel);
	if (asking->step)
		event_free(asking->step);
	if (asking->base)
		event_base_free(asking->base);
	address_list_clear(&asking->answer.list);
	srv_list_clear(&asking->services.list);
}

static int add_target(const struct asking *asking, const char *address, const struct labels *labels,
	struct target_list *targets)
{
	struct text_error unused;
	if (target_list_find(targets, address) < targets->count)
		return 0;
	const struct target_request request = {
		.name = address,
		.address = address,
		.defaults = asking->fetch->defaults,
		.labels = labels,
	};
	int result = target_list_request(targets, &request, &unused);
	/* A name server may tell what cannot be a target. */
	return result == -EINVAL ? 0 : result;
}

/* One of those that were found. text: ENDPOINT_TEXT_MAX bytes. */
static void format_found(const struct asking *asking, size_t number, char *text)
{
	if (asking->fetch->source->kind == TARGET_SOURCE_SRV) {
		const struct srv_record *record = &asking->services.list.records[number];
		struct endpoint endpoint = {.port = record->port};
		memcpy(endpoint.host, record->host, sizeof(endpoint.host));
		endpoint_format(&endpoint, text);
		return;
	}
	union address address = asking->answer.list.addresses[number];
	uint16_t port = htons(asking->fetch->source->address.port);
	if (address.any.sa_family == AF_INET6)
		address.v6.sin6_port = port;
	else
		address.v4.sin_port = port;
	address_format(&address.any, text);
}

/* An endpoint as text. */
struct found {
	char text[ENDPOINT_TEXT_MAX];
};

static int compare_found(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* All that was found, sorted: name servers turn their answers round. NULL without memory. */
static struct found *list_found(const struct asking *asking, size_t *count)
{
	bool is_srv = asking->fetch->source->kind == TARGET_SOURCE_SRV;
	*count = is_srv ? asking->services.list.count : asking->answer.list.count;
	struct found *found = calloc(*count + 1, sizeof(*found));
	if (!found)
		return NULL;
	for (size_t i = 0; i < *count; i++)
		format_found(asking, i, found[i].text);
	qsort(found, *count, sizeof(*found), compare_found);
	return found;
}

static int make_targets(const struct asking *asking, struct target_list *targets)
{
	struct labels labels = {0};
	size_t count;
	struct found *found = list_found(asking, &count);
	int error = found ? labels_append(&labels, NAME_LABEL, asking->fetch->source->address.host)
			  : -ENOMEM;
	for (size_t i = 0; i < count && !error; i++)
		error = add_target(asking, found[i].text, &labels, targets);
	free(found);
	labels_clear(&labels);
	return error;
}

/* Why there are no targets, or NULL. */
static const char *why_not(const struct asking *asking)
{
	if (!asking->is_answered)
		return "no answer from a name server in time";
	if (asking->fetch->source->kind == TARGET_SOURCE_SRV)
		return asking->services.reason;
	return asking->answer.reason;
}

static int read_answer(
	const struct asking *asking, struct fetched *fetched, struct text_error *error)
{
	const char *reason = why_not(asking);
	struct target_list targets = {0};
	int result = reason ? -ENOENT : make_targets(asking, &targets);
	if (result == 0 && targets.count == 0) {
		reason = "nothing of it can be a target";
		result = -ENOENT;
	}
	if (result != 0) {
		target_list_clear(&targets);
		text_error_set(error, 0, "%s", reason ? reason : "out of memory");
		return result;
	}
	bool is_srv = asking->fetch->source->kind == TARGET_SOURCE_SRV;
	*fetched = (struct fetched){
		.targets = targets,
		.valid_ns =
			is_srv ? asking->services.list.valid_s * NS_PER_S : asking->answer.valid_ns,
		.lacks = is_srv ? AF_UNSPEC : asking->answer.lacks,
	};
	/* 0 would mean that it is not known. */
	if (fetched->valid_ns == 0)
		fetched->valid_ns = 1;
	return 0;
}

static void fail_to_ask(int result, struct text_error *error)
{
	char why[ERROR_TEXT_MAX];
	error_text(-result, why);
	text_error_set(error, 0, "cannot ask: %s", why);
}

int fetch_dns(const struct fetch *fetch, struct fetched *fetched, struct text_error *error)
{
	struct asking asking = {.fetch = fetch};
	int result = open_asking(&asking);
	if (result == 0)
		result = fetch->source->kind == TARGET_SOURCE_SRV ? ask_services(&asking)
								  : ask_addresses(&asking);
	if (result != 0)
		fail_to_ask(result, error);
	else
		result = read_answer(&asking, fetched, error);
	close_asking(&asking);
	return result;
}
