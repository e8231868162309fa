/* SPDX-License-Identifier: MIT */
#include "scrape/http_channel.h"

#include <errno.h>

#include "net/socket.h"

/* What a record of TLS begins with that holds a handshake (RFC 8446 section 5.1). */
#define TLS_HANDSHAKE 0x16

int http_channel_init(struct http_channel *channel, evutil_socket_t fd, struct tls_context *tls)
{
	*channel = (struct http_channel){.fd = fd};
	if (!tls)
		return 0;
	channel->tls = tls_session_new(tls, fd);
	return channel->tls ? 0 : -ENOMEM;
}

/* Whether the other side begins as a request does. Returns 1 or 0, or what receiving would. */
static ssize_t begins_in_the_clear(const struct http_channel *channel)
{
	unsigned char first = TLS_HANDSHAKE;
	ssize_t got = socket_peek(channel->fd, &first, 1);
	if (got <= 0)
		return got == 0 ? 0 : got;
	return first != TLS_HANDSHAKE;
}

ssize_t http_channel_receive(struct http_channel *channel, void *buffer, size_t size)
{
	if (channel->tls && !channel->is_begun) {
		ssize_t clear = begins_in_the_clear(channel);
		if (clear < 0)
			return clear;
		channel->is_begun = true;
		if (clear > 0) {
			channel->is_misdirected = true;
			tls_session_free(channel->tls);
			channel->tls = NULL;
		}
	}
	return channel->tls ? tls_session_receive(channel->tls, buffer, size)
			    : socket_receive(channel->fd, buffer, size);
}

ssize_t http_channel_send(struct http_channel *channel, const void *bytes, size_t length)
{
	return channel->tls ? tls_session_send(channel->tls, bytes, length)
			    : socket_send(channel->fd, bytes, length);
}

bool http_channel_wants_write(const struct http_channel *channel)
{
	return channel->tls && channel->is_begun && tls_session_wants_write(channel->tls);
}

bool http_channel_has_pending(const struct http_channel *channel)
{
	return channel->tls && tls_session_has_pending(channel->tls);
}

void http_channel_end_sending(struct http_channel *channel)
{
	if (channel->tls)
		tls_session_end(channel->tls);
	socket_end_sending(channel->fd);
}

void http_channel_close(struct http_channel *channel)
{
	tls_session_free(channel->tls);
	socket_close(channel->fd);
}
