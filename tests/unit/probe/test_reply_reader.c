/* SPDX-License-Identifier: MIT */
#include "probe/reply_reader.h"

#include <string.h>

#include "../unit.h"

#define STREAM_MAX 256
#define NONCE UINT64_C(0x3837363534333231) /* "12345678" */
#define ACCEPTED "TCPSTMP!12345678"
#define RETURNED "TCPSTMP\00112345678"
/* Number 1 and time 2. */
#define PLAIN "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
#define MAGIC FRAME_MAGIC PLAIN
#define STAMPED "\1\0\0\0\0\0\0\1\2\0\0\0\0\0\0\0abcdefghijklmnopqrstuvwxyzABCDEF"
/* The length comes before a text that may contain zeros. */
#define BYTES(text) (sizeof(text) - 1), (text)

/* kinds: of what comes, one letter each: "h" the hello's answer, "f" a frame, "s" a stamped one, "!" what is
 * invalid, after which nothing is read. */
static const struct {
	const char *says;
	enum frame_format format;
	bool has_hello;
	size_t length;
	const char *stream;
	const char *kinds;
} streams[] = {
	{"nothing", FRAME_FORMAT_PLAIN, false, BYTES(""), ""},
	{"all but a byte of a frame", FRAME_FORMAT_PLAIN, false,
		BYTES("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0"), ""},
	{"frames", FRAME_FORMAT_PLAIN, false, BYTES(PLAIN PLAIN PLAIN "x"), "fff"},
	{"frames with magic", FRAME_FORMAT_WITH_MAGIC, false, BYTES(MAGIC MAGIC "TC"), "ff"},
	{"another magic", FRAME_FORMAT_WITH_MAGIC, false, BYTES(MAGIC "TCPPING1" PLAIN MAGIC),
		"f!"},
	{"a hello that was not sent is a frame", FRAME_FORMAT_PLAIN, false, BYTES(ACCEPTED), "n"},
	{"nor is one that was not sent answered", FRAME_FORMAT_PLAIN, false, BYTES(RETURNED), "n"},
	{"part of an answer", FRAME_FORMAT_PLAIN, true, BYTES("TCPSTMP!1234567"), ""},
	{"a hello that comes back", FRAME_FORMAT_PLAIN, true, BYTES(RETURNED PLAIN PLAIN), "hff"},
	{"after which there are no types", FRAME_FORMAT_PLAIN, true, BYTES(RETURNED STAMPED),
		"hnnn"},
	{"one that is accepted", FRAME_FORMAT_PLAIN, true,
		BYTES(ACCEPTED PLAIN STAMPED PLAIN STAMPED), "hfsfs"},
	{"all but a byte of a stamped frame", FRAME_FORMAT_PLAIN, true,
		BYTES(ACCEPTED "\1\0\0\0\0\0\0\1\2\0\0\0\0\0\0\0abcdefghijklmnopqrstuvwxyzABCDE"),
		"h"},
	{"another type", FRAME_FORMAT_PLAIN, true, BYTES(ACCEPTED STAMPED "\1\0\0\0\0\0\0\2" PLAIN),
		"hs!"},
	{"the answer to another hello is a frame", FRAME_FORMAT_PLAIN, true,
		BYTES("TCPSTMP!12345679" PLAIN), "nf"},
	{"another hello, too", FRAME_FORMAT_PLAIN, true, BYTES("TCPSTMP\00112345679" PLAIN), "nf"},
	{"another version, too", FRAME_FORMAT_PLAIN, true, BYTES("TCPSTMP\00212345678" PLAIN),
		"nf"},
	{"frames in another order", FRAME_FORMAT_PLAIN, true, BYTES(PLAIN RETURNED PLAIN), "fhf"},
	{"a frame before it is accepted", FRAME_FORMAT_PLAIN, true, BYTES(PLAIN ACCEPTED STAMPED),
		"fhs"},
	{"all twice", FRAME_FORMAT_PLAIN, true, BYTES(RETURNED RETURNED PLAIN PLAIN), "hhff"},
	{"accepted after it came back", FRAME_FORMAT_PLAIN, true, BYTES(RETURNED ACCEPTED PLAIN),
		"hnf"},
};

/* Reads as a prober does: what is not whole waits for more. */
static void read_all(
	struct reply_reader *reader, const char *bytes, size_t length, size_t *taken, char *kinds)
{
	static const char letters[] = {[REPLY_OF_HELLO] = 'h',
		[REPLY_FRAME] = 'f',
		[REPLY_STAMPED] = 's',
		[REPLY_INVALID] = '!'};
	while (!strchr(kinds, '!')) {
		struct frame frame = {0};
		size_t size = 12345;
		enum reply_kind kind = reply_read(reader, (const unsigned char *)bytes + *taken,
			length - *taken, &frame, &size);
		char *end = kinds + strlen(kinds);
		if (kind == REPLY_INCOMPLETE)
			return;
		*end = letters[kind];
		bool is_expected = frame.seq == 1 && frame.unix_time_ns == 2;
		if ((kind == REPLY_FRAME || kind == REPLY_STAMPED) && !is_expected)
			*end = 'n';
		if (kind != REPLY_INVALID)
			*taken += size;
	}
}

START_TEST(frames_end_where_they_end_however_the_stream_is_cut)
{
	for (size_t cut = 0; cut <= streams[_i].length; cut++) {
		struct reply_reader reader = {
			.format = streams[_i].format,
			.hello = streams[_i].has_hello ? HELLO_SENT : HELLO_NONE,
			.nonce = NONCE,
		};
		char kinds[STREAM_MAX] = "";
		size_t taken = 0;
		read_all(&reader, streams[_i].stream, cut, &taken, kinds);
		read_all(&reader, streams[_i].stream, streams[_i].length, &taken, kinds);
		ck_assert_msg(strcmp(kinds, streams[_i].kinds) == 0, "%s, cut at %zu: %s",
			streams[_i].says, cut, kinds);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("reply_reader");
	tcase_add_loop_test(
		tcase, frames_end_where_they_end_however_the_stream_is_cut, 0, ROWS(streams));
	return unit_run("probe/reply_reader", tcase);
}
