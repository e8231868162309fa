/* SPDX-License-Identifier: MIT */
#include "web/web_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/file_text.h"
#include "base/spelling.h"
#include "web/web_users.h"

#define CONFIG_FILE_MAX ((size_t)1024 * 1024)
/* What messages quote of a value is cut at this many bytes. */
#define SHOWN_MAX 60

/* A configuration while it is read. */
struct reader {
	const char *path;
	yaml_document_t *document;
	struct web_config *config;
	struct text_error *error;
	const char *section; /* Of the key that is being read; "" at the top. */
	const char *key;
	int line;
};

static int refuse(const struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The message begins with the file, the line and the key. Returns -EINVAL. */
static int refuse(const struct reader *reader, const char *format, ...)
{
	char reason[sizeof(reader->error->reason)];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	text_error_set(reader->error, reader->line, "%s:%d: %s%s%s%s%s", reader->path, reader->line,
		reader->section, reader->section[0] != '\0' && reader->key[0] != '\0' ? "." : "",
		reader->key, reader->key[0] != '\0' || reader->section[0] != '\0' ? ": " : "",
		reason);
	return -EINVAL;
}

static int lack_memory(const struct reader *reader)
{
	refuse(reader, "out of memory");
	return -ENOMEM;
}

static const yaml_node_t *node_of(const struct reader *reader, int index)
{
	return yaml_document_get_node(reader->document, index);
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* Returns the text of a value, or NULL after a refusal. */
static const char *text_of(const struct reader *reader, const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	if (node->type != YAML_SCALAR_NODE)
		refuse(reader, "is not a string");
	else if (is_null(node) || text[0] == '\0')
		refuse(reader, "is empty");
	else if (strlen(text) != node->data.scalar.length)
		refuse(reader, "contains a NUL");
	else
		return text;
	return NULL;
}

/* Which of some words a value is, from 0; a negative errno after a refusal. compare: as strcmp(). */
static int read_word_by(const struct reader *reader, const yaml_node_t *node,
	const char *const *words, int (*compare)(const char *word, const char *text))
{
	const char *text = text_of(reader, node);
	struct buffer allowed = {0};
	if (!text)
		return -EINVAL;
	for (int i = 0; words[i]; i++) {
		if (compare(words[i], text) == 0) {
			buffer_clear(&allowed);
			return i;
		}
		buffer_append_format(&allowed, "%s%s", i > 0 ? ", " : "", words[i]);
	}
	refuse(reader, "\"%.*s\" is not one of these: %.*s", SHOWN_MAX, text, (int)allowed.length,
		allowed.data ? allowed.data : "");
	buffer_clear(&allowed);
	return -EINVAL;
}

static int read_word(const struct reader *reader, const yaml_node_t *node, const char *const *words)
{
	return read_word_by(reader, node, words, strcmp);
}

/* As YAML 1.1 spells booleans. */
static int read_boolean(const struct reader *reader, const yaml_node_t *node, bool *value)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", NULL};
	int word = read_word_by(reader, node, words, strcasecmp);
	if (word < 0)
		return word;
	*value = word % 2 == 1;
	return 0;
}

/* Where a file is that the configuration names. NULL without memory. */
static char *resolve(const char *config_path, const char *path)
{
	const char *slash = strrchr(config_path, '/');
	size_t folder = path[0] != '/' && slash ? (size_t)(slash - config_path) + 1 : 0;
	char *resolved = malloc(folder + strlen(path) + 1);
	if (!resolved)
		return NULL;
	memcpy(resolved, config_path, folder);
	memcpy(resolved + folder, path, strlen(path) + 1);
	return resolved;
}

static int read_file(const struct reader *reader, const yaml_node_t *node, enum web_secret secret)
{
	struct web_config *config = reader->config;
	const char *path = text_of(reader, node);
	if (!path)
		return -EINVAL;
	if (config->pem[secret].length > 0)
		return refuse(reader, "is given twice, by file and as text");
	config->files[secret] = resolve(reader->path, path);
	if (!config->files[secret])
		return lack_memory(reader);
	struct text_error wrong;
	int result = file_text_read(
		config->files[secret], CONFIG_FILE_MAX, &config->pem[secret], &wrong);
	if (result != 0)
		refuse(reader, "%s", wrong.reason);
	return result;
}

static int read_text(const struct reader *reader, const yaml_node_t *node, enum web_secret secret)
{
	struct buffer *pem = &reader->config->pem[secret];
	const char *text = text_of(reader, node);
	if (!text)
		return -EINVAL;
	if (pem->length > 0)
		return refuse(reader, "is given twice, by file and as text");
	buffer_append(pem, text, strlen(text) + 1);
	return pem->failed ? lack_memory(reader) : 0;
}

static int read_cert_file(const struct reader *reader, const yaml_node_t *node)
{
	return read_file(reader, node, WEB_CERTIFICATE);
}

static int read_key_file(const struct reader *reader, const yaml_node_t *node)
{
	return read_file(reader, node, WEB_KEY);
}

static int read_client_ca_file(const struct reader *reader, const yaml_node_t *node)
{
	return read_file(reader, node, WEB_CLIENT_CA);
}

static int read_cert(const struct reader *reader, const yaml_node_t *node)
{
	return read_text(reader, node, WEB_CERTIFICATE);
}

static int read_key(const struct reader *reader, const yaml_node_t *node)
{
	return read_text(reader, node, WEB_KEY);
}

static int read_client_ca(const struct reader *reader, const yaml_node_t *node)
{
	return read_text(reader, node, WEB_CLIENT_CA);
}

static int read_client_auth_type(const struct reader *reader, const yaml_node_t *node)
{
	/* The last is an older name of the third. */
	static const char *const words[] = {"NoClientCert", "RequestClientCert",
		"RequireAnyClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert",
		"RequireClientCert", NULL};
	static const enum web_client_auth meanings[] = {WEB_CLIENT_NONE, WEB_CLIENT_REQUEST,
		WEB_CLIENT_REQUIRE_ANY, WEB_CLIENT_VERIFY_IF_GIVEN, WEB_CLIENT_VERIFY,
		WEB_CLIENT_REQUIRE_ANY};
	int word = read_word(reader, node, words);
	if (word < 0)
		return word;
	reader->config->client_auth = meanings[word];
	return 0;
}

/* Calls read for each string of a list. */
static int read_list(const struct reader *reader, const yaml_node_t *node,
	int (*read)(const struct reader *reader, const yaml_node_t *node))
{
	if (node->type != YAML_SEQUENCE_NODE)
		return refuse(reader, "is not a list");
	for (const yaml_node_item_t *item = node->data.sequence.items.start;
		item < node->data.sequence.items.top; item++) {
		int result = read(reader, node_of(reader, *item));
		if (result != 0)
			return result;
	}
	return 0;
}

static int read_client_name(const struct reader *reader, const yaml_node_t *node)
{
	const char *text = text_of(reader, node);
	if (!text)
		return -EINVAL;
	return labels_append(&reader->config->client_names, text, "") == 0 ? 0
									   : lack_memory(reader);
}

static int read_client_allowed_sans(const struct reader *reader, const yaml_node_t *node)
{
	return read_list(reader, node, read_client_name);
}

static int read_version(
	const struct reader *reader, const yaml_node_t *node, enum web_tls_version *version)
{
	static const char *const words[] = {"TLS12", "TLS13", NULL};
	const char *text = text_of(reader, node);
	if (!text)
		return -EINVAL;
	if (strcmp(text, "TLS10") == 0 || strcmp(text, "TLS11") == 0)
		return refuse(reader, "%s is too old to be safe; allowed: TLS12, TLS13", text);
	int word = read_word(reader, node, words);
	if (word < 0)
		return word;
	*version = (enum web_tls_version)word;
	return 0;
}

static int read_min_version(const struct reader *reader, const yaml_node_t *node)
{
	return read_version(reader, node, &reader->config->min_version);
}

static int read_max_version(const struct reader *reader, const yaml_node_t *node)
{
	return read_version(reader, node, &reader->config->max_version);
}

static int read_prefer_server(const struct reader *reader, const yaml_node_t *node)
{
	bool prefers_server = true;
	int result = read_boolean(reader, node, &prefers_server);
	reader->config->lets_client_choose = !prefers_server;
	return result;
}

static int read_curve(const struct reader *reader, const yaml_node_t *node)
{
	static const char *const words[] = {"CurveP256", "CurveP384", "CurveP521", "X25519", NULL};
	static const char *const groups[] = {
		":+GROUP-SECP256R1", ":+GROUP-SECP384R1", ":+GROUP-SECP521R1", ":+GROUP-X25519"};
	int word = read_word(reader, node, words);
	if (word < 0)
		return word;
	buffer_append_text(&reader->config->groups, groups[word]);
	return reader->config->groups.failed ? lack_memory(reader) : 0;
}

static int read_curve_preferences(const struct reader *reader, const yaml_node_t *node)
{
	return read_list(reader, node, read_curve);
}

static int refuse_cipher_suites(const struct reader *reader, const yaml_node_t *node)
{
	(void)node;
	return refuse(reader,
		"single cipher suites cannot be chosen here; leave it out, or allow TLS13 alone by min_version");
}

static int read_http2(const struct reader *reader, const yaml_node_t *node)
{
	bool is_wanted = false;
	int result = read_boolean(reader, node, &is_wanted);
	if (result == 0 && is_wanted)
		return refuse(reader, "HTTP/2 is not spoken here; allowed: false");
	return result;
}

static int refuse_rate_limit(const struct reader *reader, const yaml_node_t *node)
{
	(void)node;
	return refuse(reader, "requests cannot be limited by rate here; leave it out");
}

/* Calls read for each key and value of a mapping, with reader->key and the line set. */
static int read_mapping(struct reader *reader, const yaml_node_t *node,
	int (*read)(struct reader *reader, const yaml_node_t *value))
{
	if (is_null(node))
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return refuse(reader, "is not a mapping of keys to values");
	const yaml_node_pair_t *start = node->data.mapping.pairs.start;
	for (const yaml_node_pair_t *pair = start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_of(reader, pair->key);
		reader->key = "";
		reader->line = (int)key->start_mark.line + 1;
		reader->key = text_of(reader, key);
		if (!reader->key)
			return -EINVAL;
		for (const yaml_node_pair_t *before = start; before < pair; before++) {
			const yaml_node_t *other = node_of(reader, before->key);
			if (strcmp((const char *)other->data.scalar.value, reader->key) == 0)
				return refuse(reader, "is given twice");
		}
		int result = read(reader, node_of(reader, pair->value));
		if (result != 0)
			return result;
	}
	return 0;
}

/* A key of a section. */
struct row {
	const char *name;
	int (*read)(const struct reader *reader, const yaml_node_t *value);
};

static const struct row tls_rows[] = {
	{"cert_file", read_cert_file},
	{"key_file", read_key_file},
	{"cert", read_cert},
	{"key", read_key},
	{"client_ca_file", read_client_ca_file},
	{"client_ca", read_client_ca},
	{"client_auth_type", read_client_auth_type},
	{"client_allowed_sans", read_client_allowed_sans},
	{"min_version", read_min_version},
	{"max_version", read_max_version},
	{"prefer_server_cipher_suites", read_prefer_server},
	{"curve_preferences", read_curve_preferences},
	{"cipher_suites", refuse_cipher_suites},
	{NULL, NULL},
};

static int refuse_unknown(const struct reader *reader, const char *const *names)
{
	struct spelling spelling = {0};
	struct buffer allowed = {0};
	for (; *names; names++) {
		spelling_consider(&spelling, reader->key, strlen(reader->key), *names);
		buffer_append_format(&allowed, "%s%s", allowed.length > 0 ? ", " : "", *names);
	}
	refuse(reader, "unknown key; allowed: %.*s%s%s%s", (int)allowed.length,
		allowed.data ? allowed.data : "", spelling.nearest ? "; did you mean " : "",
		spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
	buffer_clear(&allowed);
	return -EINVAL;
}

static int read_tls_key(struct reader *reader, const yaml_node_t *value)
{
	const char *names[sizeof(tls_rows) / sizeof(tls_rows[0])];
	size_t count = 0;
	for (const struct row *row = tls_rows; row->name; row++) {
		if (strcmp(row->name, reader->key) == 0)
			return row->read(reader, value);
		if (row->read != refuse_cipher_suites)
			names[count++] = row->name;
	}
	names[count] = NULL;
	return refuse_unknown(reader, names);
}

/* What no key can tell alone. */
static int check_tls(struct reader *reader)
{
	const struct web_config *config = reader->config;
	bool verifies = config->client_auth == WEB_CLIENT_VERIFY ||
			config->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN;
	reader->key = "";
	if (config->pem[WEB_CERTIFICATE].length == 0)
		return refuse(reader, "cert_file is missing");
	if (config->pem[WEB_KEY].length == 0)
		return refuse(reader, "key_file is missing");
	if (config->min_version > config->max_version)
		return refuse(reader, "min_version is above max_version");
	if (verifies && config->pem[WEB_CLIENT_CA].length == 0)
		return refuse(reader, "client_ca_file is missing, which client_auth_type needs");
	/* Where certificates are asked for, clients get to know the authorities. */
	if (config->client_auth == WEB_CLIENT_NONE && config->pem[WEB_CLIENT_CA].length > 0)
		return refuse(reader,
			"client_ca_file has no effect without client_auth_type, such as RequireAndVerifyClientCert");
	if (!verifies && config->client_names.size > 0)
		return refuse(reader,
			"client_allowed_sans has no effect without client_auth_type: RequireAndVerifyClientCert or VerifyClientCertIfGiven");
	return 0;
}

/* A header, and the values that it may have; none: any. */
struct header_row {
	const char *name;
	const char *words[3];
};

static const struct header_row header_rows[] = {
	{"Content-Security-Policy", {NULL}},
	{"X-Frame-Options", {"deny", "sameorigin", NULL}},
	{"X-Content-Type-Options", {"nosniff", NULL}},
	{"X-XSS-Protection", {NULL}},
	{"Strict-Transport-Security", {NULL}},
};

#define HEADERS (sizeof(header_rows) / sizeof(header_rows[0]))

static int read_header(struct reader *reader, const yaml_node_t *value)
{
	const char *names[HEADERS + 1] = {NULL};
	const struct header_row *row = NULL;
	for (size_t i = 0; i < HEADERS; i++) {
		names[i] = header_rows[i].name;
		if (strcmp(header_rows[i].name, reader->key) == 0)
			row = &header_rows[i];
	}
	if (!row)
		return refuse_unknown(reader, names);
	const char *text = text_of(reader, value);
	if (!text)
		return -EINVAL;
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return refuse(reader, "has a control character");
	if (row->words[0] && read_word_by(reader, value, row->words, strcasecmp) < 0)
		return -EINVAL;
	return labels_append(&reader->config->headers, row->name, text) == 0 ? 0
									     : lack_memory(reader);
}

static int read_http_key(struct reader *reader, const yaml_node_t *value)
{
	static const char *const names[] = {"http2", "headers", NULL};
	if (strcmp(reader->key, "http2") == 0)
		return read_http2(reader, value);
	if (strcmp(reader->key, "headers") != 0)
		return refuse_unknown(reader, names);
	reader->section = "http_server_config.headers";
	return read_mapping(reader, value, read_header);
}

static int read_user(struct reader *reader, const yaml_node_t *value)
{
	if (strchr(reader->key, ':'))
		return refuse(reader, "a user's name cannot contain a colon");
	if (!web_users_can_verify())
		return refuse(reader, "this system cannot verify bcrypt hashes");
	const char *hash = text_of(reader, value);
	if (!hash)
		return -EINVAL;
	const char *reason = web_users_check_hash(hash);
	if (reason)
		return refuse(reader, "%s", reason);
	return labels_append(&reader->config->users, reader->key, hash) == 0 ? 0
									     : lack_memory(reader);
}

static int read_section(struct reader *reader, const yaml_node_t *value)
{
	static const char *const names[] = {
		"tls_server_config", "http_server_config", "basic_auth_users", NULL};
	int result = 0;
	if (strcmp(reader->key, "rate_limit") == 0)
		return refuse_rate_limit(reader, value);
	int i = 0;
	while (names[i] && strcmp(names[i], reader->key) != 0)
		i++;
	if (!names[i])
		return refuse_unknown(reader, names);
	reader->section = names[i];
	reader->key = "";
	int line = reader->line;
	if (i == 0) {
		reader->config->has_tls = !is_null(value);
		result = read_mapping(reader, value, read_tls_key);
		reader->line = line;
		if (result == 0 && reader->config->has_tls)
			result = check_tls(reader);
	} else {
		result = read_mapping(reader, value, i == 1 ? read_http_key : read_user);
	}
	reader->section = "";
	return result;
}

/* Whether text has one document at most, and that is YAML. */
static int load_document(struct reader *reader, yaml_parser_t *parser)
{
	if (yaml_parser_load(parser, reader->document))
		return 0;
	reader->line = (int)parser->problem_mark.line + 1;
	if (parser->error == YAML_MEMORY_ERROR)
		return lack_memory(reader);
	return refuse(reader, "is not valid YAML: %s", parser->problem ? parser->problem : "?");
}

/* Nothing may follow the first document. */
static int check_end(struct reader *reader, yaml_parser_t *parser)
{
	int result = load_document(reader, parser);
	if (result != 0)
		return result;
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);
	if (root) {
		reader->line = (int)root->start_mark.line + 1;
		result = refuse(reader, "a second document begins here");
	}
	yaml_document_delete(reader->document);
	return result;
}

static int read_document(struct reader *reader)
{
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);
	/* An empty file is an empty configuration. */
	return root ? read_mapping(reader, root, read_section) : 0;
}

