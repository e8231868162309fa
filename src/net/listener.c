/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <string.h>

#include "base/error_text.h"
#include "base/text.h"
#include "net/address_list.h"
#include "net/socket.h"

/* How often another free port is tried where the first is taken on one of several addresses. */
#define PORT_ATTEMPTS 16

/* The errors that binding has in practice, in words that say what to do about them. Static. */
static const char *bind_error(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return "address already in use";
	case -EADDRNOTAVAIL:
	case -EAFNOSUPPORT:
		return "not an address of this machine";
	case -EACCES:
		return "permission denied (ports below 1024 need privileges)";
	case -EMFILE:
	case -ENFILE:
		return "no file descriptors left";
	default:
		return NULL;
	}
}

static void explain(const struct endpoint *endpoint, int error, const char *reason,
	struct text_error *text_error)
{
	char text[ENDPOINT_TEXT_MAX];
	char why[ERROR_TEXT_MAX];
	endpoint_format(endpoint, text);
	if (!reason)
		reason = bind_error(error);
	if (!reason) {
		error_text(-error, why);
		reason = why;
	}
	text_error_set(text_error, 0, "cannot listen on %s: %s", text, reason);
}

static bool is_missing(int error)
{
	return error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL;
}

/* Returns a bound, listening socket, or a negative errno. is_alone: an IPv6 one may serve IPv4, too. */
static evutil_socket_t listen_on(const union address *address, bool is_alone)
{
	evutil_socket_t fd = socket_open(address->any.sa_family);
	if (fd < 0)
		return fd;
	socket_claim_address(fd);
	if (address->any.sa_family == AF_INET6)
		socket_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !is_alone);
	int error = socket_listen(fd, &address->any, address_length(address));
	if (error) {
		socket_close(fd);
		return error;
	}
	return fd;
}

static void add(struct listeners *listeners, evutil_socket_t fd, union address *bound)
{
	socklen_t length = sizeof(*bound);
	socket_own_address(fd, &bound->any, &length);
	char *text = listeners->text + strlen(listeners->text);
	if (listeners->count > 0)
		text = text_put(text, ", ");
	address_format(&bound->any, text);
	listeners->fds[listeners->count++] = fd;
}

void listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		socket_close(listeners->fds[i]);
	*listeners = (struct listeners){0};
}

/* One dual-stack socket for all addresses, or an IPv4 one where there is no IPv6. */
static int listen_on_every_address(uint16_t port, struct listeners *listeners)
{
	union address address = {.v6 = {.sin6_family = AF_INET6,
					 .sin6_addr = IN6ADDR_ANY_INIT,
					 .sin6_port = htons(port)}};
	evutil_socket_t fd = listen_on(&address, true);
	if (is_missing((int)fd)) {
		address = (union address){.v4 = {.sin_family = AF_INET,
						  .sin_addr.s_addr = htonl(INADDR_ANY),
						  .sin_port = htons(port)}};
		fd = listen_on(&address, true);
	}
	if (fd < 0)
		return (int)fd;
	add(listeners, fd, &address);
	return 0;
}

static void set_port(union address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET6)
		address->v6.sin6_port = htons(port);
	else
		address->v4.sin_port = htons(port);
}

static uint16_t port_of(const union address *address)
{
	return ntohs(
		address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

/* All that this machine has, on one port. The others are marked in missing. */
static int listen_on_all(const struct address_list *list, uint16_t port,
	struct listeners *listeners, uint32_t *missing)
{
	int error = -EADDRNOTAVAIL;
	*missing = 0;
	for (size_t i = 0; i < list->count && i < LISTENERS_MAX; i++) {
		union address address = list->addresses[i];
		set_port(&address, port);
		evutil_socket_t fd = listen_on(&address, list->count == 1);
		if (fd >= 0) {
			add(listeners, fd, &address);
			port = port_of(&address);
			continue;
		}
		error = (int)fd;
		if (!is_missing(error)) {
			listeners_close(listeners);
			return error;
		}
		*missing |= UINT32_C(1) << i;
	}
	return listeners->count > 0 ? 0 : error;
}

static void warn_of_missing(const struct endpoint *endpoint, const struct address_list *list,
	uint32_t missing, const struct log *log)
{
	char name[ENDPOINT_TEXT_MAX];
	endpoint_format(endpoint, name);
	for (size_t i = 0; missing >> i != 0; i++) {
		if (!(missing >> i & 1))
			continue;
		union address address = list->addresses[i];
		char text[ADDRESS_TEXT_MAX];
		set_port(&address, endpoint->port);
		address_format(&address.any, text);
		log_write(log, LOG_LEVEL_WARNING, NULL, "not listening on %s, an address of %s: %s",
			text, name, bind_error(-EADDRNOTAVAIL));
	}
}

static int listen_on_host(const struct endpoint *endpoint, const struct log *log,
	struct listeners *listeners, const char **reason)
{
	struct address_list list = {0};
	int failure = address_list_look_up(endpoint, AF_UNSPEC, 0, &list);
	if (failure) {
		*reason = address_list_error(failure);
		return -EADDRNOTAVAIL;
	}
	/* A free port of one address may be taken on the next. */
	unsigned attempts = endpoint->port == 0 ? PORT_ATTEMPTS : 1;
	uint32_t missing = 0;
	int error = 0;
	do
		error = listen_on_all(&list, endpoint->port, listeners, &missing);
	while (error == -EADDRINUSE && --attempts > 0);
	if (!error)
		warn_of_missing(endpoint, &list, missing, log);
	address_list_clear(&list);
	return error;
}

int listeners_open(const struct endpoint *endpoint, const struct log *log,
	struct listeners *listeners, struct text_error *error)
{
	const char *reason = NULL;
	struct listeners made = {0};
	int failure = endpoint->host[0] ? listen_on_host(endpoint, log, &made, &reason)
					: listen_on_every_address(endpoint->port, &made);
	if (failure) {
		explain(endpoint, failure, reason, error);
		return failure;
	}
	*listeners = made;
	return 0;
}

/* Moves more behind those that are there. Returns 0, or -E2BIG with both untouched. */
static int join(struct listeners *listeners, struct listeners *more)
{
	if (listeners->count + more->count > LISTENERS_MAX)
		return -E2BIG;
	char *text = listeners->text + strlen(listeners->text);
	if (listeners->count > 0)
		text = text_put(text, ", ");
	text_put(text, more->text);
	for (size_t i = 0; i < more->count; i++)
		listeners->fds[listeners->count++] = more->fds[i];
	*more = (struct listeners){0};
	return 0;
}

int listeners_open_all(const struct endpoint *endpoints, size_t count, const struct log *log,
	struct listeners *listeners, struct text_error *error)
{
	struct listeners made = {0};
	for (size_t i = 0; i < count; i++) {
		struct listeners more = {0};
		int failure = listeners_open(&endpoints[i], log, &more, error);
		if (!failure && (failure = join(&made, &more)) != 0) {
			listeners_close(&more);
			text_error_set(
				error, 0, "cannot listen on more than %d addresses", LISTENERS_MAX);
		}
		if (failure) {
			listeners_close(&made);
			return failure;
		}
	}
	*listeners = made;
	return 0;
}
