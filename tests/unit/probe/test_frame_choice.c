/* SPDX-License-Identifier: MIT */
#include "probe/frame_choice.h"

#include <string.h>

#include "../unit.h"

/*
 * What becomes of one connection after another: "-" ended without a byte, "b" ended after some bytes, "r"
 * replied. formats: of each connection, and of the one after the last: "p" plain, "m" with magic.
 */
static const struct {
	const char *says;
	enum frame_kind kind;
	const char *connections;
	const char *formats;
} lives[] = {
	{"plain frames come first", FRAME_KIND_AUTO, "", "p"},
	{"one end may be chance", FRAME_KIND_AUTO, "-", "pp"},
	{"after two comes the other format", FRAME_KIND_AUTO, "--", "ppm"},
	{"in turn", FRAME_KIND_AUTO, "--------", "ppmmppmmp"},
	{"what answers is kept", FRAME_KIND_AUTO, "--rrr", "ppmmmm"},
	{"until two are refused again", FRAME_KIND_AUTO, "--r--r", "ppmmmpp"},
	{"one refused now and then means nothing", FRAME_KIND_AUTO, "-r-r-r-", "pppppppp"},
	{"bytes are no refusal", FRAME_KIND_AUTO, "bbbb", "ppppp"},
	{"and begin the count again", FRAME_KIND_AUTO, "-b-b--", "ppppppm"},
	{"16 is 16", FRAME_KIND_16, "------", "ppppppp"},
	{"24 is 24", FRAME_KIND_24, "------", "mmmmmmm"},
};

START_TEST(each_connection_has_the_format_that_may_be_answered)
{
	struct frame_choice choice;
	frame_choice_init(&choice, lives[_i].kind);
	const char *connections = lives[_i].connections;
	char formats[32] = "";
	for (size_t i = 0; i <= strlen(connections); i++) {
		enum frame_format format = choice.format;
		formats[i] = format == FRAME_FORMAT_PLAIN ? 'p' : 'm';
		bool is_other = false;
		if (connections[i] == 'r')
			frame_choice_note_reply(&choice, format);
		else if (connections[i] != '\0')
			is_other = frame_choice_note_end(&choice, format, connections[i] == 'b');
		ck_assert_msg(is_other == (choice.format != format), "%s", lives[_i].says);
	}
	ck_assert_msg(strcmp(formats, lives[_i].formats) == 0, "%s: %s", lives[_i].says, formats);
}
END_TEST

START_TEST(another_answer_than_before_is_told_once)
{
	struct frame_choice choice;
	frame_choice_init(&choice, FRAME_KIND_AUTO);
	ck_assert(!frame_choice_note_reply(&choice, FRAME_FORMAT_PLAIN));
	ck_assert(frame_choice_note_reply(&choice, FRAME_FORMAT_WITH_MAGIC));
	ck_assert(!frame_choice_note_reply(&choice, FRAME_FORMAT_WITH_MAGIC));
	ck_assert(frame_choice_note_reply(&choice, FRAME_FORMAT_PLAIN));
	frame_choice_init(&choice, FRAME_KIND_24);
	ck_assert(!frame_choice_note_reply(&choice, FRAME_FORMAT_WITH_MAGIC));
}
END_TEST

/* Two connections can be open while a name moves. */
START_TEST(an_old_connection_says_nothing_of_the_format_that_is_tried_now)
{
	struct frame_choice choice;
	frame_choice_init(&choice, FRAME_KIND_AUTO);
	ck_assert(!frame_choice_note_end(&choice, FRAME_FORMAT_WITH_MAGIC, false));
	ck_assert(!frame_choice_note_end(&choice, FRAME_FORMAT_WITH_MAGIC, false));
	ck_assert_int_eq(choice.format, FRAME_FORMAT_PLAIN);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("frame_choice");
	tcase_add_loop_test(
		tcase, each_connection_has_the_format_that_may_be_answered, 0, ROWS(lives));
	tcase_add_test(tcase, another_answer_than_before_is_told_once);
	tcase_add_test(tcase, an_old_connection_says_nothing_of_the_format_that_is_tried_now);
	return unit_run("probe/frame_choice", tcase);
}
