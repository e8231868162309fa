/* SPDX-License-Identifier: MIT */
/* In a build without libyaml and GnuTLS there is no guard, and so no TLS. */
#include "web/web_guard.h"

#include <errno.h>

int web_guard_new(const char *path, struct web_guard **guard, struct text_error *error)
{
	(void)guard;
	text_error_set(error, 0,
		"%s: this program was built without libyaml and GnuTLS, which a web configuration needs",
		path);
	return -ENOTSUP;
}

void web_guard_follow(struct web_guard *guard, const struct log *log, struct reloads *reloads)
{
	(void)guard;
	(void)log;
	(void)reloads;
}

struct tls_context *web_guard_tls(const struct web_guard *guard)
{
	(void)guard;
	return NULL;
}

bool web_guard_lets_in(struct web_guard *guard, const char *authorization, size_t length)
{
	(void)guard;
	(void)authorization;
	(void)length;
	return true;
}

const struct labels *web_guard_headers(const struct web_guard *guard)
{
	static const struct labels none;
	(void)guard;
	return &none;
}

size_t web_guard_users(const struct web_guard *guard)
{
	(void)guard;
	return 0;
}

size_t web_guard_files(const struct web_guard *guard, const char *files[WEB_SECRETS])
{
	(void)guard;
	(void)files;
	return 0;
}

void web_guard_free(struct web_guard *guard)
{
	(void)guard;
}

struct tls_session *tls_session_new(struct tls_context *context, evutil_socket_t fd)
{
	(void)context;
	(void)fd;
	return NULL;
}

ssize_t tls_session_receive(struct tls_session *session, void *buffer, size_t size)
{
	(void)session;
	(void)buffer;
	(void)size;
	return -ENOTSUP;
}

ssize_t tls_session_send(struct tls_session *session, const void *bytes, size_t length)
{
	(void)session;
	(void)bytes;
	(void)length;
	return -ENOTSUP;
}

bool tls_session_wants_write(const struct tls_session *session)
{
	(void)session;
	return false;
}

bool tls_session_has_pending(const struct tls_session *session)
{
	(void)session;
	return false;
}

void tls_session_end(struct tls_session *session)
{
	(void)session;
}

void tls_session_free(struct tls_session *session)
{
	(void)session;
}

void web_guard_append_libraries(struct buffer *buffer)
{
	(void)buffer;
}
