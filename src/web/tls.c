/* SPDX-License-Identifier: MIT */
#include "web/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Of a certificate, as text. */
#define NAME_MAX_LENGTH 512

struct tls_context {
	unsigned users; /* Of this struct: its owner, and each session. */
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
	enum web_client_auth client_auth;
	struct labels client_names; /* Owned. */
};

struct tls_session {
	gnutls_session_t session;
	struct tls_context *context;
	bool is_shaken; /* The handshake is done. */
};

static gnutls_datum_t datum_of(const struct buffer *pem)
{
	/* Without the NUL. */
	return (gnutls_datum_t){(void *)pem->data, (unsigned)(pem->length - 1)};
}

/* A file by its name, or the key of a text. */
static const char *origin_of(
	const struct web_config *config, enum web_secret secret, const char *key)
{
	return config->files[secret] ? config->files[secret] : key;
}

static int load_certificate(
	const struct web_config *config, struct tls_context *context, struct text_error *error)
{
	const gnutls_datum_t certificate = datum_of(&config->pem[WEB_CERTIFICATE]);
	const gnutls_datum_t key = datum_of(&config->pem[WEB_KEY]);
	const char *certificate_from = origin_of(config, WEB_CERTIFICATE, "cert");
	const char *key_from = origin_of(config, WEB_KEY, "key");
	gnutls_x509_crt_t *list = NULL;
	unsigned count = 0;
	int result =
		gnutls_x509_crt_list_import2(&list, &count, &certificate, GNUTLS_X509_FMT_PEM, 0);
	if (result < 0) {
		text_error_set(error, 0, "%s: is not a certificate in PEM: %s", certificate_from,
			gnutls_strerror(result));
		return -EINVAL;
	}
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	gnutls_x509_privkey_t private_key;
	result = gnutls_x509_privkey_init(&private_key);
	if (result >= 0) {
		result = gnutls_x509_privkey_import2(
			private_key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
		gnutls_x509_privkey_deinit(private_key);
	}
	if (result < 0) {
		text_error_set(error, 0, "%s: is not a private key in PEM without a password: %s",
			key_from, gnutls_strerror(result));
		return -EINVAL;
	}
	result = gnutls_certificate_set_x509_key_mem(
		context->credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
	if (result < 0) {
		text_error_set(error, 0, "%s and %s: certificate and key do not go together: %s",
			certificate_from, key_from, gnutls_strerror(result));
		return -EINVAL;
	}
	return 0;
}

static int load_authorities(
	const struct web_config *config, struct tls_context *context, struct text_error *error)
{
	if (config->pem[WEB_CLIENT_CA].length == 0)
		return 0;
	const gnutls_datum_t authorities = datum_of(&config->pem[WEB_CLIENT_CA]);
	int count = gnutls_certificate_set_x509_trust_mem(
		context->credentials, &authorities, GNUTLS_X509_FMT_PEM);
	if (count > 0)
		return 0;
	text_error_set(error, 0, "%s: has no certificate in PEM%s%s",
		origin_of(config, WEB_CLIENT_CA, "client_ca"), count < 0 ? ": " : "",
		count < 0 ? gnutls_strerror(count) : "");
	return -EINVAL;
}

static int set_priorities(
	const struct web_config *config, struct tls_context *context, struct text_error *error)
{
	struct buffer text = {0};
	buffer_append_text(&text, "NORMAL:-VERS-ALL");
	if (config->min_version == WEB_TLS_12)
		buffer_append_text(&text, ":+VERS-TLS1.2");
	if (config->max_version == WEB_TLS_13)
		buffer_append_text(&text, ":+VERS-TLS1.3");
	if (config->groups.length > 0) {
		buffer_append_text(&text, ":-GROUP-ALL");
		buffer_append(&text, config->groups.data, config->groups.length);
	}
	if (!config->lets_client_choose)
		buffer_append_text(&text, ":%SERVER_PRECEDENCE");
	buffer_append(&text, "", 1);
	const char *wrong = NULL;
	int result = text.failed ? GNUTLS_E_MEMORY_ERROR
				 : gnutls_priority_init(&context->priorities, text.data, &wrong);
	buffer_clear(&text);
	if (result == 0)
		return 0;
	text_error_set(error, 0, "tls_server_config: these versions and curves cannot be had: %s",
		gnutls_strerror(result));
	return -EINVAL;
}

int tls_context_new(
	const struct web_config *config, struct tls_context **context, struct text_error *error)
{
	struct tls_context *made = calloc(1, sizeof(*made));
	if (!made || gnutls_certificate_allocate_credentials(&made->credentials) < 0 ||
		labels_copy(&config->client_names, &made->client_names) != 0) {
		tls_context_release(made);
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	made->users = 1;
	made->client_auth = config->client_auth;
	int result = load_certificate(config, made, error);
	if (result == 0)
		result = load_authorities(config, made, error);
	if (result == 0)
		result = set_priorities(config, made, error);
	if (result != 0) {
		tls_context_release(made);
		return result;
	}
	*context = made;
	return 0;
}

void tls_context_release(struct tls_context *context)
{
	if (!context || (context->users > 0 && --context->users > 0))
		return;
	if (context->credentials)
		gnutls_certificate_free_credentials(context->credentials);
	if (context->priorities)
		gnutls_priority_deinit(context->priorities);
	labels_clear(&context->client_names);
	free(context);
}

/* One alternative name of a certificate as text, NUL-terminated. Returns 0, or a negative code of GnuTLS. */
static int read_name(gnutls_x509_crt_t certificate, unsigned number, char name[NAME_MAX_LENGTH])
{
	unsigned char bytes[NAME_MAX_LENGTH];
	size_t size = sizeof(bytes) - 1;
	unsigned type = 0;
	int result = gnutls_x509_crt_get_subject_alt_name2(
		certificate, number, bytes, &size, &type, NULL);
	if (result < 0)
		return result;
	name[0] = '\0';
	if (type == GNUTLS_SAN_IPADDRESS)
		inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, name, NAME_MAX_LENGTH);
	else if (!memchr(bytes, '\0', size) || bytes[size - 1] == '\0') {
		bytes[size] = '\0';
		memcpy(name, bytes, size + 1);
	}
	return 0;
}

/* Whether one of its alternative names is wanted. */
static bool has_wanted_name(const struct labels *wanted, gnutls_x509_crt_t certificate)
{
	char name[NAME_MAX_LENGTH];
	for (unsigned i = 0;; i++) {
		int result = read_name(certificate, i, name);
		if (result == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (result < 0)
			return false;
		const char *value;
		const char *each = NULL;
		while ((each = labels_next(wanted, each, &value)))
			if (strcmp(each, name) == 0)
				return true;
	}
}

static bool client_is_wanted(const struct tls_context *context, gnutls_session_t session)
{
	unsigned count = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &count);
	gnutls_x509_crt_t certificate;
	if (context->client_names.size == 0)
		return true;
	if (count == 0 || gnutls_x509_crt_init(&certificate) < 0)
		return false;
	bool is_wanted = gnutls_x509_crt_import(certificate, &list[0], GNUTLS_X509_FMT_DER) >= 0 &&
			 has_wanted_name(&context->client_names, certificate);
	gnutls_x509_crt_deinit(certificate);
	return is_wanted;
}

/* Called within the handshake. Returns 0 to go on. */
static int verify_client(gnutls_session_t session)
{
	const struct tls_context *context = gnutls_session_get_ptr(session);
	bool verifies = context->client_auth == WEB_CLIENT_VERIFY ||
			context->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN;
	unsigned count = 0;
	unsigned status = 0;
	if (!verifies)
		return 0;
	if (!gnutls_certificate_get_peers(session, &count) || count == 0)
		return context->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN
			       ? 0
			       : GNUTLS_E_CERTIFICATE_ERROR;
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (void *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
	int result = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
	bool is_good = result >= 0 && status == 0 && client_is_wanted(context, session);
	return is_good ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int set_up(struct tls_session *made, struct tls_context *context, evutil_socket_t fd)
{
	static unsigned char name[] = "http/1.1";
	const gnutls_datum_t protocol = {name, sizeof(name) - 1};
	gnutls_certificate_request_t request = GNUTLS_CERT_REQUEST;
	if (context->client_auth == WEB_CLIENT_NONE)
		request = GNUTLS_CERT_IGNORE;
	else if (context->client_auth == WEB_CLIENT_REQUIRE_ANY ||
		 context->client_auth == WEB_CLIENT_VERIFY)
		request = GNUTLS_CERT_REQUIRE;
	int result = gnutls_priority_set(made->session, context->priorities);
	if (result >= 0)
		result = gnutls_credentials_set(
			made->session, GNUTLS_CRD_CERTIFICATE, context->credentials);
	gnutls_certificate_server_set_request(made->session, request);
	gnutls_session_set_ptr(made->session, context);
	gnutls_session_set_verify_function(made->session, verify_client);
	/* A client that knows another one alone goes on without any. */
	gnutls_alpn_set_protocols(made->session, &protocol, 1, 0);
	/* Its callers have deadlines of their own. */
	gnutls_handshake_set_timeout(made->session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_transport_set_int(made->session, (int)fd);
	return result;
}

struct tls_session *tls_session_new(struct tls_context *context, evutil_socket_t fd)
{
	struct tls_session *made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	if (gnutls_init(&made->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		free(made);
		return NULL;
	}
	made->context = context;
	context->users++;
	if (set_up(made, context, fd) < 0) {
		tls_session_free(made);
		return NULL;
	}
	return made;
}

static ssize_t errno_of(ssize_t result)
{
	if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
		return -EAGAIN;
	return result == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EPROTO;
}

/* Returns 0 once the handshake is done, or a negative errno. */
static ssize_t shake_hands(struct tls_session *session)
{
	if (session->is_shaken)
		return 0;
	int result;
	do
		result = gnutls_handshake(session->session);
	while (result < 0 && result != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(result));
	if (result < 0) {
		/* The client gets to know why, if it can be told at once. */
		if (gnutls_error_is_fatal(result))
			gnutls_alert_send_appropriate(session->session, result);
		return errno_of(result);
	}
	session->is_shaken = true;
	return 0;
}

ssize_t tls_session_receive(struct tls_session *session, void *buffer, size_t size)
{
	ssize_t result = shake_hands(session);
	if (result < 0)
		return result;
	result = gnutls_record_recv(session->session, buffer, size);
	/* Clients that just close are as many as those that say so first. */
	if (result == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	return result < 0 ? errno_of(result) : result;
}

ssize_t tls_session_send(struct tls_session *session, const void *bytes, size_t length)
{
	ssize_t result = shake_hands(session);
	if (result < 0)
		return result;
	result = gnutls_record_send(session->session, bytes, length);
	return result < 0 ? errno_of(result) : result;
}

bool tls_session_wants_write(const struct tls_session *session)
{
	return gnutls_record_get_direction(session->session) == 1;
}

bool tls_session_has_pending(const struct tls_session *session)
{
	return session->is_shaken && gnutls_record_check_pending(session->session) > 0;
}

void tls_session_end(struct tls_session *session)
{
	if (session->is_shaken)
		gnutls_bye(session->session, GNUTLS_SHUT_WR);
}

void tls_session_free(struct tls_session *session)
{
	if (!session)
		return;
	gnutls_deinit(session->session);
	tls_context_release(session->context);
	free(session);
}
