/* SPDX-License-Identifier: MIT */
#include "scrape/gzip.h"

#include <string.h>
#include <zlib.h>

#include "../unit.h"

/* Unpacks with zlib's own reader, and compares. */
static void check_unpacks_to(const struct buffer *packed, const char *text, size_t length)
{
	z_stream stream = {0};
	ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	char *unpacked = malloc(length + 1);
	ck_assert_ptr_nonnull(unpacked);
	stream.next_in = (Bytef *)packed->data;
	stream.avail_in = (uInt)packed->length;
	stream.next_out = (Bytef *)unpacked;
	stream.avail_out = (uInt)length + 1;
	ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(stream.total_out, length);
	ck_assert_int_eq(memcmp(unpacked, text, length), 0);
	inflateEnd(&stream);
	free(unpacked);
}

static void check_round_trip(const char *text, size_t length)
{
	struct buffer packed = {0};
	ck_assert_int_eq(gzip_compress(text, length, &packed), 0);
	check_unpacks_to(&packed, text, length);
	buffer_clear(&packed);
}

START_TEST(packs_a_short_text)
{
	check_round_trip("# EOF\n", 6);
}
END_TEST

START_TEST(packs_an_empty_text)
{
	check_round_trip("", 0);
}
END_TEST

START_TEST(packs_incompressible_data)
{
	size_t length = 300000;
	char *noise = malloc(length);
	ck_assert_ptr_nonnull(noise);
	uint64_t state = 88172645463325252U;
	for (size_t i = 0; i < length; i++) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		noise[i] = (char)(state >> 56);
	}
	check_round_trip(noise, length);
	free(noise);
}
END_TEST

START_TEST(packs_repetitive_lines_to_a_quarter_or_less)
{
	struct buffer text = {0};
	for (unsigned i = 0; i < 10000; i++)
		buffer_append_format(
			&text, "tcp_echo_sent_total{target=\"server%u\"} %u\n", i, i * 7919);
	struct buffer packed = {0};
	ck_assert_int_eq(gzip_compress(text.data, text.length, &packed), 0);
	ck_assert_uint_lt(packed.length, text.length / 4);
	check_unpacks_to(&packed, text.data, text.length);
	buffer_clear(&packed);
	buffer_clear(&text);
}
END_TEST

START_TEST(appends_to_what_is_there)
{
	struct buffer packed = {0};
	buffer_append_text(&packed, "x");
	ck_assert_int_eq(gzip_compress("text", 4, &packed), 0);
	ck_assert_int_eq(packed.data[0], 'x');
	struct buffer rest = {.data = packed.data + 1, .length = packed.length - 1};
	check_unpacks_to(&rest, "text", 4);
	buffer_clear(&packed);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("gzip");
	tcase_add_test(tcase, packs_a_short_text);
	tcase_add_test(tcase, packs_an_empty_text);
	tcase_add_test(tcase, packs_incompressible_data);
	tcase_add_test(tcase, packs_repetitive_lines_to_a_quarter_or_less);
	tcase_add_test(tcase, appends_to_what_is_there);
	return unit_run("scrape/gzip", tcase);
}
