/* SPDX-License-Identifier: MIT */
#include "probe/dial.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/error_text.h"
#include "net/address_list.h"
#include "net/remote_address.h"
#include "net/socket.h"

int dial_family(const struct target_options *options)
{
	switch (options->ip_version) {
	case IP_VERSION_4:
		return AF_INET;
	case IP_VERSION_6:
		return AF_INET6;
	case IP_VERSION_ANY:
		break;
	}
	return address_family(options->source);
}

/* Binds to the address to dial from. Returns 0 or a negative errno. */
static int bind_source(const char *source, evutil_socket_t fd)
{
	struct endpoint endpoint = {0};
	struct address_list list;
	snprintf(endpoint.host, sizeof(endpoint.host), "%s", source);
	/* It is right in itself, but the interface that it names may be gone. */
	if (address_list_from_numeric(&endpoint, AF_UNSPEC, &list) != 0)
		return -EADDRNOTAVAIL;
	int error = socket_bind(fd, &list.addresses[0].any, address_length(&list.addresses[0]));
	address_list_clear(&list);
	return error;
}

static int apply_options(const struct target_options *options, int family, evutil_socket_t fd)
{
	socket_tune(fd);
	int error = 0;
	if (options->dscp != 0)
		error = socket_mark(fd, family, options->dscp);
	if (!error && options->interface_name[0] != '\0')
		error = socket_bind_interface(fd, family, options->interface_name);
	if (!error && options->source[0] != '\0')
		error = bind_source(options->source, fd);
	return error;
}

int dial_begin(const struct target_options *options, const struct destinations *allowed,
	const union address *address, evutil_socket_t *fd)
{
	int family = address->any.sa_family;
	*fd = -1;
	/* :: and 0.0.0.0 dial this machine by another address than their own. */
	if (allowed &&
		!(destinations_contain(allowed, address) && remote_address_is_possible(address)))
		return DIAL_NOT_ALLOWED;
	evutil_socket_t opened = socket_open(family);
	*fd = opened < 0 ? -1 : opened;
	if (opened < 0)
		return (int)opened;
	int error = apply_options(options, family, opened);
	if (error)
		return error;
	return socket_connect(opened, &address->any, address_length(address));
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
	int error = -socket_pending_error(fd);
	if (!error && is_connected_to_itself(fd))
		error = -ECONNREFUSED;
	return error;
}

enum connect_failure dial_failure(int error)
{
	switch (-error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return CONNECT_FAILURE_REFUSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EACCES: /* A router says that it may not (ICMPv6). */
	case EADDRNOTAVAIL:
	case ENODEV: /* Of the interface to dial over. */
		return CONNECT_FAILURE_UNREACHABLE;
	case ETIMEDOUT:
		return CONNECT_FAILURE_TIMEOUT;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return CONNECT_FAILURE_LOCAL;
	default:
		return CONNECT_FAILURE_OTHER;
	}
}

static void describe_unreachable(const struct target_options *options, const char *address,
	int error, char *why, size_t size)
{
	if (error == -ENODEV)
		snprintf(why, size, "%s cannot be dialled over %s: there is no such interface",
			address, options->interface_name);
	else if (error != -EADDRNOTAVAIL)
		snprintf(why, size, "%s is unreachable", address);
	else if (options->source[0] != '\0')
		snprintf(why, size, "%s cannot be dialled from %s", address, options->source);
	else
		snprintf(why, size, "no address or port left to dial %s from", address);
}

static void describe_other(const char *address, int error, char *why, size_t size)
{
	if (error == -EMFILE || error == -ENFILE) {
		snprintf(why, size, "no file descriptors left to connect to %s", address);
		return;
	}
	if (error == DIAL_NOT_ALLOWED) {
		snprintf(why, size, "%s is not among what may be probed", address);
		return;
	}
	char reason[ERROR_TEXT_MAX] = "out of memory";
	if (error != -ENOMEM)
		error_text(-error, reason);
	snprintf(why, size, "cannot connect to %s: %s", address, reason);
}

void dial_describe(const struct target_options *options, const union address *address, int error,
	int64_t patience_ns, char *why, size_t size)
{
	char text[ADDRESS_TEXT_MAX];
	char patience[DURATION_TEXT_MAX];
	address_format(&address->any, text);
	switch (dial_failure(error)) {
	case CONNECT_FAILURE_REFUSED:
		snprintf(why, size, "connection refused by %s", text);
		break;
	case CONNECT_FAILURE_UNREACHABLE:
		describe_unreachable(options, text, error, why, size);
		break;
	case CONNECT_FAILURE_TIMEOUT:
		duration_format(patience_ns, patience);
		snprintf(why, size, "%s does not answer within %s", text, patience);
		break;
	case CONNECT_FAILURE_RESOLVE:
	case CONNECT_FAILURE_LOCAL:
	case CONNECT_FAILURE_OTHER:
	case CONNECT_FAILURES:
		describe_other(text, error, why, size);
		break;
	}
}
