/* SPDX-License-Identifier: MIT */
#include "probe/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "net/arrival.h"
#include "net/socket.h"

/* Binds to the address that the target is to be dialled from. Returns 0 or an errno. */
static int bind_source(const struct target *target, evutil_socket_t fd)
{
	struct endpoint endpoint = {0};
	struct address_list list;
	snprintf(endpoint.host, sizeof(endpoint.host), "%s", target->options.source);
	/* It is right in itself, but the interface that it names may be gone. */
	if (address_list_from_numeric(&endpoint, AF_UNSPEC, &list) != 0)
		return EADDRNOTAVAIL;
	int bound = socket_bind(fd, &list.addresses[0].any, address_length(&list.addresses[0]));
	address_list_clear(&list);
	return -bound;
}

/* Returns 0 or an errno. */
static int apply_options(const struct target *target, int family, evutil_socket_t fd)
{
	socket_tune(fd);
	if (target->options.probe == PROBE_KIND_ECHO && !arrival_enable(fd))
		target->context->has_timestamps = false;
	int error = 0;
	if (target->options.dscp != 0)
		error = -socket_mark(fd, family, target->options.dscp);
	if (error == 0 && target->options.source[0] != '\0')
		error = bind_source(target, fd);
	return error;
}

int dial_begin(const struct target *target, const union address *address, evutil_socket_t *fd)
{
	int family = address->any.sa_family;
	evutil_socket_t opened = socket_open(family);
	*fd = opened < 0 ? -1 : opened;
	if (opened < 0)
		return (int)-opened;
	int error = apply_options(target, family, opened);
	if (error)
		return error;
	return -socket_connect(opened, &address->any, address_length(address));
}

/*
 * Dialling a port of this machine that nobody listens on, the kernel may choose that same port as
 * the source, and TCP's simultaneous open (RFC 9293 section 3.5) connects the socket to itself: a
 * perfect echo of nothing.
 */
static bool is_connected_to_itself(evutil_socket_t fd)
{
	union address own = {0};
	union address peer = {0};
	socklen_t own_length = sizeof(own);
	socklen_t peer_length = sizeof(peer);
	if (socket_own_address(fd, &own.any, &own_length) < 0 ||
		socket_peer_address(fd, &peer.any, &peer_length) < 0)
		return false;
	return own_length == peer_length && memcmp(&own, &peer, (size_t)own_length) == 0;
}

int dial_result(evutil_socket_t fd)
{
	int error = socket_pending_error(fd);
	if (error == 0 && is_connected_to_itself(fd))
		error = ECONNREFUSED;
	return error;
}

enum connect_failure dial_failure(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return CONNECT_FAILURE_REFUSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EACCES: /* A router says that it may not (ICMPv6). */
	case EADDRNOTAVAIL:
		return CONNECT_FAILURE_UNREACHABLE;
	case ETIMEDOUT:
		return CONNECT_FAILURE_TIMEOUT;
	default:
		return CONNECT_FAILURE_OTHER;
	}
}

void dial_describe(const struct target *target, const union address *address, int error,
	int64_t patience_ns, char *why, size_t size)
{
	char text[ADDRESS_TEXT_MAX];
	char patience[DURATION_TEXT_MAX];
	address_format(&address->any, text);
	duration_format(patience_ns, patience);
	switch (dial_failure(error)) {
	case CONNECT_FAILURE_REFUSED:
		snprintf(why, size, "connection refused by %s", text);
		break;
	case CONNECT_FAILURE_UNREACHABLE:
		if (error != EADDRNOTAVAIL)
			snprintf(why, size, "%s is unreachable", text);
		else if (target->options.source[0] != '\0')
			snprintf(why, size, "%s cannot be dialled from %s", text,
				target->options.source);
		else
			snprintf(why, size, "no address or port left to dial %s from", text);
		break;
	case CONNECT_FAILURE_TIMEOUT:
		snprintf(why, size, "%s does not answer within %s", text, patience);
		break;
	case CONNECT_FAILURE_RESOLVE:
	case CONNECT_FAILURE_OTHER:
	case CONNECT_FAILURES:
		if (error == EMFILE || error == ENFILE)
			snprintf(why, size, "no file descriptor left to connect to %s", text);
		else
			snprintf(why, size, "cannot connect to %s: error %d", text, error);
		break;
	}
}
