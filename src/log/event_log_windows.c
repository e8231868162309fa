/* SPDX-License-Identifier: MIT */
#include "log/event_log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/wide.h"

#define SOURCES L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\"
#define KEY_MAX 256

/* One of Windows' own files, in which every message from 1 to 1000 is just the text given. */
#define MESSAGES L"%SystemRoot%\\System32\\EventCreate.exe"
#define MESSAGE_ID 1

/* ReportEvent() takes no longer texts. */
#define TEXT_MAX 31839

static HANDLE opened;

/* Writes the path of the source's key. Returns whether it has one. */
static bool key_of(const char *source, wchar_t key[KEY_MAX])
{
	wchar_t *wide = wide_from_utf8(source);
	if (!wide)
		return false;
	int length = _snwprintf(key, KEY_MAX, L"%ls%ls", SOURCES, wide);
	free(wide);
	return length > 0 && length < KEY_MAX;
}

unsigned long event_log_register(const char *source)
{
	wchar_t path[KEY_MAX];
	HKEY key;
	const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
	if (!key_of(source, path))
		return ERROR_INVALID_NAME;
	LSTATUS code = RegCreateKeyExW(
		HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
	if (code != ERROR_SUCCESS)
		return (unsigned long)code;
	code = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)MESSAGES,
		sizeof(MESSAGES));
	if (code == ERROR_SUCCESS)
		code = RegSetValueExW(
			key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof(types));
	RegCloseKey(key);
	if (code != ERROR_SUCCESS)
		RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
	return (unsigned long)code;
}

void event_log_unregister(const char *source)
{
	wchar_t path[KEY_MAX];
	if (key_of(source, path))
		RegDeleteKeyW(HKEY_LOCAL_MACHINE, path);
}

void event_log_open(const char *source)
{
	wchar_t *wide = wide_from_utf8(source);
	if (wide)
		opened = RegisterEventSourceW(NULL, wide);
	free(wide);
}

static WORD type_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return EVENTLOG_ERROR_TYPE;
	case LOG_LEVEL_WARNING:
		return EVENTLOG_WARNING_TYPE;
	case LOG_LEVEL_INFO:
	case LOG_LEVEL_DEBUG:
		break;
	}
	return EVENTLOG_INFORMATION_TYPE;
}

void event_log_write(enum log_level level, const char *text, size_t length)
{
	if (!opened)
		return;
	char *whole = calloc(length + 1, 1);
	if (!whole)
		return;
	memcpy(whole, text, length < TEXT_MAX ? length : TEXT_MAX);
	wchar_t *wide = wide_from_utf8(whole);
	const wchar_t *texts[] = {wide};
	if (wide)
		ReportEventW(opened, type_of(level), 0, MESSAGE_ID, NULL, 1, 0, texts, NULL);
	free(wide);
	free(whole);
}
