/* SPDX-License-Identifier: MIT */
/*
 * Included before all else (gcc -include), this removes what is specific to Linux, so that what
 * other POSIX systems build, above all macOS, runs here too. The system's headers come first: they
 * need it.
 */
#ifndef PORTABILITY_BARE_POSIX_H
#define PORTABILITY_BARE_POSIX_H

#include <arpa/inet.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#undef CLOCK_BOOTTIME
#undef MSG_NOSIGNAL
#undef SOCK_NONBLOCK
#undef SO_TIMESTAMPNS
#undef TCP_KEEPIDLE
#undef TIMER_ABSTIME
#undef _POSIX_REALTIME_SIGNALS
#undef __linux__

/* The macOS name for the Linux option that was just removed, with its Linux number. */
#define TCP_KEEPALIVE 4

#endif
