/* SPDX-License-Identifier: MIT */
/*
 * Prints what documents and completions say of the options: blocks of lines, each headed by "=== PATH
 * BLOCK". PATH is the document, relative to the sources' folder; BLOCK names the place in it.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/option.h"

#define PROGRAM "tcp-echo-metrics"
#define MAN "man/" PROGRAM ".1"
#define COLLECTD_MAN "man/collectd-tcp_echo.5"
#define BASH "packaging/completions/bash/" PROGRAM
#define FISH "packaging/completions/fish/" PROGRAM ".fish"
#define ZSH "packaging/completions/zsh/_" PROGRAM

#define COLUMNS 100
#define TAB ((size_t)8)

/* For one sentence or two. */
#define TEXT_MAX 512

static bool is_flag(const struct option *option)
{
	return option->flag;
}

/* What a usual command line may have. */
static bool is_in_synopsis(const struct option *option)
{
	return is_flag(option) && option->id != OPTION_HELP && option->id != OPTION_VERSION;
}

static bool is_key(const struct option *option)
{
	return option->key;
}

static bool is_of_target(const struct option *option)
{
	return option->scope == OPTION_OF_TARGET;
}

/* Whether it is an option of collectd's block for the plugin. <Target> and Address have prose. */
static bool is_of_collectd(const struct option *option)
{
	return option->collectd && option->scope != OPTION_KEY_OF_TARGET;
}

/* Returns the first option that is in a list, behind that one (NULL: of all), or NULL. */
static const struct option *next(
	const struct option *option, bool (*in)(const struct option *option))
{
	for (int id = option ? (int)option->id + 1 : 0; id < OPTIONS; id++)
		if (in(option_get((enum option_id)id)))
			return option_get((enum option_id)id);
	return NULL;
}

static void print_head(const char *path, const char *block)
{
	printf("=== %s %s\n", path, block);
}

static void print_lower(const char *text)
{
	for (; *text; text++)
		putchar(tolower((unsigned char)*text));
}

/* What it does and what is allowed, without a final stop. text: TEXT_MAX bytes. */
static void describe(const struct option *option, bool in_collectd, char *text)
{
	char allowed[OPTION_ALLOWED_MAX];
	option_allowed(option, OPTION_STYLE_DOCUMENT, allowed);
	const char *meaning = option->text ? option->text : option->help;
	if (in_collectd && option->collectd_text)
		meaning = option->collectd_text;
	if (option->kind == OPTION_KIND_CHOICE)
		snprintf(text, TEXT_MAX, "%s: %s", allowed, meaning);
	else if (option_has_range(option))
		snprintf(text, TEXT_MAX, "%s, %s", meaning, allowed);
	else
		snprintf(text, TEXT_MAX, "%s", meaning);
	size_t length = strlen(text);
	if (option->alias && !in_collectd)
		snprintf(text + length, TEXT_MAX - length, "; also `-%s`", option->alias);
}

/* Its default, or NULL. */
static const char *initial(const struct option *option, bool in_collectd)
{
	return in_collectd ? option_initial_in_collectd(option) : option->initial;
}

static void print_cell(const char *before, const char *text, const char *after)
{
	if (text)
		printf(" %s%s%s", before, text, after);
	printf(" |");
}

static void print_meaning(const struct option *option, bool in_collectd)
{
	char text[TEXT_MAX];
	describe(option, in_collectd, text);
	printf(" %s |\n", text);
}

static void print_readme(void)
{
	print_head("README.md", "flags");
	printf("| flag | default | meaning |\n| --- | --- | --- |\n");
	for (const struct option *each = NULL; (each = next(each, is_flag));) {
		printf("|");
		print_cell("`-", each->flag, "`");
		print_cell("`", each->initial, "`");
		print_meaning(each, false);
	}
}

/* A default as JSON, if there is one. */
static void print_json(const struct option *option)
{
	bool is_number = option_takes_number(option) && option->kind != OPTION_KIND_DURATION &&
			 option->initial && isdigit((unsigned char)option->initial[0]);
	print_cell(is_number ? "`" : "`\"", option->initial, is_number ? "`" : "\"`");
}

static void print_targets(void)
{
	print_head("docs/targets.md", "keys");
	printf("| key | flag | collectd | default | meaning |\n| --- | --- | --- | --- | --- |\n");
	for (const struct option *each = NULL; (each = next(each, is_key));) {
		bool is_name = each->id == OPTION_TARGET_NAME;
		bool is_address = each->id == OPTION_TARGET_ADDRESS;
		printf("|");
		print_cell("`", each->key, "`");
		print_cell("`-", is_address ? option_get(OPTION_TARGET)->flag : each->flag, "`");
		print_cell(is_name ? "`<" : "`", each->collectd, is_name ? " \"name\">`" : "`");
		print_json(each);
		print_meaning(each, false);
	}
}

static void print_collectd(void)
{
	print_head("docs/collectd.md", "options");
	printf("| option | default | meaning |\n| --- | --- | --- |\n");
	for (const struct option *each = NULL; (each = next(each, is_of_collectd));) {
		printf("|");
		print_cell("`", each->collectd, "`");
		print_cell("`", initial(each, true), "`");
		print_meaning(each, true);
	}
}

/* Ends a line of mdoc, and begins none that would be empty. */
static void print_roff_text(const char *text, size_t length)
{
	while (length > 0 && *text == ' ') {
		text++;
		length--;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length > 0)
		printf("%.*s\n", (int)length, text);
}

