/* SPDX-License-Identifier: MIT */
#include "config/target_group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../target_options_text.h"
#include "base/buffer.h"
#include "config/targets_file.h"

#define GROUP(labels) "[{\"targets\": [\"a:1\"], \"labels\": {" labels "}}]"

static struct target_options defaults;

/* "name address options {label=value ...}; ..." */
static void describe(const struct target_list *list, struct buffer *text)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct target_config *target = &list->targets[i];
		char address[ENDPOINT_TEXT_MAX];
		endpoint_format(&target->address, address);
		buffer_append_format(text, "%s%s at %s", i > 0 ? "; " : "", target->name, address);
		for (int id = 0; id < OPTIONS; id++) {
			char value[OPTION_VALUE_TEXT_MAX];
			if (!(target->own & option_bit((enum option_id)id)))
				continue;
			target_options_format(
				&target->options, option_get((enum option_id)id), value);
			buffer_append_format(
				text, " %s=%s", option_get((enum option_id)id)->key, value);
		}
		const char *label = NULL;
		const char *value;
		while ((label = labels_next(&target->labels, label, &value)))
			buffer_append_format(text, " {%s=%s}", label, value);
	}
	buffer_append(text, "", 1);
}

static const struct {
	const char *says;
	const char *text;
	const char *targets;
} good[] = {
	{"one", "[{\"targets\": [\"a:1\"]}]", "a:1 at a:1"},
	{"several with labels",
		"[{\"labels\": {\"rack\": \"r1\", \"site\": \"x\"}, \"targets\": [\"a:1\", \"b:2\"]}]",
		"a:1 at a:1 {rack=r1} {site=x}; b:2 at b:2 {rack=r1} {site=x}"},
	{"several groups", "[{\"targets\": [\"a:1\"]}, {\"targets\": [\"[::1]:2\"]}]",
		"a:1 at a:1; [::1]:2 at [::1]:2"},
	{"an empty group", "[{\"targets\": []}]", ""},
	{"what Go writes of nothing", "[{\"targets\": null, \"labels\": null}]", ""},
	{"a name", GROUP("\"__tcp_echo_name__\": \"n\""), "n at a:1"},
	{"an empty name is none", GROUP("\"__tcp_echo_name__\": \"\""), "a:1 at a:1"},
	{"a duration", GROUP("\"__tcp_echo_interval__\": \"1s\""), "a:1 at a:1 interval=1s"},
	{"a word for a duration", GROUP("\"__tcp_echo_timeout__\": \"auto\""),
		"a:1 at a:1 timeout=auto"},
	{"a number", GROUP("\"__tcp_echo_window__\": \"50\""), "a:1 at a:1 window=50"},
	{"a choice", GROUP("\"__tcp_echo_probe__\": \"connect\""), "a:1 at a:1 probe=connect"},
	{"a codepoint by name", GROUP("\"__tcp_echo_dscp__\": \"ef\""), "a:1 at a:1 dscp=46"},
	{"a switch", GROUP("\"__tcp_echo_stamps__\": \"off\""), "a:1 at a:1 stamps=off"},
	{"an underscore in a key", GROUP("\"__tcp_echo_ip_version__\": \"4\""),
		"a:1 at a:1 ip_version=4"},
	{"an empty setting is none", GROUP("\"__tcp_echo_interval__\": \"\""), "a:1 at a:1"},
	{"what discovery found out is left out",
		GROUP("\"__meta_consul_node\": \"x\", \"__address__\": \"y\", \"__\": \"z\", \"a\": \"b\""),
		"a:1 at a:1 {a=b}"},
	{"what only looks like a setting is left out",
		GROUP("\"__tcp_echo_interval\": \"x\", \"__tcp_echo___\": \"y\""), "a:1 at a:1"},
	{"an empty label is none", GROUP("\"a\": \"\""), "a:1 at a:1"},
};

