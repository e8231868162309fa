/* SPDX-License-Identifier: MIT */
/*
 * A web configuration file: TLS, passwords and headers of the HTTP front, in the format of Prometheus's
 * exporter-toolkit: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
 */
#ifndef WEB_WEB_CONFIG_H
#define WEB_WEB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/labels.h"
#include "base/text_error.h"

/* In the order of client_auth_type's words. */
enum web_client_auth {
	WEB_CLIENT_NONE,	    /* No certificate is asked for. */
	WEB_CLIENT_REQUEST,	    /* One is asked for, and not looked at. */
	WEB_CLIENT_REQUIRE_ANY,	    /* There has to be one. */
	WEB_CLIENT_VERIFY_IF_GIVEN, /* It has to be good, if there is one. */
	WEB_CLIENT_VERIFY,	    /* There has to be a good one. */
};

enum web_tls_version { WEB_TLS_12, WEB_TLS_13 };

/* What is read from files, or stands in the configuration itself. */
enum web_secret {
	WEB_CERTIFICATE, /* The server's, with those that lead to its authority. */
	WEB_KEY,	 /* Its private key. */
	WEB_CLIENT_CA,	 /* The authorities of the clients. */
	WEB_SECRETS,
};

/* Stored by the caller; release with web_config_clear(). All zero is an empty one: plain HTTP for all. */
struct web_config {
	bool has_tls;
	struct buffer pem[WEB_SECRETS]; /* Owned. NUL-terminated; empty where there is none. */
	char *files
		[WEB_SECRETS]; /* Owned. Where it comes from; NULL if it stands in the configuration. */
	enum web_client_auth client_auth;
	struct labels client_names; /* Owned. One of these has to be a client's; values are "". */
	enum web_tls_version min_version;
	enum web_tls_version max_version;
	bool lets_client_choose; /* Its preference of ciphers counts. */
	struct buffer
		groups; /* Owned. ":+GROUP-X25519" and so on, for GnuTLS; empty: its defaults. */
	struct labels headers; /* Owned. To be added to answers. */
	struct labels users;   /* Owned. Names, and hashes of passwords. */
};

/*
 * Reads a configuration with all files that it names; those are relative to its own folder. Returns 0; or a
 * negative errno with one line that names file, line and key, and says what is allowed: `web.yml:3:
 * tls_server_config.min_version: "TLS10" is ...`. *config is to be released in any case.
 */
int web_config_load(const char *path, struct web_config *config, struct text_error *error);

/* The same for text, length bytes with a NUL behind them. path: for messages and relative names. */
int web_config_parse(const char *text, size_t length, const char *path, struct web_config *config,
	struct text_error *error);

void web_config_clear(struct web_config *config);

#endif