/* Prints text, in which code is in backticks, as mdoc. */
static void print_roff(const char *text)
{
	for (;;) {
		size_t length = strcspn(text, "`");
		print_roff_text(text, length);
		if (text[length] == '\0')
			return;
		text += length + 1;
		length = strcspn(text, "`");
		bool is_dashed = text[0] == '-';
		printf(".%s %.*s", is_dashed ? "Fl" : "Cm", (int)length - is_dashed,
			text + is_dashed);
		text += length + 1;
		/* Punctuation clings to the code. */
		if (*text != '\0' && strchr(",.;:", *text))
			printf(" %c", *text++);
		printf("\n");
	}
}

/* One item of a list of options. */
static void print_item(const struct option *option, bool in_collectd)
{
	char text[TEXT_MAX];
	describe(option, in_collectd, text);
	text[0] = (char)toupper((unsigned char)text[0]);
	strncat(text, ".", sizeof(text) - strlen(text) - 1);
	printf(".It %s %s", in_collectd ? "Cm" : "Fl",
		in_collectd ? option->collectd : option->flag);
	if (option->value) {
		printf(" Ar ");
		print_lower(option->value);
	}
	printf("\n");
	print_roff(text);
	const char *value = initial(option, in_collectd);
	if (value) {
		snprintf(text, sizeof(text), "The default is `%s`%s%s.", value,
			option->otherwise ? ", " : "", option->otherwise ? option->otherwise : "");
		print_roff(text);
	} else if (option->otherwise) {
		printf("The default is %s.\n", option->otherwise);
	}
}

/* All names of a list in one line of mdoc. */
static void print_names(bool (*in)(const struct option *option), bool in_collectd)
{
	printf(".%s", in_collectd ? "Cm" : "Li");
	for (const struct option *each = NULL; (each = next(each, in));)
		printf(" %s%s", in_collectd ? each->collectd : each->key,
			next(each, in) ? " ," : "");
	printf("\n");
}

static void print_man(void)
{
	print_head(MAN, "synopsis");
	for (const struct option *each = NULL; (each = next(each, is_in_synopsis));) {
		printf(".Op Fl %s%s", each->flag, each->value ? " Ar " : "");
		print_lower(each->value ? each->value : "");
		printf("\n");
	}
	print_head(MAN, "options");
	for (const struct option *each = NULL; (each = next(each, is_flag));)
		print_item(each, false);
	print_head(MAN, "keys");
	print_names(is_of_target, false);
}

static void print_collectd_man(void)
{
	print_head(COLLECTD_MAN, "options");
	for (const struct option *each = NULL; (each = next(each, is_of_collectd));)
		print_item(each, true);
	print_head(COLLECTD_MAN, "target");
	print_names(is_of_target, true);
}

static void print_words(const struct option *option)
{
	for (int i = 0; option->words[i]; i++)
		printf("%s%s", i > 0 ? " " : "", option->words[i]);
}

static void print_bash_flags(void)
{
	print_head(BASH, "flags");
	size_t column = TAB - 1 + (size_t)printf("\tlocal flags='");
	const char *space = "";
	for (const struct option *each = NULL; (each = next(each, is_flag));) {
		size_t length = strlen(each->flag) + strlen(" -");
		if (column + length > COLUMNS) {
			printf("\n\t\t");
			column = 2 * TAB;
			space = "";
		}
		printf("%s-%s", space, each->flag);
		column += length;
		space = " ";
	}
	printf("'\n");
}

static void print_bash_values(void)
{
	print_head(BASH, "values");
	for (const struct option *each = NULL; (each = next(each, is_flag));) {
		if (!each->value)
			continue;
		printf("\t-%s)", each->flag);
		if (each->words[0]) {
			printf(" flags='");
			print_words(each);
			printf("' ;;\n");
		} else if (option_kind_is_path(each->kind)) {
			printf("\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
			       "\t\tcompopt -o filenames\n\t\treturn\n\t\t;;\n");
		} else {
			printf(" return ;;\n");
		}
	}
}

/* Prints text within quotes; quote is how a quote is written there. */
static void print_quoted(const char *text, const char *quote)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("%s", quote);
		else
			putchar(*text);
	}
}

static void print_fish(void)
{
	print_head(FISH, "flags");
	for (const struct option *each = NULL; (each = next(each, is_flag));) {
		printf("complete -c " PROGRAM " -o %s -l %s", each->flag, each->flag);
		if (option_kind_is_path(each->kind))
			printf(" -r -F");
		else if (each->value)
			printf(" -x");
		if (each->words[0]) {
			printf(" -a '");
			print_words(each);
			printf("'");
		}
		printf(" -d '");
		print_quoted(each->help, "\\'");
		printf("'\n");
	}
}

static void print_zsh(void)
{
	print_head(ZSH, "flags");
	printf("_arguments");
	for (const struct option *each = NULL; (each = next(each, is_flag));) {
		printf(" \\\n\t'*'{-,--}'%s%s[", each->flag, each->value ? "=" : "");
		print_quoted(each->help, "'\\''");
		printf("]");
		if (each->value) {
			printf(":");
			print_lower(each->value);
			printf(":");
		}
		if (each->words[0]) {
			printf("(");
			print_words(each);
			printf(")");
		} else if (each->value) {
			printf("%s", option_kind_is_path(each->kind) ? "_files" : " ");
		}
		printf("'");
	}
	printf("\n");
}

int main(void)
{
	print_readme();
	print_targets();
	print_collectd();
	print_man();
	print_collectd_man();
	print_bash_flags();
	print_bash_values();
	print_fish();
	print_zsh();
	return 0;
}
