/* SPDX-License-Identifier: MIT */
#include "probe/frame_choice.h"

void frame_choice_init(struct frame_choice *choice, enum frame_kind kind)
{
	*choice = (struct frame_choice){
		.format = kind == FRAME_KIND_24 ? FRAME_FORMAT_WITH_MAGIC : FRAME_FORMAT_PLAIN,
		.is_fixed = kind != FRAME_KIND_AUTO,
	};
	choice->answered = choice->format;
}

bool frame_choice_note_reply(struct frame_choice *choice, enum frame_format format)
{
	bool is_new = choice->answered != format;
	choice->answered = format;
	choice->refused = 0;
	/* A connection from before the last turn may still answer. */
	choice->format = format;
	return is_new;
}

bool frame_choice_note_end(struct frame_choice *choice, enum frame_format format, bool has_bytes)
{
	if (choice->is_fixed || format != choice->format)
		return false;
	choice->refused = has_bytes ? 0 : choice->refused + 1;
	if (choice->refused < FRAME_CHOICE_PATIENCE)
		return false;
	choice->refused = 0;
	choice->format =
		format == FRAME_FORMAT_PLAIN ? FRAME_FORMAT_WITH_MAGIC : FRAME_FORMAT_PLAIN;
	return true;
}
