/* SPDX-License-Identifier: MIT */
/* Probing by echo: frames go out over one persistent connection, and come back unchanged. */
#ifndef PROBE_ECHO_PROBE_H
#define PROBE_ECHO_PROBE_H

#include "probe/flight.h"
#include "probe/frame_choice.h"
#include "probe/link.h"

/* Private. Stored by the caller, who uses its link. */
struct echo_probe {
	struct link link;
	struct flight flight;
	struct frame_choice choice;
};

extern const struct probe_operations echo_probe_operations;

#endif