int web_config_parse(const char *text, size_t length, const char *path, struct web_config *config,
	struct text_error *error)
{
	yaml_parser_t parser;
	yaml_document_t document;
	struct reader reader = {.path = path,
		.document = &document,
		.config = config,
		.error = error,
		.section = "",
		.key = "",
		.line = 1};
	*config = (struct web_config){.max_version = WEB_TLS_13};
	if (!yaml_parser_initialize(&parser))
		return lack_memory(&reader);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	int result = load_document(&reader, &parser);
	if (result == 0) {
		bool is_empty = !yaml_document_get_root_node(&document);
		result = read_document(&reader);
		yaml_document_delete(&document);
		if (result == 0 && !is_empty)
			result = check_end(&reader, &parser);
	}
	yaml_parser_delete(&parser);
	return result;
}

int web_config_load(const char *path, struct web_config *config, struct text_error *error)
{
	struct buffer text = {0};
	*config = (struct web_config){0};
	int result = file_text_read(path, CONFIG_FILE_MAX, &text, error);
	if (result == 0)
		result = web_config_parse(text.data, text.length - 1, path, config, error);
	buffer_clear(&text);
	return result;
}

void web_config_clear(struct web_config *config)
{
	for (int i = 0; i < WEB_SECRETS; i++) {
		buffer_clear(&config->pem[i]);
		free(config->files[i]);
	}
	labels_clear(&config->client_names);
	buffer_clear(&config->groups);
	labels_clear(&config->headers);
	labels_clear(&config->users);
	*config = (struct web_config){0};
}