static const struct {
	const char *says;
	const char *text;
	const char *reason; /* Part of the message. */
} bad[] = {
	{"no object", "[{\"targets\": []}, 7]",
		"group 2: is not an object with targets and labels"},
	{"an unknown key", "[{\"targets\": [], \"source\": \"x\"}]",
		"group 1: unknown key \"source\"; allowed: targets, labels"},
	{"no targets", "[{\"targets\": []}, {\"labels\": {}}]", "group 2: targets is missing"},
	{"targets twice", "[{\"targets\": [], \"targets\": []}]",
		"group 1: targets is given twice"},
	{"labels twice", "[{\"targets\": [], \"labels\": {}, \"labels\": {}}]",
		"group 1: labels is given twice"},
	{"targets is text", "[{\"targets\": \"a:1\"}]",
		"group 1: targets is not an array of addresses"},
	{"a number for an address", "[{\"targets\": [4000]}]",
		"group 1: targets has something that is not a string"},
	{"labels is an array", "[{\"targets\": [], \"labels\": []}]",
		"group 1: labels is not an object of strings"},
	{"a number for a label", GROUP("\"a\": 1"),
		"group 1: label \"a\": its value is not a string"},
	{"a number for a setting", GROUP("\"__tcp_echo_window__\": 5"),
		"its value is not a string"},
	{"a number for what is left out", GROUP("\"__meta_x\": 5"), "its value is not a string"},
	{"a label that metrics have", GROUP("\"target\": \"x\""),
		"label \"target\" is a label that the metrics already have"},
	{"a label with a bad name", GROUP("\"a-b\": \"x\""),
		"label \"a-b\" is not a valid label name"},
	{"a misspelt setting", GROUP("\"__tcp_echo_intervall__\": \"1s\""),
		"label \"__tcp_echo_intervall__\" is not a setting; did you mean __tcp_echo_interval__?"},
	{"an unknown setting", GROUP("\"__tcp_echo_nonsense__\": \"1s\""),
		"label \"__tcp_echo_nonsense__\" is not a setting"},
	{"what is no setting", GROUP("\"__tcp_echo_address__\": \"b:1\""),
		"label \"__tcp_echo_address__\" is not a setting"},
	{"labels as a setting", GROUP("\"__tcp_echo_labels__\": \"x\""), "is not a setting"},
	{"a bad duration", GROUP("\"__tcp_echo_interval__\": \"5\""),
		"label \"__tcp_echo_interval__\": \"5\" "},
	{"a duration out of range", GROUP("\"__tcp_echo_interval__\": \"0s\""),
		"label \"__tcp_echo_interval__\": \"0s\" is out of range; allowed: 1ms to 24h"},
	{"no port", "[{\"targets\": [\"a\"]}]", "group 1: target \"a\": address has no port"},
	{"an address that is no name", "[{\"targets\": [\"a/b:1\"]}]",
		"group 1: target \"a/b:1\": "},
	{"the same address twice", "[{\"targets\": [\"a:1\", \"a:1\"]}]",
		"group 1: target \"a:1\": name is used twice"},
	{"one name for two",
		"[{\"targets\": [\"a:1\", \"b:1\"], \"labels\": {\"__tcp_echo_name__\": \"n\"}}]",
		"group 1: target \"n\": name is used twice"},
	{"a label without a name", "[{\"targets\": [], \"labels\": {\"\": \"x\"}}]",
		"label \"\" is not a valid label name"},
};

START_TEST(takes_a_group)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	struct buffer text = {0};
	int result =
		targets_file_parse(good[_i].text, strlen(good[_i].text), &defaults, &list, &error);
	ck_assert_msg(result == 0, "%s: %s", good[_i].says, error.reason);
	describe(&list, &text);
	ck_assert_msg(strcmp(text.data, good[_i].targets) == 0, "%s: %s", good[_i].says, text.data);
	for (size_t i = 0; i < list.count; i++)
		ck_assert(target_options_has(&list.targets[i].options, OPTION_INTERVAL));
	buffer_clear(&text);
	target_list_clear(&list);
}
END_TEST

START_TEST(refuses_a_bad_group)
{
	struct target_list list = {0};
	struct text_error error = {.reason = ""};
	int result =
		targets_file_parse(bad[_i].text, strlen(bad[_i].text), &defaults, &list, &error);
	ck_assert_msg(result == -EINVAL, "%s", bad[_i].says);
	ck_assert_msg(strstr(error.reason, bad[_i].reason), "%s: %s", bad[_i].says, error.reason);
	ck_assert_int_eq(error.line, 1);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("target_group");
	target_options_init(&defaults);
	tcase_add_loop_test(tcase, takes_a_group, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tcase, refuses_a_bad_group, 0, sizeof(bad) / sizeof(bad[0]));
	return unit_run("config/target_group", tcase);
}
