/* SPDX-License-Identifier: MIT */
#include "probe/frame_choice.h"

#include <string.h>

#include "../unit.h"

/*
 * What becomes of one connection after another: "-" ended without a byte, "b" ended after some bytes, "r"
 * replied, "e" replied and then ended. formats: of each connection, and of the one after the last: "h" plain
 * with a hello, "p" plain, "m" with magic.
 */
static const struct {
	const char *says;
	enum frame_kind kind;
	bool wants_stamps;
	const char *connections;
	const char *formats;
} lives[] = {
	{"plain frames come first", FRAME_KIND_AUTO, false, "", "p"},
	{"one end may be chance", FRAME_KIND_AUTO, false, "-", "pp"},
	{"after two comes the other format", FRAME_KIND_AUTO, false, "--", "ppm"},
	{"in turn", FRAME_KIND_AUTO, false, "--------", "ppmmppmmp"},
	{"what answers is kept", FRAME_KIND_AUTO, false, "--rrr", "ppmmmm"},
	{"also when it ends", FRAME_KIND_AUTO, false, "--eee", "ppmmmm"},
	{"until two are refused again", FRAME_KIND_AUTO, false, "--r--r", "ppmmmpp"},
	{"one refused now and then means nothing", FRAME_KIND_AUTO, false, "-r-r-r-", "pppppppp"},
	{"bytes are no refusal", FRAME_KIND_AUTO, false, "bbbb", "ppppp"},
	{"and begin the count again", FRAME_KIND_AUTO, false, "-b-b--", "ppppppm"},
	{"16 is 16", FRAME_KIND_16, false, "------", "ppppppp"},
	{"24 is 24", FRAME_KIND_24, false, "------", "mmmmmmm"},
	{"with a hello, where stamps are wanted", FRAME_KIND_AUTO, true, "rrr", "hhhh"},
	{"which may not be liked", FRAME_KIND_AUTO, true, "----------", "hhmmppmmhhm"},
	{"what answers without it is kept", FRAME_KIND_AUTO, true, "----ee", "hhmmppp"},
	{"16 is 16 with or without it", FRAME_KIND_16, true, "-----", "hhpphh"},
	{"24 has none", FRAME_KIND_24, true, "---", "mmmm"},
	{"who was away while less was tried knows more", FRAME_KIND_AUTO, true, "e--ee", "hhhmhh"},
	{"if not, that is tried once", FRAME_KIND_AUTO, true, "e--e--eee", "hhhmhhmmmm"},
	{"nor is that tried more than once", FRAME_KIND_AUTO, true, "e----e----ee",
		"hhhmmphhmmppp"},
	{"nor without a hello for ever", FRAME_KIND_AUTO, true, "e----ee", "hhhmmphh"},
};

static char letter_of(enum frame_format format, bool has_hello)
{
	if (has_hello)
		return 'h';
	return format == FRAME_FORMAT_PLAIN ? 'p' : 'm';
}

START_TEST(each_connection_has_the_format_that_may_be_answered)
{
	struct frame_choice choice;
	frame_choice_init(&choice, lives[_i].kind, lives[_i].wants_stamps);
	const char *connections = lives[_i].connections;
	char formats[32] = "";
	for (size_t i = 0; i <= strlen(connections); i++) {
		enum frame_format format = choice.format;
		bool has_hello = frame_choice_has_hello(&choice);
		formats[i] = letter_of(format, has_hello);
		bool is_refused = connections[i] == '-';
		bool is_other = false;
		if (connections[i] == 'r' || connections[i] == 'e')
			frame_choice_note_reply(&choice, format, has_hello);
		if (connections[i] != '\0' && connections[i] != 'r')
			is_other = frame_choice_note_end(&choice, format, !is_refused);
		if (is_refused)
			ck_assert_msg(
				is_other == (choice.format != format ||
						    frame_choice_has_hello(&choice) != has_hello),
				"%s", lives[_i].says);
		else
			ck_assert_msg(!is_other, "%s", lives[_i].says);
	}
	ck_assert_msg(strcmp(formats, lives[_i].formats) == 0, "%s: %s", lives[_i].says, formats);
}
END_TEST

START_TEST(another_answer_than_before_is_told_once)
{
	struct frame_choice choice;
	frame_choice_init(&choice, FRAME_KIND_AUTO, false);
	ck_assert(!frame_choice_note_reply(&choice, FRAME_FORMAT_PLAIN, false));
	ck_assert(frame_choice_note_reply(&choice, FRAME_FORMAT_WITH_MAGIC, false));
	ck_assert(!frame_choice_note_reply(&choice, FRAME_FORMAT_WITH_MAGIC, false));
	ck_assert(frame_choice_note_reply(&choice, FRAME_FORMAT_PLAIN, false));
	frame_choice_init(&choice, FRAME_KIND_24, false);
	ck_assert(!frame_choice_note_reply(&choice, FRAME_FORMAT_WITH_MAGIC, false));
}
END_TEST

/* Two connections can be open while a name moves. */
START_TEST(an_old_connection_says_nothing_of_the_format_that_is_tried_now)
{
	struct frame_choice choice;
	frame_choice_init(&choice, FRAME_KIND_AUTO, false);
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
