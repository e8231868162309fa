/* SPDX-License-Identifier: MIT */
#include "scrape/http_pace.h"

#include "../unit.h"

#define START_NS (1000 * NS_PER_S)

START_TEST(a_request_gains_no_time_by_its_bytes)
{
	struct http_pace pace;
	http_pace_start(&pace, START_NS);
	for (int64_t s = 0; s < 10; s++) {
		http_pace_receive(&pace, START_NS + s * NS_PER_S);
		ck_assert_int_eq(pace.deadline_ns, START_NS + HTTP_REQUEST_NS);
	}
}
END_TEST

START_TEST(the_next_request_has_its_own_time_from_its_first_byte)
{
	struct http_pace pace;
	http_pace_start(&pace, START_NS);
	http_pace_answer(&pace, START_NS);
	http_pace_rest(&pace, START_NS);
	ck_assert_int_eq(pace.deadline_ns, START_NS + HTTP_IDLE_NS);
	http_pace_receive(&pace, START_NS + 15 * NS_PER_S);
	http_pace_receive(&pace, START_NS + 20 * NS_PER_S);
	ck_assert_int_eq(pace.deadline_ns, START_NS + 15 * NS_PER_S + HTTP_REQUEST_NS);
}
END_TEST

START_TEST(a_slow_reader_has_time_as_long_as_it_reads)
{
	struct http_pace pace;
	http_pace_start(&pace, START_NS);
	http_pace_answer(&pace, START_NS);
	for (int64_t s = 0; s < 1000; s += 19) {
		http_pace_progress(&pace, START_NS + s * NS_PER_S);
		ck_assert_int_eq(pace.deadline_ns, START_NS + s * NS_PER_S + HTTP_SILENCE_NS);
	}
}
END_TEST

/* What a connection does, one letter each: S(tart), r(eceive), a(nswer), i(dle), l(inger). */
static struct http_pace play(const char *story, int64_t start_ns)
{
	struct http_pace pace = {0};
	for (; *story; story++) {
		if (*story == 'S')
			http_pace_start(&pace, start_ns);
		else if (*story == 'r')
			http_pace_receive(&pace, start_ns);
		else if (*story == 'a')
			http_pace_answer(&pace, start_ns);
		else if (*story == 'i')
			http_pace_rest(&pace, start_ns);
		else if (*story == 'l')
			http_pace_linger(&pace, start_ns);
	}
	return pace;
}

static const struct {
	const char *says;
	const char *first;
	int64_t first_s;
	const char *second;
	int64_t second_s;
} orders[] = {
	{"who has had the last answer", "Sral", 9, "S", 1},
	{"who has waited for longer", "S", 1, "S", 2},
	{"an old idle one before a new request", "Srai", 1, "Sr", 2},
	{"an old request before a new idle one", "Sr", 1, "Srai", 2},
	{"who waits before who reads", "S", 9, "Sra", 1},
	{"who has read for longer", "Sra", 1, "Sra", 2},
};

START_TEST(knows_who_makes_room_first)
{
	struct http_pace first = play(orders[_i].first, START_NS + orders[_i].first_s * NS_PER_S);
	struct http_pace second =
		play(orders[_i].second, START_NS + orders[_i].second_s * NS_PER_S);
	ck_assert_msg(http_pace_goes_before(&first, &second), "%s", orders[_i].says);
	ck_assert_msg(!http_pace_goes_before(&second, &first), "%s", orders[_i].says);
}
END_TEST

START_TEST(who_has_just_begun_to_read_stays)
{
	struct http_pace pace = play("Sra", START_NS);
	ck_assert(!http_pace_may_go(&pace, START_NS + HTTP_REQUEST_NS - 1));
	ck_assert(http_pace_may_go(&pace, START_NS + HTTP_REQUEST_NS));
	pace = play("Sr", START_NS);
	ck_assert(http_pace_may_go(&pace, START_NS));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("http_pace");
	tcase_add_test(tcase, a_request_gains_no_time_by_its_bytes);
	tcase_add_test(tcase, the_next_request_has_its_own_time_from_its_first_byte);
	tcase_add_test(tcase, a_slow_reader_has_time_as_long_as_it_reads);
	tcase_add_loop_test(tcase, knows_who_makes_room_first, 0, ROWS(orders));
	tcase_add_test(tcase, who_has_just_begun_to_read_stays);
	return unit_run("scrape/http_pace", tcase);
}
