/* SPDX-License-Identifier: MIT */
/* Whether this system lets a program mark its packets (DSCP). */
#ifndef BASE_PACKET_MARK_H
#define BASE_PACKET_MARK_H

#include <stdbool.h>

/* False where packets are marked by policies of the system's own, whatever a program asks for. */
bool packet_mark_is_possible(void);

#endif
