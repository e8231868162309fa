/* SPDX-License-Identifier: MIT */
/*
 * Which frames a target's echo server is sent: those that it is known or told to answer, or else each
 * format in turn until something answers. In every other turn there is no hello either, which could be what
 * the server does not like. Pure.
 */
#ifndef PROBE_FRAME_CHOICE_H
#define PROBE_FRAME_CHOICE_H

#include <stdbool.h>

#include "config/target_options.h"
#include "echo/frame.h"

/* How many connections in a row a peer ends without a byte before it is sent the other format. */
#define FRAME_CHOICE_PATIENCE 2

/* Stored by the caller. */
struct frame_choice {
	enum frame_format format;   /* Of the next connection. */
	enum frame_format answered; /* What was answered last; at first that of most servers. */
	bool is_fixed;		    /* By the user. */
	bool wants_stamps;	    /* Likewise. */
	bool is_shy;		    /* Hellos seem not to be welcome. */
	/* What was answered since it was tried last: whoever knew more may have been away while less was
	 * tried. */
	bool knew_plain;
	bool knew_hello;
	unsigned char refused; /* Connections in a row that the peer ended without a byte. */
};

void frame_choice_init(struct frame_choice *choice, enum frame_kind kind, bool wants_stamps);

/* Whether the next connection begins with a hello. */
static inline bool frame_choice_has_hello(const struct frame_choice *choice)
{
	return choice->wants_stamps && !choice->is_shy && choice->format == FRAME_FORMAT_PLAIN;
}

/* The first reply came on a connection of that format, which began with a hello or not. Returns whether the
 * format is another than was answered before. */
bool frame_choice_note_reply(struct frame_choice *choice, enum frame_format format, bool had_hello);

/* The peer ended a connection over which frames of that format had been sent. has_bytes: something had
 * come back. Returns whether the next one differs because too many ended without a reply. */
bool frame_choice_note_end(struct frame_choice *choice, enum frame_format format, bool has_bytes);

#endif
