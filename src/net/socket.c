/* SPDX-License-Identifier: MIT */
#include "net/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/system.h"

/* Seconds of silence before keep-alive probes start, and between them. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 3

/*
 * The longest pause before the kernel sends something again: it doubles each time, and a path that
 * is back after half a minute would not be tried for another. Since Linux 6.15; the C library's
 * headers may be older than the kernel.
 */
#define RETRANSMISSION_PAUSE_MAX_MS 4000
#if defined(__linux__) && !defined(TCP_RTO_MAX_MS)
#define TCP_RTO_MAX_MS 44
#endif

void socket_address_format(const struct sockaddr *address, char *text)
{
	char host[INET6_ADDRSTRLEN] = "";
	text[0] = '\0';
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
		snprintf(text, SOCKET_ADDRESS_TEXT_MAX, "%s:%u", host, ntohs(v4.sin_port));
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
		char zone[SYSTEM_ZONE_MAX];
		system_zone(v6.sin6_scope_id, zone);
		snprintf(text, SOCKET_ADDRESS_TEXT_MAX, "[%s%s%s]:%u", host, zone[0] ? "%" : "",
			zone, ntohs(v6.sin6_port));
	}
}

bool socket_is_busy(int error)
{
	switch (error) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
		return true;
	default:
		return false;
	}
}

void socket_tune(evutil_socket_t fd)
{
	system_set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	system_keep_alive(fd, KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES);
#ifdef TCP_RTO_MAX_MS
	system_set_option(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, RETRANSMISSION_PAUSE_MAX_MS);
#endif
}

/* Returns a bound, listening socket, or a negative errno. */
static evutil_socket_t listen_on(const struct sockaddr *address, socklen_t length)
{
	evutil_socket_t fd = system_open(address->sa_family);
	if (fd < 0)
		return fd;
	system_claim_address(fd);
	if (address->sa_family == AF_INET6)
		system_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	int error = system_listen(fd, address, length);
	if (error) {
		system_close(fd);
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
		*reason = system_resolve_error(failure);
		return -EADDRNOTAVAIL;
	}
	evutil_socket_t fd = listen_on(found->ai_addr, (socklen_t)found->ai_addrlen);
	freeaddrinfo(found);
	return fd;
}

/* strerror() is not safe in threads; these are the errors that binding has in practice. */
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
		return "no file descriptor left";
	default:
		return NULL;
	}
}

int socket_listen(
	const struct endpoint *endpoint, evutil_socket_t *fd, char *bound, struct text_error *error)
{
	const char *reason = NULL;
	evutil_socket_t made = endpoint->host[0] ? listen_on_host(endpoint, &reason)
						 : listen_on_every_address(endpoint->port);
	if (made < 0) {
		char text[ENDPOINT_TEXT_MAX];
		endpoint_format(endpoint, text);
		if (!reason)
			reason = bind_error(made);
		if (reason)
			text_error_set(error, 0, "cannot listen on %s: %s", text, reason);
		else
			text_error_set(error, 0, "cannot listen on %s: error %d", text, (int)-made);
		return (int)made;
	}
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);
	system_own_address(made, (struct sockaddr *)&address, &length);
	socket_address_format((const struct sockaddr *)&address, bound);
	*fd = made;
	return 0;
}
