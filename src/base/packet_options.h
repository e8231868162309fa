/* SPDX-License-Identifier: MIT */
/* What this system lets a program choose for its packets. */
#ifndef BASE_PACKET_OPTIONS_H
#define BASE_PACKET_OPTIONS_H

#include <stdbool.h>

/* Their mark (DSCP): false where they are marked by policies of the system's own, whatever a program
 * asks for. */
bool packet_mark_is_possible(void);

/* The interface that they leave by. */
bool packet_interface_is_possible(void);

/* To be told when they reach the device. */
bool packet_departures_are_known(void);

#endif
