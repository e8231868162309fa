/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>
/* It needs the types of windows.h. */
#include <timeapi.h>

/* A FILETIME counts units of 100 ns from 1601; this is 1970. */
#define FILETIME_UNIT_NS 100
#define FILETIME_UNITS_TO_1970 INT64_C(116444736000000000)

/* Windows 10 1803 and later; some headers are older. */
#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 0x00000002
#endif

/* The length of Windows' clock tick, in milliseconds: the shortest that it grants. */
#define TICK_MS 1

int64_t clock_monotonic_ns(void)
{
	/* Neither call fails since Windows XP. The frequency is fixed at boot. */
	LARGE_INTEGER frequency;
	LARGE_INTEGER count;
	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&count);
	int64_t seconds = count.QuadPart / frequency.QuadPart;
	int64_t rest = count.QuadPart % frequency.QuadPart;
	return seconds * NS_PER_S + rest * NS_PER_S / frequency.QuadPart;
}

struct wall_time clock_wall(void)
{
	FILETIME now;
	GetSystemTimePreciseAsFileTime(&now);
	int64_t units = ((int64_t)now.dwHighDateTime << 32) | now.dwLowDateTime;
	return (struct wall_time){.unix_ns = (units - FILETIME_UNITS_TO_1970) * FILETIME_UNIT_NS};
}

uint32_t clock_max_error_us(void)
{
	return CLOCK_ERROR_UNKNOWN;
}

static HANDLE make_timer(void)
{
	HANDLE timer = CreateWaitableTimerExW(
		NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
	return timer ? timer : CreateWaitableTimerExW(NULL, NULL, 0, TIMER_ALL_ACCESS);
}

void clock_sleep_until(int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - clock_monotonic_ns();
	if (left_ns <= 0)
		return;
	/* Negative means relative. Rounded up, so that it does not end early. */
	LARGE_INTEGER due = {.QuadPart = -(left_ns + FILETIME_UNIT_NS - 1) / FILETIME_UNIT_NS};
	HANDLE timer = make_timer();
	bool is_set = timer && SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
	if (is_set)
		WaitForSingleObject(timer, INFINITE);
	else
		Sleep((DWORD)(left_ns / NS_PER_MS) + 1);
	if (timer)
		CloseHandle(timer);
}

void clock_keep_deadlines(void)
{
	/* Never taken back: it ends with the process. */
	timeBeginPeriod(TICK_MS);
}
