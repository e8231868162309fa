/* SPDX-License-Identifier: MIT */
#include "net/name_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"

/* glibc has no more, either (RES_MAXNDOTS). */
#define NDOTS_MAX 15

/* Moves *text to the next word of its line. Returns that word's length, 0 at the line's end. */
static size_t find_word(const char **text)
{
	*text += strspn(*text, BLANKS);
	return strcspn(*text, BLANKS "\n");
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static const char *find_next_line(const char *text)
{
	text += strcspn(text, "\n");
	return *text ? text + 1 : text;
}

void name_rules_init(struct name_rules *rules)
{
	*rules = (struct name_rules){.ndots = 1, .uses_dns = true};
}

void name_rules_clear(struct name_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->domains[i]);
	free(rules->domains);
	rules->domains = NULL;
	rules->count = 0;
}

int name_rules_add_domain(struct name_rules *rules, const char *name, size_t length)
{
	char **grown = realloc(rules->domains, (rules->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rules->domains = grown;
	char *domain = malloc(length + 1);
	if (!domain)
		return -ENOMEM;
	memcpy(domain, name, length);
	domain[length] = '\0';
	grown[rules->count++] = domain;
	return 0;
}

/* A line that names none changes nothing. */
int name_rules_set_domains(struct name_rules *rules, const char *list)
{
	size_t length = find_word(&list);
	if (length > 0)
		name_rules_clear(rules);
	int error = 0;
	for (; length > 0 && !error; list += length, length = find_word(&list))
		error = name_rules_add_domain(rules, list, length);
	return error;
}

void name_rules_read_options(struct name_rules *rules, const char *options)
{
	static const char key[] = "ndots:";
	for (size_t length; (length = find_word(&options)) > 0; options += length) {
		if (strncmp(options, key, sizeof(key) - 1) != 0)
			continue;
		long ndots = strtol(options + sizeof(key) - 1, NULL, 10);
		rules->ndots = ndots < 0 ? 0 : ndots > NDOTS_MAX ? NDOTS_MAX : (int)ndots;
	}
}

int name_rules_read_resolv_conf(struct name_rules *rules, const char *text)
{
	int error = 0;
	for (const char *line = text; *line && !error; line = find_next_line(line)) {
		size_t length = strcspn(line, BLANKS "\n");
		/* The last of them counts. */
		if (is_word(line, length, "search") || is_word(line, length, "domain"))
			error = name_rules_set_domains(rules, line + length);
		else if (is_word(line, length, "options"))
			name_rules_read_options(rules, line + length);
	}
	return error;
}

/* words: after "hosts:". Who names neither source has others, which are not ours to ask. */
static bool names_dns(const char *words)
{
	bool has_files = false;
	for (size_t length; (length = find_word(&words)) > 0 && *words != '#'; words += length) {
		if (is_word(words, length, "dns") || is_word(words, length, "resolve"))
			return true;
		has_files = has_files || is_word(words, length, "files");
	}
	return !has_files;
}

void name_rules_read_nsswitch(struct name_rules *rules, const char *text)
{
	static const char key[] = "hosts:";
	for (const char *line = text; *line; line = find_next_line(line)) {
		const char *word = line;
		if (find_word(&word) >= sizeof(key) - 1 && strncmp(word, key, sizeof(key) - 1) == 0)
			rules->uses_dns = names_dns(word + sizeof(key) - 1);
	}
}
