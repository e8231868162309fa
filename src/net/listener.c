/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error_text.h"
#include "net/address_list.h"
#include "net/socket.h"

/* Returns a bound, listening socket, or a negative errno. */
static evutil_socket_t listen_on(const struct sockaddr *address, socklen_t length)
{
	evutil_socket_t fd = socket_open(address->sa_family);
	if (fd < 0)
		return fd;
	socket_claim_address(fd);
	if (address->sa_family == AF_INET6)
		socket_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	int error = socket_listen(fd, address, length);
	if (error) {
		socket_close(fd);
		return error;
	}
	return fd;
}

/* One dual-stack socket for all addresses, or an IPv4 one where there is no IPv6. */
static evutil_socket_t listen_on_every_address(uint16_t port)
{
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT, .sin6_port = htons(port)};
	evutil_socket_t fd = listen_on((const struct sockaddr *)&v6, sizeof(v6));
	if (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL)
		return fd;
	struct sockaddr_in v4 = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_ANY),
		.sin_port = htons(port)};
	return listen_on((const struct sockaddr *)&v4, sizeof(v4));
}

static evutil_socket_t listen_on_host(const struct endpoint *endpoint, const char **reason)
{
	char port[8];
	snprintf(port, sizeof(port), "%u", endpoint->port);
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	int failure = getaddrinfo(endpoint->host, port, &hints, &found);
	if (failure) {
		*reason = address_list_error(failure);
		return -EADDRNOTAVAIL;
	}
	evutil_socket_t fd = listen_on(found->ai_addr, (socklen_t)found->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

/* The errors that binding has in practice, in words that say what to do about them. */
static const char *bind_error(evutil_socket_t error)
{
	switch (error) {
	case -EADDRINUSE:
		return "address already in use";
	case -EADDRNOTAVAIL:
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

int listener_open(
	const struct endpoint *endpoint, evutil_socket_t *fd, char *bound, struct text_error *error)
{
	const char *reason = NULL;
	evutil_socket_t made = endpoint->host[0] ? listen_on_host(endpoint, &reason)
						 : listen_on_every_address(endpoint->port);
	if (made < 0) {
		char text[ENDPOINT_TEXT_MAX];
		char why[ERROR_TEXT_MAX];
		endpoint_format(endpoint, text);
		if (!reason)
			reason = bind_error(made);
		if (!reason) {
			error_text((int)-made, why);
			reason = why;
		}
		text_error_set(error, 0, "cannot listen on %s: %s", text, reason);
		return (int)made;
	}
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);
	socket_own_address(made, (struct sockaddr *)&address, &length);
	address_format((const struct sockaddr *)&address, bound);
	*fd = made;
	return 0;
}
