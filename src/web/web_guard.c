/* SPDX-License-Identifier: MIT */
#include "web/web_guard.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/clock.h"
#include "base/files.h"
#include "web/web_config.h"
#include "web/web_users.h"

/* What is in effect. */
struct rules {
	struct web_config config;
	struct tls_context *tls;
	struct web_users *users;
};

struct web_guard {
	char *path;
	struct rules rules;
	struct file_state
		known[1 + WEB_SECRETS]; /* When they were last loaded, or that was tried. */
};

/* Those of the files that the rules name, behind the configuration's own. */
static void read_secret_states(
	const struct web_guard *guard, struct file_state states[1 + WEB_SECRETS])
{
	for (int i = 0; i < WEB_SECRETS; i++) {
		states[1 + i] = (struct file_state){0};
		if (guard->rules.config.files[i])
			files_state(guard->rules.config.files[i], &states[1 + i]);
	}
}

static void rules_clear(struct rules *rules)
{
	tls_context_release(rules->tls);
	web_users_free(rules->users);
	web_config_clear(&rules->config);
	*rules = (struct rules){0};
}

static void read_states(const struct web_guard *guard, struct file_state states[1 + WEB_SECRETS])
{
	files_state(guard->path, &states[0]);
	read_secret_states(guard, states);
}

/* Returns 0 with *rules owned by the caller, or a negative errno with error. */
static int load(const char *path, struct rules *rules, struct text_error *error)
{
	struct rules made = {0};
	int result = web_config_load(path, &made.config, error);
	if (result == 0 && made.config.has_tls) {
		struct text_error wrong;
		result = tls_context_new(&made.config, &made.tls, &wrong);
		if (result != 0)
			text_error_set(error, 0, "%s: %s", path, wrong.reason);
	}
	if (result == 0 && made.config.users.size > 0) {
		made.users = web_users_new(&made.config.users);
		if (!made.users) {
			text_error_set(error, 0, "%s: out of memory", path);
			result = -ENOMEM;
		}
	}
	/* The private key has no business here any more. */
	struct buffer *key = &made.config.pem[WEB_KEY];
	if (key->length > 0)
		gnutls_memset(key->data, 0, key->length);
	if (result != 0) {
		rules_clear(&made);
		return result;
	}
	*rules = made;
	return 0;
}

int web_guard_new(const char *path, struct web_guard **guard, struct text_error *error)
{
	struct web_guard *made = calloc(1, sizeof(*made));
	char *copy = strdup(path);
	if (!made || !copy) {
		free(copy);
		free(made);
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	made->path = copy;
	/* Before it is read, so that no change is missed. */
	files_state(path, &made->known[0]);
	int result = load(path, &made->rules, error);
	if (result != 0) {
		web_guard_free(made);
		return result;
	}
	read_secret_states(made, made->known);
	*guard = made;
	return 0;
}

void web_guard_follow(struct web_guard *guard, const struct log *log, struct reloads *reloads)
{
	struct file_state now[1 + WEB_SECRETS];
	struct rules rules;
	struct text_error error;
	bool is_same = true;
	if (!guard)
		return;
	read_states(guard, now);
	for (int i = 0; i < 1 + WEB_SECRETS; i++)
		is_same = is_same && file_state_is_same(&now[i], &guard->known[i]);
	if (is_same)
		return;
	memcpy(guard->known, now, sizeof(now));
	int failure = load(guard->path, &rules, &error);
	reloads_note(reloads, RELOAD_OF_WEB_CONFIG, !failure, clock_wall());
	if (failure) {
		log_write(log, LOG_LEVEL_ERROR, NULL,
			"reload failed, keeping the previous web configuration: %s", error.reason);
		return;
	}
	rules_clear(&guard->rules);
	guard->rules = rules;
	/* It may name other files now. */
	read_states(guard, guard->known);
	log_write(log, LOG_LEVEL_INFO, NULL, "%s reloaded", guard->path);
}

struct tls_context *web_guard_tls(const struct web_guard *guard)
{
	return guard ? guard->rules.tls : NULL;
}

bool web_guard_lets_in(struct web_guard *guard, const char *authorization, size_t length)
{
	return !guard || !guard->rules.users ||
	       web_users_let_in(guard->rules.users, authorization, length);
}

const struct labels *web_guard_headers(const struct web_guard *guard)
{
	static const struct labels none;
	return guard ? &guard->rules.config.headers : &none;
}

size_t web_guard_users(const struct web_guard *guard)
{
	size_t count = 0;
	const char *value;
	const char *name = NULL;
	while (guard && (name = labels_next(&guard->rules.config.users, name, &value)))
		count++;
	return count;
}

size_t web_guard_files(const struct web_guard *guard, const char *files[WEB_SECRETS])
{
	size_t count = 0;
	for (int i = 0; guard && i < WEB_SECRETS; i++)
		if (guard->rules.config.files[i])
			files[count++] = guard->rules.config.files[i];
	return count;
}

void web_guard_free(struct web_guard *guard)
{
	if (!guard)
		return;
	rules_clear(&guard->rules);
	free(guard->path);
	free(guard);
}

void web_guard_append_libraries(struct buffer *buffer)
{
	buffer_append_format(buffer, ", GnuTLS %s, libyaml %s", gnutls_check_version(NULL),
		yaml_get_version_string());
	web_users_append_library(buffer);
}
