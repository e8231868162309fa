/* SPDX-License-Identifier: MIT */
#include "probe/frame_choice.h"

void frame_choice_init(struct frame_choice *choice, enum frame_kind kind, bool wants_stamps)
{
	*choice = (struct frame_choice){
		.format = kind == FRAME_KIND_24 ? FRAME_FORMAT_WITH_MAGIC : FRAME_FORMAT_PLAIN,
		.is_fixed = kind != FRAME_KIND_AUTO,
		.wants_stamps = wants_stamps,
	};
	choice->answered = choice->format;
}

bool frame_choice_note_reply(struct frame_choice *choice, enum frame_format format, bool had_hello)
{
	bool is_new = choice->answered != format;
	choice->answered = format;
	choice->refused = 0;
	if (format == FRAME_FORMAT_PLAIN)
		choice->knew_plain = true;
	if (had_hello)
		choice->knew_hello = true;
	/* A connection from before the last turn may still answer. */
	choice->format = format;
	return is_new;
}

/* A connection that was answered is over: tries again what was answered before it. */
static void turn_back(struct frame_choice *choice)
{
	if (choice->knew_plain && choice->format == FRAME_FORMAT_WITH_MAGIC) {
		choice->knew_plain = false;
		choice->format = FRAME_FORMAT_PLAIN;
	}
	if (choice->knew_hello && choice->format == FRAME_FORMAT_PLAIN && choice->is_shy) {
		choice->knew_hello = false;
		choice->is_shy = false;
	}
}

/* Returns whether there is anything else. */
static bool take_turn(struct frame_choice *choice)
{
	bool was_plain = choice->format == FRAME_FORMAT_PLAIN;
	if (choice->is_fixed && (!was_plain || !choice->wants_stamps))
		return false;
	if (!choice->is_fixed)
		choice->format = was_plain ? FRAME_FORMAT_WITH_MAGIC : FRAME_FORMAT_PLAIN;
	if (choice->format == FRAME_FORMAT_PLAIN)
		choice->is_shy = !choice->is_shy;
	return true;
}

bool frame_choice_note_end(struct frame_choice *choice, enum frame_format format, bool has_bytes)
{
	if (format != choice->format)
		return false;
	if (has_bytes) {
		choice->refused = 0;
		turn_back(choice);
		return false;
	}
	if (++choice->refused < FRAME_CHOICE_PATIENCE)
		return false;
	choice->refused = 0;
	return take_turn(choice);
}
