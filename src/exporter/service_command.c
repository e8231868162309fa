/* SPDX-License-Identifier: MIT */
#include "exporter/service_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/service_path.h"

/* What needs no quotes in any of the places below. */
#define PLAIN                                                                                      \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                           \
	"-_./:=,@+"

int service_command_add(struct service_command *command, const char *text, const char *value)
{
	struct buffer word = {0};
	size_t unused;
	if (value == NULL)
		buffer_append_text(&word, text);
	else
		buffer_append_format(&word, "-%s=%s", text, value);
	buffer_append(&word, "", 1);
	char *made = buffer_release(&word, &unused);
	if (made == NULL || command->count == SERVICE_WORDS_MAX) {
		free(made);
		return -ENOMEM;
	}
	command->words[command->count++] = made;
	return 0;
}

static int add_given(const struct options_given *given, struct service_command *command,
	struct text_error *error)
{
	char *absolute = NULL;
	if (given->is_path) {
		int result = service_path_absolute(given->value, &absolute, error);
		if (result != 0)
			return result;
	}
	int result = service_command_add(
		command, given->name, absolute != NULL ? absolute : given->value);
	free(absolute);
	if (result != 0)
		text_error_set(error, 0, "not enough memory");
	return result;
}

int service_command_make(const char *program, const struct options *options,
	struct service_command *command, struct text_error *error)
{
	const struct options_given service[] = {
		{.name = "svc", .value = options_verb_name(VERB_RUN)},
		{.name = "name", .value = options->service_name},
	};
	int result = service_command_add(command, program, NULL);
	if (result != 0)
		text_error_set(error, 0, "not enough memory");
	for (size_t i = 0; i < options->given_count && result == 0; i++)
		result = add_given(&options->given[i], command, error);
	for (size_t i = 0; i < sizeof(service) / sizeof(service[0]) && result == 0; i++)
		result = add_given(&service[i], command, error);
	return result;
}

void service_command_clear(struct service_command *command)
{
	for (size_t i = 0; i < command->count; i++)
		free(command->words[i]);
	*command = (struct service_command){.count = 0};
}

void service_systemd_word_append(const char *word, bool is_program, struct buffer *text)
{
	bool is_plain = word[0] != '\0' && word[strspn(word, PLAIN)] == '\0';
	if (!is_plain)
		buffer_append_text(text, "\"");
	for (const char *at = word; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;
		/* A variable may stand in any word but the program: there a dollar sign is one. */
		if (byte < ' ' || byte == 0x7f)
			buffer_append_format(text, "\\x%02x", byte);
		else if (byte == '"' || byte == '\\')
			buffer_append_format(text, "\\%c", byte);
		else if (byte == '%' || (byte == '$' && !is_program))
			buffer_append_format(text, "%c%c", byte, byte);
		else
			buffer_append(text, at, 1);
	}
	if (!is_plain)
		buffer_append_text(text, "\"");
}

/* The rights that it needs, or "". */
static const char *unit_capabilities(const struct service_unit *unit)
{
	if (unit->is_for_anyone)
		return unit->low_ports ? "CAP_NET_BIND_SERVICE" : "";
	return unit->low_ports ? "CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE" : "CAP_DAC_OVERRIDE";
}

static void append_unit_user(const struct service_unit *unit, struct buffer *text)
{
	const char *capabilities = unit_capabilities(unit);
	if (unit->is_for_anyone)
		/* By default the name would be the unit's, and that may be somebody. */
		buffer_append_text(text, "DynamicUser=yes\n"
					 "User=tcp-echo-metrics\n"
					 "PrivateTmp=yes\n");
	else
		buffer_append_text(text, "# Not everybody may use the files named above, or they "
					 "lie in /tmp: so it runs\n"
					 "# as root, with no right but to use them.\n");
	/* A user namespace would cut off the rights as well. */
	if (capabilities[0] == '\0')
		buffer_append_text(text, "PrivateUsers=yes\n");
	buffer_append_format(text,
		"CapabilityBoundingSet=%s\n"
		"AmbientCapabilities=%s\n",
		capabilities, unit->is_for_anyone ? capabilities : "");
}

