/* SPDX-License-Identifier: MIT */
#include "service/systemd_unit.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

/* What means itself without quotes. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+"

int systemd_unit_check(const struct service_command *command, struct text_error *error)
{
	for (size_t i = 0; i < command->count; i++) {
		const char *word = command->words[i];
		if (!utf8_is_valid(word, strlen(word))) {
			text_error_set(error, 0,
				"\"%s\" is not valid UTF-8, which systemd requires", word);
			return -EILSEQ;
		}
	}
	return 0;
}

void systemd_unit_append_word(const char *word, bool is_program, struct buffer *text)
{
	bool is_plain = word[0] != '\0' && word[strspn(word, PLAIN)] == '\0';
	if (!is_plain)
		buffer_append_text(text, "\"");
	for (const char *at = word; *at != '\0'; at++) {
		unsigned char byte = (unsigned char)*at;
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

static void append_head(const struct systemd_unit *unit, struct buffer *text)
{
	buffer_append_format(text,
		"# " SERVICE_MARK ", which leaves units that begin otherwise alone.\n"
		"# -svc=uninstall -name=%s removes it.\n"
		"[Unit]\n"
		"Description=TCP echo server and prober with metrics for Prometheus (%s)\n"
		"# A prober must run while the network is down, too.\n"
		"After=network.target nss-lookup.target\n"
		"StartLimitIntervalSec=0\n"
		"\n",
		unit->name, unit->name);
}

static void append_start(const struct systemd_unit *unit, struct buffer *text)
{
	buffer_append_format(text,
		"[Service]\n"
		"Type=%s\n"
		"ExecStart=",
		unit->notifies ? "notify" : "exec");
	for (size_t i = 0; i < unit->command->count; i++) {
		buffer_append_text(text, i > 0 ? " " : "");
		systemd_unit_append_word(unit->command->words[i], i == 0, text);
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
}

/* The rights that it needs, or "". */
static const char *capabilities_of(const struct systemd_unit *unit)
{
	if (unit->is_for_anyone)
		return unit->low_ports ? "CAP_NET_BIND_SERVICE" : "";
	return unit->low_ports ? "CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE" : "CAP_DAC_OVERRIDE";
}

static void append_user(const struct systemd_unit *unit, struct buffer *text)
{
	const char *capabilities = capabilities_of(unit);
	if (unit->is_for_anyone)
		/* By default the user is named like the unit, and that user may exist. */
		buffer_append_text(text, "DynamicUser=yes\n"
					 "User=tcp-echo-metrics\n"
					 "PrivateTmp=yes\n");
	else
		buffer_append_text(text,
			"# The files named above are in /tmp, or not everyone may use them: so it runs as root,\n"
			"# with no right except to use them.\n");
	/* A user namespace would cut off the rights as well. */
	if (capabilities[0] == '\0')
		buffer_append_text(text, "PrivateUsers=yes\n");
	buffer_append_format(text,
		"CapabilityBoundingSet=%s\n"
		"AmbientCapabilities=%s\n",
		capabilities, unit->is_for_anyone ? capabilities : "");
}

static const char sandbox[] =
	"DevicePolicy=closed\n"
	"LockPersonality=yes\n"
	"MemoryDenyWriteExecute=yes\n"
	"NoNewPrivileges=yes\n"
	"PrivateDevices=yes\n"
	"PrivateMounts=yes\n"
	"ProcSubset=pid\n"
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
	"# The HTTP thread gives way to those that measure.\n"
	"SystemCallFilter=setpriority\n"
	"# To read how far the clock may be off. Nobody can set it without capabilities.\n"
	"SystemCallFilter=adjtimex clock_adjtime clock_adjtime64\n"
	"UMask=0077\n"
	"\n";

void systemd_unit_append(const struct systemd_unit *unit, struct buffer *text)
{
	append_head(unit, text);
	append_start(unit, text);
	append_user(unit, text);
	buffer_append_text(text, sandbox);
	buffer_append_text(text, "[Install]\n"
				 "WantedBy=multi-user.target\n");
}