void service_unit_append(const struct service_unit *unit, struct buffer *text)
{
	buffer_append_format(text,
		"# " SERVICE_MARK ", which does not change a unit that begins otherwise.\n"
		"# -svc=uninstall -name=%s removes it.\n"
		"[Unit]\n"
		"Description=TCP echo server and prober with metrics for Prometheus (%s)\n"
		"# A prober is to run while the network is down, too.\n"
		"After=network.target nss-lookup.target\n"
		"StartLimitIntervalSec=0\n"
		"\n"
		"[Service]\n"
		"Type=%s\n"
		"ExecStart=",
		unit->name, unit->name, unit->notifies ? "notify" : "exec");
	for (size_t i = 0; i < unit->command->count; i++) {
		buffer_append_text(text, i > 0 ? " " : "");
		service_systemd_word_append(unit->command->words[i], i == 0, text);
	}
	buffer_append_format(text,
		"\n"
		"ExecReload=/bin/sh -c \"kill -HUP ${MAINPID}\"\n"
		"Restart=on-failure\n"
		"RestartSec=5\n"
		"# A wrong command line stays wrong.\n"
		"RestartPreventExitStatus=2\n"
		"%s"
		"TimeoutStopSec=10\n"
		"LimitNOFILE=65536\n"
		"\n",
		unit->notifies ? "WatchdogSec=30\n" : "");
	append_unit_user(unit, text);
	buffer_append_text(text, "DevicePolicy=closed\n"
				 "LockPersonality=yes\n"
				 "MemoryDenyWriteExecute=yes\n"
				 "NoNewPrivileges=yes\n"
				 "PrivateDevices=yes\n"
				 "PrivateMounts=yes\n"
				 "ProcSubset=pid\n"
				 "ProtectClock=yes\n"
				 "ProtectControlGroups=yes\n"
				 "ProtectHome=read-only\n"
				 "ProtectHostname=yes\n"
				 "ProtectKernelLogs=yes\n"
				 "ProtectKernelModules=yes\n"
				 "ProtectKernelTunables=yes\n"
				 "ProtectProc=invisible\n"
				 "ProtectSystem=strict\n"
				 "RemoveIPC=yes\n"
				 "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n"
				 "RestrictNamespaces=yes\n"
				 "RestrictRealtime=yes\n"
				 "RestrictSUIDSGID=yes\n"
				 "SystemCallArchitectures=native\n"
				 "SystemCallErrorNumber=EPERM\n"
				 "SystemCallFilter=@system-service\n"
				 "SystemCallFilter=~@privileged @resources\n"
				 "UMask=0077\n"
				 "\n"
				 "[Install]\n"
				 "WantedBy=multi-user.target\n");
}

static void append_xml(const char *word, struct buffer *text)
{
	for (; *word != '\0'; word++) {
		switch (*word) {
		case '&':
			buffer_append_text(text, "&amp;");
			break;
		case '<':
			buffer_append_text(text, "&lt;");
			break;
		case '>':
			buffer_append_text(text, "&gt;");
			break;
		default:
			buffer_append(text, word, 1);
		}
	}
}

void service_plist_append(const char *name, const struct service_command *command, const char *log,
	struct buffer *text)
{
	buffer_append_format(text,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!-- " SERVICE_MARK " -->\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\">\n"
		"<dict>\n"
		"\t<key>Label</key>\n"
		"\t<string>%s</string>\n"
		"\t<key>ProgramArguments</key>\n"
		"\t<array>\n",
		name);
	for (size_t i = 0; i < command->count; i++) {
		buffer_append_text(text, "\t\t<string>");
		append_xml(command->words[i], text);
		buffer_append_text(text, "</string>\n");
	}
	buffer_append_text(text, "\t</array>\n"
				 "\t<key>RunAtLoad</key>\n"
				 "\t<true/>\n"
				 "\t<key>KeepAlive</key>\n"
				 "\t<dict>\n"
				 "\t\t<key>SuccessfulExit</key>\n"
				 "\t\t<false/>\n"
				 "\t</dict>\n"
				 "\t<key>StandardErrorPath</key>\n"
				 "\t<string>");
	append_xml(log, text);
	buffer_append_text(text, "</string>\n"
				 "</dict>\n"
				 "</plist>\n");
}

static void append_windows_word(const char *word, struct buffer *text)
{
	if (word[0] != '\0' && word[strcspn(word, " \t\n\v\"")] == '\0') {
		buffer_append_text(text, word);
		return;
	}
	buffer_append_text(text, "\"");
	while (*word != '\0') {
		/* Backslashes mean themselves, but before a quotation mark. */
		size_t backslashes = strspn(word, "\\");
		char next = word[backslashes];
		buffer_append(text, word, backslashes);
		if (next == '"' || next == '\0')
			buffer_append(text, word, backslashes);
		if (next == '"')
			buffer_append_text(text, "\\");
		word += backslashes;
		if (next != '\0')
			buffer_append(text, word++, 1);
	}
	buffer_append_text(text, "\"");
}

void service_windows_line_append(const struct service_command *command, struct buffer *text)
{
	for (size_t i = 0; i < command->count; i++) {
		/* In the program's name, which cannot hold a quotation mark, nothing is escaped. */
		if (i == 0)
			buffer_append_format(text, "\"%s\"", command->words[i]);
		else
			append_windows_word(command->words[i], text);
		buffer_append_text(text, i + 1 < command->count ? " " : "");
	}
}
